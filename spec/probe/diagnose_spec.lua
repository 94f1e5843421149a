-- Servers with one fault each, and what the diagnosis makes of them. What no server has any more is
-- played by a conversation.

local diagnose = require "wolfssl.probe.diagnose"
local extension = require "wolfssl.tls.extension"
local farm = require "farm.servers"
local helper = require "helper"
local issue = require "wolfssl.issue"
local nginx = require "hosts.nginx"
local offer = require "wolfssl.probe.diagnose.offer"
local peers = require "interop.peers"
local pki = require "pki"
local probe = require "wolfssl.probe"
local stage = require "probe.stage"
local smallest = require "wolfssl.probe.diagnose.smallest"
local wolfssl = require "wolfssl"

local chain, key = pki.leaf "secp256r1"

local function merged(options)
  local all = { trust = pki.root }
  for name, value in pairs(options or {}) do all[name] = value end
  return all
end

local function ask(server, options)
  options = merged(options)
  local target = probe.target(options.host or "127.0.0.1", server.port,
    { server_name = options.name or "localhost", timeout = 50 })
  options.name, options.host = nil, nil
  local result = diagnose.run(target, options)
  server:stop()
  assert.equal(target.connections, result.connections)
  assert.equal(#result.attempts, result.connections)
  return result
end

-- A diagnosis of a server that answers each connection by serve(conversation, number, transport).
local function played(serve, options)
  return stage.play(function(target)
    return diagnose.run(target, merged(options))
  end, serve, { host = "localhost" })
end

local function honest(c)
  c:handshake { certificate = chain, key = key }
  c:receive()
end

-- A server that hangs up on hellos that something is wrong with, and is honest otherwise.
local function unless(wrong)
  return function(c)
    local hello, entry = c:expect "client_hello"
    if not hello or wrong(hello.body, entry, c) then return end
    table.insert(c.queue, 1, entry)
    honest(c)
  end
end

local function has(name)
  return function(body) return extension.find(body.extensions, name) ~= nil end
end

local function says(result, code, pattern, connections)
  assert.is_false(result.ok)
  assert.equal(code, result.cause.code, result.cause.text)
  assert.matches(pattern, result.cause.text)
  assert.is_true(result.connections <= connections, result.connections)
end

-- The attempt that went well differs from the one that failed by what is told.
local function proves(result)
  assert.is_false(result.attempts[result.before].ok)
  assert.equal(table.concat(result.cause.changes, ", "), result.attempts[result.after].what)
  assert.is_truthy(result.conversations[result.after]:explain())
end

local OLD = "-cipher ALL:@SECLEVEL=0 "

-- A fault, its server, what is said, in how many connections at most.
local OPENSSL = {
  { "TLS 1.1 only", "-tls1_1 " .. OLD, "version", "speaks TLS 1%.1", 6 },
  { "TLS 1.0 only", "-tls1 " .. OLD, "version", "speaks TLS 1%.0", 6 },
  { "RSA key exchange only", "-tls1_2 -cipher AES128-SHA", "cipher_suite",
    "TLS_RSA_WITH_AES_128_CBC_SHA", 4 },
  { "CBC only", "-tls1_2 -cipher ECDHE-RSA-AES256-SHA384", "cipher_suite",
    "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", 4 },
  { "DHE only", "-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256", "cipher_suite",
    "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", 4 },
  { "CCM only in TLS 1.3", "-tls1_3 -ciphersuites TLS_AES_128_CCM_SHA256", "cipher_suite",
    "TLS_AES_128_CCM_SHA256", 4 },
  { "a suite that we know by name only", "-tls1_2 -cipher ECDHE-ARIA128-GCM-SHA256",
    "cipher_suite", "ARIA_128_GCM", 14 },
  { "suites for pre-shared keys only", "-tls1_2 -psk 0123456789abcdef -cipher PSK-AES128-CBC-SHA",
    "cipher_suite", "TLS_PSK_WITH_AES_128_CBC_SHA.*pre%-shared", 14 },
  { "secp521r1 only", "-tls1_3 -groups P-521", "group", "secp521r1", 4 },
  { "secp521r1 only in TLS 1.2", "-tls1_2 -groups P-521", "group", "secp521r1", 4 },
  { "x448 only, which we cannot do", "-tls1_3 -groups X448", "group", "x448", 4 },
  { "SHA-1 signatures only", "-tls1_2 -sigalgs RSA+SHA1 " .. OLD, "signature_scheme",
    "rsa_pkcs1_sha1", 4 },
  { "another protocol by ALPN", "-alpn h2", "alpn", "h2.*spdy/1", 4, { alpn = { "spdy/1" } } },
  { "a demand for certificates in TLS 1.3", "-tls1_3 -Verify 1 -verify_return_error",
    "client_certificate", "demands a certificate", 2 },
  { "a demand for certificates in TLS 1.2", "-tls1_2 -Verify 1 -verify_return_error",
    "client_certificate", "demands a certificate", 2 },
  { "a certificate for another name", "", "wrong_name", "for localhost.*not for b.example", 1,
    { server_name = "b.example" } },
  { "a root that we do not trust", "", "unknown_issuer", "CN=Root", 1, { trust = chain[1] } },
}

-- The same of others: program, what it is told, then as above.
local OTHERS = {
  { "gnutls", "--priority NORMAL:-VERS-ALL:+VERS-TLS1.0", "version", "speaks TLS 1%.0", 6 },
  { "gnutls", "--priority NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+3DES-CBC", "cipher_suite",
    "_3DES_", 10 },
  { "gnutls", "--priority NORMAL:-VERS-ALL:+VERS-TLS1.2:-SIGN-ALL:+SIGN-RSA-SHA1",
    "signature_scheme", "rsa_pkcs1_sha1", 4 },
  { "gnutls", "--priority NORMAL:-GROUP-ALL:+GROUP-X448", "group", "x448", 4 },
  { "gnutls", "--sni-hostname other.example --sni-hostname-fatal", "server_name",
    "does not know the name localhost; without a name it goes along", 3 },
  { "gnutls", "--priority NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ANON-DH", "cipher_suite",
    "TLS_DH_anon_.*It tells nobody who the server is", 10 },
  { "nginx", "ssl_ecdh_curve P-521;", "group", "secp521r1", 4 },
  { "nginx", "ssl_protocols TLSv1.2; ssl_ciphers ECDHE-RSA-CAMELLIA128-SHA256;", "cipher_suite",
    "ECDHE_RSA_WITH_CAMELLIA_128_CBC_SHA256", 13 },
  { "nginx", "ssl_protocols TLSv1.1; ssl_ciphers ALL:@SECLEVEL=0;", "version", "speaks TLS 1%.1",
    6 },
  { "stunnel", "ciphers = ECDHE-RSA-AES256-SHA384\nsslVersion = TLSv1.2", "cipher_suite",
    "ECDHE_RSA_WITH_AES_256_CBC_SHA384", 4 },
  { "stunnel", "curves = secp521r1", "group", "secp521r1", 4 },
  { "stunnel", "verifyChain = yes\nCAfile = %s", "client_certificate",
    "demands a certificate of the client issued by CN=Root", 1 },
}

-- Each one's program and package.
local PACKAGES = { gnutls = { "gnutls-serv", "gnutls-bin" }, nginx = { "nginx", "nginx" },
  stunnel = { "stunnel4", "stunnel4" } }

describe("wolfssl.probe.diagnose", function()
  teardown(peers.cleanup)

  for i, row in ipairs(OTHERS) do
    it(("names fault %d, a %s of %s"):format(i, row[3], row[1]), function()
      local program, package = PACKAGES[row[1]][1], PACKAGES[row[1]][2]
      if not helper.have(program) then return pending("needs package " .. package) end
      local root = helper.write(peers.path "other-root.pem", wolfssl.certificate(pki.root):pem())
      local result = ask(farm[row[1]]((row[2]:gsub("%%s", root)), farm.identity "rsa"))
      says(result, row[3], row[4], row[5])
      if result.cause.changes then proves(result) end
    end)
  end

  local function openssl(arguments, fields)
    return peers.openssl_server(("-www %s %s"):format(arguments,
      peers.identity("openssl", "rsa", fields)))
  end

  it("finds nothing wrong with a server in order", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local result = ask(openssl "")
    assert.is_true(result.ok)
    assert.is_nil(result.cause)
    assert.equal(1, result.connections)
  end)

  for _, row in ipairs(OPENSSL) do
    it("names " .. row[1], function()
      if not helper.have "openssl" then return pending("needs package openssl") end
      local result = ask(openssl(row[2]), row[6])
      says(result, row[3], row[4], row[5])
      if result.cause.changes then proves(result) end
      assert.equal(#(result.cause.changes or {}) > 1,
        result.cause.text:find "It also takes this" ~= nil, result.cause.text)
    end)
  end

  local function rooted()
    return " -CAfile " .. helper.write(peers.path "root.pem", wolfssl.certificate(pki.root):pem())
  end

  -- Two faults of one server, of which one hides the other; what is said from its beginning on.
  for _, row in ipairs {
    { "P-521 only, and a demand for certificates", "-groups P-521 -Verify 1 -verify_return_error",
      nil, "group", "^The server takes the group secp521r1, .*%. "
        .. "Then it demands a certificate of the client issued by CN=Root%.$", 4 },
    { "TLS 1.1 only, and RSA key exchange", "-tls1_1 -cipher AES128-SHA:@SECLEVEL=0", nil,
      "version", "^The server speaks TLS 1%.1, .*: offer TLS_RSA_WITH_AES_128_CBC_SHA%.$", 6 },
    { "CCM and x448 only", "-tls1_3 -ciphersuites TLS_AES_128_CCM_SHA256 -groups X448", nil,
      "cipher_suite", "^The server takes the cipher suite TLS_AES_128_CCM_SHA256, .*: offer x448%.",
      6 },
    { "P-521 only, and an expired certificate", "-groups P-521", { not_after = os.time() - 90,
      not_before = os.time() - 900 }, "group", "secp521r1.* expired on ", 4 },
    { "an expired certificate for another name", "", { not_after = os.time() - 90,
      not_before = os.time() - 900, subject_alt_names = { "dns:b.example" } }, "expired",
      " expired on .* for b%.example, not for localhost%.$", 1 },
  } do
    it("names both: " .. row[1], function()
      if not helper.have "openssl" then return pending("needs package openssl") end
      says(ask(openssl(row[2] .. rooted(), row[3])), row[4], row[5], row[6])
    end)
  end

  it("names a suite of a server that does not know the name either", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local certificate, file = peers.files "rsa"
    local result = ask(openssl(("-tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256 -servername b.example"
      .. " -servername_fatal -cert2 %s -key2 %s"):format(certificate, file)))
    says(result, "cipher_suite",
      "^The server takes the cipher suite TLS_DHE_RSA_WITH_AES_128_GCM_SHA256, .*%."
      .. " It also takes this: no server name%.", 40)
    proves(result)
  end)

  it("names the curve of the server's key", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local path = peers.path "brainpool.pem"
    helper.run(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:brainpoolP256r1 -nodes"
      .. " -keyout %s -out %s -subj /CN=localhost"):format(path, path .. ".crt"))
    local result = ask(peers.openssl_server(("-www -key %s -cert %s.crt"):format(path, path)))
    says(result, "group", "^The server's key is on the curve brainpoolP256r1, which we do not", 5)
    proves(result)
  end)

  it("names whoever signs for himself before all that follows from it", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local path = peers.path "own.pem"
    helper.run(("openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout %s"
      .. " -out %s -subj /CN=localhost"):format(path, path .. ".crt"))
    local result = ask(peers.openssl_server(("-www -key %s -cert %s.crt"):format(path, path)))
    says(result, "self_signed", "^The certificate of CN=localhost is signed by itself", 1)
    assert.matches("for no name, not for localhost.*a CA's certificate", result.cause.text)
  end)

  it("names who demands a certificate of another authority", function()
    if not helper.have "gnutls-serv" then return pending("needs package gnutls-bin") end
    local root = helper.write(peers.path "ca.pem", wolfssl.certificate(pki.root):pem())
    for _, version in ipairs { "TLS1.3", "TLS1.2" } do
      says(ask(peers.gnutls_server(("--http --require-client-cert --verify-client-cert"
        .. " --x509cafile %s --priority NORMAL:-VERS-ALL:+VERS-%s %s"):format(root, version,
        peers.identity("gnutls", "rsa")))), "client_certificate",
        "^The server demands a certificate of the client issued by CN=Root, and we have none", 1)
    end
  end)

  it("names a name that the server does not know", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local certificate, file = peers.files "secp256r1"
    local result = ask(openssl(("-servername b.example -servername_fatal -cert2 %s -key2 %s")
      :format(certificate, file)), { insecure = true })
    says(result, "server_name", "does not know the name localhost", 3)
    proves(result)
  end)

  it("finds nothing wrong with a server that only remarks on the name", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local certificate, file = peers.files "secp256r1"
    local result = ask(openssl(("-tls1_2 -servername b.example -cert2 %s -key2 %s")
      :format(certificate, file)))
    assert.is_true(result.ok, result.cause and result.cause.text)
  end)

  it("names a server that any certificate satisfies", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local result = ask(openssl "-tls1_2 -Verify 1", { made = function()
      local own = issue.key "secp256r1"
      return { issue.certificate { subject = "Nobody", key = own } }, own
    end })
    says(result, "client_certificate", "any will do", 3)
    proves(result)
  end)

  it("names a group of finite fields", function()
    if not helper.have "gnutls-serv" then return pending("needs package gnutls-bin") end
    local result = ask(peers.gnutls_server(
      "--http --priority NORMAL:-VERS-ALL:+VERS-TLS1.3:-GROUP-ALL:+GROUP-FFDHE2048 "
      .. peers.identity("gnutls", "rsa")))
    says(result, "group", "ffdhe2048", 4)
  end)

  for _, row in ipairs {
    { "expired", { not_before = os.time() - 900, not_after = os.time() - 90 }, "expired on" },
    { "not_yet_valid", { not_before = os.time() + 900 }, "valid from" },
  } do
    it("names a certificate that is " .. row[1], function()
      if not helper.have "openssl" then return pending("needs package openssl") end
      local result = ask(openssl("", row[2]))
      says(result, row[1], row[3], 1)
      assert.is_true(result.cause.flips)
    end)
  end

  it("tells that trust in the issuer would do, or would not", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    assert.is_true(ask(openssl "", { trust = chain[1] }).cause.flips)
    assert.is_false(ask(openssl("", { not_before = os.time() - 900, not_after = os.time() - 90 }),
      { trust = chain[1] }).cause.flips)
  end)

  it("names a missing intermediate", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local certificate, file = peers.files "rsa"
    local result = ask(peers.openssl_server(("-www -cert %s -key %s"):format(certificate, file)))
    says(result, "unknown_issuer", "intermediate is missing", 1)
  end)

  it("tells of a server that stays at HelloRetryRequest what it chose", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local result = ask(openssl "-tls1_3 -groups X448")
    local chosen = result.attempts[result.after].chosen
    assert.same({ "TLS 1.3", "x448" }, { chosen.versions.name, chosen.groups.name })
  end)

  it("leaves a target its time", function()
    local target
    stage.play(function(one)
      target = one
      return diagnose.run(one, merged())
    end, honest, { timeout = 3600, host = "localhost" })
    assert.equal(3600, target.timeout)
  end)

  it("knows what may be spoken in the clear at a port", function()
    local plain = require "wolfssl.probe.diagnose.plain"
    assert.same({ { "smtp" }, { "smtp" }, { "imap" }, {} }, { plain.by_port(25),
      plain.by_port(587), plain.by_port(143), plain.by_port(8443) })
  end)

  it("names a server of HTTP", function()
    local result = played(function(_, _, transport)
      transport:read(9999, 5)
      transport:write "HTTP/1.1 400 Bad Request\r\n\27[31mred\r\n\r\n"
    end)
    says(result, "plain", 'not speak TLS here, but HTTP: it says "HTTP/1.1 400 Bad Request"', 1)
  end)

  local NGINX = [[
    ssl_certificate %s; ssl_certificate_key %s;
    server { listen 127.0.0.1:${second} ssl default_server; ssl_reject_handshake on; }
    server { listen 127.0.0.1:${second} ssl; server_name known.example; }
  ]]

  -- The Lua in it is a LuaJIT, and finds what the spec finds: once is enough.
  if _VERSION == "Lua 5.1" then it("names what nginx is told to refuse", function()
    if nginx.missing() then return pending(nginx.missing()) end
    local function at(port)
      return diagnose.run(probe.target("127.0.0.1", port, { server_name = "localhost",
        timeout = 50 }), merged())
    end
    local server = nginx.start { listen = "ssl proxy_protocol", server = "return 200;",
      http = NGINX:format(peers.files "secp256r1") }
    local header, name = at(server.port), at(server.second)
    server:stop()
    says(header, "proxy_protocol", "PROXY protocol", 9)
    proves(header)
    says(name, "server_name", "does not know the name localhost", 16)
    server = nginx.start { server = "return 200;" }
    local plain = at(server.port)
    server:stop()
    says(plain, "plain", 'but HTTP: it says "HTTP/1.1 400 Bad Request"', 1)
  end) end

  it("names STARTTLS, and finds out whether it helps", function()
    local result = played(function(c, _, transport)
      transport:write "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"
      local line = transport:read(9999, 5) or ""
      local tag = line:match "^(%w+) CAPABILITY"
      if tag then
        transport:write(("* CAPABILITY IMAP4rev1 STARTTLS\r\n%s OK\r\n"):format(tag))
        line = transport:read(9999, 5) or ""
      end
      tag = line:match "^(%w+) STARTTLS"
      if not tag then return end
      transport:write(tag .. " OK go ahead\r\n")
      honest(c)
    end)
    says(result, "starttls", "speaks IMAP in the clear at first", 3)
    proves(result)
  end)

  it("names STARTTLS that is one too many", function()
    local turn = 0
    local result = played(function(c)
      turn = turn + 1
      if turn % 2 == 0 then honest(c) end   -- or it has waited for a ClientHello for too long
    end, { starttls = "smtp" })
    says(result, "starttls", "without STARTTLS", 3)
    proves(result)
  end)

  it("names intolerance of TLS 1.3", function()
    local result = played(unless(function(body)
      local offered = extension.find(body.extensions, "supported_versions")
      return offered ~= nil
    end))
    says(result, "version", "offers TLS 1.3", 8)
    proves(result)
  end)

  for _, name in ipairs { "extended_master_secret", "session_ticket", "status_request" } do
    it("names intolerance of the extension " .. name, function()
      local result = played(unless(has(name)), { session_ticket = "", status_request = true })
      says(result, "extension", "the extension " .. name, 14)
      assert.equal(1, #result.cause.changes)
      proves(result)
    end)
  end

  it("names intolerance of GREASE", function()
    local result = played(unless(function(body)
      return body.cipher_suites[1].value % 16 == 10
    end), { grease = true })
    says(result, "grease", "GREASE", 12)
    proves(result)
  end)

  it("names intolerance of long hellos, of one client's", function()
    local case = offer.template "chromium"
    case.add = { { extension_type = "padding", extension_data = ("\0"):rep(1200) } }
    local result = played(unless(function(_, entry) return #entry.bytes > 1200 end), case)
    says(result, "size", "long ClientHello, of %d+ bytes", 16)
    proves(result)
  end)

  it("names intolerance of session ids", function()
    local result = played(unless(function(body) return body.legacy_session_id ~= "" end))
    says(result, "session_id", "compatibility mode", 12)
    proves(result)
  end)

  it("names intolerance of names", function()
    local result = played(unless(has "server_name"))
    says(result, "server_name", "breaks off at the name localhost", 12)
  end)

  it("names a failure over HelloRetryRequest", function()
    local result = played(unless(function(body, _, c)
      local shares = extension.find(body.extensions, "key_share")
      if shares and #shares.client_shares == 1 then
        c:send(c:hello_retry_request { group = "secp384r1" })
        return true
      end
    end), { versions = { "TLS 1.3" } })
    says(result, "key_share", "HelloRetryRequest", 8)
    proves(result)
  end)

  it("names what reads the hello on its way", function()
    local result = played(function(c, _, transport)
      local bytes = transport:read(9999, 5) or ""
      if #bytes < 64 then return end
      local first = bytes:sub(6, 5 + bytes:byte(4) * 256 + bytes:byte(5))
      if first:find("localhost", 1, true) then return end
      c:see("client", bytes)
      honest(c)
    end)
    says(result, "split", "in one piece", 14)
    proves(result)
  end)

  it("names the PROXY protocol", function()
    local result = played(function(c, _, transport)
      local read, first = transport.read, true
      local bytes = read(transport, 5, 5) or ""
      if bytes ~= "PROXY" then return end
      function transport.read(self, ...)
        local more = read(self, ...)
        if first and more then
          first = false
          more = more:gsub("^.-\r\n", "", 1)
          if more == "" then more = read(self, ...) end
        end
        return more
      end
      honest(c)
    end)
    says(result, "proxy_protocol", "PROXY protocol", 9)
    proves(result)
  end)

  it("names a server that fails by itself, or is silent about it", function()
    says(played(function(c)
      c:expect "client_hello"
      c:alert "internal_error"
    end), "server_failure", "internal_error", 16)
    says(played(function(c) c:expect "client_hello" end), "hangs_up", "hangs up", 16)
    says(played(function(c)
      c:expect "client_hello"
      c:alert "unrecognized_name"
    end, { server_name = false }), "server_name", "we give none", 16)
  end)

  -- A diagnosis where no time passes, and the seconds that each connection was to be waited for.
  local function waited(serve)
    local patience = {}
    return stage.play(function(target)
      local open = target.open
      function target.open(host, port, timeout)
        patience[#patience + 1] = timeout
        return open(host, port, timeout)
      end
      return diagnose.run(target, merged())
    end, serve, { timeout = 3600 }), patience
  end

  local function mute(c)
    c:expect "client_hello"
    c:receive()
  end

  it("gives up soon on a server that never says a word", function()
    local result, patience = waited(mute)
    says(result, "silent", "says nothing to the ClientHello", 3)
    assert.same({ 3600, 3600, 3600 }, patience)
  end)

  it("finds what a server is silent about, and waits no longer than for its answers", function()
    local silent = unless(function(body, _, c)
      local wrong = extension.find(body.extensions, "extended_master_secret")
      if wrong then c:receive() end
      return wrong
    end)
    local result, patience = waited(silent)
    says(result, "extension", "extended_master_secret", 12)
    proves(result)
    assert.equal(3600, patience[3])
    assert.is_true(patience[4] < 3600 and patience[4] >= 1, patience[4])
  end)

  it("names a server that fails now and then", function()
    local turn = 0
    says(played(function(c)
      turn = turn + 1
      if turn > 1 then return honest(c) end
      c:expect "client_hello"
    end), "intermittent", "now and then", 8)
  end)

  it("says that there is no connection", function()
    local target = probe.target("127.0.0.1", helper.refused_port(), { timeout = 50 })
    local result = diagnose.run(target, {})
    says(result, "network", "There is no connection: cannot connect", 1)
  end)

  it("says so when the server chooses nothing new of more that is offered", function()
    says(played(unless(function(body) return #body.cipher_suites < 20 end)), "cipher_suite",
      "once we offer all of cipher_suites; what it chose then is not new", 16)
  end)

  it("does not blame a request for a certificate for what comes before the answer", function()
    local result = played(function(c)
      local hello = c:expect "client_hello"
      if not hello then return end
      c:send(c:server_hello())
      c:send(c:encrypted_extensions {})
      c:send(c:certificate_request {})
      c:alert "internal_error"
    end)
    says(result, "server_failure", "internal_error", 16)
  end)

  it("finds two faults that only go together", function()
    local result = played(unless(function(body)
      return has "extended_master_secret"(body) or has "session_ticket"(body)
    end), { session_ticket = "" })
    assert.equal(2, #result.cause.changes)
    assert.matches("It also takes this: no session_ticket", result.cause.text)
    proves(result)
  end)
end)

describe("smallest", function()
  it("finds the one, and the few, among many, and none that could be left out", function()
    local all = {}
    for i = 1, 20 do all[i] = i end
    for _, wanted in ipairs { { 1 }, { 20 }, { 7, 8 }, { 1, 11, 20 }, { 3, 4, 5, 6 } } do
      local tries = 0
      local found = smallest.find(all, function(some)
        tries = tries + 1
        local there, count = {}, 0
        for _, i in ipairs(some) do there[i] = true end
        for _, i in ipairs(wanted) do count = count + (there[i] and 1 or 0) end
        return count == #wanted
      end)
      table.sort(found)
      assert.same(wanted, found)
      assert.is_true(tries <= 10 + 40 * (#wanted - 1), tries)
    end
  end)
end)

describe("wolfssl.probe.diagnose.offer", function()
  it("offers what a recorded client offers, in its order", function()
    local case = offer.template "chromium"
    assert.is_true(case.grease)
    assert.equal("TLS 1.3", case.versions[1])
    assert.equal("TLS_AES_128_GCM_SHA256", case.cipher_suites[1])
    assert.same({ "h2", "http/1.1" }, case.alpn)
    local told = {}
    for i, item in ipairs(offer.template("curl").extensions) do
      told[i] = type(item) == "table" and item.extension_type.name or item
    end
    assert.equal("server_name ec_point_formats supported_groups"
      .. " application_layer_protocol_negotiation encrypt_then_mac extended_master_secret"
      .. " post_handshake_auth signature_algorithms supported_versions psk_key_exchange_modes"
      .. " key_share padding", table.concat(told, " "))
  end)

  it("leaves out what depends on a session", function()
    local dropped = {}
    for i, name in ipairs { "early_data", "cookie", "compress_certificate", "pre_shared_key" } do
      dropped[i] = { extension_type = { value = i, name = name } }
    end
    local case = offer.read { body = { legacy_version = { name = "TLS 1.2" },
      legacy_session_id = "", extensions = dropped } }
    assert.same({}, case.extensions)
    assert.same({ "TLS 1.2" }, case.versions)
  end)
end)
