local tls = require "wolfssl.tls"

local alert, wire = tls.alert, tls.wire

describe("wolfssl.tls.alert", function()
  it("decodes level, description and meaning", function()
    local value = alert.decode("\2\40")
    assert.equal("fatal", value.level.name)
    assert.equal("handshake_failure", value.description.name)
    assert.is_string(value.description.meaning)
    assert.equal("\2\40", alert.encode(value))
    assert.equal("\1\0", alert.encode { level = "warning", description = "close_notify" })
  end)

  it("goes there and back for every pair of bytes", function()
    for level = 0, 255 do
      for description = 0, 255, 5 do
        local bytes = string.char(level, description)
        assert.equal(bytes, alert.encode(assert(alert.decode(bytes))))
      end
    end
  end)

  it("refuses what is too short or too long", function()
    for _, bytes in ipairs { "", "\2", "\2\40\0" } do
      local value, _, code = alert.decode(bytes)
      assert.is_nil(value)
      assert.equal("decode_error", code)
    end
  end)

  it("knows change_cipher_spec as the byte 1", function()
    assert.same({ type = 1 }, wire.decode(alert.change_cipher_spec, "\1"))
    local _, text = wire.decode(alert.change_cipher_spec, "\2")
    assert.equal("change_cipher_spec: type at offset 0: not 1", text)
  end)

  it("holds a heartbeat to its length", function()
    local bytes = "\1\0\3abc" .. ("\0"):rep(16)
    local value = wire.decode(alert.heartbeat, bytes)
    assert.equal("abc", value.payload)
    assert.equal(bytes, wire.encode(alert.heartbeat, value))
    local _, _, code, detail = wire.decode(alert.heartbeat, "\1\255\255abc")
    assert.same({ "decode_error", { path = "payload", offset = 1 } }, { code, detail })
  end)
end)
