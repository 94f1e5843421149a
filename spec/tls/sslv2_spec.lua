local generator = require "tls.generator"
local helper = require "helper"
local tls = require "wolfssl.tls"

local sslv2, unhex = tls.sslv2, helper.unhex

describe("wolfssl.tls.sslv2", function()
  local hello = unhex("01 0301 0009 0000 0010 000035 00000a 010080" .. ("5a"):rep(16))

  it("names the suites of SSL 2.0 and of TLS", function()
    local value = assert(sslv2.decode(hello))
    assert.equal("TLS 1.0", value.version.name)
    assert.same({ "TLS_RSA_WITH_AES_256_CBC_SHA", "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
      "SSL_CK_RC4_128_WITH_MD5" }, { value.cipher_specs[1].name, value.cipher_specs[2].name,
      value.cipher_specs[3].name })
    assert.equal(hello, sslv2.encode(value))
  end)

  it("comes out of the record reader, at the start of a stream only", function()
    local reader = tls.record_reader()
    local bytes = "\128" .. string.char(#hello) .. hello
    for i = 1, #bytes do
      assert.is_nil(reader:next())
      reader:push(bytes:sub(i, i))
    end
    local record = reader:next()
    assert.equal("TLS 1.0", record.sslv2_client_hello.version.name)
    assert.equal(hello, record.fragment)
    reader:push(bytes)
    local _, text = reader:next()
    assert.truthy(text:find("not TLS", 1, true))
  end)

  it("refuses every proper prefix", function()
    for length = 0, #hello - 1 do
      local value, _, code, detail = sslv2.decode(hello:sub(1, length))
      assert.is_nil(value)
      assert.equal("decode_error", code)
      assert.is_true(detail.path ~= "" and detail.offset <= length)
    end
  end)

  it("brings random hellos there and back", function()
    local rng = generator.rng("sslv2")
    for _ = 1, generator.times(200, 10000) do
      local value = tls.wire.random(sslv2.type, rng)
      local bytes = sslv2.encode(value)
      assert.is_nil(generator.difference(value, sslv2.decode(bytes)))
    end
  end)
end)
