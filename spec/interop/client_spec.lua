-- Our client against servers of others.

local core = require "wolfssl.core"
local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"

local GROUPS = { "x25519", "secp256r1", "secp384r1" }

local function described(kind)
  return kind and ("a client certificate with " .. kind) or "no client certificate"
end

-- Lines both ways; then we end, and what the server still has is its close_notify.
local function talk(stream, line, answer)
  assert.equal(#line + 1, stream:send(line .. "\n"))
  assert.equal(answer, stream:receive("*l"))
  assert.is_true(stream:shutdown())
  local text, why, rest = stream:receive("*a")
  assert.same({ "", "closed" }, { text or rest, why or "closed" })
  local info = stream:info()
  stream:close()
  return info
end

describe("wolfssl.client and openssl s_server", function()
  if not helper.have "openssl" then return pending("needs package openssl") end

  local server

  teardown(peers.cleanup)

  local function start(arguments)
    server = peers.openssl_server("-CAfile " .. peers.trust() .. " " .. arguments)
  end

  -- What we know of a connection, and what the server has told about it.
  local function visit(options, of_connection)
    server.output = ""
    local stream = assert(peers.connect(server, pki.client(options), of_connection))
    local info = talk(stream, "hello", "olleh")
    server:wait_for("^CONNECTION CLOSED")
    return info, server.output
  end

  local function assert_told(word, value, output)
    assert.equal(value, output:match("\n" .. word .. ": ([^\n]+)"))
  end

  for _, kind in ipairs(peers.KINDS) do
    describe("with a key of " .. kind, function()
      setup(function()
        start("-rev -verify 3 -alpn http/1.1 " .. peers.identity("openssl", kind))
      end)
      teardown(function() server:stop() end)

      for _, version in ipairs(peers.VERSIONS) do
        for _, own in ipairs(peers.CLIENTS) do
          it(("agree in %s with %s"):format(version, described(own)), function()
            local options = peers.at(version, { alpn = { "h2", "http/1.1" } })
            local info, told = visit(peers.ours(own, options))
            assert.equal(version, info.version.name)
            assert.equal("http/1.1", info.alpn)
            assert.equal("x25519", info.group.name)
            assert.is_false(info.resumed)
            assert.is_true(peers.is_made_with(info.signature_scheme.name, kind))
            assert_told("Protocol version", (version:gsub(" ", "v")), told)
            assert_told("Ciphersuite", peers.openssl_suite(info.cipher_suite.name), told)
            if own then
              local signature, hash = peers.openssl_scheme(info.client_signature_scheme.name)
              assert.is_true(peers.is_made_with(info.client_signature_scheme.name, own))
              assert_told("Peer certificate", "CN = Leaf", told)
              assert_told("Signature type", signature, told)
              assert_told("Hash used", hash, told)
              assert_told("Verification", "OK", told)
            else
              assert.is_nil(info.client_signature_scheme)
              assert.matches("\nNo peer certificate", told)
            end
          end)
        end
        for _, suite in ipairs((peers.SUITES[version][kind] or {})) do
          it(("agree on %s where we offer nothing else"):format(suite), function()
            local info, told = visit(peers.at(version, { cipher_suites = { suite } }))
            assert.equal(suite, info.cipher_suite.name)
            assert_told("Ciphersuite", peers.openssl_suite(suite), told)
          end)
        end
        if kind == "rsa" then
          for _, group in ipairs(GROUPS) do
            it(("agree on %s in %s where we offer nothing else"):format(group, version), function()
              local info, told = visit(peers.at(version, { groups = { group } }))
              assert.equal(group, info.group.name)
              assert_told("Supported groups", group, told)
            end)
          end
        end
      end
    end)
  end

  describe("that wants another group", function()
    for name, group in pairs { ["P-256"] = "secp256r1", ["P-384"] = "secp384r1" } do
      it("agree on " .. group .. ", in TLS 1.3 after a HelloRetryRequest", function()
        start("-rev -groups " .. name .. " " .. peers.identity("openssl", "secp256r1"))
        finally(function() server:stop() end)
        for _, version in ipairs(peers.VERSIONS) do
          local context = pki.client(peers.at(version))
          local stream, parts = peers.tapped(context, server)
          assert.equal("olleh", (stream:send("hello\n") and stream:receive("*l")))
          assert.equal(group, stream:info().group.name)
          assert.equal(version == "TLS 1.3" and 2 or 1, peers.count_hellos(parts))
          stream:close()
        end
      end)
    end
  end)

  it("choose a certificate by the name that we send", function()
    local chain, key = peers.files("ed25519")
    -- the chain of -cert2 is made from what is trusted
    start(("-rev -servername localhost -cert2 %s -key2 %s -CAfile %s %s"):format(
      chain, key, peers.trust { pki.root, pki.middle }, peers.identity("openssl", "rsa")))
    finally(function() server:stop() end)
    for _, version in ipairs(peers.VERSIONS) do
      assert.equal("ed25519", visit(peers.at(version)).signature_scheme.name)
      local info = visit(peers.at(version), { send_server_name = false })
      assert.is_true(peers.is_made_with(info.signature_scheme.name, "rsa"))
    end
  end)

  it("choose among two certificates by the signature schemes that we offer", function()
    local chain, key = peers.files("secp256r1")
    start(("-rev -dcert %s -dcert_chain %s -dkey %s %s"):format(
      chain, peers.trust { pki.middle }, key, peers.identity("openssl", "rsa")))
    finally(function() server:stop() end)
    for _, version in ipairs(peers.VERSIONS) do
      for _, scheme in ipairs { "ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256" } do
        local info = visit(peers.at(version, { signature_schemes = { scheme } }))
        assert.equal(scheme, info.signature_scheme.name)
      end
    end
  end)

  it("carry much, and the server ends first", function()
    local much = core.crypto.random(300000)
    helper.write(peers.path("much"), much)
    start("-HTTP " .. peers.identity("openssl", "secp256r1"))
    finally(function() server:stop() end)
    for _, version in ipairs(peers.VERSIONS) do
      local stream = assert(peers.connect(server, pki.client(peers.at(version))))
      assert(stream:send("GET /much HTTP/1.0\r\n\r\n"))
      assert.is_true(stream:receive("*a") == much)
      assert.equal("closed", select(2, stream:receive("*a")))
      stream:close()
    end
  end)
end)

describe("wolfssl.client and renegotiation", function()
  teardown(peers.cleanup)

  it("go different ways: the server hears no_renegotiation, and the data goes on", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local server = peers.openssl_server(peers.identity("openssl", "secp256r1"))
    finally(function() server:stop() end)
    local stream = assert(peers.connect(server, pki.client(peers.at "TLS 1.2")))
    server:wait_for("Secure Renegotiation IS supported")
    server:send("r\n")
    server:wait_for("SSL_do_handshake")
    server:send("after\n")
    assert.equal("after", stream:receive("*l"))
    assert.is_true(stream:flush()) -- the alert, where both came at once
    server:wait_for("no renegotiation")
    stream:close()
  end)

  it("are safe in the eyes of a gnutls-serv that insists on it", function()
    if not helper.have "gnutls-serv" then return pending("needs package gnutls-bin") end
    local server = peers.gnutls_server("--echo --priority=NORMAL:%SAFE_RENEGOTIATION "
      .. peers.identity("gnutls", "secp256r1"))
    finally(function() server:stop() end)
    for _, options in ipairs { {}, peers.at "TLS 1.2" } do
      assert.is_false(talk(assert(peers.connect(server, pki.client(options))), "a", "a").resumed)
    end
  end)
end)

describe("wolfssl.client and gnutls-serv", function()
  if not helper.have "gnutls-serv" then return pending("needs package gnutls-bin") end

  teardown(peers.cleanup)

  for _, kind in ipairs(peers.KINDS) do
    describe("with a key of " .. kind, function()
      local server

      setup(function()
        server = peers.gnutls_server("--echo --verify-client-cert --alpn=http/1.1 --x509cafile="
          .. peers.trust() .. " " .. peers.identity("gnutls", kind))
      end)
      teardown(function() server:stop() end)

      for _, version in ipairs(peers.VERSIONS) do
        for _, own in ipairs(peers.CLIENTS) do
          it(("agree in %s with %s"):format(version, described(own)), function()
            local options = peers.at(version, { alpn = { "h2", "http/1.1" } })
            local client = pki.client(peers.ours(own, options))
            local info = talk(assert(peers.connect(server, client)), "hello", "hello")
            assert.equal(version, info.version.name)
            assert.equal("http/1.1", info.alpn)
            assert.is_true(peers.is_made_with(info.signature_scheme.name, kind))
            assert.equal(own and peers.is_made_with(info.client_signature_scheme.name, own),
              info.client_signature_scheme and true or false)
          end)
        end
      end
    end)
  end
end)
