-- Every alert that can be provoked between us and OpenSSL or GnuTLS, recorded live: the explanation
-- tells who gave up, which message that answers, and the likely causes.

local issue = require "wolfssl.issue"
local matrix = require "trace.matrix"
local peers = require "interop.peers"
local pki = require "pki"

local SERVERS = { openssl = "openssl s_server", gnutls = "gnutls-serv" }
local CLIENTS = { openssl = "openssl s_client", gnutls = "gnutls-cli" }
local PACKAGES = { openssl = "openssl", gnutls = "gnutls-bin" }
local DAY = 86400
local EXPIRED = { not_before = os.time() - 3 * DAY, not_after = os.time() - DAY }
local FUTURE = { not_before = os.time() + DAY, not_after = os.time() + 3 * DAY }
local ELSEWHERE = { subject_alt_names = { "dns:elsewhere.example" } }
local FOR_CLIENTS = { extended_key_usage = { "client_auth" } }
local FOR_SERVERS = { extended_key_usage = { "server_auth" } }

local stranger = issue.certificate { subject = "Stranger", key = pki.key "secp256r1", ca = true }

-- Somewhere on the way one side gives up. A line is sent only where that is to be meddled with:
-- it could meet a connection that is closed already, and the alert would not be read.
local function provoke(stream, meddler)
  if stream:handshake() then
    meddler.established = true
    if not meddler.change or stream:send("ping\n") then stream:receive("*a") end
  end
  local recorder = stream:connection().recorder
  stream:close()
  return recorder
end

local function hello(edit)
  return matrix.edit("client", "client_hello", edit)
end

local function without(name)
  return function(body)
    for i, extension in ipairs(body.extensions) do
      if extension.extension_type.name == name then return table.remove(body.extensions, i) end
    end
    error("no " .. name)
  end
end

local function last_byte_changed(side)
  return function(from, bytes, established)
    if from ~= side or not established then return bytes end
    return bytes:sub(1, -2) .. string.char((bytes:byte(-1) + 1) % 256)
  end
end

local function too_long(from, bytes, established)
  if from ~= "client" or not established then return bytes end
  return "\23\3\3\255\255" .. bytes:sub(6) .. ("x"):rep(65535)
end

-- What cannot be read, by version: a record that was changed; what comes under keys that the side
-- which gave up did not live to compute.
local ALTERED = { ["TLS 1.2"] = "authentication failed", ["TLS 1.3"] = "authentication failed" }
local NO_KEYS = { ["TLS 1.2"] = "the master secret is not known" }

local STRICT = "-Verify 3 -verify_return_error "

-- what; arguments of the server; version; who gives up, its alert, the message it answers
local REFUSED = {
  openssl = {
    { "an issuer that we do not trust", "", nil, "client", "unknown_ca", "certificate",
      options = { trust = stranger } },
    { "an expired certificate", "", nil, "client", "certificate_expired", "certificate",
      fields = EXPIRED },
    { "a certificate of tomorrow", "", nil, "client", "certificate_expired", "certificate",
      fields = FUTURE },
    { "a certificate for another name", "", nil, "client", "bad_certificate", "certificate",
      fields = ELSEWHERE },
    { "a certificate for clients", "", nil, "client", "unsupported_certificate", "certificate",
      fields = FOR_CLIENTS },
    { "no version in common", "-tls1_3", "TLS 1.2", "server", "protocol_version", "client_hello" },
    { "no suite in common", "-cipher AES256-SHA", "TLS 1.2", "server", "handshake_failure",
      "client_hello" },
    { "no suite in common", "-ciphersuites TLS_AES_128_CCM_SHA256", "TLS 1.3", "server",
      "handshake_failure", "client_hello" },
    { "no group in common", "-groups P-521", "TLS 1.3", "server", "handshake_failure",
      "client_hello" },
    { "no protocol in common", "-alpn h2", nil, "server", "no_application_protocol",
      "client_hello", options = { alpn = { "http/1.1" } } },
    { "no certificate", "-Verify 3", "TLS 1.2", "server", "handshake_failure", "certificate" },
    { "no certificate", "-Verify 3", "TLS 1.3", "server", "certificate_required", "certificate" },
    { "a certificate that it does not trust", STRICT, nil, "server", "unknown_ca", "certificate",
      own = "secp256r1" },
    { "our expired certificate", STRICT .. "-CAfile ROOT", nil, "server", "certificate_expired",
      "certificate", own = "ed25519", own_fields = EXPIRED },
    { "a fallback", "", "TLS 1.2", "server", "inappropriate_fallback", "client_hello",
      change = hello(function(body) table.insert(body.cipher_suites, { value = 0x5600 }) end) },
    { "no signature_algorithms", "", "TLS 1.3", "server", "missing_extension", "client_hello",
      change = hello(without "signature_algorithms") },
    { "a compression method", "", "TLS 1.3", "server", "illegal_parameter", "client_hello",
      change = hello(function(body)
        table.insert(body.legacy_compression_methods, { value = 1 })
      end) },
    { "a hello cut short", "", nil, "server", "decode_error", "client_hello",
      change = matrix.cut_hello },
    { "another message than ClientHello", "", nil, "server", "unexpected_message", "client_hello",
      change = matrix.wrong_type },
    { "a record changed on its way there", "", nil, "server", "bad_record_mac",
      "application_data", change = last_byte_changed "client" },
    { "a record changed on its way back", "", nil, "client", "bad_record_mac", "unreadable",
      change = last_byte_changed "server",
      unreadable = ALTERED },
    { "a record that is too long", "", nil, "server", "record_overflow", "application_data",
      change = too_long },
    { "a signature changed on its way there", "-Verify 3", "TLS 1.2", "server", "decrypt_error",
      "finished", own = "secp256r1",
      change = matrix.edit("client", "certificate_verify", function(body)
        body.signature = body.signature:sub(1, -2)
          .. string.char((body.signature:byte(-1) + 1) % 256)
      end) },
    { "a signature changed on its way back", "", "TLS 1.2", "client", "decrypt_error",
      "server_key_exchange",
      change = matrix.edit("server", "server_hello", function(body)
        body.random = ("r"):rep(32)
      end) },
    { "an answer that nobody asked for", "", nil, "client", "unsupported_extension",
      "server_hello",
      change = matrix.edit("server", "server_hello", function(body)
        table.insert(body.extensions, { extension_type = { value = 0x7777 }, extension_data = "" })
      end), unreadable = { ["TLS 1.3"] = "is not known" } },
  },
  gnutls = {
    { "an issuer that we do not trust", "", nil, "client", "unknown_ca", "certificate",
      options = { trust = stranger } },
    { "an expired certificate", "", nil, "client", "certificate_expired", "certificate",
      fields = EXPIRED },
    { "a certificate for another name", "", nil, "client", "bad_certificate", "certificate",
      fields = ELSEWHERE },
    { "no version in common", "--priority=NORMAL:-VERS-ALL:+VERS-TLS1.3", "TLS 1.2", "server",
      "handshake_failure", "client_hello" },
    { "no suite in common", "--priority=NORMAL:-KX-ALL:+RSA", "TLS 1.2", "server",
      "handshake_failure", "client_hello" },
    { "no protocol in common", "--alpn=h2 --alpn-fatal", nil, "server",
      "no_application_protocol", "client_hello", options = { alpn = { "http/1.1" } } },
    { "an unknown name", "--sni-hostname=elsewhere --sni-hostname-fatal", nil, "server",
      "unrecognized_name", "client_hello" },
    { "no certificate", "--require-client-cert", "TLS 1.3", "server", "certificate_required",
      "certificate" },
    { "a hello cut short", "", nil, "server", "decode_error", "client_hello",
      change = matrix.cut_hello },
    { "another message than ClientHello", "", nil, "server", "unexpected_message", "client_hello",
      change = matrix.wrong_type },
    { "a record changed on its way there", "", nil, "server", "bad_record_mac",
      "application_data", change = last_byte_changed "client" },
  },
}

local START = {
  openssl = function(case)
    return peers.openssl_server(("-rev %s %s"):format(case[2]:gsub("ROOT", peers.trust()),
      peers.identity("openssl", "secp256r1", case.fields)))
  end,
  gnutls = function(case)
    return peers.gnutls_server(("--echo %s %s"):format(case[2],
      peers.identity("gnutls", "secp256r1", case.fields)))
  end,
}

local function versions_of(case)
  return case[3] and { case[3] } or peers.VERSIONS
end

local function assert_failure(pile, name, case, version, recorder)
  matrix.assert_failed(matrix.explain(recorder), { side = case[4], alert = case[5],
    answers = case[6], unreadable = case.unreadable and case.unreadable[version] })
  pile:record(name, recorder)
end

for _, program in ipairs { "openssl", "gnutls" } do
  describe("wolfssl.trace.explain of failures: our client and " .. SERVERS[program], function()
    if not matrix.have[program] then return pending("needs package " .. PACKAGES[program]) end

    local pile = matrix.pile()
    teardown(peers.cleanup)

    for _, case in ipairs(REFUSED[program]) do
      for _, version in ipairs(versions_of(case)) do
        local name = ("%s: %s, in %s"):format(case[5], case[1], version)
        it("tells who, what and why: " .. name, function()
          local server = START[program](case)
          finally(function() server:stop() end)
          local options = matrix.traced(version, case.options)
          options = peers.ours(case.own, options, case.own_fields)
          local stream, meddler = matrix.meddled(pki.client(options), server.port, case.change)
          assert_failure(pile, name, case, version, provoke(stream, meddler))
        end)
      end
    end

    it(pile:fact(pending))
  end)
end

local MUTUAL = { verify = "required", trust = pki.root }
local CHECKING = "-verify_return_error -verify_hostname localhost -CAfile ROOT "

-- what; arguments of the client; version; who gives up, its alert, the message it answers
local REFUSING = {
  openssl = {
    { "no version in common", "-tls1_3", "TLS 1.2", "server", "protocol_version", "client_hello" },
    { "a fallback", "-tls1_2 -fallback_scsv", nil, "server", "inappropriate_fallback",
      "client_hello", any = true },
    { "no suite in common", "-cipher AES128-SHA -tls1_2", "TLS 1.2", "server",
      "handshake_failure", "client_hello" },
    { "no group in common", "-groups P-521", nil, "server", "handshake_failure",
      "client_hello" },
    { "no protocol in common", "-alpn foo", nil, "server", "no_application_protocol",
      "client_hello", options = { alpn = { "h2" } } },
    { "no certificate", "", "TLS 1.2", "server", "handshake_failure", "certificate",
      options = MUTUAL, unreadable = NO_KEYS },
    { "no certificate", "", "TLS 1.3", "server", "certificate_required", "certificate",
      options = MUTUAL, unreadable = NO_KEYS },
    { "a certificate that we do not trust", "", nil, "server", "unknown_ca", "certificate",
      own = "rsa", options = { verify = "required", trust = stranger },
      unreadable = NO_KEYS },
    { "its expired certificate", "", nil, "server", "certificate_expired", "certificate",
      own = "ed25519", options = MUTUAL, own_fields = EXPIRED,
      unreadable = NO_KEYS },
    { "a certificate for servers", "", nil, "server", "unsupported_certificate", "certificate",
      own = "secp384r1", options = MUTUAL, own_fields = FOR_SERVERS,
      unreadable = NO_KEYS },
    { "an issuer that it does not trust", CHECKING, nil, "client", "unknown_ca", "certificate",
      untrusted = true },
    { "our expired certificate", CHECKING, nil, "client", "certificate_expired", "certificate",
      fields = EXPIRED },
    { "our certificate for another name", CHECKING, nil, "client", "bad_certificate",
      "certificate", fields = ELSEWHERE },
  },
  gnutls = {
    { "no protocol in common", "--insecure --alpn=foo", nil, "server", "no_application_protocol",
      "client_hello", options = { alpn = { "h2" } } },
    { "no certificate", "--insecure", "TLS 1.3", "server", "certificate_required", "certificate",
      options = MUTUAL, unreadable = NO_KEYS },
    { "its expired certificate", "--insecure", nil, "server", "certificate_expired",
      "certificate", own = "ed25519", options = MUTUAL, own_fields = EXPIRED,
      unreadable = NO_KEYS },
    { "an issuer that it does not trust", "--x509cafile=ROOT", nil, "client", "bad_certificate",
      "certificate", untrusted = true },
    { "our expired certificate", "--x509cafile=ROOT", nil, "client", "bad_certificate",
      "certificate", fields = EXPIRED },
  },
}

local COMMAND = {
  openssl = "openssl s_client -connect 127.0.0.1:PORT -servername localhost %s %s",
  gnutls = "gnutls-cli -p PORT %s %s localhost",
}

local function command_of(program, case)
  local root = peers.trust(case.untrusted and { stranger } or nil)
  return COMMAND[program]:format(case[2]:gsub("ROOT", root),
    peers.identity(program, case.own, case.own_fields))
end

for _, program in ipairs { "openssl", "gnutls" } do
  describe("wolfssl.trace.explain of failures: our server and " .. CLIENTS[program], function()
    if not matrix.have[program] then return pending("needs package " .. PACKAGES[program]) end

    local pile = matrix.pile()
    teardown(peers.cleanup)

    for _, case in ipairs(REFUSING[program]) do
      for _, version in ipairs(case.any and { "any version" } or versions_of(case)) do
        local name = ("%s: %s, in %s"):format(case[5], case[1], version)
        it("tells who, what and why: " .. name, function()
          local options = matrix.traced(not case.any and version or nil, case.options)
          local recorder
          peers.serve(pki.server(options, "secp256r1", case.fields), command_of(program, case),
            function(stream) recorder = provoke(stream, {}) end)
          assert_failure(pile, name, case, version, recorder)
        end)
      end
    end

    it(pile:fact(pending))
  end)
end
