local generator = require "tls.generator"
local helper = require "helper"
local tls = require "wolfssl.tls"

local wire, unhex = tls.wire, helper.unhex

local function fragment(kind, length, seq, offset, bytes)
  return wire.encode(tls.handshake.DTLSFragment, { msg_type = kind, length = length,
    message_seq = seq, fragment_offset = offset, fragment = bytes })
end

describe("wolfssl.tls.dtls", function()
  local body = ("0123456789"):rep(10)
  local whole = "\20\0\0\100" .. body

  it("puts fragments together in any order and with any overlap", function()
    local rng = generator.rng("dtls")
    for _ = 1, generator.times(200, 5000) do
      local reassembler = tls.dtls.reassembler()
      assert(reassembler:push(fragment("finished", 100, 0, 0, "")))
      local bytes
      for _ = 1, 3000 do
        local from = rng(0, 99)
        local to = math.min(99, from + rng(0, 30))
        assert(reassembler:push(fragment("finished", 100, 0, from, body:sub(from + 1, to + 1))))
        bytes = reassembler:next()
        if bytes then break end
      end
      assert.equal(whole, bytes)
      assert.is_nil(reassembler:next())
    end
  end)

  it("gives messages in order of message_seq, several from one record", function()
    local reassembler = tls.dtls.reassembler()
    assert(reassembler:push(fragment("client_hello", 0, 0, 0, "")))
    assert(reassembler:push(fragment("finished", 3, 2, 0, "abc")
      .. fragment("server_hello_done", 0, 1, 0, "")))
    assert.same({ "\1\0\0\0", 0 }, { reassembler:next() })
    assert.same({ "\14\0\0\0", 1 }, { reassembler:next() })
    assert.same({ "\20\0\0\3abc", 2 }, { reassembler:next() })
    assert.is_nil(reassembler:next())
  end)

  it("ignores what comes again or too far ahead", function()
    local reassembler = tls.dtls.reassembler()
    local first = fragment("server_hello_done", 0, 5, 0, "")
    assert(reassembler:push(first))
    assert.equal("\14\0\0\0", (reassembler:next()))
    assert(reassembler:push(first))
    assert(reassembler:push(fragment("server_hello_done", 0, 60, 0, "")))
    assert.is_nil(reassembler:next())
  end)

  it("refuses contradictions and lies about length", function()
    for _, bad in ipairs {
      fragment("finished", 9, 0, 0, "abc"), fragment("client_hello", 100, 0, 0, "abc"),
      fragment("finished", 100, 0, 99, "abc"), fragment("finished", 1000000, 1, 0, "abc"),
      unhex "14 000064 0000 000000 000009 01",
    } do
      local reassembler = tls.dtls.reassembler()
      assert(reassembler:push(fragment("finished", 100, 0, 0, "abc")))
      local ok, text, code, detail = reassembler:push(bad)
      assert.is_nil(ok)
      assert.is_string(text)
      assert.equal("decode_error", code)
      assert.is_string(detail.path)
    end
  end)

  it("stays quick when fragments leave a hole after every byte", function()
    local took = helper.loops(function()
      local reassembler = tls.dtls.reassembler()
      for offset = 0, 65534, 13 do
        assert(reassembler:push(fragment("finished", 65535, 0, offset, "x")))
      end
    end, 100)
    assert.is_true(took < 100, took)
  end)
end)
