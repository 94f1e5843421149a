local der = require "der"
local helper = require "helper"
local name = require "wolfssl.trace.name"

local CN, O, UNKNOWN = "2.5.4.3", "2.5.4.10", "1.2.3.4.5"

local function one(oid, tag, bytes)
  return der.sequence(der.rdn(oid, der.tlv(tag, bytes)))
end

local NAMES = {
  empty = der.sequence(),
  plain = der.common_name "Root",
  escapes = der.common_name 'a, b+c;d<e>f\\g"h=i',
  ends = der.common_name " both ends ",
  blank = der.common_name " ",
  blanks = der.common_name "  ",
  hash = der.common_name "#hash",
  utf8 = der.common_name "M\195\188ller \226\130\172 \240\159\148\146",
  parts = der.sequence(der.rdn("2.5.4.6", der.tlv(0x13, "DE")), der.rdn(O, der.utf8 "Example"),
    der.rdn("0.9.2342.19200300.100.1.25", der.tlv(0x16, "com")), der.rdn(CN, der.utf8 "a")),
  several = der.sequence(der.rdn(O, der.utf8 "x"), der.set(
    der.sequence(der.oid(CN), der.utf8 "a"), der.sequence(der.oid "2.5.4.11", der.utf8 "b"))),
  teletex = one(CN, 0x14, "M\252ller"),
  wide = one(CN, 0x1e, "\0M\0\252\32\172"),
  universal = one(CN, 0x1c, "\0\0\0a\0\1\245\18"),
  unknown = one(UNKNOWN, 0x0c, "x"),
  huge_arc = one("2.999.4294967296", 0x0c, "x"),
  no_string = one(CN, 0x03, "\0x"),
}

describe("wolfssl.trace.name", function()
  for title, bytes in pairs(NAMES) do
    it("says the same as the core: " .. title, function()
      local certificate = assert(require("wolfssl.core").certificate(
        der.certificate { subject = bytes }))
      assert.equal(certificate:subject_string(), name.text(bytes))
    end)
  end

  it("shows no control characters", function()
    assert.equal("CN=a\\1b[31m\\00", name.text(der.common_name "a\27[31m\0"))
  end)

  it("has nothing to say of what is no name", function()
    for title, bytes in pairs(NAMES) do
      for length = 0, #bytes - 1 do
        assert.is_nil(name.text(bytes:sub(1, length)), title .. " " .. length)
      end
      assert.is_nil(name.text(bytes .. "\0"), title)
    end
    for _, hex in ipairs {
      "3002 3000", "3004 3102 3000", "3002 3100", "3007 3105 3003 060155",
      "300a 3108 3006 060180 0c0161", "300c 310a 3008 0603550483 0c0161", "3080 0000",
    } do
      assert.is_nil(name.text(helper.unhex(hex)), hex)
    end
  end)
end)
