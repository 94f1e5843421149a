-- The CertificateRequest of TLS 1.2, which is ours and not wolfSSL's: RFC 5246 section 7.4.4.
-- verify/authority_spec has its names.

local guest = require "guest"
local peers = require "interop.peers"
local pki = require "pki"

local TLS12 = "TLS 1.2"
local SUITE = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"

local function server(kind, options)
  local all = peers.at(TLS12, { verify = "required", trust = pki.root, trace = true })
  for name, value in pairs(options or {}) do all[name] = value end
  return pki.server(all, kind)
end

local function client(kind, options)
  return pki.client(peers.at(TLS12, peers.ours(kind, options)))
end

local function names(list)
  local t = {}
  for i, item in ipairs(list) do t[i] = item.name end
  return t
end

-- What the server asked for, and both ends.
local function asked(from, to)
  local a, b = pki.connected(from, to)
  pki.talk(a, b)
  for _, entry in ipairs(b.recorder:entries()) do
    if entry.name == "certificate_request" then return entry.message.body, a, b end
  end
end

describe("a server's CertificateRequest of TLS 1.2", function()
  for _, own in ipairs(peers.KINDS) do
    it(("is answered with every kind of key where the server's is %s"):format(own), function()
      for _, kind in ipairs(peers.KINDS) do
        local request, a, b = asked(client(kind), server(own))
        assert.same({ "rsa_sign", "ecdsa_sign" }, names(request.certificate_types))
        assert.is_true(peers.is_made_with(a:info().client_signature_scheme.name, kind))
        assert.same(a:info().client_signature_scheme, b:info().client_signature_scheme)
        assert.is_true(b:verdict().ok)
        assert.equal(a:export("EXPORTER-spec", 32), b:export("EXPORTER-spec", 32))
      end
    end)
  end

  -- They are hashed for the signature of ServerKeyExchange, with 68 bytes behind them.
  it("is not mixed up with a client's random bytes that look like one", function()
    local random = "\13\0\0\96\1\1\0\2\4\1\0\88" .. ("r"):rep(20)
    local visitor = guest.of(server("rsa", { signature_schemes = { "rsa_pkcs1_sha256" } }))
    local hello = visitor:client_hello { random = random, versions = { TLS12 },
      groups = { "x25519" }, cipher_suites = { SUITE },
      signature_algorithms = { "rsa_pkcs1_sha256" } }
    local seen = {}
    assert(visitor:send(hello))
    repeat
      local message, entry = assert(visitor:receive())
      seen[entry.name] = { message = message, checks = entry.checks }
    until seen.server_hello_done
    assert.is_true(seen.server_key_exchange.checks.signature)
    assert.equal(1, #seen.certificate_request.message.body.certificate_authorities)
  end)

  it("asks for the server's signature schemes in its order, and for their keys", function()
    for _, case in ipairs {
      { { "ed25519" }, { "ecdsa_sign" }, "ed25519", "ed25519" },
      { { "ecdsa_secp384r1_sha384", "ecdsa_secp256r1_sha256" }, { "ecdsa_sign" }, "secp256r1",
        "secp256r1" },
      { { "rsa_pkcs1_sha384", "rsa_pkcs1_sha256" }, { "rsa_sign" }, "rsa", "rsa" },
      { { "rsa_pkcs1_sha512", "ed25519" }, { "rsa_sign", "ecdsa_sign" }, "rsa", "rsa" },
    } do
      local schemes, types, kind, own = case[1], case[2], case[3], case[4]
      local request = asked(client(kind), server(own, { signature_schemes = schemes }))
      assert.same(schemes, names(request.supported_signature_algorithms))
      assert.same(types, names(request.certificate_types))
    end
  end)

  it("is not there where no certificate is asked for", function()
    assert.is_nil((asked(client "rsa", server("rsa", { verify = "none" }))))
  end)
end)

describe("a client that is asked for a certificate in TLS 1.2", function()
  local function signs(kind, own, schemes)
    local _, a, b = asked(client(kind), server(own, { verify = "optional",
      signature_schemes = schemes }))
    local scheme = a:info().client_signature_scheme
    assert.equal(scheme and 2 or 0, #b:peer_certificates())
    return scheme and scheme.name
  end

  it("signs with what belongs to its curve, or what the server likes best", function()
    for _, own in ipairs { "rsa", "secp256r1" } do
      local more = own == "rsa" and "rsa_pkcs1_sha256" or "ecdsa_secp256r1_sha256"
      assert.equal("ecdsa_secp384r1_sha384", signs("secp384r1", own,
        { "ecdsa_secp521r1_sha512", "ecdsa_secp384r1_sha384", more }))
      assert.equal("ecdsa_secp521r1_sha512", signs("secp384r1", own,
        { "ecdsa_secp521r1_sha512", more, "ecdsa_secp256r1_sha256" }))
    end
    assert.equal("rsa_pss_rsae_sha384", signs("rsa", "rsa",
      { "rsa_pss_rsae_sha384", "rsa_pkcs1_sha256" }))
    assert.equal("rsa_pkcs1_sha512", signs("rsa", "rsa",
      { "rsa_pkcs1_sha512", "rsa_pss_rsae_sha256" }))
    assert.equal("rsa_pkcs1_sha384", signs("rsa", "secp256r1",
      { "rsa_pss_rsae_sha256", "rsa_pkcs1_sha384", "ecdsa_secp256r1_sha256" }))
  end)

  it("shows none where its key cannot sign so", function()
    for _, case in ipairs {
      { "secp256r1", "rsa", { "rsa_pss_rsae_sha256", "ed25519" } },
      { "rsa", "secp256r1", { "ecdsa_secp256r1_sha256" } },
      { "rsa", "secp256r1", { "ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256" } },
      { "ed25519", "rsa", { "rsa_pss_rsae_sha256", "ecdsa_secp256r1_sha256" } },
      { "secp384r1", "ed25519", { "ed25519" } },
    } do
      assert.is_nil(signs(case[1], case[2], case[3]))
    end
  end)

  it("shows none of a handler's either, which may also fit", function()
    for kind, count in pairs { secp256r1 = 0, rsa = 2 } do
      local chain, key = pki.leaf(kind)
      local _, _, b = asked(client("ed25519", { on_certificate_request = function()
        return { certificate = chain, key = key }
      end }), server("rsa", { verify = "optional", signature_schemes = { "rsa_pss_rsae_sha256" } }))
      assert.equal(count, #b:peer_certificates())
    end
  end)
end)
