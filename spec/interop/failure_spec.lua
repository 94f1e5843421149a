-- What goes wrong with peers of others: our error, and the alert that reached the other side.

local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"
local wolfssl = require "wolfssl"

local DAY = 86400
local EXPIRED = { not_before = os.time() - 3 * DAY, not_after = os.time() - DAY }
local FUTURE = { not_before = os.time() + DAY, not_after = os.time() + 3 * DAY }
local ELSEWHERE = { subject_alt_names = { "dns:elsewhere.example" } }
local NOT_FOR_SERVERS = { extended_key_usage = { "client_auth" } }
local NOT_FOR_CLIENTS = { extended_key_usage = { "server_auth" } }

local function stranger()
  local key = pki.key "secp256r1"
  return require("wolfssl.issue").certificate { subject = "Stranger", key = key, ca = true }
end

-- The handshake and, where TLS 1.3 has said yes before the server could say no, the first read.
local function outcome(stream)
  local ok, message, code, detail = stream:handshake()
  if ok then ok, message, code, detail = stream:read() end
  return { ok = ok, message = message, code = code, detail = detail }
end

local function assert_outcome(expected, got)
  assert.equal(expected.code, got.code, got.message)
  if expected.reason then assert.equal(expected.reason, got.detail[1].code) end
  if expected.alert then assert.equal(expected.alert, got.detail.name) end
end

describe("wolfssl.client refuses openssl s_server", function()
  if not helper.have "openssl" then return pending("needs package openssl") end

  teardown(peers.cleanup)

  local CASES = {
    { "with an issuer that is not trusted", "unknown_issuer", 48, trust = true },
    { "with an expired certificate", "expired", 45, fields = EXPIRED },
    { "with a certificate of tomorrow", "not_yet_valid", 45, fields = FUTURE },
    { "with a certificate for another name", "wrong_name", 42, fields = ELSEWHERE },
    { "with a certificate for clients", "purpose", 43, fields = NOT_FOR_SERVERS },
  }
  for _, case in ipairs(CASES) do
    it(case[1], function()
      local server = peers.openssl_server(
        "-rev " .. peers.identity("openssl", "secp256r1", case.fields))
      finally(function() server:stop() end)
      for _, version in ipairs(peers.VERSIONS) do
        local context = pki.client(peers.at(version, { trust = case.trust and stranger() }))
        local _, message, code, detail = peers.connect(server, context)
        assert_outcome({ code = "certificate_invalid", reason = case[2] },
          { message = message, code = code, detail = detail })
        assert.equal(case[3], tonumber(server:wait_for("SSL alert number (%d+)")))
      end
    end)
  end
end)

describe("openssl s_server refuses wolfssl.client", function()
  if not helper.have "openssl" then return pending("needs package openssl") end

  teardown(peers.cleanup)

  local STRICT = "-Verify 3 -verify_return_error "
  local CASES = {
    { "that speaks TLS 1.2 only", "-tls1_3", "TLS 1.2", "protocol_version" },
    { "that speaks TLS 1.3 only", "-tls1_2", "TLS 1.3", "protocol_version" },
    { "that has nothing for TLS 1.1", "-tls1_1 -cipher DEFAULT@SECLEVEL=0", "TLS 1.2",
      "handshake_failure" },
    { "without a common suite in TLS 1.2", "-cipher AES256-SHA", "TLS 1.2", "handshake_failure" },
    { "without a common suite in TLS 1.3", "-ciphersuites TLS_AES_128_CCM_SHA256", "TLS 1.3",
      "handshake_failure" },
    { "without a common group", "-groups P-521", "TLS 1.3", "handshake_failure" },
    { "without a common protocol", "-alpn h2", "TLS 1.3", "no_application_protocol",
      alpn = { "http/1.1" } },
    { "without a certificate in TLS 1.2", "-Verify 3", "TLS 1.2", "handshake_failure" },
    { "without a certificate in TLS 1.3", "-Verify 3", "TLS 1.3", "certificate_required" },
    { "with a certificate that it does not trust in TLS 1.2", STRICT, "TLS 1.2", "unknown_ca",
      own = "secp256r1" },
    { "with a certificate that it does not trust in TLS 1.3", STRICT, "TLS 1.3", "unknown_ca",
      own = "ed25519" },
    { "with an expired certificate", STRICT .. "-CAfile ROOT", "TLS 1.3", "certificate_expired",
      own = "rsa", fields = EXPIRED },
  }
  for _, case in ipairs(CASES) do
    it(case[1], function()
      local server = peers.openssl_server(("-rev %s %s"):format(
        case[2]:gsub("ROOT", peers.trust()), peers.identity("openssl", "rsa")))
      finally(function() server:stop() end)
      local options = peers.ours(case.own, peers.at(case[3], { alpn = case.alpn }), case.fields)
      local stream, message, code, detail = peers.connect(server, pki.client(options))
      local got = stream and outcome(stream) or { message = message, code = code, detail = detail }
      assert_outcome({ code = "alert_received", alert = case[4] }, got)
      if stream then stream:close() end
    end)
  end
end)

describe("wolfssl.server refuses openssl s_client", function()
  if not helper.have "openssl" then return pending("needs package openssl") end

  teardown(peers.cleanup)

  local MUTUAL = { verify = "required", trust = pki.root }
  local CASES = {
    { "that speaks TLS 1.1 only", "-tls1_1 -cipher DEFAULT@SECLEVEL=0", 70 },
    { "that speaks TLS 1.3 only", "-tls1_3", 70, options = { max_version = "TLS 1.2" } },
    { "that speaks TLS 1.2 only", "-tls1_2", 70, options = { min_version = "TLS 1.3" } },
    { "that falls back", "-tls1_2 -fallback_scsv", 86 },
    { "without a common suite in TLS 1.2", "-tls1_2 -cipher AES128-SHA", 40 },
    { "without forward secrecy", "-tls1_2 -cipher AES128-GCM-SHA256", 40 },
    { "without a common suite in TLS 1.3", "-tls1_3 -ciphersuites TLS_AES_128_CCM_SHA256", 40 },
    { "without a common group in TLS 1.2", "-tls1_2 -groups P-521", 40 },
    { "without a common group in TLS 1.3", "-tls1_3 -groups P-521", 40 },
    { "without a signature scheme for the certificate", "-sigalgs RSA-PSS+SHA256", 40 },
    { "with SHA-1 only", "-tls1_2 -sigalgs ECDSA+SHA1 -cipher DEFAULT@SECLEVEL=0", 40 },
    { "without a common protocol", "-alpn foo", 120, options = { alpn = { "h2" } } },
  }
  local UNPROVEN = {
    { "without a certificate in TLS 1.2", "-tls1_2", 40, options = MUTUAL },
    { "without a certificate in TLS 1.3", "-tls1_3", 116, options = MUTUAL },
    { "with a certificate that is not trusted", "", 48, own = "rsa", reason = "unknown_issuer",
      options = { verify = "required", trust = stranger() } },
    { "with an optional one that is not trusted", "", 48, own = "rsa", reason = "unknown_issuer",
      options = { verify = "optional", trust = stranger() } },
    { "with an expired certificate", "-tls1_2", 45, own = "ed25519", reason = "expired",
      options = MUTUAL, fields = EXPIRED },
    { "with a certificate for servers", "-tls1_3", 43, own = "secp384r1", reason = "purpose",
      options = MUTUAL, fields = NOT_FOR_CLIENTS },
  }

  local function refuses(case, code)
    it(case[1], function()
      local got
      local command = ("openssl s_client -connect 127.0.0.1:PORT %s %s"):format(
        case[2], peers.identity("openssl", case.own, case.fields))
      local context = pki.server(case.options, "secp256r1")
      local told = peers.serve(context, command, function(stream) got = outcome(stream) end)
      assert_outcome({ code = code, reason = case.reason }, got)
      assert.equal(case[3], tonumber(told:match("SSL alert number (%d+)")), told)
    end)
  end

  for _, case in ipairs(CASES) do refuses(case, "peer_incompatible") end
  for _, case in ipairs(UNPROVEN) do refuses(case, "certificate_invalid") end
end)

describe("wolfssl.server hears", function()
  teardown(peers.cleanup)

  local OPENSSL = "openssl s_client -connect 127.0.0.1:PORT -verify_return_error "
    .. "-verify_hostname localhost -CAfile ROOT "
  local CURL = "curl -sS --noproxy '*' --resolve localhost:PORT:127.0.0.1 --cacert ROOT "
    .. "https://localhost:PORT/"
  local GNUTLS = "gnutls-cli -p PORT --x509cafile=ROOT localhost"
  local CASES = {
    { "from openssl that our issuer is not trusted", OPENSSL, "unknown_ca", trust = true },
    { "from openssl that our certificate has expired", OPENSSL, "certificate_expired",
      fields = EXPIRED },
    { "from openssl that our certificate is not for that name", OPENSSL, "bad_certificate",
      fields = ELSEWHERE },
    { "from curl that our issuer is not trusted", CURL, "unknown_ca", trust = true },
    { "from curl that our certificate has expired", CURL, "certificate_expired", fields = EXPIRED },
    { "from gnutls that our issuer is not trusted", GNUTLS, "bad_certificate", trust = true },
  }
  for _, case in ipairs(CASES) do
    it(case[1], function()
      local program = case[2]:match("^%S+")
      if not helper.have(program) then return pending("needs " .. program) end
      local root = peers.trust(case.trust and { stranger() })
      for _, version in ipairs(peers.VERSIONS) do
        local got
        local context = pki.server(peers.at(version), "secp256r1", case.fields)
        local command = case[2]:gsub("ROOT", root)
        peers.serve(context, command, function(stream) got = outcome(stream) end)
        assert_outcome({ code = "alert_received", alert = case[3] }, got)
      end
    end)
  end
end)

describe("wolfssl and gnutls", function()
  if not helper.have "gnutls-serv" then return pending("needs package gnutls-bin") end

  teardown(peers.cleanup)

  it("refuse a server that is not trusted", function()
    local server = peers.gnutls_server("--echo " .. peers.identity("gnutls", "rsa"))
    finally(function() server:stop() end)
    local client = assert(wolfssl.client { trust = stranger() })
    local _, message, code = peers.connect(server, client)
    assert.equal("certificate_invalid", code, message)
    assert.equal("48", server:wait_for("Received alert '(%d+)'"))
  end)

  it("refuse a client without a certificate", function()
    local server = peers.gnutls_server(
      "--echo --require-client-cert " .. peers.identity("gnutls", "rsa"))
    finally(function() server:stop() end)
    local stream = assert(peers.connect(server, pki.client(peers.at "TLS 1.3")))
    local got = outcome(stream)
    assert_outcome({ code = "alert_received", alert = "certificate_required" }, got)
    stream:close()
  end)
end)
