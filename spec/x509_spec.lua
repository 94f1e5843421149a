-- The structure of certificates, written by hand.

local core = require "wolfssl.core"
local der = require "der"

describe("x509", function()
  local function refused(parts, path, reason)
    local certificate, message, code, detail = core.certificate(der.certificate(parts))
    assert.is_nil(certificate)
    assert.equal("decode_error", code)
    assert.equal(path, detail.path)
    assert.truthy(message:find(reason, 1, true), message)
  end

  it("tells the versions apart", function()
    assert.equal(1, core.certificate(der.certificate { version = "" }):version())
    assert.equal(2, core.certificate(der.certificate { version = "\160\3\2\1\1" }):version())
    local path = "tbs_certificate.version"
    refused({ version = "\160\3\2\1\0" }, path, "neither v2 nor v3")
    refused({ version = "\160\3\2\1\3" }, path, "neither v2 nor v3")
    refused({ version = "\160\3\2\1\255" }, path, "INTEGER")
    refused({ version = "", extensions = { der.extension("1.2.3", "") } },
      "tbs_certificate.extensions", "not v3")
    refused({ version = "", unique = "\129\2\0\1" }, "tbs_certificate.unique_id", "v1")
    assert(core.certificate(der.certificate { unique = "\129\2\0\1\130\2\0\1" }))
  end)

  it("wants the same signature algorithm inside and outside", function()
    refused({ outer_algorithm = der.sequence(der.oid("1.3.101.113")) }, "signature_algorithm",
      "differs")
    refused({ outer_algorithm = der.sequence(der.oid("1.3.101.112"), "\5\0") },
      "signature_algorithm", "differs")
  end)

  it("wants parameters that make sense for RSASSA-PSS", function()
    local pss = der.oid("1.2.840.113549.1.1.10")
    local path = "tbs_certificate.signature"
    refused({ algorithm = der.sequence(pss) }, path, "without parameters")
    refused({ algorithm = der.sequence(pss, "\5\0") }, path, "unexpected tag")
    refused({ algorithm = der.sequence(pss, der.sequence("\163\3\2\1\2")) }, path, "trailer")
    refused({ algorithm = der.sequence(pss, der.sequence(
      der.tlv(0xa1, der.sequence(der.oid("1.2.3"), "\5\0")))) }, path, "mask generation")
    assert.same({ oid = "1.2.840.113549.1.1.10", name = "rsassa_pss", hash = "sha1",
      mgf_hash = "sha1", salt_length = 20 },
      core.certificate(der.certificate { algorithm = der.sequence(pss, "\48\0") })
        :signature_algorithm())
  end)

  it("has each extension once and not too many of them", function()
    local path = "tbs_certificate.extensions"
    local e = der.extension("1.2.3", "")
    refused({ extensions = { e, e } }, path, "the same extension twice")
    refused({ extensions = {} }, path, "empty list")
    local many = {}
    for i = 1, 65 do many[i] = der.extension("1.2.3." .. i, "") end
    refused({ extensions = many }, path, "more than 64")
    many[65] = nil
    assert.equal(64, #core.certificate(der.certificate { extensions = many }):extensions())
  end)

  it("has names of ASCII where they are of ASCII", function()
    for _, tag in ipairs { 0x81, 0x82, 0x86 } do
      for _, name in ipairs { "b\195\188cher.example", "\128", "a\255" } do
        refused({ extensions = { der.extension("2.5.29.17", der.sequence(der.tlv(tag, name))) } },
          "tbs_certificate.extensions.subject_alt_name", "IA5String")
      end
    end
  end)

  it("has constraints of a base alone: nobody knows of a minimum or a maximum", function()
    local function constraints(more)
      return { extensions = { der.extension("2.5.29.30", der.sequence(der.tlv(0xa0,
        der.sequence(der.tlv(0x82, "a.example"), more))), true) } }
    end
    local path = "tbs_certificate.extensions.name_constraints"
    assert(core.certificate(der.certificate(constraints(""))))
    refused(constraints("\128\1\1"), path, "trailing bytes")
    refused(constraints("\129\1\0"), path, "trailing bytes")
    refused(constraints("\5\0"), path, "trailing bytes")
  end)

  it("has names whose parts are not empty", function()
    refused({ subject = der.sequence(der.set()) }, "tbs_certificate.subject", "empty SET")
    refused({ issuer = der.sequence(der.set(der.sequence(der.oid("2.5.4.3")))) },
      "tbs_certificate.issuer", "ends where")
    local nameless = core.certificate(der.certificate { subject = der.sequence() })
    assert.same({}, nameless:subject())
    assert.equal("", nameless:subject_string())
  end)
end)
