-- Names: their comparison and their text.

local core = require "wolfssl.core"
local der = require "der"

describe("name", function()
  describe("is_self_issued", function()
    local function self_issued(subject, issuer)
      local parts = { subject = subject, issuer = issuer }
      return core.certificate(der.certificate(parts)):is_self_issued()
    end
    local function name(tag, text) return der.sequence(der.rdn("2.5.4.3", der.tlv(tag, text))) end

    it("ignores case, string type and the amount of white space", function()
      assert.is_true(self_issued(name(0x0c, "My Root CA"), name(0x0c, "My Root CA")))
      assert.is_true(self_issued(name(0x0c, "My Root CA"), name(0x13, " MY  ROOT ca ")))
      for _, space in ipairs { "\t", "\n", "\11", "\12", "\r", "\194\160" } do
        assert.is_true(self_issued(name(0x0c, "My" .. space .. "Root"), name(0x0c, "My Root")))
      end
      assert.is_true(self_issued(name(0x0c, "AZaz"), name(0x0c, "azAZ")))
      assert.is_false(self_issued(name(0x0c, "@["), name(0x0c, "`{")))
      assert.is_true(self_issued(name(0x1e, "\0a"), name(0x14, "A")))
      assert.is_true(self_issued(der.sequence(), der.sequence()))
    end)

    it("sees every other difference", function()
      assert.is_false(self_issued(name(0x0c, "My RootCA"), name(0x0c, "My Root CA")))
      assert.is_false(self_issued(name(0x0c, "a"), name(0x0c, "a\0")))
      assert.is_false(self_issued(name(0x0c, "a"), name(0x0c, "")))
      assert.is_false(self_issued(name(0x0c, "a"), der.sequence()))
      assert.is_false(self_issued(name(0x0c, "a"), der.sequence(der.rdn("2.5.4.4", der.utf8("a")))))
      local a, b = der.utf8("a"), der.utf8("b")
      local both = der.sequence(der.set(der.sequence(der.oid("2.5.4.3"), a),
        der.sequence(der.oid("2.5.4.3"), b)))
      local split = der.sequence(der.rdn("2.5.4.3", a), der.rdn("2.5.4.3", b))
      assert.is_false(self_issued(both, split))
      assert.is_false(self_issued(split, name(0x0c, "a")))
    end)
  end)

  describe("subject_string", function()
    local function text(...)
      return core.certificate(der.certificate { subject = der.sequence(...) }):subject_string()
    end

    it("reverses the RDNs, joins multi-valued ones and escapes", function()
      assert.equal("CN=\\ #a\\,b\\00c\\ ,C=\\#DE", text(der.rdn("2.5.4.6", der.utf8("#DE")),
        der.rdn("2.5.4.3", der.utf8(" #a,b\0c "))))
      assert.equal("CN=\\ ", text(der.rdn("2.5.4.3", der.utf8(" "))))
      assert.equal("CN=\\+\\\"\\;\\<\\>\\\\=", text(der.rdn("2.5.4.3", der.utf8('+";<>\\='))))
      assert.equal("SN=b+CN=a,O=c", text(der.rdn("2.5.4.10", der.utf8("c")), der.set(
        der.sequence(der.oid("2.5.4.3"), der.utf8("a")),
        der.sequence(der.oid("2.5.4.4"), der.utf8("b")))))
      assert.equal("1.2.3=#0c0161", text(der.rdn("1.2.3", der.utf8("a"))))
      assert.equal("CN=#0500", text(der.rdn("2.5.4.3", "\5\0")))
    end)
  end)
end)
