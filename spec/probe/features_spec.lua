-- What comes on top of a handshake, with everybody else, on both sides: certificates of clients,
-- HelloRetryRequest, KeyUpdate, resumption and early data.
--
-- Not there: TLS 1.0, TLS 1.1 and early data of wolfSSL (Debian's has none of them); KeyUpdate,
-- resumption and early data of curl, which has no words for them.

local field = require "attack.field"
local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"
local probe = require "wolfssl.probe"
local socket = require "socket"
local trace = require "wolfssl.trace"

local VERSIONS = { "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3" }
local OLD = " -cipher DEFAULT@SECLEVEL=0 "
local PRIORITY = "--priority NORMAL:+VERS-TLS1.0:+VERS-TLS1.1 "

local SERVERS = {
  openssl = function()
    return peers.openssl_server(("-rev -Verify 3 -CAfile %s %s %s"):format(peers.trust(), OLD,
      peers.identity("openssl", "rsa")))
  end,
  gnutls = function()
    return peers.gnutls_server(("--echo --require-client-cert --x509cafile %s %s %s"):format(
      peers.trust(), PRIORITY, peers.identity("gnutls", "rsa")))
  end,
}

local PROGRAMS = { openssl = "openssl", gnutls = "gnutls-bin" }

local function lacks(name)
  local program = name == "gnutls" and "gnutls-serv" or name
  return not helper.have(program) and "needs package " .. (PROGRAMS[name] or name)
end

-- A line there and back.
local function talk(c)
  assert(c:write "hello\n")
  local said = ""
  repeat said = said .. assert(c:read()) until said:find "\n"
  return said
end

local function target_of(server)
  return probe.target("127.0.0.1", server.port, { server_name = "localhost", timeout = 60 })
end

describe("a probe as client", function()
  teardown(peers.cleanup)

  for name, start in pairs(SERVERS) do
    it("shows its certificate to " .. name .. ", in every version, with either key", function()
      if lacks(name) then return pending(lacks(name)) end
      local server = start()
      for _, version in ipairs(VERSIONS) do
        for _, kind in ipairs { "rsa", "secp256r1" } do
          local chain, key = pki.leaf(kind)
          local c = assert(target_of(server):connect())
          local agreed, message = c:handshake { certificate = chain, key = key,
            hello = { versions = { version } } }
          assert.is_truthy(agreed, version .. " " .. kind .. ": " .. tostring(message))
          assert.is_truthy(talk(c):find "hello" or name == "openssl")
          c:close()
        end
      end
      server:stop()
    end)
  end

  it("resumes with GnuTLS: by session id or ticket, and by a ticket of TLS 1.3", function()
    if lacks "gnutls" then return pending(lacks "gnutls") end
    local server = peers.gnutls_server("--echo " .. PRIORITY .. peers.identity("gnutls", "rsa"))
    for _, version in ipairs { "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3" } do
      local target, hello = target_of(server), { versions = { version }, session_ticket = "" }
      local c = assert(target:connect())
      assert.is_nil(assert(c:handshake { hello = hello }).resumed or nil)
      talk(c)
      local ticket = assert(c:tickets()[1], version)
      c:close()
      c = assert(target:connect())
      if version == "TLS 1.3" then
        hello.psks = { ticket }
      else
        hello.session_ticket = ticket.body.ticket
      end
      assert.is_true(assert(c:handshake { hello = hello }).resumed, version)
      talk(c)
      c:close()
    end
    server:stop()
  end)

  it("is asked for another share by either, and asks them to change their keys", function()
    for name in pairs(SERVERS) do
      if lacks(name) then return pending(lacks(name)) end
      local server = name == "openssl"
        and peers.openssl_server("-rev -groups P-384 " .. peers.identity("openssl", "rsa"))
        or peers.gnutls_server("--echo --priority NORMAL:-GROUP-ALL:+GROUP-SECP384R1 "
          .. peers.identity("gnutls", "rsa"))
      local c = assert(target_of(server):connect())
      assert.is_true(assert(c:handshake { hello = { versions = { "TLS 1.3" } } }).retry)
      assert(c:update_keys(true))
      talk(c)
      local updates = 0
      for _, entry in ipairs(c:entries()) do
        if entry.name == "key_update" then updates = updates + 1 end
      end
      assert.equal(2, updates, name)
      c:close()
      server:stop()
    end
  end)
end)

-- A server for as many clients as the command makes: serve(conversation, number) for each.
local function serve(command, count, handle, secrets)
  local listener = assert(socket.bind("127.0.0.1", 0))
  listener:settimeout(60)
  local _, port = listener:getsockname()
  local process = helper.spawn((command:gsub("PORT", ("%d"):format(port))))
  for number = 1, count do
    local accepted, message = listener:accept()
    assert.is_truthy(accepted, message)
    local c = probe.accept(accepted, { secrets = secrets, timeout = 60 })
    handle(c, number, process)
    c:close()
  end
  listener:close()
  return process:finish()
end

local function identity(options, kind)
  options.certificate, options.key = pki.leaf(kind or "rsa")
  return options
end

describe("a probe as server", function()
  teardown(peers.cleanup)

  local CLIENTS = {
    openssl = function(version)
      return ("echo hello | openssl s_client -connect 127.0.0.1:PORT -tls%s %s %s -quiet"
        .. " -no_ign_eof"):format(version:match "%d%.%d":gsub("1%.0", "1"):gsub("%.", "_"), OLD,
        peers.identity("openssl", "secp256r1"))
    end,
    gnutls = function(version)
      return ("echo hello | gnutls-cli -p PORT --insecure --priority"
        .. " NORMAL:-VERS-ALL:+VERS-TLS%s %s localhost"):format(version:match "%d%.%d",
        peers.identity("gnutls", "secp256r1"))
    end,
    curl = function(version)
      local chain, key = peers.files "secp256r1"
      local number = version:match "%d%.%d"
      return ("curl -sSk --tlsv%s --tls-max %s --ciphers DEFAULT@SECLEVEL=0 --cert %s --key %s"
        .. " https://localhost:PORT/"):format(number, number, chain, key)
    end,
  }

  for name, command in pairs(CLIENTS) do
    it("asks " .. name .. " for its certificate, in every version", function()
      if lacks(name) then return pending(lacks(name)) end
      for _, version in ipairs(VERSIONS) do
        serve(command(version), 1, function(c)
          local agreed, message = c:handshake(identity { request = {}, version = version })
          assert.is_truthy(agreed, version .. ": " .. tostring(message))
          local shown = 0
          for _, entry in ipairs(c:entries()) do
            if entry.from == "client" and entry.name == "certificate_verify" then
              shown = shown + 1
            end
          end
          assert.equal(1, shown)
          assert(c:read())
          c:write "HTTP/1.0 200 ok\r\nContent-Length: 3\r\n\r\nyes"
        end)
      end
    end)

    it("asks " .. name .. " for another share", function()
      if lacks(name) then return pending(lacks(name)) end
      serve(command "TLS 1.3", 1, function(c)
        assert.is_true(assert(c:handshake(identity { retry = { group = "secp384r1",
          cookie = "crumbs" } })).retry)
        assert(c:read())
        c:write "HTTP/1.0 200 ok\r\nContent-Length: 3\r\n\r\nyes"
      end)
    end)
  end

  local function take_early_data(c)
    assert(c:expect "client_hello")
    assert(c:send(c:server_hello { selected_psk = 0 }, { hold = true }))
    assert(c:send(c:encrypted_extensions { early_data = true }, { hold = true }))
    assert(c:send(assert(c:finished())))
    assert.equal("so soon\n", assert(c:read()))
    assert(c:expect "end_of_early_data")
    assert(c:expect "finished")
    assert.is_true(c:summary().resumed)
    assert.is_true(c:summary().early_data)
  end

  it("resumes OpenSSL's sessions, takes its early data, and changes keys with it", function()
    if lacks "openssl" then return pending(lacks "openssl") end
    local secrets, session = trace.secrets(), peers.path "session"
    local early = helper.write(peers.path "early", "so soon\n")
    local command = "openssl s_client -connect 127.0.0.1:PORT -tls1_3 -quiet "
    serve(command .. "-sess_out " .. session, 1, function(c, _, process)
      assert(c:handshake(identity {}))
      assert(c:send(c:new_session_ticket { early_data = 100, ticket = ("t"):rep(32) }))
      assert(c:update_keys(true))
      assert(c:write "under new keys\n")
      process:wait_for "under new keys"
      process:send "K\nhello\n"
    end, secrets)
    serve(command .. "-sess_in " .. session .. " -early_data " .. early, 1, take_early_data,
      secrets)
  end)

  it("changes keys with GnuTLS", function()
    if lacks "gnutls" then return pending(lacks "gnutls") end
    serve([[printf '^renegotiate^\nhello\n' | gnutls-cli -p PORT --insecure --inline-commands]]
      .. " --priority NORMAL:-VERS-ALL:+VERS-TLS1.3 localhost", 1, function(c)
      assert(c:handshake(identity {}))
      assert(c:expect "key_update")
      assert(c:update_keys())
      assert.equal("hello\n", assert(c:read()))
      assert(c:write "under new keys\n")
    end)
  end)

  it("resumes GnuTLS's sessions, and takes its early data", function()
    if lacks "gnutls" then return pending(lacks "gnutls") end
    local early = helper.write(peers.path "early", "so soon\n")
    local command = "echo hello | gnutls-cli -p PORT --insecure --resume --waitresumption"
      .. " --priority NORMAL:-VERS-ALL:+VERS-TLS1.3 --earlydata " .. early .. " localhost"
    serve(command, 2, function(c, number)
      if number == 1 then
        assert(c:handshake(identity {}))
        assert(c:send(c:new_session_ticket { early_data = 100, ticket = ("t"):rep(32) }))
      else
        take_early_data(c)
      end
      c:receive()
    end, trace.secrets())
  end)
end)

describe("a probe and wolfSSL", function()
  -- A line each way between a conversation and a stream of ours.
  local function answer(stream)
    assert(stream:handshake())
    assert(stream:send(assert(stream:receive "*l") .. "\n"))
  end

  for _, version in ipairs(peers.VERSIONS) do
    it("show each other their clients' certificates in " .. version, function()
      local chain, key = pki.leaf "secp256r1"
      local server = pki.server { verify = "required", trust = pki.root }
      field.run(function(transport)
        local c = probe.over(transport, { server_name = "localhost" })
        assert(c:handshake { certificate = chain, key = key, hello = { versions = { version } } })
        assert.equal("hello\n", talk(c))
        c:close()
      end, function(transport)
        answer(server:wrap(transport))
      end)
      local shown = false
      field.run(function(transport)
        local stream = pki.client(peers.ours("secp256r1", peers.at(version))):wrap(transport,
          { server_name = "localhost" })
        answer(stream)
        stream:close()
      end, function(transport)
        local c = probe.accept(transport)
        assert(c:handshake(identity { request = {} }))
        for _, entry in ipairs(c:entries()) do
          shown = shown or entry.from == "client" and entry.name == "certificate_verify"
        end
        assert.equal("hello\n", talk(c))
        c:close()
      end)
      assert.is_true(shown)
    end)
  end

  it("ask for another share, change keys and resume, on both sides", function()
    local server, secrets, resumed = pki.server(), trace.secrets(), {}
    local tickets
    for round = 1, 2 do
      field.run(function(transport)
        local c = probe.over(transport, { server_name = "localhost", secrets = secrets })
        local agreed = assert(c:handshake { hello = { versions = { "TLS 1.3" },
          groups = { "secp256r1" }, shares = {}, psks = tickets } })
        assert.is_true(agreed.retry)
        resumed[round] = agreed.resumed or false
        assert(c:update_keys(true))
        assert.equal("hello\n", talk(c))
        tickets = c:tickets()
        c:close()
      end, function(transport)
        answer(server:wrap(transport))
      end)
    end
    assert.same({ false, true }, resumed)
    field.run(function(transport)
      local stream = pki.client():wrap(transport, { server_name = "localhost" })
      answer(stream)
      stream:close()
    end, function(transport)
      local c = probe.accept(transport)
      assert.is_true(assert(c:handshake(identity { retry = { group = "secp384r1" } })).retry)
      assert(c:update_keys(true))
      assert.equal("hello\n", talk(c))
      c:close()
    end)
  end)
end)
