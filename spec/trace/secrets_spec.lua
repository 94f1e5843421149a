local crypto = require "wolfssl.trace.crypto"
local helper = require "helper"
local premaster = require "wolfssl.trace.premaster"
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local secret_store = require "wolfssl.trace.secrets"

local RANDOM = ("\1"):rep(32)
local LINE = "CLIENT_RANDOM " .. ("01"):rep(32) .. " " .. ("ab"):rep(48)

describe("trace.secrets", function()
  it("takes a key log as text, lines or entries", function()
    for _, keylog in ipairs { LINE .. "\n# comment\nnonsense\n", { LINE, "nonsense" },
      { { label = "CLIENT_RANDOM", client_random = RANDOM, secret = ("\171"):rep(48) } } } do
      local known = secret_store.new { keylog = keylog }
      assert.equal(("\171"):rep(48), known:logged(RANDOM, "CLIENT_RANDOM"))
      assert.is_nil(known:logged(RANDOM, "EXPORTER_SECRET"))
    end
  end)

  it("asks its source only for what is missing", function()
    local asked, lines = 0, {}
    local known = secret_store.new { source = function()
      asked = asked + 1
      return lines
    end }
    assert.is_nil(known:logged(RANDOM, "CLIENT_RANDOM"))
    lines[1] = LINE
    assert.equal(48, #known:logged(RANDOM, "CLIENT_RANDOM"))
    assert.equal(2, asked)
    known:logged(RANDOM, "CLIENT_RANDOM")
    assert.equal(2, asked)
  end)

  it("raises for options it does not know and keys of the wrong form", function()
    assert.has_error(function() secret_store.new { keylgo = "" } end, "unknown option: keylgo")
    assert.has_error(function() secret_store.new { private_keys = { "x" } } end)
    assert.has_error(function() secret_store.new { psks = { { identity = "x" } } } end)
    assert.has_error(function()
      secret_store.new { private_keys = { { group = "x25519", private = "short" } } }
    end)
  end)

  it("agrees with the private key of either side, in every group", function()
    for _, group in ipairs { "x25519", "secp256r1", "secp384r1", "secp521r1", "ffdhe2048" } do
      if crypto.group_supported(group) then
        local one, one_public = crypto.keypair(group)
        local two, two_public = crypto.keypair(group)
        local expected = crypto.shared_secret(group, one, two_public)
        for _, private in ipairs { one, two } do
          local known = secret_store.new { private_keys = { { group = group, private = private } } }
          assert.equal(expected, (known:shared(group, one_public, two_public)))
        end
        local secret, message = secret_store.new():shared(group, one_public, two_public)
        assert.is_nil(secret)
        assert.truthy(message:find(group, 1, true))
      end
    end
  end)

  it("forgets the oldest of very many sessions", function()
    local known = secret_store.new()
    for i = 1, 5000 do known:remember_session("id" .. i, "master" .. i) end
    assert.is_nil(known:session("id1"))
    assert.equal("master5000", known:session("id5000"))
    local kept = 0
    for i = 1, 5000 do if known:session("id" .. i) then kept = kept + 1 end end
    assert.is_true(kept <= 4096 and kept >= 4000)
    known:remember_session("", "x")
    assert.is_nil(known:session(""))
  end)
end)

-- RFC 7919 appendix A.1
local P = helper.unhex [[
  FFFFFFFFFFFFFFFFADF85458A2BB4A9AAFDC5620273D3CF1D8B9C583CE2D3695A9E13641146433FBCC939DCE249B3EF9
  7D2FE363630C75D8F681B202AEC4617AD3DF1ED5D5FD65612433F51F5F066ED0856365553DED1AF3B557135E7F57C935
  984F0C70E0E68B77E2A689DAF3EFE8721DF158A136ADE73530ACCA4F483A797ABC0AB182B324FB61D108A94BB2C8E3FB
  B96ADAB760D7F4681D4F42A3DE394DF4AE56EDE76372BB190B07A7C8EE0A6D709E02FCE1CDF7E2ECC03404CD28342F61
  9172FE9CE98583FF8E4F1232EEF28183C3FE3B1B4C6FAD733BB5FCBC2EC22005C58EF1837D1683B2C6F34A26C1B2EFFA
  886B423861285C97FFFFFFFFFFFFFFFF]]

describe("trace.premaster", function()
  local suites = cipher_suite.by_name
  local PSK = { { identity = "me", key = "key" } }
  local one, one_public = crypto.dh_keypair(P, "\2")
  local _, two_public = crypto.dh_keypair(P, "\2")
  local server = { params = { dh_p = P, dh_g = "\2", dh_ys = two_public } }
  local shared = crypto.dh_shared(P, "\2", one, two_public)

  it("comes from the private key of a Diffie-Hellman exchange", function()
    local known = secret_store.new { private_keys = { { group = "dh", private = one } } }
    local suite = suites.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256
    assert.equal(shared, (premaster.find(known, RANDOM, suite, server, { dh_yc = one_public })))
    local secret, message = premaster.find(known, RANDOM, suite, server, { dh_yc = two_public })
    assert.is_nil(secret)
    assert.equal("string", type(message))
  end)

  it("holds zeros, or the secret agreed on, before a pre-shared key", function()
    local known = secret_store.new { psks = PSK,
      private_keys = { { group = "dh", private = one } } }
    assert.equal("\0\3\0\0\0\0\3key", (premaster.find(known, RANDOM,
      suites.TLS_PSK_WITH_AES_128_GCM_SHA256, nil, { psk_identity = "me" })))
    local length = string.char(math.floor(#shared / 256), #shared % 256)
    assert.equal(length .. shared .. "\0\3key", (premaster.find(known, RANDOM,
      suites.TLS_DHE_PSK_WITH_AES_128_GCM_SHA256, server,
      { psk_identity = "me", dh_yc = one_public })))
  end)

  it("says what is missing", function()
    local known = secret_store.new { psks = PSK }
    for name, bodies in pairs {
      TLS_RSA_WITH_AES_128_GCM_SHA256 = { nil, { encrypted_pre_master_secret = "x" } },
      TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 = { nil, { dh_yc = "x" } },
      TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 = { nil, { ecdh_yc = "x" } },
      TLS_PSK_WITH_AES_128_GCM_SHA256 = { nil, { psk_identity = "you" } },
      TLS_SRP_SHA_WITH_AES_128_CBC_SHA = { nil, { srp_a = "x" } },
      TLS_RSA_WITH_AES_128_CBC_SHA = { nil, "bytes" },
    } do
      local secret, message = premaster.find(known, RANDOM, suites[name], bodies[1], bodies[2])
      assert.is_nil(secret)
      assert.equal("string", type(message), name)
    end
  end)

  it("does not raise for parameters that cannot be right", function()
    local known = secret_store.new { private_keys = { { group = "dh", private = one } } }
    local suite = suites.TLS_DHE_RSA_WITH_AES_128_GCM_SHA256
    local all, none = ("\255"):rep(64), ("\0"):rep(300)
    for _, p in ipairs { "", "\0", "\3", "\4", none, all, all:rep(32) } do
      for _, g in ipairs { "\0", "\1", "\2", all } do
        local params = { params = { dh_p = p, dh_g = g, dh_ys = "\2" } }
        assert.is_nil((premaster.find(known, RANDOM, suite, params, { dh_yc = "\3" })))
      end
    end
  end)
end)
