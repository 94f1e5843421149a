-- A certificate after the handshake, in TLS 1.3: asked for, shown, declined, refused.

local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local crypto = require("wolfssl.core").crypto
local decryptor = require "wolfssl.trace.decryptor"
local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"

local assert_talk = pki.talk

local TLS13 = "TLS 1.3"

local function client(options, kind)
  local all = peers.at(TLS13, peers.ours(kind, { post_handshake_auth = true }))
  for name, value in pairs(options or {}) do all[name] = value end
  return pki.client(all)
end

local function server(options)
  local all = peers.at(TLS13, { trust = pki.root })
  for name, value in pairs(options or {}) do all[name] = value end
  return pki.server(all)
end

-- The server asks, the client answers; the last result of each.
local function ask(a, b, mode)
  local ok, message, code, detail = b:request_certificate(mode)
  local answer
  while not ok and code == "want_read" and pki.exchange(a, b) do
    answer = { a:read() }
    pki.exchange(a, b)
    ok, message, code, detail = b:request_certificate(mode)
  end
  pki.exchange(a, b)
  if not ok then answer = { a:read() } end
  return { ok = ok, message = message, code = code, detail = detail },
    { message = answer[2], code = answer[3], detail = answer[4] }
end

local function assert_shown(a, b)
  local info = b:info()
  assert.equal("shown", info.late_certificate)
  assert.is_true(info.open)
  assert.is_true(b:verdict().ok)
  assert.same({ "CN=Leaf", "CN=Intermediate" },
    { b:peer_certificates()[1]:subject_string(), b:peer_certificates()[2]:subject_string() })
  assert_talk(a, b)
end

describe("connection:request_certificate", function()
  for _, kind in ipairs(peers.KINDS) do
    it("gets a certificate with " .. kind .. ", as good as one of the handshake", function()
      local a, b = pki.connected(client(nil, kind), server())
      assert.same({}, b:peer_certificates())
      assert.is_false(b:verdict().ok)
      local asked = ask(a, b)
      assert.is_true(asked.ok, asked.message)
      assert_shown(a, b)
    end)
  end

  it("works with every suite, after KeyUpdates, and again", function()
    for _, suite in ipairs(peers.SUITES[TLS13].rsa) do
      local a, b = pki.connected(client({ cipher_suites = { suite } }, "rsa"), server())
      for _ = 1, 3 do
        assert(a:update_keys(true))
        assert(b:update_keys(true))
        for _ = 1, 2 do assert_talk(a, b) end -- no KeyUpdate may come while wolfSSL waits
        local asked = ask(a, b)
        assert.is_true(asked.ok, asked.message)
        assert_shown(a, b)
      end
    end
  end)

  it("asks who has shown one in the handshake already", function()
    local a, b = pki.connected(client(nil, "rsa"), server { verify = "required" })
    assert.is_true(ask(a, b).ok)
    assert_shown(a, b)
  end)

  it("waits while application data comes first, and the answer is met while reading", function()
    local a, b = pki.connected(client(nil, "rsa"), server())
    assert(a:write("first"))
    assert(b:request_certificate() == nil)
    pki.exchange(a, b)
    local ok, message, code = b:request_certificate()
    assert.same({ nil, "want_read" }, { ok, code })
    assert.matches("application data comes first", message)
    a:read()
    assert(a:write("second"))
    pki.exchange(a, b)
    assert.equal("first", b:read())
    assert.equal("second", b:read())
    assert.equal("shown", b:info().late_certificate)
    assert.is_true(b:request_certificate())
    assert_shown(a, b)
  end)

  it("ends with a client that has none, unless that is optional", function()
    local a, b = pki.connected(client(), server())
    local asked, answered = ask(a, b)
    assert.equal("certificate_invalid", asked.code)
    assert.equal("certificate_required", answered.detail.name)
    a, b = pki.connected(client(), server())
    assert.is_true(ask(a, b, "optional").ok)
    assert.equal("declined", b:info().late_certificate)
    assert.is_false(b:verdict().ok)
    assert_talk(a, b)
  end)

  it("refuses a certificate that does not hold, with the alert that says why", function()
    local chain, key = pki.leaf("rsa", { not_before = 1577836800,
      not_after = 1609459200 })
    local stranger = require("wolfssl.issue").certificate { subject = "Me", key = key }
    for alert, shown in pairs { certificate_expired = chain, unknown_ca = { stranger } } do
      local a, b = pki.connected(client { certificate = shown, key = key }, server())
      local asked, answered = ask(a, b)
      assert.equal("certificate_invalid", asked.code)
      assert.is_true(#asked.detail > 0)
      assert.equal("alert_received", answered.code)
      assert.equal(alert, answered.detail.name)
      assert.is_nil((b:write("more")))
    end
  end)

  it("is not possible with a client that does not offer it, and the connection goes on", function()
    for _, version in ipairs(peers.VERSIONS) do
      local options = peers.at(version, peers.ours("rsa"))
      local a, b = pki.connected(pki.client(options), pki.server { trust = pki.root })
      local ok, _, code = b:request_certificate()
      assert.same({ nil, "peer_incompatible" }, { ok, code })
      assert.is_nil(b:info().late_certificate)
      assert_talk(a, b)
    end
  end)

  it("is not offered by a client that resumes or has a key: wolfSSL would fail", function()
    local from, to = client(nil, "rsa"), server()
    local a, b = pki.connected(from, to)
    assert_talk(a, b)
    a, b = pki.connected(from, to, { session = a:session() })
    assert.is_true(a:info().resumed)
    local ok, _, code = b:request_certificate()
    assert.same({ nil, "peer_incompatible" }, { ok, code })
    assert_talk(a, b)
  end)

  it("asks on_client_certificate, too, which may refuse", function()
    for _, agrees in ipairs { true, false } do
      local seen = {}
      local a, b = pki.connected(client(nil, "rsa"), server { verify = "optional",
        on_client_certificate = function(chain, verdict)
          seen[#seen + 1] = { chain[1]:subject_string(), verdict.ok }
          if #seen > 1 and not agrees then return nil, "not now", "access_denied" end
        end })
      local asked, answered = ask(a, b)
      assert.same({ { "CN=Leaf", true }, { "CN=Leaf", true } }, seen)
      assert.equal(agrees, asked.ok or false)
      if agrees then
        assert_shown(a, b)
      else
        assert.same({ "rejected", "not now" }, { asked.code, asked.detail })
        assert.equal("access_denied", answered.detail.name)
        assert.same({ nil, "rejected" }, { (b:read()), (select(3, b:read())) })
      end
    end
  end)

  it("is for servers with trust", function()
    local a, b = pki.connected(client(), pki.server(peers.at(TLS13)))
    assert.has_error(function() a:request_certificate() end)
    assert.has_error(function() b:request_certificate() end)
    assert.has_error(function() b:request_certificate("perhaps") end)
  end)
end)

-- A client that has every secret of a connection, and writes its next record itself, and `text`.
local function forged(a, b, messages, text)
  local function secret(label)
    for _, line in ipairs(a:secrets()) do
      local hex = line:match("^" .. label .. " %x+ (%x+)$")
      if hex then return helper.unhex(hex) end
    end
  end
  local traffic = secret "CLIENT_TRAFFIC_SECRET_0"
  local function derive(label, size)
    return crypto.hkdf_expand_label("sha256", traffic, label, "", size)
  end
  local transcript = {}
  for _, entry in ipairs(b.recorder:entries()) do
    if entry.kind == "handshake" and entry.name ~= "new_session_ticket" then
      transcript[#transcript + 1] = entry.bytes
    end
  end
  local said = table.concat(messages)
  local data = crypto.hmac("sha256", derive("finished", 32),
    crypto.digest("sha256", table.concat(transcript) .. said))
  local cipher = cipher_suite:entry(0x1303)
  local protection = decryptor.tls13(cipher, traffic)
  if not text then return protection:seal(22, said .. "\20\0\0\32" .. data) end
  return protection:seal(22, said) .. protection:seal(23, text)
end

local function vector(bytes)
  return string.char(0, math.floor(#bytes / 256), #bytes % 256) .. bytes
end

-- The context of what the server asked last.
local function context_of(b)
  local context
  for _, entry in ipairs(b.recorder:entries()) do
    if entry.name == "certificate_request" then
      context = entry.message.body.certificate_request_context
    end
  end
  return context
end

-- The chain of somebody whose key the client has not.
local function stolen(context)
  local parts = {}
  for i, der in ipairs((pki.leaf("secp384r1"))) do parts[i] = vector(der) .. "\0\0" end
  return "\11" .. vector(string.char(#context) .. context .. vector(table.concat(parts)))
end

describe("a hostile client", function()
  for name, case in pairs {
    ["shows a certificate without proving that it has its key"] = {
      says = function(b) return { stolen(context_of(b)) } end,
      pattern = "without CertificateVerify" },
    ["answers another question"] = {
      says = function() return { stolen(("x"):rep(16)) } end, pattern = "not the question's" },
    ["answers as if wolfSSL had asked"] = { says = function() return { stolen "\0" } end,
      pattern = "not the question's" },
    ["says nothing but Finished"] = { says = function() return {} end },
  } do
    for _, before in ipairs { "none", "required" } do
      it(("%s, its own in the handshake: %s; that is refused"):format(name, before), function()
        local suite = { cipher_suites = { "TLS_CHACHA20_POLY1305_SHA256" } }
        local a, b = pki.connected(client(suite, "rsa"),
          server { verify = before, trace = true, cipher_suites = suite.cipher_suites })
        assert.is_nil((b:request_certificate()))
        pki.exchange(a, b)
        b:receive_data(forged(a, b, case.says(b)))
        local ok, message, code = b:request_certificate()
        assert.is_nil(ok)
        assert.is_truthy(code == "peer_misbehaved" or code == "certificate_invalid", message)
        if case.pattern and before == "required" then assert.matches(case.pattern, message) end
        local data, _, after = b:read()
        assert.same({ nil, code }, { data, after })
      end)
    end
  end
end)

describe("a hostile client", function()
  it("is not seen with a certificate that it may yet prove to have", function()
    local suite = { cipher_suites = { "TLS_CHACHA20_POLY1305_SHA256" } }
    for _, before in ipairs { "none", "required" } do
      local a, b = pki.connected(client(suite, "rsa"), server { trace = true, verify = before,
        cipher_suites = suite.cipher_suites })
      local known = #b:peer_certificates()
      assert.equal(before == "none" and 0 or 2, known)
      assert.is_nil((b:request_certificate()))
      pki.exchange(a, b)
      assert.equal(known, #b:peer_certificates())
      local records = forged(a, b, { stolen(context_of(b)) }, "")
      b:receive_data(records:sub(1, 5 + 256 * records:byte(4) + records:byte(5)))
      assert.equal("want_read", select(3, b:read()))
      assert.same({}, b:peer_certificates())
      assert.is_false(b:verdict().ok)
    end
  end)

  it("is not read on from a certificate that it has not proven", function()
    local suite = { cipher_suites = { "TLS_CHACHA20_POLY1305_SHA256" } }
    for _, text in ipairs { "GET /secret", "" } do
      local a, b = pki.connected(client(suite), server { cipher_suites = suite.cipher_suites,
        trace = true })
      assert.is_nil((b:request_certificate()))
      pki.exchange(a, b)
      b:receive_data(forged(a, b, { stolen(context_of(b)) }, text))
      local data, message, code = b:read()
      assert.same({ nil, "peer_misbehaved" }, { data, code })
      assert.matches("between a certificate and its Finished", message)
      assert.is_false(b:verdict().ok)
    end
  end)
end)

describe("option post_handshake_auth", function()
  it("is needed: who has not agreed to it treats a request as a mistake", function()
    local a, b = pki.connected(client({ post_handshake_auth = false }, "rsa"), server())
    local ok, _, code = b:request_certificate()
    assert.same({ nil, "peer_incompatible" }, { ok, code })
    assert_talk(a, b)
  end)
end)

describe("connection:request_certificate and openssl", function()
  if not helper.have "openssl" then return pending "needs package openssl" end

  teardown(peers.cleanup)

  local function serve(arguments, talk)
    local command = "openssl s_client -connect 127.0.0.1:PORT -tls1_3 -enable_pha "
      .. peers.identity("openssl", "secp256r1") .. " " .. (arguments or "")
    return peers.serve(server(), command, talk)
  end

  -- Until the answer is there; the client has only answered when it reads.
  local function request(stream, process)
    local connection = stream:connection()
    assert(connection:request_certificate() == nil)
    process:send("ping\n")
    assert(stream:send("pong\n"))
    assert.equal("ping", stream:receive("*l"))
    while not connection:request_certificate() do
      process:send("more\n")
      assert.equal("more", stream:receive("*l"))
    end
    assert.equal("shown", connection:info().late_certificate)
    assert.is_true(connection:verdict().ok)
    assert.equal(2, #connection:peer_certificates())
  end

  it("gets the certificate of s_client", function()
    serve(nil, function(stream, process)
      assert(stream:handshake())
      request(stream, process)
    end)
  end)

  it("lets s_server have ours, as often as it asks", function()
    local process = peers.openssl_server("-CAfile " .. peers.trust() .. " "
      .. peers.identity("openssl", "rsa") .. " -tls1_3")
    finally(function() process:stop() end)
    local stream = assert(peers.connect(process, client(nil, "ed25519")))
    assert(stream:send("ping\n"))
    process:wait_for("^ping")
    for _ = 1, 3 do
      process:send("c\n")
      process:wait_for("^SSL_do_handshake")
      process:send("pong\n")
      assert.equal("pong", stream:receive("*l"))
      assert(stream:send("ping\n"))
      process:wait_for("Leaf")
    end
    stream:close()
  end)
end)
