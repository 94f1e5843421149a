-- Our server and clients of others.

local core = require "wolfssl.core"
local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"
local wolfssl = require "wolfssl"

local function described(kind)
  return kind and ("a client certificate with " .. kind) or "no client certificate"
end

local function server(kind, options, own)
  local all = { alpn = { "http/1.1", "h2" } }
  for name, value in pairs(options or {}) do all[name] = value end
  if own then all.verify, all.trust = "required", pki.root end
  return pki.server(all, kind)
end

-- What both must say of a connection, whoever the peer is.
local function assert_info(info, version, kind, own)
  assert.equal(version, info.version.name)
  assert.equal("localhost", info.server_name)
  assert.is_false(info.resumed)
  assert.is_true(peers.is_made_with(info.signature_scheme.name, kind))
  if own then
    assert.is_true(peers.is_made_with(info.client_signature_scheme.name, own))
  else
    assert.is_nil(info.client_signature_scheme)
  end
end

describe("wolfssl.server and openssl s_client", function()
  if not helper.have "openssl" then return pending("needs package openssl") end

  teardown(peers.cleanup)

  local function client(arguments)
    return ("openssl s_client -connect 127.0.0.1:PORT -brief -CAfile %s %s"):format(
      peers.trust(), arguments)
  end

  local CHECKED = "-servername localhost -verify_hostname localhost -verify_return_error "

  -- A line each way; we end first and the client follows.
  local function visit(context, arguments, more)
    local info
    local told = peers.serve(context, client(arguments), function(stream, process)
      process:send("hello\n")
      assert.equal("hello", stream:receive("*l"))
      assert.equal(6, stream:send("olleh\n"))
      info = stream:info()
      if more then more(stream, process) end
      assert.is_true(stream:shutdown())
      assert.equal("closed", select(2, stream:receive("*a")))
    end)
    assert.matches("\nolleh\n", told)
    return info, "\n" .. told
  end

  local function assert_told(word, value, told)
    assert.equal(value, told:match("\n" .. word .. ": ([^\n]+)"))
  end

  for suite, theirs in pairs {
    TLS_DHE_RSA_WITH_AES_128_GCM_SHA256 = "DHE-RSA-AES128-GCM-SHA256",
    TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256 = "DHE-RSA-CHACHA20-POLY1305",
  } do
    it("agree on a group of RFC 7919 for " .. suite, function()
      local context = server("rsa", { max_version = "TLS 1.2", cipher_suites = { suite } })
      local info, told = visit(context, CHECKED .. "-tls1_2 -cipher " .. theirs)
      assert.equal(suite, info.cipher_suite.name)
      assert_told("Server Temp Key", "DH, 2048 bits", told)
    end)
  end

  for _, kind in ipairs(peers.KINDS) do
    for _, version in ipairs(peers.VERSIONS) do
      for _, own in ipairs(peers.CLIENTS) do
        it(("agree in %s with a key of %s and %s"):format(version, kind, described(own)), function()
          local certificates
          local info, told = visit(server(kind, nil, own),
            CHECKED .. "-alpn h2,http/1.1 " .. peers.OPENSSL[version] .. " "
              .. peers.identity("openssl", own),
            function(stream) certificates = stream:connection():peer_certificates() end)
          assert_info(info, version, kind, own)
          assert.equal("http/1.1", info.alpn)
          assert.equal("x25519", info.group.name)
          assert.equal(own and 2 or 0, #certificates)
          local signature, hash = peers.openssl_scheme(info.signature_scheme.name)
          assert_told("Protocol version", (version:gsub(" ", "v")), told)
          assert_told("Ciphersuite", peers.openssl_suite(info.cipher_suite.name), told)
          assert_told("Peer certificate", "CN = Leaf", told)
          assert_told("Signature type", signature, told)
          assert_told("Hash used", hash, told)
          assert_told("Verification", "OK", told)
          assert_told("Verified peername", "localhost", told)
          assert_told("Server Temp Key", "X25519, 253 bits", told)
        end)
      end
    end
  end

  for version, by_kind in pairs(peers.SUITES) do
    for kind, suites in pairs(by_kind) do
      for _, suite in ipairs(suites) do
        it("agree on " .. suite .. " where the client offers nothing else", function()
          local option = version == "TLS 1.3" and "-ciphersuites " or "-cipher "
          local name = peers.openssl_suite(suite)
          local info, told = visit(server(kind),
            peers.OPENSSL[version] .. " " .. option .. name)
          assert.equal(suite, info.cipher_suite.name)
          assert_told("Ciphersuite", name, told)
        end)
      end
    end
  end

  local GROUPS = {
    x25519 = { "X25519", "X25519, 253 bits" },
    secp256r1 = { "P-256", "ECDH, prime256v1, 256 bits" },
    secp384r1 = { "P-384", "ECDH, secp384r1, 384 bits" },
  }
  for _, version in ipairs(peers.VERSIONS) do
    for group, names in pairs(GROUPS) do
      it(("agree on %s in %s where the client offers only that"):format(group, version), function()
        local info, told = visit(server "rsa", peers.OPENSSL[version] .. " -groups " .. names[1])
        assert.equal(group, info.group.name)
        assert_told("Server Temp Key", names[2], told)
      end)
    end
  end

  it("agree on another group than that of the key share after a HelloRetryRequest", function()
    for group, offered in pairs { secp384r1 = "X25519:P-384", secp256r1 = "P-521:P-256" } do
      local info, told = visit(server("rsa", { groups = { group } }),
        "-tls1_3 -msg -groups " .. offered)
      assert.equal(group, info.group.name)
      local _, hellos = told:gsub("ClientHello", "")
      assert.equal(2, hellos)
    end
  end)

  it("agree on a certificate that the client can use, of three kinds", function()
    local certificates = {}
    for i, kind in ipairs { "rsa", "secp256r1", "ed25519" } do
      local chain, key = pki.leaf(kind)
      certificates[i] = { certificate = chain, key = key }
    end
    local context = assert(wolfssl.server { certificates = certificates })
    for _, version in ipairs(peers.VERSIONS) do
      for i, scheme in ipairs { "rsa_pss_rsae_sha256", "ecdsa_secp256r1_sha256", "ed25519" } do
        local info, told = visit(context,
          ("%s -sigalgs %s"):format(peers.OPENSSL[version], scheme))
        assert.equal(scheme, info.signature_scheme.name)
        assert.equal(i, info.identity)
        assert_told("Signature type", (peers.openssl_scheme(scheme)), told)
      end
    end
  end)

  it("carry much both ways", function()
    local much = core.crypto.random(150000):gsub("%c", "x"):gsub("[\128-\255]", "y") .. "\n"
    helper.write(peers.path("much"), much)
    for _, version in ipairs(peers.VERSIONS) do
      local command = ("openssl s_client -connect 127.0.0.1:PORT -quiet -verify_quiet %s < %s")
        :format(peers.OPENSSL[version], peers.path("much"))
      local told = peers.serve(server "secp256r1", command, function(stream)
        assert.is_true(stream:receive(#much) == much)
        assert(stream:send(much))
      end)
      assert.is_true(told:find(much, 1, true) ~= nil)
    end
  end)

  it("carry records that are padded, small, or smaller than the client allows", function()
    local long = ("x"):rep(5000)
    for _, version in ipairs(peers.VERSIONS) do
      for _, option in ipairs { "-record_padding 4096", "-max_send_frag 512", "-maxfraglen 512" } do
        local command = client(peers.OPENSSL[version] .. " " .. option)
        local told = peers.serve(server "secp256r1", command, function(stream, process)
          process:send(long .. "\n")
          assert.equal(long, stream:receive("*l"))
          assert(stream:send(long .. "\n"))
        end)
        assert.is_true(told:find("\n" .. long .. "\n", 1, true) ~= nil)
      end
    end
  end)

  it("end when the client does", function()
    for _, version in ipairs(peers.VERSIONS) do
      peers.serve(server "secp256r1", client(peers.OPENSSL[version]), function(stream, process)
        process:send("hello\n")
        assert.equal("hello", stream:receive("*l"))
        process:send("Q\n")
        assert.equal("closed", select(2, stream:receive("*l")))
      end)
    end
  end)

  it("tell a client that is killed from one that ends", function()
    for _, version in ipairs(peers.VERSIONS) do
      peers.serve(server "secp256r1", client(peers.OPENSSL[version]), function(stream, process)
        process:send("hello\n")
        assert.equal("hello", stream:receive("*l"))
        assert(stream:send("olleh\n"))
        process:wait_for("^olleh") -- or what it has not read yet makes the system send a reset
        process:stop()
        assert.equal("truncated", select(2, stream:receive("*l")))
      end)
    end
  end)

  it("do not renegotiate", function()
    local told = peers.serve(server "secp256r1", client "-tls1_2", function(stream, process)
      process:send("hello\n")
      assert.equal("hello", stream:receive("*l"))
      process:send("R\n")
      local _, _, _, code = stream:receive("*l")
      assert.equal("peer_misbehaved", code)
    end)
    assert.matches("RENEGOTIATING.*alert", told)
  end)

  it("keep up when the client changes its keys", function()
    visit(server "secp256r1", "-tls1_3", function(stream, process)
      for _, command in ipairs { "k\n", "K\n" } do -- K asks us for new keys, too
        process:send(command)
        process:wait_for("^KEYUPDATE")
        process:send("again\n")
        assert.equal("again", stream:receive("*l"))
        assert.equal(6, stream:send("niaga\n"))
      end
    end)
  end)
end)

describe("wolfssl.server and gnutls-cli", function()
  if not helper.have "gnutls-cli" then return pending("needs package gnutls-bin") end

  teardown(peers.cleanup)

  for _, kind in ipairs(peers.KINDS) do
    for _, version in ipairs(peers.VERSIONS) do
      for _, own in ipairs { false, kind } do
        it(("agree in %s with a key of %s and %s"):format(version, kind, described(own)), function()
          local info
          local command = ("gnutls-cli -p PORT --alpn=h2 --priority=%s --x509cafile=%s %s")
            :format(peers.GNUTLS[version], peers.trust(), peers.identity("gnutls", own))
          command = command .. " localhost"
          local told = peers.serve(server(kind, nil, own), command, function(stream, process)
            process:send("hello\n")
            assert.equal("hello", stream:receive("*l"))
            assert(stream:send("olleh\n"))
            info = stream:info()
          end)
          assert_info(info, version, kind, own)
          assert.equal("h2", info.alpn)
          assert.matches("Status: The certificate is trusted", told)
          assert.matches("Description: (" .. version:gsub(" ", ""), told, 1, true)
          assert.matches("\nolleh\n", told)
        end)
      end
    end
  end

  it("end one direction at a time", function()
    for _, version in ipairs(peers.VERSIONS) do
      local command = ("echo hello | gnutls-cli -p PORT --x509cafile=%s --priority=%s localhost")
        :format(peers.trust(), peers.GNUTLS[version])
      local told = peers.serve(server "secp256r1", command, function(stream)
        assert.equal("hello\n", stream:receive("*a"))
        assert.equal(5, stream:send("late\n"))
      end)
      assert.matches("\nlate\n", told)
    end
  end)
end)

describe("wolfssl.server and curl", function()
  if not helper.have "curl" then return pending("needs package curl") end

  teardown(peers.cleanup)

  for _, kind in ipairs(peers.KINDS) do
    for _, version in ipairs(peers.VERSIONS) do
      for _, own in ipairs { false, kind } do
        it(("agree in %s with a key of %s and %s"):format(version, kind, described(own)), function()
          local info, request
          local command = ("curl -sSv --http1.1 --cacert %s %s %s --noproxy '*' "
            .. "--resolve localhost:PORT:127.0.0.1 https://localhost:PORT/path"):format(
            peers.trust(), peers.CURL[version], peers.identity("curl", own))
          local told = peers.serve(server(kind, nil, own), command, function(stream)
            request = stream:receive("*l")
            repeat local line = stream:receive("*l") until line == "\r" or line == "" or not line
            assert(stream:send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello\n"))
            info = stream:info()
          end)
          assert_info(info, version, kind, own)
          assert.equal("http/1.1", info.alpn)
          assert.equal("GET /path HTTP/1.1", request)
          assert.matches("SSL certificate verify ok", told)
          assert.matches("\nhello\n", told)
          assert.matches("SSL connection using " .. version:gsub(" ", "v") .. " / ", told, 1, true)
        end)
      end
    end
  end
end)
