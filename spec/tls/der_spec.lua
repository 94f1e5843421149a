-- Elements in DER, as types of the presentation language.

local der = require "wolfssl.tls.wire.der"
local helper = require "helper"
local wire = require "wolfssl.tls.wire"

local unhex = helper.unhex

local pair = der.sequence {
  { "id", der.element(der.OID, wire.rest(1)) },
  { "text", der.optional(der.OCTET_STRING, wire.rest()) },
}

-- What is said of bytes that are refused, and where.
local function refusal(bytes)
  local value, message, code, detail = wire.decode(pair, unhex(bytes))
  assert.is_nil(value)
  assert.equal("decode_error", code)
  return ("%s@%d %s"):format(detail.path, detail.offset, message:match(": ([^:]*)$"))
end

describe("wolfssl.tls.wire.der", function()
  it("reads and writes elements, also those that may be missing", function()
    for bytes, value in pairs {
      ["3003 060161"] = { id = "a" }, ["3006 060161 040162"] = { id = "a", text = "b" },
      ["3005 060161 0400"] = { id = "a", text = "" },
    } do
      assert.same(value, wire.decode(pair, unhex(bytes)))
      assert.equal(unhex(bytes), wire.encode(pair, value))
    end
  end)

  it("writes every length in its one way, and reads it", function()
    for length, prefix in pairs {
      [127] = "7f", [128] = "8180", [255] = "81ff", [256] = "820100", [65535] = "82ffff",
      [65536] = "83010000",
    } do
      local kind, content = der.element(der.OCTET_STRING, wire.rest()), ("x"):rep(length)
      local bytes = unhex("04" .. prefix) .. content
      assert.equal(bytes, wire.encode(kind, content))
      assert.equal(content, wire.decode(kind, bytes))
    end
  end)

  it("says what is no DER, and where", function()
    assert.equal("@0 tag 0x31, 0x30 expected", refusal "3103 060161")
    assert.equal("@1 0x80 begins no length", refusal "3080 060161 0000")
    assert.equal("@1 0x84 begins no length", refusal "308400000003 060161")
    assert.equal("@1 the length is longer than it need be", refusal "308103 060161")
    assert.equal("@1 length 4, but 3 left", refusal "3004 060161")
    assert.equal("id@3 length 2, but 1 left", refusal "3003 060261")
    assert.equal("@5 1 byte left over", refusal "3004 060161 00")
    assert.equal("id@2 1 byte needed, 0 left", refusal "3000")
  end)

  it("gives the place of every element, its tag and length being what is in front", function()
    local places = {}
    for span in wire.spans(pair, unhex "3006 060161 040162"):each() do
      places[#places + 1] = { span.path, span.offset, span.length, span.prefix }
    end
    assert.same({ { "id", 2, 3, 2 }, { "text", 5, 3, 2 } }, places)
  end)
end)
