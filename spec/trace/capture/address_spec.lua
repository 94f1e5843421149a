local address = require "wolfssl.trace.capture.address"
local helper = require "helper"

-- canonical text, raw bytes: the rules of RFC 5952 section 4, by paragraph
local CANONICAL = {
  { "192.0.2.1", "c0000201" },
  { "2001:db8::1", "20010db8000000000000000000000001" },
  { "2001:db8:0:1:1:1:1:1", "20010db8000000010001000100010001" },
  { "2001:0:0:1::1", "20010000000000010000000000000001" },
  { "2001:db8::1:0:0:1", "20010db8000000000001000000000001" },
  { "2001:db8:aaaa:bbbb:cccc:dddd:eeee:aaaa", "20010db8aaaabbbbccccddddeeeeaaaa" },
  { "::", "00000000000000000000000000000000" },
  { "::1", "00000000000000000000000000000001" },
  { "1::", "00010000000000000000000000000000" },
}

local REFUSED = {
  "", "1.2.3", "1.2.3.256", "1.2.3.4.5", "example.org", ":", "1:2", "1:2:3:4:5:6:7:8:9", "::1::",
  "12345::", "::g", "1:2:3:4:5:6:7::8:9", ":::", "1.2.3.4::",
}

describe("wolfssl.trace.capture.address", function()
  it("writes the canonical text and reads it back", function()
    for _, case in ipairs(CANONICAL) do
      local raw = helper.unhex(case[2])
      assert.are.equal(case[1], address.format(raw))
      assert.are.equal(case[2], helper.hex(address.parse(case[1])))
    end
  end)

  it("reads other spellings of the same address", function()
    local same = { "2001:DB8::1", "2001:0db8:0:0:0:0:0:1", "2001:db8::0.0.0.1" }
    for _, text in ipairs(same) do
      assert.are.equal("2001:db8::1", address.format(address.parse(text)))
    end
  end)

  it("refuses what is no address", function()
    for _, text in ipairs(REFUSED) do assert.is_nil(address.parse(text), text) end
  end)
end)
