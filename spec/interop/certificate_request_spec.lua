-- Our CertificateRequest, as clients of others and tshark read it; theirs, as our client does.

local farm = require "verify.farm"
local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"

local TLS12, TLS13 = "TLS 1.2", "TLS 1.3"
local SCHEMES = { "rsa_pss_rsae_sha512", "ecdsa_secp384r1_sha384", "ed25519" }
local SUITES = { "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_256_GCM_SHA384",
  "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256" }

local office = farm.ca("Office", nil,
  { subject = { { "C", "DE" }, { "O", "Office" } } }).certificate

local function server(options)
  local all = peers.at(TLS13, { verify = "required", trust = { pki.root, office } })
  for name, value in pairs(options or {}) do all[name] = value end
  return pki.server(all, "rsa")
end

-- A line each way; whatever the server is to do besides; what the client wrote.
local function visit(context, command, more)
  local info
  local told = peers.serve(context, command, function(stream, process)
    assert(stream:handshake())
    process:send("hello\n")
    assert.equal("hello", stream:receive("*l"))
    if more then more(stream, process) end
    assert(stream:send("olleh\n"))
    info = stream:info()
    stream:shutdown()
  end)
  assert.matches("\nolleh\n", told)
  return told, info
end

-- For a certificate, after the handshake; until there is an answer.
local function ask(stream, process)
  local connection = stream:connection()
  assert.is_nil((connection:request_certificate()))
  assert(stream:send("pong\n"))
  repeat
    process:send("more\n")
    assert.equal("more", stream:receive("*l"))
  until connection:request_certificate()
end

describe("a CertificateRequest of TLS 1.3 and openssl s_client", function()
  if not helper.have "openssl" then return pending("needs package openssl") end

  teardown(peers.cleanup)

  local function client(arguments, kind)
    return ("openssl s_client -connect 127.0.0.1:PORT -tls1_3 -CAfile %s %s %s"):format(
      peers.trust(), peers.identity("openssl", kind or "rsa"), arguments or "")
  end

  local NAMES = "Acceptable client certificate CA names\nCN = Root\nC = DE, O = Office\n"

  it("agree on names and signature schemes", function()
    local told, info = visit(server { signature_schemes = SCHEMES }, client())
    assert.matches(NAMES, told, 1, true)
    assert.matches("\nRequested Signature Algorithms: RSA%-PSS%+SHA512:rsa_pss_pss_sha512:"
      .. "ECDSA%+SHA384:ed25519\n", told)
    assert.equal("rsa_pss_rsae_sha512", info.client_signature_scheme.name)
  end)

  for _, suite in ipairs(SUITES) do
    it("agree on what was said with " .. suite, function()
      local told, info = visit(server { cipher_suites = { suite } },
        client("-ciphersuites " .. suite, "secp256r1"))
      assert.matches(NAMES, told, 1, true)
      assert.equal(suite, info.cipher_suite.name)
      assert.equal("ecdsa_secp256r1_sha256", info.client_signature_scheme.name)
    end)
  end

  it("agree after a HelloRetryRequest", function()
    local told, info = visit(server { groups = { "secp384r1" } }, client "-groups X25519:P-384")
    assert.matches(NAMES, told, 1, true)
    assert.equal("secp384r1", info.group.name)
  end)

  it("agree after the handshake", function()
    local _, info = visit(server { verify = "none", signature_schemes = SCHEMES },
      client "-enable_pha -msg", function(stream, process)
        ask(stream, process)
        assert.is_true(stream:connection():verdict().ok)
      end)
    assert.equal("shown", info.late_certificate)
  end)
end)

-- A server's key, and the kinds of clients' keys that are another's.
local OTHERS = { rsa = { "secp256r1", "secp384r1", "ed25519" }, secp256r1 = { "rsa" },
  ed25519 = { "rsa" } }

local COMMANDS = {
  openssl = { package = "openssl", command = function(kind)
    return ("openssl s_client -connect 127.0.0.1:PORT -tls1_2 -CAfile %s %s"):format(
      peers.trust(), peers.identity("openssl", kind))
  end },
  ["gnutls-cli"] = { package = "gnutls-bin", command = function(kind)
    return ("gnutls-cli -p PORT --x509cafile=%s %s --priority=%s localhost"):format(
      peers.trust(), peers.identity("gnutls", kind), peers.GNUTLS[TLS12])
  end },
}

for name, client in pairs(COMMANDS) do
  describe("a CertificateRequest of TLS 1.2 and " .. name, function()
    if not helper.have(name) then return pending("needs package " .. client.package) end

    teardown(peers.cleanup)

    for own, kinds in pairs(OTHERS) do
      for _, kind in ipairs(kinds) do
        it(("agree where the server's key is %s and the client's %s"):format(own, kind), function()
          local context = pki.server(peers.at(TLS12, { verify = "required",
            trust = { pki.root, office } }), own)
          local _, info = visit(context, client.command(kind))
          assert.is_true(peers.is_made_with(info.client_signature_scheme.name, kind))
        end)
      end
    end
  end)
end

describe("a CertificateRequest of TLS 1.2 of openssl s_server", function()
  if not helper.have "openssl" then return pending("needs package openssl") end

  teardown(peers.cleanup)

  local function visited(own, arguments, kind)
    local process = peers.openssl_server(("-tls1_2 %s -verify 3 %s"):format(
      peers.identity("openssl", own), arguments))
    local stream = assert(peers.connect(process, pki.client(peers.at(TLS12, peers.ours(kind)))))
    assert(stream:send("hello\n"))
    process:wait_for "^CIPHER is"
    local scheme = stream:info().client_signature_scheme
    stream:close()
    process:stop()
    return scheme and scheme.name
  end

  it("is answered with a signature of the client's key, whatever the server's is", function()
    for own, kinds in pairs(OTHERS) do
      for _, kind in ipairs(kinds) do
        local scheme = visited(own, "-CAfile " .. peers.trust(), kind)
        assert.is_true(peers.is_made_with(scheme, kind))
      end
    end
  end)

  it("is answered without one where that is not asked for", function()
    local trust = "-CAfile " .. peers.trust() .. " -client_sigalgs "
    assert.is_nil(visited("rsa", trust .. "RSA+SHA256", "secp256r1"))
    assert.is_nil(visited("secp256r1", trust .. "ECDSA+SHA256", "rsa"))
    assert.equal("ecdsa_secp521r1_sha512",
      visited("rsa", trust .. "RSA+SHA256:ECDSA+SHA512", "secp256r1"))
  end)

  it("may name more than wolfSSL reads", function()
    local many = { pki.root }
    for i = 1, 400 do
      local name = ("An authority %03d with a long name%s"):format(i, (" and more"):rep(2))
      many[i + 1] = farm.ca(name, nil, { key = "Root" }).certificate:der()
    end
    local trust = "-CAfile " .. peers.trust(many)
    assert.equal("ecdsa_secp256r1_sha256", visited("rsa", trust, "secp256r1"))
    assert.is_nil(visited("rsa", trust))
  end)
end)

describe("a CertificateRequest with many names and a client that takes small records", function()
  if not helper.have "openssl" then return pending("needs package openssl") end

  teardown(peers.cleanup)

  local many = { pki.root }
  for i = 1, 40 do
    many[i + 1] = farm.ca(("Authority %03d"):format(i), nil, { key = "Root" }).certificate
  end

  for version, option in pairs { [TLS12] = "-tls1_2", [TLS13] = "-tls1_3 -enable_pha" } do
    for _, size in ipairs { 512, 4096 } do
      it(("of %d bytes fit in %s"):format(size, version), function()
        local _, info = visit(pki.server(peers.at(version, { verify = "required", trust = many })),
          ("openssl s_client -connect 127.0.0.1:PORT %s -maxfraglen %d -CAfile %s %s"):format(
            option, size, peers.trust(), peers.identity("openssl", "rsa")),
          function(stream, process)
            if version == TLS13 then ask(stream, process) end
          end)
        assert.is_truthy(info.client_signature_scheme)
        assert.equal(version == TLS13 and "shown" or nil, info.late_certificate)
      end)
    end
  end
end)

describe("a CertificateRequest of openssl s_server", function()
  if not helper.have "openssl" then return pending("needs package openssl") end

  teardown(peers.cleanup)

  for kind, shown in pairs { ed25519 = true, secp256r1 = false, rsa = false } do
    it(("for Ed25519 alone is answered by a client with %s"):format(kind), function()
      local requested
      local process = peers.openssl_server(
        ("-tls1_3 %s -verify 3 -CAfile %s -client_sigalgs ed25519"):format(
          peers.identity("openssl", "rsa"), peers.trust { pki.root, office:der() }))
      local stream = assert(peers.connect(process, pki.client(peers.at(TLS13, peers.ours(kind, {
        on_certificate_request = function(request) requested = request end,
      })))))
      assert(stream:send("hello\n"))
      assert.is_truthy(process:wait_for(shown and "CN = Leaf" or "^CIPHER is"))
      local info = stream:info()
      assert.equal(shown and "ed25519" or nil, info.client_signature_scheme
        and info.client_signature_scheme.name)
      assert.equal("Root", requested.certificate_authorities[1][1].value)
      assert.equal("Office", requested.certificate_authorities[2][2].value)
      stream:close()
      process:stop()
    end)
  end
end)

describe("a CertificateRequest of TLS 1.3 and gnutls-cli", function()
  if not helper.have "gnutls-cli" then return pending("needs package gnutls-bin") end

  teardown(peers.cleanup)

  for kind, scheme in pairs { rsa = "rsa_pss_rsae_sha512", secp384r1 = "ecdsa_secp384r1_sha384",
    ed25519 = "ed25519" } do
    it("agree on a signature with " .. kind, function()
      local told, info = visit(server { signature_schemes = SCHEMES },
        ("gnutls-cli -p PORT --x509cafile=%s %s --priority=%s localhost"):format(peers.trust(),
          peers.identity("gnutls", kind), peers.GNUTLS[TLS13]))
      assert.matches("Successfully sent 2 certificate", told)
      assert.equal(scheme, info.client_signature_scheme.name)
    end)
  end
end)

describe("a CertificateRequest of TLS 1.3 and curl", function()
  if not helper.have "curl" then return pending("needs package curl") end

  teardown(peers.cleanup)

  it("agree on a signature", function()
    local info
    local command = ("curl -sS --cacert %s %s %s --noproxy '*' --resolve localhost:PORT:127.0.0.1 "
      .. "https://localhost:PORT/"):format(peers.trust(), peers.CURL[TLS13],
      peers.identity("curl", "rsa"))
    local told = peers.serve(server { signature_schemes = SCHEMES }, command, function(stream)
      repeat local line = stream:receive("*l") until line == "\r" or line == "" or not line
      assert(stream:send("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nhello\n"))
      info = stream:info()
    end)
    assert.equal("hello\n", told)
    assert.equal("rsa_pss_rsae_sha512", info.client_signature_scheme.name)
  end)
end)

describe("a CertificateRequest of TLS 1.3 in a capture", function()
  it("is what tshark reads there", function()
    if not helper.have "tshark" then return pending "needs package tshark" end
    finally(helper.cleanup)
    local options = peers.at(TLS13, peers.ours("rsa", { trace = true }))
    local a, b = pki.connected(pki.client(options), server { trace = true,
      signature_schemes = SCHEMES })
    pki.talk(a, b)
    for _, connection in ipairs { a, b } do
      local path = helper.write(helper.tempdir() .. "/request.pcapng",
        connection.recorder:capture())
      local output = helper.run("tshark -r " .. path .. " -Y 'tls.handshake.type == 13' -V 2>&1")
      local request = output:match("Handshake Protocol: Certificate Request.*")
      assert.is_string(request, output)
      request = request:match("^(.-)\n    TLS") or request
      for _, line in ipairs { "Distinguished Names (53 bytes)", "id-at-commonName=Root",
        "id-at-organizationName=Office,id-at-countryName=DE",
        "Type: signature_algorithms_cert (50)",
        "Signature Hash Algorithms (4 algorithms)",
        "Signature Algorithm: rsa_pss_rsae_sha512 (0x0806)",
        "Signature Algorithm: ed25519 (0x0807)" } do
        assert.matches(line, request, 1, true)
      end
      assert.is_nil(output:find("Malformed", 1, true))
    end
  end)
end)
