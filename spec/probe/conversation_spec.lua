-- What conversations can do besides going well (interop_spec has that).

local field = require "attack.field"
local helper = require "helper"
local issue = require "wolfssl.issue"
local matrix = require "trace.matrix"
local memory = require "wolfssl.transport.memory"
local peers = require "interop.peers"
local pki = require "pki"
local probe = require "wolfssl.probe"
local trace = require "wolfssl.trace"

local chain, key = pki.leaf "secp256r1"

-- Two conversations with one another over memory.
local function pair(client, server, options)
  local a, b = memory.pair()
  memory.run(function()
    client(probe.over(a, { server_name = "localhost", secrets = options and options.client }))
  end, function()
    server(probe.accept(b, { secrets = options and options.server }))
  end)
end

-- A probe as client with a server of wolfSSL: the probe's part, and what the server came to.
local function with_wolfssl(options, play)
  local outcome = {}
  local server = pki.server(options, "secp256r1")
  field.run(function(transport)
    play(probe.over(transport, { server_name = "localhost", timeout = 50 }))
  end, function(transport)
    local stream = server:wrap(transport, { timeout = 50 })
    outcome.ok, outcome.message, outcome.code = stream:handshake()
    if outcome.ok then outcome.said = stream:receive "*l" end
    stream:close()
  end)
  return outcome
end

local function names(c)
  local list = {}
  for i, entry in ipairs(c:entries()) do list[i] = entry.from .. " " .. entry.name end
  return list
end

describe("a conversation", function()
  teardown(peers.cleanup)

  it("shows a certificate, and that it has its key, or that it has not", function()
    for version, kinds in pairs {
      ["TLS 1.2"] = { "rsa", "secp256r1", "ed25519" },
      ["TLS 1.3"] = { "rsa", "secp256r1", "ed25519", "ed448" },
    } do
      for _, kind in ipairs(kinds) do
        local own, own_key = pki.leaf(kind)
        -- Ed448 is none of the schemes that a server asks for by itself.
        local options = { verify = "required", trust = pki.root, signature_schemes =
          kind == "ed448" and { "ed448", "ecdsa_secp256r1_sha256" } or nil }
        for _, shown_key in ipairs { own_key, issue.key(kind) } do
          local outcome = with_wolfssl(options, function(c)
            c:handshake { hello = { versions = { version } }, certificate = own, key = shown_key }
            c:abort()
          end)
          local expected = shown_key ~= own_key and "peer_misbehaved" or nil
          assert.equal(expected, outcome.code, outcome.message)
        end
      end
    end
  end)

  it("waits for no message that there is not", function()
    local a = memory.pair()
    local c = probe.over(a, { server_name = "localhost" })
    for _, name in ipairs { "nonsense", "handshake", 7, {}, { "server_hello", "finnished" } } do
      assert.error_matches(function() c:expect(name) end,
        "^names of messages expected, got '")
    end
    assert.has_error(function() c:expect() end)
    c:abort()
  end)

  it("returns each message, and its entry with the checks that were made", function()
    with_wolfssl({}, function(c)
      assert(c:send(c:client_hello { versions = { "TLS 1.3" }, alpn = { "h2" } }))
      local hello, entry = assert(c:expect "server_hello")
      assert.equal("server_hello", hello.msg_type.name)
      assert.equal(0x0304, c:version())
      assert.equal("server_hello", entry.name)
      assert(c:expect { "finished", "encrypted_extensions" })
      assert(c:expect(function(message) return message.body.certificate_list ~= nil end))
      assert.is_true(select(2, assert(c:expect "certificate_verify")).checks.signature)
      assert.is_true(select(2, assert(c:receive())).checks.finished)
      c:abort()
    end)
  end)

  it("says what came instead, keeps it, and has the whole trace", function()
    local outcome = with_wolfssl({}, function(c)
      assert(c:send(c:client_hello { cipher_suites = { "TLS_RSA_WITH_NULL_MD5" } }))
      local message, text, code, detail = c:expect "server_hello"
      assert.is_nil(message)
      assert.equal("alert handshake_failure came where server_hello was expected", text)
      assert.equal("alert_received", code)
      assert.equal("handshake_failure", detail.alert.description.name)
      assert.equal(c, detail.conversation)
      assert.same({ "client client_hello", "server alert" }, names(c))
      assert.equal("failed", c:explain().kind.outcome)
      assert.equal(2, #trace.open_capture(c:capture()).connections[1].entries)
      assert(c:expect "alert")
    end)
    assert.equal("peer_incompatible", outcome.code)
  end)

  it("tells an end from silence and from nonsense", function()
    pair(function(c)
      assert(c:send(c:client_hello()))
      local _, text, code = c:expect "server_hello"
      assert.same({ "the other side ended the connection", "truncated" }, { text, code })
    end, function(c)
      assert(c:expect "client_hello")
      c:abort()
    end)
    pair(function(c)
      assert(c:send(c:client_hello()))
      local _, text, code = c:expect "server_hello"
      assert.equal("decode_error", code, text)
      assert.equal("decode_error", select(3, c:receive()))
      c:abort()
    end, function(c)
      assert(c:expect "client_hello")
      assert(c:send "HTTP/1.0 400 Bad Request\r\n\r\n")
    end)
    local a = memory.pair()
    local c = probe.over(a)
    assert.equal("timeout", select(3, c:receive()))
  end)

  it("explains itself, and tshark decrypts its capture", function()
    local explanation, capture, lines
    with_wolfssl({}, function(c)
      assert(c:handshake())
      assert(c:write "the very secret\n")
      explanation, capture, lines = c:explain { trust = { pki.root } }, c:capture(), c:keylog()
      c:close()
    end)
    assert.equal("complete", explanation.kind.outcome)
    matrix.assert_right(explanation)
    assert.equal(5, #lines)
    local read = trace.open_capture(capture).connections[1]
    assert.equal("the very secret\n", read.entries[#read.entries].bytes)
    if not helper.have "tshark" then return pending("needs package tshark") end
    local path = helper.write(peers.path "c.pcapng", capture)
    assert.matches("the very secret",
      (helper.run("tshark -r " .. path .. " -q -z follow,tls,ascii,0")))
  end)
end)

describe("a conversation with a hostile peer", function()
  it("does not pass over messages without end", function()
    local a = memory.pair()
    local c = probe.over(a, { timeout = 0.2 })
    c:seen().version = 0x0304
    function a.read() return "\20\3\3\0\1\1" end
    local _, text, code = c:expect "server_hello"
    assert.same({ "no end of messages where server_hello was expected", "peer_misbehaved" },
      { text, code })
  end)

  it("gives a peer that sends byte by byte no more time for it", function()
    local a = memory.pair()
    local c, left, bytes = probe.over(a, { timeout = 5 }), {}, "\22\3\3"
    function a.read(_, _, timeout)
      left[#left + 1] = timeout
      local byte = bytes:sub(#left, #left)
      return byte ~= "" and byte or nil, "timeout"
    end
    assert.equal("timeout", select(3, c:expect "server_hello"))
    assert.equal(4, #left)
    for i = 2, 4 do assert.is_true(left[i] <= left[i - 1] and left[i] < 5, left[i]) end
  end)

  it("gives every prefix and every changed byte of an answer a result, and raises for none",
    function()
      local answer = ""
      with_wolfssl({}, function(c)
        assert(c:send(c:client_hello { versions = { "TLS 1.2" } }))
        repeat local _, entry = assert(c:receive()) until entry.name == "server_hello_done"
        for _, chunk in ipairs(c.recording.chunks) do
          if chunk.from == "server" then answer = answer .. chunk.bytes end
        end
        c:abort()
      end)
      local function hear(bytes)
        local a = memory.pair()
        local c = probe.over(a, { server_name = "localhost" })
        function a.read()
          local all = bytes
          bytes = nil
          return all, "eof"
        end
        local ok, message, code = c:handshake { hello = { versions = { "TLS 1.2" } } }
        assert.is_nil(ok)
        assert.is_string(message)
        assert.is_string(code)
        assert.is_table(c:explain())
      end
      for i = 1, #answer, 17 do
        hear(answer:sub(1, i))
        hear(answer:sub(1, i - 1) .. string.char((answer:byte(i) + 85) % 256)
          .. answer:sub(i + 1))
      end
    end)
end)

describe("a conversation that misbehaves", function()
  it("cuts a hello into records of one byte, and a strict server takes it", function()
    local outcome = with_wolfssl({}, function(c)
      assert(c:send(c:client_hello(), { fragment = 1 }))
      assert(c:expect "server_hello")
      c:abort()
    end)
    assert.not_equal("decode_error", outcome.code)
  end)

  it("pads and cuts what is protected", function()
    local outcome = with_wolfssl({}, function(c)
      assert(c:send(c:client_hello { versions = { "TLS 1.3" } }))
      repeat local _, entry = assert(c:receive()) until entry.name == "finished"
      assert(c:send(c:finished(), { fragment = 10, padding = 77 }))
      assert(c:write "hello\n")
      c:close()
    end)
    assert.is_true(outcome.ok, outcome.message)
    assert.equal("hello", outcome.said)
  end)

  local function refused(code, send)
    local description
    local outcome = with_wolfssl({}, function(c)
      send(c)
      repeat
        local message, entry = c:receive()
        if entry and entry.kind == "alert" then description = message.description.name end
      until not message
      c:abort()
    end)
    assert.equal(code, outcome.code, outcome.message)
    return description
  end

  it("lies about a length", function()
    assert.equal("decode_error", refused("decode_error", function(c)
      assert(c:send(c:client_hello(), { mangle = function(bytes)
        return bytes:sub(1, 4 + 2 + 32) .. "\255" .. bytes:sub(40)
      end }))
    end))
  end)

  it("leaves a message out, and reads the encrypted alert", function()
    assert.is_string(refused("peer_misbehaved", function(c)
      assert(c:send(c:client_hello { versions = { "TLS 1.2" } }))
      repeat local _, entry = assert(c:receive()) until entry.name == "server_hello_done"
      assert(c:change_cipher_spec())   -- no ClientKeyExchange
    end))
  end)

  it("sends a wrong Finished in TLS 1.3, and reads the encrypted alert", function()
    assert.equal("decrypt_error", refused("peer_misbehaved", function(c)
      assert(c:send(c:client_hello { versions = { "TLS 1.3" } }))
      repeat local _, entry = assert(c:receive()) until entry.name == "finished"
      assert(c:send { msg_type = "finished", body = { verify_data = ("x"):rep(32) } })
    end))
  end)

  it("says without protection what needs it", function()
    assert.is_string(refused("peer_misbehaved", function(c)
      assert(c:send(c:client_hello { versions = { "TLS 1.3" } }))
      repeat local _, entry = assert(c:receive()) until entry.name == "finished"
      assert(c:send(c:finished(), { secret = false }))
    end))
  end)

  it("sends twice what may come once, and any bytes", function()
    local hello
    refused("peer_misbehaved", function(c)
      hello = c:client_hello { versions = { "TLS 1.2" } }
      assert(c:send { hello, hello })
    end)
    refused("peer_misbehaved", function(c) assert(c:send "\22\3\1\255\255") end)
  end)
end)

describe("a conversation's options", function()
  it("are known, or raise with what was meant", function()
    local a, b = memory.pair()
    local client, server = probe.over(a), probe.accept(b)
    for text, f in pairs {
      ["unknown option 'helo' of a handshake as client; did you mean 'hello'?"] = function()
        return client:handshake { helo = {} }
      end,
      ["unknown option 'certificat' of a handshake as server; did you mean 'certificate'?"] =
        function() return server:handshake { certificat = chain } end,
      ["unknown option 'authority' of certificate_request; did you mean 'authorities'?"] =
        function() return server:handshake { request = { authority = 1 } } end,
      ["unknown option 'cooky' of hello_retry_request; did you mean 'cookie'?"] =
        function() return server:handshake { retry = { cooky = "" } } end,
      ["unknown option 'fragmnet' of what is sent; did you mean 'fragment'?"] = function()
        return client:send("x", { fragmnet = 1 })
      end,
      ["option 'hold': boolean expected, got number"] = function()
        return client:send("x", { hold = 1 })
      end,
      ["unknown option 'timeot' of a conversation; did you mean 'timeout'?"] = function()
        return probe.over(a, { timeot = 1 })
      end,
    } do
      local ok, message = pcall(f)
      assert.is_false(ok)
      assert.truthy(message:find(text, 1, true), message)
    end
    assert.equal(0, #client:entries())   -- and nothing was sent
  end)

  it("are those of the message, and of no other", function()
    local options = {
      server_hello = "cookie", hello_retry_request = "share", encrypted_extensions = "group",
      certificate_request = "schemes", server_key_exchange = "session_id",
      client_key_exchange = "key", new_session_ticket = "max_early_data",
    }
    local c = probe.accept((memory.pair()))
    for message, name in pairs(options) do
      for value, text in pairs {
        [{ [name] = 1 }] = ("unknown option '%s' of %s"):format(name, message),
        [7] = "options: table expected, got number",
      } do
        local ok, raised = pcall(function() c[message](c, value) end)
        assert.is_false(ok)
        assert.truthy(raised:find("conversation_spec.lua:%d+: " .. text), raised)
      end
    end
    assert.equal(0, #c:entries())
  end)
end)

describe("conversations with one another", function()
  local function both(client, server, how)
    local mine, theirs
    pair(function(c)
      mine = assert(c:handshake(client))
      assert(c:write "ping")
      assert.equal("pong", c:read())
      c:close()
    end, function(c)
      theirs = assert(c:handshake(server))
      assert.equal("ping", c:read())
      if how then how(c) end
      assert(c:write "pong")
      assert.equal("closed", select(3, c:read()))
    end)
    assert.equal(mine.cipher_suite, theirs.cipher_suite)
    return mine, theirs
  end

  it("retry with a cookie, and another group", function()
    local mine = both({}, { certificate = chain, key = key, group = "secp384r1",
      retry = { group = "secp384r1", cookie = "crumbs" } })
    assert.is_true(mine.retry)
    assert.equal("secp384r1", mine.group.name)
  end)

  for _, version in ipairs { "TLS 1.0", "TLS 1.2", "TLS 1.3" } do
    it("authenticate both sides in " .. version, function()
      for _, kind in ipairs { "rsa", "secp256r1" } do
        local own, own_key = pki.leaf(kind)
        local mine = both({ certificate = own, key = own_key,
          hello = { versions = { version } } },
          { certificate = chain, key = key, request = {}, version = version,
            cipher_suite = version ~= "TLS 1.3"
              and "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA" or nil })
        assert.equal(version, mine.version.name)
      end
    end)
  end

  it("go on behind a warning, in TLS 1.2", function()
    local mine, message
    pair(function(c)
      mine, message = c:handshake { hello = { versions = { "TLS 1.2" } } }
      c:abort()
    end, function(c)
      assert(c:expect "client_hello")
      c:alert("unrecognized_name", "warning")
      c:handshake { certificate = chain, key = key }
    end)
    assert.is_truthy(mine, message)
  end)

  it("change keys, and ask for a change", function()
    both({}, { certificate = chain, key = key }, function(c)
      assert(c:update_keys(true))
      assert(c:update_keys())
    end)
  end)

  it("resume TLS 1.2 by session id and by ticket", function()
    local secrets = { client = trace.secrets(), server = trace.secrets() }
    local id, ticket = ("i"):rep(32), ("t"):rep(40)
    local hello = { versions = { "TLS 1.2" }, session_ticket = "" }
    pair(function(c)
      assert(c:handshake { hello = hello })
      assert.equal(ticket, c:tickets()[1].body.ticket)
    end, function(c)
      assert(c:handshake { certificate = chain, key = key, session_id = id,
        session_ticket = true, ticket = ticket })
    end, secrets)
    for _, session in ipairs { { session_id = id },
      { session_id = id:reverse(), session_ticket = ticket } } do
      session.versions = { "TLS 1.2" }
      pair(function(c)
        assert.is_true(assert(c:handshake { hello = session }).resumed)
      end, function(c)
        assert.is_true(assert(c:handshake { session_id = session.session_id,
          cipher_suite = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256" }).resumed)
      end, secrets)
    end
  end)

  it("resume TLS 1.3, with early data that are taken", function()
    local secrets, tickets = { client = trace.secrets(), server = trace.secrets() }, nil
    pair(function(c)
      assert(c:handshake())
      assert(c:expect "new_session_ticket")
      tickets = c:tickets()
    end, function(c)
      assert(c:handshake { certificate = chain, key = key })
      assert(c:send(c:new_session_ticket { early_data = 100 }))
    end, secrets)
    local early
    pair(function(c)
      local agreed = assert(c:handshake { early_data = "so soon",
        hello = { psks = tickets, early_data = true } })
      assert.is_true(agreed.resumed)
      assert.is_true(agreed.early_data)
    end, function(c)
      assert.is_true(select(2, assert(c:expect "client_hello")).checks.binders)
      early = assert(c:read())
      assert(c:send(c:server_hello { selected_psk = 0 }))
      assert(c:send(c:encrypted_extensions { early_data = true }))
      assert(c:send(c:finished()))
      assert(c:expect "end_of_early_data")
      assert.is_true(select(2, assert(c:expect "finished")).checks.finished)
    end, secrets)
    assert.equal("so soon", early)
  end)
end)

describe("a conversation with OpenSSL", function()
  teardown(peers.cleanup)

  it("resumes with a ticket, sends early data, changes keys", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local server = peers.openssl_server("-early_data -max_early_data 16384 "
      .. peers.identity("openssl", "secp256r1"))
    local target = probe.target("127.0.0.1", server.port, { server_name = "localhost",
      timeout = 60 })
    local c = assert(target:connect())
    assert(c:handshake { hello = { versions = { "TLS 1.3" } } })
    assert(c:update_keys(true))
    assert(c:write "under new keys\n")
    server:wait_for "under new keys"
    server:send "under new keys, too\n"
    assert.equal("under new keys, too\n", c:read())
    c:close()
    local tickets = c:tickets()
    assert.is_true(#tickets > 0)
    c = assert(target:connect())
    local agreed = assert(c:handshake { early_data = "so soon\n", hello = {
      versions = { "TLS 1.3" }, psks = { tickets[1] }, early_data = true } })
    assert.is_true(agreed.resumed)
    assert.is_true(agreed.early_data)
    server:wait_for "so soon"
    c:close()
    server:stop()
  end)

  it("agrees on an external pre-shared key, with a HelloRetryRequest before it, too", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    for _, groups in ipairs { "X25519", "P-384" } do
      local server = peers.openssl_server("-www -nocert -tls1_3 -psk 00ff11ee -psk_identity me"
        .. " -groups " .. groups)
      local c = assert(probe.connect("127.0.0.1", server.port, {
        psks = { { identity = "me", key = helper.unhex "00ff11ee" } } }))
      local agreed = assert(c:handshake { hello = { versions = { "TLS 1.3" },
        cipher_suites = { "TLS_AES_128_GCM_SHA256" }, psks = { { identity = "me" } } } })
      assert.is_true(agreed.resumed)
      assert.equal(groups == "P-384" or nil, agreed.retry)
      assert(c:write "GET / HTTP/1.0\r\n\r\n")
      assert.matches("HTTP/1.0 200 ok", assert(c:read()))
      c:close()
      server:stop()
    end
  end)
end)

describe("an alert of a probe", function()
  it("has the level that it needs", function()
    pair(function(c)
      assert(c:alert "close_notify")
      assert(c:alert("handshake_failure"))
      assert(c:alert("no_renegotiation", "warning"))
      c:abort()
    end, function(c)
      for _, expected in ipairs { "warning", "fatal", "warning" } do
        assert.equal(expected, assert(c:expect "alert").level.name)
      end
    end)
  end)
end)
