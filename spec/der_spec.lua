-- The DER reader, seen through certificates written by hand.

local core = require "wolfssl.core"
local der = require "der"

local function refused(bytes, path, reason)
  local certificate, message, code, detail = core.certificate(bytes)
  assert.is_nil(certificate)
  assert.equal("decode_error", code)
  assert.equal(path, detail.path)
  assert.truthy(message:find(reason, 1, true), message)
  return detail.offset
end

local function refused_part(field, value, path, reason)
  return refused(der.certificate { [field] = value }, path, reason)
end

describe("der", function()
  local good = der.certificate()

  it("reads the smallest certificate there is", function()
    local certificate = assert(core.certificate(good))
    assert.equal(3, certificate:version())
    assert.same({}, certificate:extensions())
    assert.equal(good, certificate:der())
  end)

  describe("lengths", function()
    it("must not be indefinite", function()
      refused("\48\128" .. good:sub(4) .. "\0\0", "certificate", "indefinite length")
    end)

    it("must be minimal", function()
      local serial = "tbs_certificate.serial_number"
      refused_part("serial", "\2\129\1\1", serial, "length is not minimal")
      refused_part("serial", "\2\130\0\1\1", serial, "length is not minimal")
    end)

    it("must stay inside the value around them", function()
      refused_part("serial", "\2\130\16\0\1", "tbs_certificate.serial_number", "runs past the end")
      refused("\48\132\255\255\255\255" .. good, "certificate", "runs past the end")
      refused("\48\133\1\1\1\1\1" .. good, "certificate", "more than four octets")
      refused("\48\130\1", "certificate", "ends inside the length")
    end)

    it("leave nothing over", function()
      assert.equal(#good, refused(good .. "\0", "certificate", "trailing bytes"))
      refused_part("more", "\5\0", "signature_value", "trailing bytes")
      refused_part("unique", "\5\0", "tbs_certificate", "trailing bytes")
    end)
  end)

  it("refuses tag numbers above 30", function()
    refused_part("serial", "\31\1\1", "tbs_certificate.serial_number", "unexpected tag")
    refused_part("subject", der.sequence(der.rdn("2.5.4.3", "\31\1\1")), "tbs_certificate.subject",
      "tag number above 30")
  end)

  it("tells the offset of what is wrong", function()
    local at = refused_part("serial", der.integer("\0\1"), "tbs_certificate.serial_number",
      "INTEGER is not minimal")
    local bytes = der.certificate { serial = der.integer("\0\1") }
    assert.equal("\2\2\0\1", bytes:sub(at + 1, at + 4))
  end)

  describe("INTEGER", function()
    local function serial(bytes)
      return assert(core.certificate(der.certificate { serial = der.integer(bytes) })):serial()
    end

    it("is minimal and has octets", function()
      local path = "tbs_certificate.serial_number"
      refused_part("serial", der.integer(""), path, "without octets")
      refused_part("serial", der.integer("\0\127"), path, "not minimal")
      refused_part("serial", der.integer("\255\128"), path, "not minimal")
    end)

    it("is shown as hex with its sign", function()
      assert.equal("00", serial("\0"))
      assert.equal("ff", serial("\0\255"))
      assert.equal("7f01", serial("\127\1"))
      assert.equal("-01", serial("\255"))
      assert.equal("-80", serial("\128"))
      assert.equal("-8000", serial("\128\0"))
      assert.equal("-ff00", serial("\255\1\0"))
    end)
  end)

  describe("BOOLEAN", function()
    local function with_critical(content)
      return der.certificate { extensions = {
        der.sequence(der.oid("1.2.3"), der.tlv(1, content), der.octets("")) } }
    end

    it("is 00 or ff", function()
      assert.is_true(core.certificate(with_critical("\255")):extensions()[1].critical)
      assert.is_false(core.certificate(with_critical("\0")):extensions()[1].critical)
      for _, content in ipairs { "\1", "\127", "", "\255\255" } do
        refused(with_critical(content), "tbs_certificate.extensions", "BOOLEAN")
      end
    end)
  end)

  describe("BIT STRING", function()
    local path = "signature_value"

    it("has a count of unused bits that are there and zero", function()
      refused_part("signature", der.tlv(3, ""), path, "without its first octet")
      refused_part("signature", der.tlv(3, "\8\0"), path, "more unused bits")
      refused_part("signature", der.tlv(3, "\1"), path, "more unused bits")
      refused_part("signature", der.tlv(3, "\1\1"), path, "not zero")
    end)

    it("is whole octets where it holds a signature or a key", function()
      refused_part("signature", der.tlv(3, "\1\2"), path, "whole number of octets")
      refused_part("spki", der.sequence(der.sequence(der.oid("1.3.101.112")), der.tlv(3, "\1\2")),
        "tbs_certificate.subject_public_key_info", "whole number of octets")
    end)
  end)

  describe("OBJECT IDENTIFIER", function()
    local function dotted(content)
      local certificate, message = core.certificate(der.certificate { extensions = {
        der.sequence(der.tlv(6, content), der.octets("")) } })
      return certificate and certificate:extensions()[1].oid, message
    end

    it("is shown in dotted form, however large its arcs are", function()
      assert.equal("0.0", dotted("\0"))
      assert.equal("0.39", dotted("\39"))
      assert.equal("1.0", dotted("\40"))
      assert.equal("1.39.1", dotted("\79\1"))
      assert.equal("2.0", dotted("\80"))
      assert.equal("2.999.3", dotted("\136\55\3"))
      assert.equal("1.2.840.113549.0.128", dotted("\42\134\72\134\247\13\0\129\0"))
      assert.equal("2.25.329800735698586629295641978511506172918",
        dotted("\105\131\240\157\167\235\207\222\224\199\161\167\178\192\148\140\200\249\215\118"))
    end)

    it("is minimal, whole and of bounded length", function()
      for _, content in ipairs { "", "\128\1", "\42\128\1", "\42\134", ("\42"):rep(65) } do
        local oid, message = dotted(content)
        assert.is_nil(oid)
        assert.truthy(message:find("OBJECT IDENTIFIER", 1, true))
      end
      assert.equal(64, select(2, dotted(("\42"):rep(64)):gsub("%d+", "")) - 1)
    end)
  end)

  describe("time", function()
    local function not_before(tag, text)
      local certificate, message = core.certificate(der.certificate {
        validity = der.sequence(der.tlv(tag, text), der.tlv(0x17, "491231235959Z")) })
      return certificate and certificate:not_before(), message
    end

    it("becomes Unix seconds", function()
      assert.equal(0, not_before(0x17, "700101000000Z"))
      assert.equal(951827696, not_before(0x17, "000229123456Z"))
      assert.equal(-631152000, not_before(0x17, "500101000000Z"))
      assert.equal(2524607999, not_before(0x17, "491231235959Z"))
      assert.equal(2524608000, not_before(0x18, "20500101000000Z"))
      assert.equal(253402300799, not_before(0x18, "99991231235959Z"))
      assert.equal(-62167219200, not_before(0x18, "00000101000000Z"))
      assert.equal(-11676096000, not_before(0x18, "16000101000000Z"))
    end)

    it("has seconds and Z and nothing else", function()
      for _, text in ipairs { "7001010000Z", "700101000000", "700101000000+0000", "7001010000000Z",
        "7001010000 0Z", "", "Z" } do
        assert.is_nil((not_before(0x17, text)))
      end
      for _, text in ipairs { "700101000000Z", "19700101000000.5Z", "19700101000000",
        "19700101000000+00" } do
        assert.is_nil((not_before(0x18, text)))
      end
    end)

    it("is in the calendar", function()
      for _, text in ipairs { "700001000000Z", "701301000000Z", "700132000000Z", "700431000000Z",
        "700229000000Z", "700100000000Z", "700101240000Z", "700101006000Z", "700101000060Z" } do
        local seconds, message = not_before(0x17, text)
        assert.is_nil(seconds)
        assert.truthy(message:find("calendar", 1, true))
      end
      assert.is_nil((not_before(0x18, "21000229000000Z")))
      assert.equal(13574563200, not_before(0x18, "24000229000000Z"))
    end)
  end)

  describe("strings", function()
    local function subject(tag, content)
      local certificate, message = core.certificate(der.certificate {
        subject = der.sequence(der.rdn("2.5.4.3", der.tlv(tag, content))) })
      return certificate and certificate:subject()[1].value, message
    end

    it("become UTF-8", function()
      assert.equal("gr\195\188n", subject(0x0c, "gr\195\188n"))
      assert.equal("gr\195\188n", subject(0x14, "gr\252n"))
      assert.equal("gr\195\188n", subject(0x1e, "\0g\0r\0\252\0n"))
      assert.equal("\226\130\172", subject(0x1e, "\32\172"))
      assert.equal("\240\159\152\128", subject(0x1c, "\0\1\246\0"))
      assert.equal("plain", subject(0x13, "plain"))
      assert.equal("plain", subject(0x16, "plain"))
      assert.equal("12 3", subject(0x12, "12 3"))
      assert.equal("", subject(0x0c, ""))
    end)

    it("keep embedded NULs", function()
      assert.equal("a\0b", subject(0x0c, "a\0b"))
      assert.equal("a\0b", subject(0x1e, "\0a\0\0\0b"))
    end)

    it("hold only what their type allows", function()
      local bad = {
        { 0x0c, "\192\128" }, { 0x0c, "\224\128\128" }, { 0x0c, "\237\160\128" },
        { 0x0c, "\244\144\128\128" }, { 0x0c, "\195" }, { 0x0c, "\128" }, { 0x0c, "\195\65" },
        { 0x0c, "\248\136\128\128\128" }, { 0x0c, "\255" },
        { 0x1e, "\0" }, { 0x1e, "\216\0" }, { 0x1c, "\0\17\0\0" }, { 0x1c, "\0\0\0" },
        { 0x13, "\128" }, { 0x16, "\252" }, { 0x1a, "\255" }, { 0x12, "\200" },
      }
      for _, case in ipairs(bad) do
        local value, message = subject(case[1], case[2])
        assert.is_nil(value)
        assert.truthy(message:find("string holds what its type does not allow", 1, true))
      end
    end)

    it("of no string type are shown as hexadecimal DER", function()
      assert.equal("#030200ff", subject(0x03, "\0\255"))
    end)
  end)

  it("refuses every proper prefix", function()
    for length = 0, #good - 1 do
      local certificate, _, code = core.certificate(good:sub(1, length))
      assert.is_nil(certificate)
      assert.equal("decode_error", code)
    end
  end)
end)
