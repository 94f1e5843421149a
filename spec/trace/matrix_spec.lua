-- Handshakes of every kind with peers of every kind, recorded live: each is explained completely,
-- and tshark decrypts the same application data. What our engine cannot do is in spec/vectors.
-- Failures are in matrix_failure_spec.lua.

local explain = require "wolfssl.trace.explain"
local helper = require "helper"
local matrix = require "trace.matrix"
local peers = require "interop.peers"
local pki = require "pki"
local trace = require "wolfssl.trace"

local DIRECTORY = "spec/vectors/"

describe("wolfssl.trace.explain of recordings of OpenSSL and GnuTLS", function()
  local pile = matrix.pile()
  -- these recordings end with the server killed, which the client calls a malformed message
  local CUT = { ["tls12-resumed-id"] = true, ["tls12-resumed-ticket"] = true,
    ["tls13-resumed"] = true, ["tls13-early-data"] = true }
  local VERSIONS = { [0x0301] = "TLS 1.0", [0x0302] = "TLS 1.1", [0x0303] = "TLS 1.2",
    [0x0304] = "TLS 1.3" }
  local FINISHED = { ["tls12-renegotiated"] = 4, ["tls13-post-handshake"] = 3 }
  -- the certificates of those recordings have no subjectAltName
  local NAMELESS = { ["every certificate of the chain holds"] = true }

  local function knowledge(case)
    local known = case.known or case.secrets or {}
    return { psks = known.psks,
      rsa_keys = known.rsa_keys and { helper.read(DIRECTORY .. "rsa.key") } }
  end

  local function expected(case, number, count)
    local form = "full"
    if case.resumed and number == count then form = "resumed" end
    if case.name:find "psk" then form = "psk" end
    return { version = VERSIONS[case.version], form = form, mutual = case.mutual,
      retry = case.retry, except = NAMELESS, finished = FINISHED[case.name],
      signatures = case.renegotiated and 2 or nil }
  end

  for _, case in ipairs(dofile(DIRECTORY .. "recordings.lua")) do
    it("is complete: " .. case.name, function()
      local bytes = helper.read(DIRECTORY .. case.name .. ".pcapng")
      local connections = assert(trace.open_capture(bytes, knowledge(case))).connections
      local piled = {}
      for i, connection in ipairs(connections) do
        local model = explain.explain(connection.observer)
        local wanted = expected(case, i, #connections)
        matrix.assert_decrypted(connection.entries)
        if CUT[case.name] and i == #connections then
          matrix.assert_cut(model)
        else
          matrix.assert_complete(model, wanted)
        end
        assert.equal(wanted.form, model.kind.form)
        assert.equal(case.early_data and i == #connections or false, model.kind.early_data)
        piled[i] = connection.entries
      end
      pile:put(case.name, bytes, piled)
    end)
  end

  it(pile:fact(pending))
end)

-- ------------------------------------------------------------------------------ live

-- The handshakes that our client and our server can do, and how each peer is told to.
local KINDS = {
  { name = "TLS 1.2 with RSA", version = "TLS 1.2", key = "rsa" },
  { name = "TLS 1.2 with ECDSA", version = "TLS 1.2", key = "secp256r1" },
  { name = "TLS 1.2 with ECDSA on P-384", version = "TLS 1.2", key = "secp384r1" },
  { name = "TLS 1.2 with Ed25519", version = "TLS 1.2", key = "ed25519" },
  { name = "TLS 1.2, mutual", version = "TLS 1.2", key = "secp256r1", own = "rsa" },
  { name = "TLS 1.2, mutual with Ed25519", version = "TLS 1.2", key = "rsa", own = "ed25519" },
  { name = "TLS 1.3 with RSA", version = "TLS 1.3", key = "rsa" },
  { name = "TLS 1.3 with ECDSA", version = "TLS 1.3", key = "secp256r1" },
  { name = "TLS 1.3 with Ed25519", version = "TLS 1.3", key = "ed25519" },
  { name = "TLS 1.3 with HelloRetryRequest", version = "TLS 1.3", key = "secp256r1", retry = true },
  { name = "TLS 1.3, mutual", version = "TLS 1.3", key = "secp256r1", own = "ed25519" },
  { name = "TLS 1.3, mutual with HelloRetryRequest", version = "TLS 1.3", key = "rsa",
    own = "secp384r1", retry = true },
}

local RESUMED = { ["TLS 1.2"] = "TLS 1.2, resumed by id", ["TLS 1.3"] = "TLS 1.3, resumed" }

-- Whatever was asked for, this is what one must find.
local function expected(kind, form)
  return { version = kind.version, form = form, mutual = kind.own ~= nil and form ~= "resumed",
    retry = kind.retry }
end

local PING = helper.hex("ping\n")

local function assert_explained(pile, kind, recorder, form)
  local entries = recorder:entries()
  matrix.assert_decrypted(entries)
  matrix.assert_complete(matrix.explain(recorder), expected(kind, form))
  assert.equal(kind.by == "ticket", matrix.shows_ticket(entries))
  assert.equal(kind.updates or 0, matrix.count(entries, "key_update"))
  assert.is_truthy(matrix.talk_of(entries).client:find(PING, 1, true))
  pile:record(kind.name, recorder)
end

local function server_options(kind, more)
  local options = matrix.traced(kind.version, more)
  if kind.retry then options.groups = { "secp384r1" } end
  if kind.own then options.verify, options.trust = "required", pki.root end
  return options
end

local function in_memory(client, server, session)
  local options = { server_name = "localhost", session = session }
  local a, b = client:connection(options), server:connection()
  local left, right = pki.handshake(a, b)
  assert(left.ok, left.message)
  assert(right.ok, right.message)
  assert(a:write("ping\n"))
  pki.exchange(a, b)
  assert.equal("ping\n", b:read())
  assert(b:write("pong\n"))
  pki.exchange(a, b)
  assert.equal("pong\n", a:read())
  a:shutdown()
  pki.exchange(a, b)
  return a, b
end

describe("wolfssl.trace.explain of our client and our server", function()
  local pile = matrix.pile()
  teardown(helper.cleanup)

  local function contexts(kind)
    return pki.client(peers.ours(kind.own, matrix.traced(kind.version))),
      pki.server(server_options(kind), kind.key)
  end

  -- Both sides were recorded, so each can be told with what the other says.
  local function assert_both_explained(kind, a, b, form)
    assert_explained(pile, kind, a.recorder, form)
    assert_explained(pile, kind, b.recorder, form)
    local model = explain.recording(a.recorder, { sides = { server = b.recorder } })
    assert.equal(1, matrix.count_checks(model, "^client and server say that they have the same"))
  end

  for _, kind in ipairs(KINDS) do
    it("is complete from both sides: " .. kind.name, function()
      assert_both_explained(kind, in_memory(contexts(kind)))
    end)
  end

  for _, version in ipairs(peers.VERSIONS) do
    it("is complete from both sides: " .. RESUMED[version], function()
      local kind = { name = RESUMED[version], version = version, key = "secp256r1" }
      local client, server = contexts(kind)
      local a, b = in_memory(client, server, (in_memory(client, server)):session())
      assert_both_explained(kind, a, b, "resumed")
    end)
  end

  it(pile:fact(pending))
end)

-- Our client says ping, hears an answer, and ends; returns the recorder and a session.
local function visit(server, context, session)
  local stream = assert(peers.connect(server, context, { session = session }))
  local recorder = stream:connection().recorder
  assert(stream:send("ping\n"))
  assert.is_string(stream:receive("*l"))
  local fresh = stream:connection():session()
  assert.is_true(stream:shutdown())
  stream:receive("*a")
  stream:close()
  return recorder, fresh
end

-- The server takes new keys, then (K) asks us to take some, too.
local function update(server, context)
  local stream = assert(peers.connect(server, context))
  local recorder = stream:connection().recorder
  assert(stream:send("ping\n"))
  server:wait_for("^ping")
  for _, command in ipairs { "k\n", "K\n" } do
    server:send(command)
    server:wait_for("^SSL_do_handshake")
    server:send("pong\n")
    assert.equal("pong", stream:receive("*l"))
    assert(stream:send("ping\n"))
    server:wait_for("^ping")
  end
  stream:shutdown()
  stream:close()
  return recorder
end

-- The server wants to negotiate anew, and we do not: the data that it has sent by then arrives,
-- and OpenSSL gives up.
local function stay(server, context)
  local stream = assert(peers.connect(server, context))
  local recorder = stream:connection().recorder
  assert(stream:send("ping\n"))
  server:wait_for("^ping")
  server:send("r\n")
  server:wait_for("^SSL_do_handshake")
  server:send("pong\n")
  stream:receive("*a")
  stream:close()
  return recorder
end

local SERVERS = {
  openssl = {
    name = "openssl s_server", package = "openssl",
    start = function(kind)
      return peers.openssl_server(("-rev %s %s %s"):format(kind.retry and "-groups P-384" or "",
        kind.own and "-Verify 3 -CAfile " .. peers.trust() or "",
        peers.identity("openssl", kind.key)))
    end,
  },
  gnutls = {
    name = "gnutls-serv", package = "gnutls-bin",
    start = function(kind)
      return peers.gnutls_server(("--echo --priority=NORMAL%s %s %s"):format(
        kind.retry and ":-GROUP-ALL:+GROUP-SECP384R1" or "",
        kind.own and "--require-client-cert --x509cafile=" .. peers.trust() or "",
        peers.identity("gnutls", kind.key)))
    end,
  },
}

for _, program in ipairs { "openssl", "gnutls" } do
  local peer = SERVERS[program]
  describe("wolfssl.trace.explain of our client and " .. peer.name, function()
    if not matrix.have[program] then return pending("needs package " .. peer.package) end

    local pile = matrix.pile()
    teardown(peers.cleanup)

    for _, kind in ipairs(KINDS) do
      it("is complete: " .. kind.name, function()
        local server = peer.start(kind)
        finally(function() server:stop() end)
        local context = pki.client(peers.ours(kind.own, matrix.traced(kind.version)))
        assert_explained(pile, kind, (visit(server, context)))
      end)
    end

    for _, version in ipairs(peers.VERSIONS) do
      it("is complete: " .. RESUMED[version], function()
        local kind = { name = RESUMED[version], version = version, key = "secp256r1" }
        local server = peer.start(kind)
        finally(function() server:stop() end)
        local context = pki.client(matrix.traced(version))
        local _, session = visit(server, context)
        assert_explained(pile, kind, (visit(server, context, session)), "resumed")
      end)
    end

    if program == "openssl" then
      it("is complete: TLS 1.3 with KeyUpdate", function()
        local kind = { name = "KeyUpdate", version = "TLS 1.3", updates = 3 }
        local server = peers.openssl_server(peers.identity("openssl", "rsa"))
        finally(function() server:stop() end)
        assert_explained(pile, kind, update(server, pki.client(matrix.traced(kind.version))))
      end)

      it("tells who, what and why: TLS 1.2 with a HelloRequest that we decline", function()
        local kind = { name = "HelloRequest", version = "TLS 1.2" }
        local server = peers.openssl_server(peers.identity("openssl", "rsa"))
        finally(function() server:stop() end)
        local recorder = stay(server, pki.client(matrix.traced(kind.version)))
        matrix.assert_failed(matrix.explain(recorder), { side = "server",
          alert = "handshake_failure", answers = "alert" })
        pile:record(kind.name, recorder)
        local entries = recorder:entries()
        assert.equal(1, matrix.count(entries, "hello_request"))
        assert.equal("no_renegotiation", matrix.first(entries, "alert").message.description.name)
      end)
    end

    it(pile:fact(pending))
  end)
end

-- Our server hears what the client says, answers, and ends.
local function answer(stream, process)
  process:send("ping\n")
  assert.equal("ping", stream:receive("*l"))
  assert(stream:send("pong\n"))
  stream:shutdown()
  stream:receive("*a")
end

-- The same, with new keys of the client's in between, and then of both.
local function answer_updates(stream, process)
  process:send("ping\n")
  assert.equal("ping", stream:receive("*l"))
  for _, command in ipairs { "k\n", "K\n" } do
    process:send(command)
    process:wait_for("^KEYUPDATE")
    process:send("again\n")
    assert.equal("again", stream:receive("*l"))
    assert(stream:send("pong\n"))
  end
  process:wait_for("^pong")
end

local CLIENTS = {
  openssl = {
    name = "openssl s_client", package = "openssl",
    command = function(kind, more)
      return ("openssl s_client -connect 127.0.0.1:PORT -servername localhost %s %s %s %s"):format(
        peers.OPENSSL[kind.version], kind.retry and "-groups X25519:P-384" or "",
        peers.identity("openssl", kind.own), more or "")
    end,
    -- several connections, all but the last to get a session
    resume = function(kind)
      local file = peers.path("session" .. kind.name:gsub("%W", ""))
      return { " -sess_out " .. file, " -sess_in " .. file }
    end,
  },
  gnutls = {
    name = "gnutls-cli", package = "gnutls-bin",
    command = function(kind, more)
      return ("gnutls-cli -p PORT --x509cafile=%s --priority=%s %s %s localhost"):format(
        peers.trust(), peers.GNUTLS[kind.version], peers.identity("gnutls", kind.own), more or "")
    end,
  },
}

local function served(context, command, talk, count)
  local recorders = {}
  peers.serve(context, command, function(stream, process)
    assert(stream:handshake())
    recorders[#recorders + 1] = stream:connection().recorder
    talk(stream, process)
    stream:shutdown()
    stream:receive("*a")
  end, count)
  return recorders
end

-- Two connections, the second resumed; gnutls-cli says something on the last one only.
local function resumed(program, kind, context)
  if program == "gnutls" then
    local command = CLIENTS.gnutls.command(kind, "--resume --waitresumption")
    local first = true
    return served(context, command, function(...)
      if not first then answer(...) end
      first = false
    end, 2)[2]
  end
  local last
  for _, option in ipairs(CLIENTS.openssl.resume(kind)) do
    last = served(context, CLIENTS.openssl.command(kind, option), answer)[1]
  end
  return last
end

local SESSIONS = {
  { name = "TLS 1.2, resumed by id", version = "TLS 1.2", tickets = false },
  { name = "TLS 1.2, resumed by ticket", version = "TLS 1.2", tickets = true,
    by = "ticket" },
  { name = "TLS 1.3, resumed", version = "TLS 1.3", tickets = true },
}

for _, program in ipairs { "openssl", "gnutls" } do
  local peer = CLIENTS[program]
  describe("wolfssl.trace.explain of our server and " .. peer.name, function()
    if not matrix.have[program] then return pending("needs package " .. peer.package) end

    local pile = matrix.pile()
    teardown(peers.cleanup)

    for _, kind in ipairs(KINDS) do
      it("is complete: " .. kind.name, function()
        local context = pki.server(server_options(kind), kind.key)
        local recorder = served(context, peer.command(kind), answer)[1]
        assert_explained(pile, kind, recorder)
      end)
    end

    for _, kind in ipairs(SESSIONS) do
      it("is complete: " .. kind.name, function()
        local context = pki.server(server_options(kind, { tickets = kind.tickets }), "secp256r1")
        assert_explained(pile, kind, resumed(program, kind, context), "resumed")
      end)
    end

    if program == "openssl" then
      it("is complete: TLS 1.3 with KeyUpdate", function()
        local kind = { name = "KeyUpdate", version = "TLS 1.3", updates = 3 }
        local context = pki.server(server_options(kind), "rsa")
        local recorder = served(context, peer.command(kind), answer_updates)[1]
        assert_explained(pile, kind, recorder)
      end)
    end

    it(pile:fact(pending))
  end)
end
