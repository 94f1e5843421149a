-- PEM text: lenient around blocks, strict inside.

local core = require "wolfssl.core"
local der = require "der"

describe("pem", function()
  local one = core.certificate(der.certificate()):pem()
  local two = core.certificate(der.certificate { serial = der.integer("\2") }):pem()

  local _, lines = one:gsub("\n", "\n")

  local function refused(text, reason, line)
    local certificate, message, code, detail = core.certificate(text)
    assert.is_nil(certificate)
    assert.equal("decode_error", code)
    assert.truthy(message:find(reason, 1, true), message)
    assert.equal(line, detail and detail.line)
    assert.is_nil((core.certificates(text)))
  end

  it("may have text around it, CRLF, indentation and a byte order mark", function()
    assert.equal("01", core.certificate("0 text\n" .. one .. "more"):serial())
    assert.equal("01", core.certificate((one:gsub("\n", "\r\n"))):serial())
    assert.equal("01", core.certificate((one:gsub("(.-)\n", "  %1\t\n"))):serial())
    assert.equal("01", core.certificate("\239\187\191" .. one):serial())
    assert.equal("01", core.certificate((one:gsub("CERTIFICATE", "X509 CERTIFICATE"))):serial())
    assert.equal("01", core.certificate((one:gsub("\n$", ""))):serial())
    local flat = one:gsub("%-\n", "-@"):gsub("\n", ""):gsub("@", "\n"):gsub("%-%-%-%-%-END", "\n%0")
    assert.equal("01", core.certificate(flat):serial())
  end)

  it("gives the first certificate, or all of them", function()
    local key = "-----BEGIN PRIVATE KEY-----\nnot base64!\n-----END PRIVATE KEY-----\n"
    local text = key .. one .. "between\n" .. two .. key
    assert.equal("01", core.certificate(text):serial())
    local list = assert(core.certificates(text))
    assert.equal(2, #list)
    assert.equal("02", list[2]:serial())
    assert.equal(1, #core.certificates(der.certificate()))
    assert.equal("decode_error", select(3, core.certificates("\48\130\0")))
  end)

  it("is refused where it is wrong, with the line", function()
    refused("", "neither DER nor a PEM block")
    refused("nonsense", "neither DER nor a PEM block")
    refused("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "neither DER")
    refused("a\n" .. one:gsub("%-%-%-%-%-END.*", ""), "without its END line", 2)
    refused(one:gsub("%-%-%-%-%-END.*", "") .. two, "another block", lines)
    refused((one:gsub("END CERT", "END  CERT")), "another block", lines)
    refused((one:gsub("^([^\n]*\n....)", "%1!")), "not base64", 2)
    refused((one:gsub("^([^\n]*\n[^\n]*\n)", "%1=")), "not base64", 3)
    refused("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", "without content", 2)
    local function body(base64)
      return "-----BEGIN CERTIFICATE-----\n" .. base64 .. "\n-----END CERTIFICATE-----\n"
    end
    refused(body "MAA", "inside a group", 3)
    refused(body "MA=A", "not base64", 2)
    refused(body "MAB=", "bits after its end", 2)
    refused(body "MA==\nMAAA", "goes on after its padding", 3)
    refused(body "M===", "not base64", 2)
    refused(body "A\0AA", "not base64", 2)
  end)

  it("of a bad certificate tells the field", function()
    local bad = one:gsub("\nM", "\nA")
    assert.equal("certificate", select(4, core.certificate(bad)).path)
    local text = one .. bad
    assert.equal("01", core.certificate(text):serial())
    assert.is_nil((core.certificates(text)))
  end)

  it("is what it was read from, for every length modulo 48", function()
    for length = 1, 50 do
      local bytes = der.certificate { subject = der.common_name(("x"):rep(length)) }
      local certificate = core.certificate(bytes)
      assert.equal(bytes, core.certificate(certificate:pem()):der())
    end
  end)
end)
