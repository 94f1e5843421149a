-- Every alert there is, received by our client at every stage and sent by our server to OpenSSL:
-- each is explained, with its meaning, its likely causes and the message it answers.

local alerts = require "wolfssl.tls.registry.alert"
local field = require "attack.field"
local helper = require "helper"
local issue = require "wolfssl.issue"
local matrix = require "trace.matrix"
local notes = require "wolfssl.trace.notes.failures"
local peers = require "interop.peers"
local pki = require "pki"
local server = require "attack.server"
local wolfssl = require "wolfssl"

-- Those that end nothing by themselves.
local WORDS = { close_notify = true, end_of_early_data = true, user_canceled = true,
  no_renegotiation = true }

local FATAL = {}
for _, alert in ipairs(alerts.list) do
  if not WORDS[alert.name] then FATAL[#FATAL + 1] = alert end
end

local VERSIONS = { ["TLS 1.2"] = 0x0303, ["TLS 1.3"] = 0x0304 }

local chain, key = pki.leaf "secp256r1"

-- What our client records of a server that plays so.
local function recorded(version, options)
  local recorder
  options.version, options.chain, options.key = VERSIONS[version], chain, key
  field.run(function(transport)
    local context = pki.client(matrix.traced(version))
    local stream = context:wrap(transport, { server_name = "localhost", timeout = 100 })
    if stream:handshake() and stream:write "ping" then stream:receive "*a" end
    recorder = stream:connection().recorder
    stream:close()
  end, function(transport)
    local hostile = server.new(transport, options)
    options.play(hostile)
    hostile:listen()
  end)
  return recorder
end

-- When a server sends a fatal alert: its options, and the message that is answered.
local STAGES = {
  ["in place of a ServerHello"] = { answers = "client_hello", options = function(alert)
    return { play = function(self)
      self:receive()
      self:send(21, alert)
    end }
  end },
  ["under the handshake's keys"] = { answers = "client_hello", only = "TLS 1.3",
    options = function(alert)
      return {
        before_flight = function(self) self:send(21, alert) end,
        play = function(self) return self:hello() and self:flight13() end,
      }
    end },
  ["after the handshake"] = { answers = "application_data", options = function(alert)
    return { play = function(self)
      assert.is_true(self:handshake())
      self:receive()
      self:send(21, alert)
    end }
  end },
}

describe("wolfssl.trace.explain of an alert", function()
  it("knows likely causes of each", function()
    for _, alert in ipairs(alerts.list) do
      if alert.name ~= "close_notify" and alert.name ~= "end_of_early_data" then
        assert.is_true(#(notes.alerts[alert.name] or {}) > 0, alert.name)
      end
    end
    for name in pairs(notes.alerts) do assert.is_not_nil(alerts.by_name[name], name) end
  end)

  local pile = matrix.pile()

  for version in pairs(VERSIONS) do
    for stage, how in pairs(STAGES) do
      if how.only == nil or how.only == version then
        it(("tells who, what and why: each, %s, in %s"):format(stage, version), function()
          for _, alert in ipairs(FATAL) do
            local recorder = recorded(version, how.options("\2" .. string.char(alert.value)))
            assert.equal("alert_received", recorder.code, alert.name)
            matrix.assert_failed(matrix.explain(recorder),
              { side = "server", alert = alert.name, answers = how.answers })
            if alert.name == "access_denied" then pile:record(stage, recorder) end
          end
        end)
      end
    end

    it("user_canceled is followed by a goodbye, in " .. version, function()
      local recorder = recorded(version, { play = function(self)
        self:receive()
        self:send(21, "\1\90")
        self:send(21, "\1\0")
      end })
      local model = matrix.explain(recorder)
      matrix.assert_told(model)
      assert.same({ "client_hello", "alert", "alert" },
        { model.steps[1].name, model.steps[2].name, model.steps[3].name })
      assert.matches("gave up the handshake", model.steps[2].fields[2].meaning)
      assert.equal("failed", model.kind.outcome)
      assert.equal("server", model.failure.side)
    end)
  end

  it(pile:fact(pending))
end)

-- What the applications behind servers say no with, and what no peer sends by itself.
local OURS = { "access_denied", "internal_error", "insufficient_security", "certificate_unknown",
  "unrecognized_name", "missing_extension" }

describe("wolfssl.trace.explain of an alert of ours", function()
  if not matrix.have.openssl then return pending("needs package openssl") end

  teardown(peers.cleanup)

  for version in pairs(VERSIONS) do
    it("is what OpenSSL understood, in " .. version, function()
      for _, name in ipairs(OURS) do
        local alert, recorder = alerts.by_name[name], nil
        local told = peers.serve(pki.server(matrix.traced(version)),
          "openssl s_client -connect 127.0.0.1:PORT -servername localhost", function(stream)
            local connection = stream:connection()
            connection:hold(true)
            local _, _, code = connection:handshake()
            while code == "want_read" do
              connection:receive_data(assert(stream.transport:read(16384, 10)))
              _, _, code = connection:handshake()
            end
            assert.equal("held", code)
            connection:reject("the application says no", alert.value)
            assert.is_nil((stream:handshake()))
            recorder = connection.recorder
          end)
        assert.matches("alert number " .. alert.value .. "%D", told)
        matrix.assert_failed(matrix.explain(recorder),
          { side = "server", alert = name, answers = "client_hello" })
      end
    end)
  end
end)

-- ------------------------------------------------------------------------------ by themselves

local function revocation_list(certificate)
  local crl = issue.crl { issuer = { certificate = pki.middle, key = pki.middle_key },
    revoked = { { serial = wolfssl.certificate(certificate):serial() } } }
  local path = helper.write(peers.path "crl.der", crl)
  helper.run(("openssl crl -inform DER -in %s -out %s.pem"):format(path, path))
  return path .. ".pem", crl
end

local function provoke(stream)
  if stream:handshake() then stream:receive "*a" end
  local recorder = stream:connection().recorder
  stream:close()
  return recorder
end

-- Our client, and OpenSSL's server with arguments made when it starts.
local function refused_by(arguments, options)
  local process = peers.openssl_server("-rev " .. arguments)
  finally(function() process:stop() end)
  return provoke((matrix.meddled(wolfssl.client(options), process.port)))
end

local function refusing(command, context)
  local recorder
  peers.serve(context, command, function(stream) recorder = provoke(stream) end)
  return recorder
end

local STRICT = "-Verify 3 -verify_return_error -CAfile %s "
local PSK = "00112233445566778899aabbccddeeff"

describe("wolfssl.trace.explain of an alert that needs a special peer", function()
  if not matrix.have.openssl then return pending("needs package openssl") end

  local pile = matrix.pile()
  teardown(peers.cleanup)

  local function told(recorder, side, alert, answers, unreadable)
    matrix.assert_failed(matrix.explain(recorder),
      { side = side, alert = alert, answers = answers, unreadable = unreadable })
    pile:record(alert, recorder)
  end

  for version in pairs(VERSIONS) do
    local function at(options)
      return matrix.traced(version, options)
    end

    local function mutual()
      local mine, own = pki.leaf "secp384r1"
      return mine[1], at { trust = pki.root, certificate = mine, key = own }
    end

    local identity = function() return peers.identity("openssl", "secp256r1") end

    it("tells of certificate_revoked by OpenSSL's server, in " .. version, function()
      local certificate, options = mutual()
      local arguments = STRICT:format(peers.trust()) .. "-crl_check -CRL "
        .. revocation_list(certificate) .. " " .. identity()
      told(refused_by(arguments, options), "server", "certificate_revoked", "certificate")
    end)

    it("tells of certificate_unknown by OpenSSL's server, in " .. version, function()
      local _, options = mutual()
      local arguments = STRICT:format(peers.trust()) .. "-policy_check -explicit_policy "
        .. "-policy 1.2.3.4 " .. identity()
      told(refused_by(arguments, options), "server", "certificate_unknown", "certificate")
    end)

    it("tells of unrecognized_name by OpenSSL's server, in " .. version, function()
      local second, second_key = peers.files "ed25519"
      local arguments = ("-servername other.example -servername_fatal -cert2 %s -key2 %s %s")
        :format(second, second_key, identity())
      told(refused_by(arguments, at { trust = pki.root }), "server", "unrecognized_name",
        "client_hello")
    end)

    it("tells of bad_certificate_status_response by our client, in " .. version, function()
      local arguments = ("-status_file %s %s"):format(
        helper.write(peers.path "bad.der", "0\3\10\1\0"), identity())
      told(refused_by(arguments, at { trust = pki.root, staple = "require" }), "client",
        "bad_certificate_status_response", "certificate")
    end)

    it("tells of certificate_revoked by our client, in " .. version, function()
      local shown, own = pki.leaf "secp256r1"
      local _, crl = revocation_list(shown[1])
      local files = peers.path "revoked"
      helper.write(files .. ".pem", wolfssl.certificate(shown[1]):pem())
      helper.write(files .. ".key", own:pem())
      local arguments = ("-cert %s.pem -key %s.key -cert_chain %s"):format(files, files,
        peers.trust { pki.middle })
      told(refused_by(arguments, at { trust = pki.root, crls = crl }), "client",
        "certificate_revoked", "certificate")
    end)

    it("tells of unknown_psk_identity by our server, in " .. version, function()
      local context = assert(wolfssl.server(at { psks = { alice = ("k"):rep(16) } }))
      told(refusing("openssl s_client -connect 127.0.0.1:PORT -psk_identity bob -psk " .. PSK,
        context), "server", "unknown_psk_identity",
        version == "TLS 1.2" and "client_key_exchange" or "client_hello",
        version == "TLS 1.2" and "not known" or nil)
    end)
  end

  it("tells of insufficient_security by GnuTLS's client", function()
    if not matrix.have.gnutls then return pending "needs package gnutls-bin" end
    local context = pki.server(matrix.traced("TLS 1.2",
      { cipher_suites = { "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" } }), "rsa")
    told(refusing("gnutls-cli -p PORT --insecure --dh-bits=4096 --priority=NORMAL:-VERS-ALL:"
      .. "+VERS-TLS1.2:-KX-ALL:+DHE-RSA:-GROUP-ALL localhost", context), "client",
      "insufficient_security", "server_key_exchange")
  end)

  it(pile:fact(pending))
end)
