-- Pre-shared keys, certificates after the handshake and KeyUpdates with peers of every kind,
-- recorded live: each is explained completely, and tshark decrypts the same application data.

local explain = require "wolfssl.trace.explain"
local helper = require "helper"
local matrix = require "trace.matrix"
local peers = require "interop.peers"
local pki = require "pki"
local wolfssl = require "wolfssl"

local KEY = ("k"):rep(32)
local HEX = helper.hex(KEY)

local function client(version, options)
  return assert(wolfssl.client(matrix.traced(version, options)))
end

local function server(version, options)
  return assert(wolfssl.server(matrix.traced(version, options)))
end

local function psk_client(version)
  return client(version, { psk = { identity = "me", key = KEY } })
end

local function psk_server(version)
  return server(version, { psks = { me = KEY } })
end

local function late_client()
  return pki.client(peers.ours("ed25519", matrix.traced("TLS 1.3", { post_handshake_auth = true })))
end

local function late_server()
  return pki.server(matrix.traced("TLS 1.3", { trust = pki.root }), "secp256r1")
end

local function assert_explained(pile, name, recorder, expected)
  local entries = recorder:entries()
  matrix.assert_decrypted(entries)
  matrix.assert_complete(matrix.explain(recorder), expected)
  for message, count in pairs(expected.count or {}) do
    assert.equal(count, matrix.count(entries, message), message)
  end
  assert.is_truthy(matrix.talk_of(entries).client:find(helper.hex "ping", 1, true))
  pile:record(name, recorder)
end

local PSK = { ["TLS 1.2"] = { version = "TLS 1.2", form = "psk" },
  ["TLS 1.3"] = { version = "TLS 1.3", form = "psk" } }
-- In each the client says nothing after its late Finished: there tshark begins to count anew.
local LATE = { version = "TLS 1.3", sames = 2, mutual = true, finished = 3, signatures = 2,
  count = { certificate = 2, certificate_request = 1 } }

-- ------------------------------------------------------------------------------ ours

local function say(from, to, text)
  assert(from:write(text))
  pki.exchange(from, to)
  assert.equal(text, to:read())
end

describe("wolfssl.trace.explain of our client and our server", function()
  local pile = matrix.pile()
  teardown(helper.cleanup)

  local function assert_both(name, a, b, expected)
    a:shutdown()
    pki.exchange(a, b)
    assert_explained(pile, name, a.recorder, expected)
    assert_explained(pile, name, b.recorder, expected)
    local model = explain.recording(a.recorder, { sides = { server = b.recorder } })
    local same = matrix.count_checks(model, "^client and server say that they have the same")
    assert.equal(expected.sames or 1, same)
  end

  for _, version in ipairs(peers.VERSIONS) do
    it("is complete from both sides: " .. version .. " with a pre-shared key", function()
      local a, b = pki.connected(psk_client(version), psk_server(version))
      say(a, b, "ping")
      say(b, a, "pong")
      assert_both("PSK", a, b, PSK[version])
    end)
  end

  it("is complete from both sides: a certificate after the handshake", function()
    local a, b = pki.connected(late_client(), late_server())
    say(a, b, "ping")
    assert.is_nil((b:request_certificate()))
    pki.exchange(a, b)
    a:read()
    pki.exchange(a, b)
    assert.is_true(b:request_certificate())
    say(b, a, "pong")
    assert_both("late", a, b, LATE)
  end)

  it("is complete from both sides: KeyUpdates of each, asked for or not", function()
    local a, b = pki.connected(late_client(), late_server())
    for _, request in ipairs { false, true } do
      assert(a:update_keys(request))
      say(a, b, "ping")
      assert(b:update_keys(request))
      say(b, a, "pong")
    end
    assert_both("updates", a, b, { version = "TLS 1.3", count = { key_update = 6 } })
  end)

  it(pile:fact(pending))
end)

-- ------------------------------------------------------------------------------ others

local GNUTLS = { ["TLS 1.2"] = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-PSK:+DHE-PSK",
  ["TLS 1.3"] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+ECDHE-PSK:+DHE-PSK" }

local SERVERS = {
  openssl = {
    package = "openssl",
    psk = function(version)
      return peers.openssl_server(("-nocert -psk_identity me -psk %s %s -cipher PSK"):format(HEX,
        peers.OPENSSL[version]))
    end,
    answer = function(process)
      process:wait_for("^ping")
      process:send("pong\n")
    end,
  },
  gnutls = {
    package = "gnutls-bin",
    psk = function(version)
      local file = helper.write(peers.path "psk.txt", "me:" .. HEX .. "\n")
      return peers.gnutls_server(("--echo --pskpasswd=%s --priority=%s"):format(file,
        GNUTLS[version]))
    end,
    answer = function() end,
  },
}

local function finish(stream)
  stream:shutdown()
  stream:receive("*a")
  stream:close()
end

for program, peer in pairs(SERVERS) do
  describe("wolfssl.trace.explain of our client and a server of " .. program, function()
    if not matrix.have[program] then return pending("needs package " .. peer.package) end

    local pile = matrix.pile()
    teardown(peers.cleanup)

    for _, version in ipairs(peers.VERSIONS) do
      it("is complete: " .. version .. " with a pre-shared key", function()
        local process = peer.psk(version)
        finally(function() process:stop() end)
        local stream = assert(peers.connect(process, psk_client(version)))
        local recorder = stream:connection().recorder
        assert(stream:send("ping\n"))
        peer.answer(process)
        assert.is_string(stream:receive("*l"))
        finish(stream)
        assert_explained(pile, "PSK", recorder, PSK[version])
      end)
    end

    if program == "openssl" then
      it("is complete: a certificate after the handshake", function()
        local process = peers.openssl_server("-CAfile " .. peers.trust() .. " "
          .. peers.identity("openssl", "rsa") .. " -tls1_3")
        finally(function() process:stop() end)
        local stream = assert(peers.connect(process, late_client()))
        local recorder = stream:connection().recorder
        assert(stream:send("ping\n"))
        process:wait_for("^ping")
        process:send("c\n")
        process:wait_for("^SSL_do_handshake")
        process:send("pong\n")
        assert.equal("pong", stream:receive("*l"))
        finish(stream)
        assert_explained(pile, "late", recorder, LATE)
      end)
    end

    it(pile:fact(pending))
  end)
end

local CLIENTS = {
  openssl = {
    package = "openssl",
    psk = function(version)
      return ("openssl s_client -connect 127.0.0.1:PORT -psk_identity me -psk %s %s -cipher PSK")
        :format(HEX, peers.OPENSSL[version])
    end,
    late = function()
      return "openssl s_client -connect 127.0.0.1:PORT -tls1_3 -enable_pha "
        .. peers.identity("openssl", "secp256r1")
    end,
  },
  gnutls = {
    package = "gnutls-bin",
    psk = function(version)
      return peers.gnutls_psk_client("me", HEX, GNUTLS[version])
    end,
    late = function(more)
      return ("gnutls-cli -p PORT --x509cafile=%s --post-handshake-auth %s --priority=%s %s "
        .. "localhost"):format(peers.trust(), peers.identity("gnutls", "secp256r1"),
        peers.GNUTLS["TLS 1.3"], more or "")
    end,
  },
}

-- Our server hears the client, asks for its certificate until that is there, and ends.
local function ask(stream, process)
  local connection = stream:connection()
  process:send("ping\n")
  assert.equal("ping", stream:receive("*l"))
  assert.is_nil((connection:request_certificate()))
  assert(stream:send("pong\n"))
  stream:settimeout(0.1)
  while not connection:request_certificate() do
    local _, why = stream:receive("*l")
    assert.equal("timeout", why)
  end
  stream:settimeout(100)
end

local function served(context, command, talk)
  local recorder
  peers.serve(context, command, function(stream, process)
    assert(stream:handshake())
    recorder = stream:connection().recorder
    talk(stream, process)
    stream:shutdown()
    stream:receive("*a")
  end)
  return recorder
end

for program, peer in pairs(CLIENTS) do
  describe("wolfssl.trace.explain of our server and a client of " .. program, function()
    if not matrix.have[program] then return pending("needs package " .. peer.package) end

    local pile = matrix.pile()
    teardown(peers.cleanup)

    for _, version in ipairs(peers.VERSIONS) do
      it("is complete: " .. version .. " with a pre-shared key", function()
        local recorder = served(psk_server(version), peer.psk(version), function(stream, process)
          process:send("ping\n")
          assert.equal("ping", stream:receive("*l"))
          assert(stream:send("pong\n"))
        end)
        assert_explained(pile, "PSK", recorder, PSK[version])
      end)
    end

    it("is complete: a certificate after the handshake", function()
      assert_explained(pile, "late", served(late_server(), peer.late(), ask), LATE)
    end)

    if program == "gnutls" then
      it("is complete: KeyUpdate", function()
        local command = peer.late "--inline-commands"
        local recorder = served(late_server(), command, function(stream, process)
          process:send("^rekey^\n")
          process:send("ping\n")
          assert.equal("ping", stream:receive("*l"))
        end)
        local entries = recorder:entries()
        assert.is_true(matrix.count(entries, "key_update") >= 1)
        assert_explained(pile, "KeyUpdate", recorder, { version = "TLS 1.3" })
      end)
    end

    it(pile:fact(pending))
  end)
end
