-- Extensions written by hand, most of them wrong.

local core = require "wolfssl.core"
local der = require "der"
local helper = require "helper"
local openssl = require "openssl"

local function vector(bytes)
  return string.char(math.floor(#bytes / 256), #bytes % 256) .. bytes
end

local function with_extension(oid, value)
  return core.certificate(der.certificate { extensions = { der.extension(oid, value) } })
end

describe("extension", function()
  local bad = {
    { "2.5.29.19", "\5\0", "basic_constraints" },
    { "2.5.29.19", der.sequence("\1\1\255", "\2\1\255"), "basic_constraints" },
    { "2.5.29.19", der.sequence() .. "\0", "basic_constraints" },
    { "2.5.29.15", "\3\1", "key_usage" },
    { "2.5.29.37", der.sequence(), "extended_key_usage" },
    { "2.5.29.37", der.sequence("\5\0"), "extended_key_usage" },
    { "2.5.29.14", "\5\0", "subject_key_identifier" },
    { "2.5.29.35", der.sequence("\131\0"), "authority_key_identifier" },
    { "2.5.29.35", der.sequence("\161\0"), "authority_key_identifier" },
    { "2.5.29.17", der.sequence(), "subject_alt_name" },
    { "2.5.29.17", der.sequence("\130\1\200"), "subject_alt_name" },
    { "2.5.29.17", der.sequence("\135\3abc"), "subject_alt_name" },
    { "2.5.29.17", der.sequence("\135\8abcdabcd"), "subject_alt_name" },
    { "2.5.29.17", der.sequence("\164\2\5\0"), "subject_alt_name" },
    { "2.5.29.17", der.sequence("\164\0"), "subject_alt_name" },
    { "2.5.29.17", der.sequence("\136\1\128"), "subject_alt_name" },
    { "2.5.29.17", der.sequence("\160\2\5\0"), "subject_alt_name" },
    { "2.5.29.17", der.sequence("\137\0"), "subject_alt_name" },
    { "2.5.29.17", der.sequence("\162\0"), "subject_alt_name" },
    { "2.5.29.18", der.sequence(), "issuer_alt_name" },
    { "2.5.29.30", der.sequence(), "name_constraints" },
    { "2.5.29.30", der.sequence("\160\0"), "name_constraints" },
    { "2.5.29.30", der.sequence(der.tlv(0xa0, der.sequence("\135\4abcd"))), "name_constraints" },
    { "2.5.29.30", der.sequence(der.tlv(0xa0, der.sequence("\130\1a", "\128\1\0"))),
      "name_constraints" },
    { "2.5.29.31", der.sequence(), "crl_distribution_points" },
    { "2.5.29.31", der.sequence(der.sequence("\160\2\5\0")), "crl_distribution_points" },
    { "2.5.29.31", der.sequence(der.sequence("\160\2\161\2\5\0")), "crl_distribution_points" },
    { "2.5.29.32", der.sequence(der.sequence("\5\0")), "certificate_policies" },
    { "2.5.29.32", der.sequence(der.sequence(der.oid("1.2.3"), der.sequence(der.sequence(
      der.oid("1.3.6.1.5.5.7.2.1"), "\5\0")))), "certificate_policies" },
    { "2.5.29.32", der.sequence(der.sequence(der.oid("1.2.3"), der.sequence(der.sequence(
      der.oid("1.3.6.1.5.5.7.2.2"), der.sequence("\5\0"))))), "certificate_policies" },
    { "1.3.6.1.5.5.7.1.1", der.sequence(der.sequence(der.oid("1.2.3"))),
      "authority_information_access" },
    { "1.3.6.1.5.5.7.1.24", der.sequence("\2\3\1\0\0"), "tls_features" },
    { "1.3.6.1.4.1.11129.2.4.2", der.octets("\0"), "signed_certificate_timestamps" },
    { "1.3.6.1.4.1.11129.2.4.2", der.octets("\0\1\0"), "signed_certificate_timestamps" },
    { "1.3.6.1.4.1.11129.2.4.2", der.octets("\0\2\0\0"), "signed_certificate_timestamps" },
    { "1.3.6.1.4.1.11129.2.4.2", der.octets(vector(vector(openssl.sct .. "\0"))),
      "signed_certificate_timestamps" },
    { "1.3.6.1.4.1.11129.2.4.2", der.octets(vector(vector(openssl.sct:sub(1, -2)))),
      "signed_certificate_timestamps" },
  }

  it("that are known and malformed are refused by name", function()
    for _, case in ipairs(bad) do
      local certificate, _, code, detail = with_extension(case[1], case[2])
      assert.is_nil(certificate, helper.hex(case[2]) .. " as " .. case[3])
      assert.equal("decode_error", code)
      assert.equal("tbs_certificate.extensions." .. case[3], detail.path)
    end
  end)

  it("that are unknown are kept as they are", function()
    local certificate = assert(with_extension("1.2.3", "no DER at all"))
    assert.equal("no DER at all", (certificate:extension("1.2.3")))
    assert.equal(false, (select(2, certificate:extension("1.2.3"))))
  end)

  it("that are absent give nil", function()
    local certificate = assert(core.certificate(der.certificate()))
    for _, method in ipairs { "subject_alt_names", "issuer_alt_names", "basic_constraints",
      "key_usage", "extended_key_usage", "subject_key_identifier", "authority_key_identifier",
      "authority_information_access", "crl_distribution_points", "certificate_policies",
      "name_constraints", "signed_certificate_timestamps", "tls_features" } do
      assert.same({ n = 1 }, { n = select("#", certificate[method](certificate)),
        (certificate[method](certificate)) })
    end
  end)

  it("keep names with NULs whole and name forms without text as DER", function()
    local certificate = assert(with_extension("2.5.29.17",
      der.sequence("\130\3a\0b", "\163\0", "\165\2\48\0")))
    local names = certificate:subject_alt_names()
    assert.same({ "a\0b", "#a300", "#a5023000" },
      { names[1].value, names[2].value, names[3].value })
  end)

  it("show a mask with holes as it is", function()
    local certificate = assert(with_extension("2.5.29.30", der.sequence(der.tlv(0xa1,
      der.sequence("\135\8\192\0\2\0\255\0\255\0"), der.sequence("\135\8\0\0\0\0\0\0\0\0")))))
    assert.same({ permitted = {}, excluded = {
      { type = "ip_address", value = "192.0.2.0/255.0.255.0" },
      { type = "ip_address", value = "0.0.0.0/0" } } }, certificate:name_constraints())
  end)
end)
