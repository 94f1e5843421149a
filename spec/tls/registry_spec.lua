local names = {
  "alert", "cipher_suite", "content_type", "extension_type", "handshake_type", "named_group",
  "signature_scheme", "version",
}

describe("wolfssl.tls.registry", function()
  for _, name in ipairs(names) do
    local registry = require("wolfssl.tls.registry." .. name)

    it("finds each " .. registry.title .. " by value and by name", function()
      assert.is_true(#registry.list > 5)
      local seen = {}
      for _, entry in ipairs(registry.list) do
        assert.is_nil(seen[entry], entry.name)
        seen[entry] = true
        assert.equal(entry, registry.by_value[entry.value])
        assert.equal(entry, registry.by_name[entry.name])
        assert.equal(entry.value, registry:value(entry.name))
        assert.is_true(entry.value < 256 ^ registry.width)
      end
    end)
  end

  local suites = require "wolfssl.tls.registry.cipher_suite"

  it("names what IANA does not list", function()
    assert.equal("GREASE (0x0a0a)", suites:name(0x0A0A))
    assert.equal("unknown (0x1234)", suites:name(0x1234))
    assert.equal(0x1234, suites:value("unknown (0x1234)"))
    local modes = require("wolfssl.tls.registry.code_points").psk_key_exchange_mode
    assert.equal("GREASE (0x2a)", modes:name(0x2A))
    assert.equal("unknown (0x02)", modes:name(2))
  end)

  it("has one entry for each code point, however it was found first", function()
    local lazy = require("wolfssl.tls.registry").lazy("letter", 1,
      "0A ALPHA\n0C ALPHA_BETA\n0D B\n", function() return {} end, true)
    local alpha = lazy.by_name.ALPHA
    assert.same({ value = 10, name = "ALPHA" }, alpha)
    assert.equal(alpha, lazy.by_value[10])
    assert.equal(lazy.by_value[12], lazy.by_name.ALPHA_BETA)
    assert.equal(alpha, lazy.list[1])
    assert.equal(3, #lazy.list)
    for _, bad in ipairs { "ALP", "BETA", "", "ALPHA\n0C ALPHA_BETA", "0A ALPHA", 10, false } do
      assert.is_nil(lazy.by_name[bad], bad)
    end
    assert.equal("unknown (0x0e)", lazy:name(14))
    assert.equal("GREASE (0x0b)", lazy:name(11))
    assert.equal(11, lazy:value("GREASE (0x0b)"))
  end)

  it("makes no suite before one is asked for", function()
    local module = "wolfssl.tls.registry.cipher_suite"
    package.loaded[module] = nil
    local fresh = require(module)
    package.loaded[module] = suites
    for _, entry in pairs(fresh.by_value) do assert.is_true(entry.grease, entry.name) end
    assert.equal("AES", fresh:entry(0x1301).cipher)
    assert.same(suites.list, fresh.list)
  end)

  it("has no value for a number that does not fit the field", function()
    for _, bad in ipairs { -1, 65536, 1.5, "TLS_NO_SUCH_SUITE", {} } do
      assert.is_nil(suites:value(bad))
    end
  end)

  it("gives each alert a meaning that is one sentence", function()
    for _, alert in ipairs(require("wolfssl.tls.registry.alert").list) do
      assert.truthy(alert.meaning:match("^%u.+%.$"), alert.name)
    end
  end)
end)

describe("wolfssl.tls.registry.cipher_suite", function()
  local suites = require "wolfssl.tls.registry.cipher_suite"

  local function parts(name, expected)
    local entry = suites.by_name[name]
    for key, value in pairs(expected) do
      assert.same(value, entry[key], name .. " " .. key)
    end
  end

  it("takes each name apart completely", function()
    for _, suite in ipairs(suites.list) do
      if not suite.signalling then
        assert.is_string(suite.cipher, suite.name)
        assert.is_string(suite.hash, suite.name)
        assert.is_number(suite.key_length, suite.name)
        assert.is_boolean(suite.forward_secrecy, suite.name)
        assert.is_true(suite.min_version <= suite.max_version, suite.name)
        assert.equal(suite.max_version == 0x0304, suite.key_exchange == nil, suite.name)
        assert.is_true(suite.aead == (suite.tag_length ~= nil), suite.name)
        local protected = suite.aead or suite.mac or suite.cipher == "NULL"
          or suite.key_exchange == "GOST"
        assert.is_truthy(protected, suite.name)
      end
    end
  end)

  it("knows AEAD suites", function()
    parts("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", {
      value = 0xC030, key_exchange = "ECDHE", authentication = "RSA", cipher = "AES", bits = 256,
      mode = "GCM", aead = true, hash = "SHA384", tag_length = 16, key_length = 32,
      fixed_iv_length = 4, forward_secrecy = true, min_version = 0x0303, max_version = 0x0303,
      weaknesses = {},
    })
    parts("TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8", { hash = "SHA256", tag_length = 8, mode = "CCM" })
    parts("TLS_PSK_DHE_WITH_AES_128_CCM_8", { key_exchange = "DHE_PSK", forward_secrecy = true })
    parts("TLS_CHACHA20_POLY1305_SHA256", {
      cipher = "CHACHA20", bits = 256, mode = "POLY1305", fixed_iv_length = 12,
      min_version = 0x0304, forward_secrecy = true,
    })
  end)

  it("knows CBC, stream and null suites", function()
    parts("TLS_RSA_WITH_3DES_EDE_CBC_SHA", {
      cipher = "3DES", bits = 168, key_length = 24, block_length = 8, mac = "SHA1",
      mac_length = 20, hash = "SHA256", forward_secrecy = false, weaknesses = { "64-bit block" },
    })
    parts("TLS_RSA_EXPORT_WITH_RC4_40_MD5", {
      export = true, bits = 40, key_length = 5, min_version = 0x0300, max_version = 0x0301,
      weaknesses = { "export", "RC4", "MD5" },
    })
    parts("TLS_DHE_RSA_WITH_DES_CBC_SHA", { key_length = 8, max_version = 0x0302 })
    parts("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", { mac = "SHA384", min_version = 0x0303 })
    parts("TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256", { min_version = 0x0301 })
    parts("TLS_SHA256_SHA256", {
      cipher = "NULL", mac = "SHA256", weaknesses = { "no encryption" },
    })
    parts("TLS_DH_anon_WITH_AES_128_GCM_SHA256", { weaknesses = { "anonymous" } })
  end)

  it("keeps signalling values apart", function()
    parts("TLS_FALLBACK_SCSV", { value = 0x5600, signalling = true })
    parts("TLS_EMPTY_RENEGOTIATION_INFO_SCSV", { value = 0x00FF, signalling = true })
  end)
end)
