-- Garbage collection at the worst moments, and errors out of every handler.

local finalizer = require "robust.finalizer"
local issue = require "wolfssl.issue"
local memory = require "robust.memory"
local objects = require "robust.objects"
local pair = require "robust.pair"
local wolfssl = require "wolfssl"

local eagerly, litter = finalizer.eagerly, finalizer.litter
local live = memory.settled

-- A script for a state of its own: small, so that collecting all of it takes little.
local SCRIPT = [[
  package.path, package.cpath = %q, %q
  local pair = require "robust.pair"
  local client, server = assert(pair.contexts(%q))
  if jit then jit.off() end
  debug.sethook(function() collectgarbage() end, "", %d)
  assert(pair.converse(client, server))
  local a, b = client:connection { server_name = "localhost" }, server:connection()
  client, server = nil, nil
  assert(pair.handshake(a, b))
  a = nil
  b:write("x")
]]

describe("garbage collection", function()
  for kind in pairs(pair.kinds) do
    it("at every instruction does no harm: " .. kind, function()
      local before = live()
      local _, ok, message = memory.state(0, false,
        SCRIPT:format(package.path, package.cpath, kind, 1))
      assert(ok, message)
      assert.equal(before, live())
    end)
  end

  if _VERSION ~= "Lua 5.1" then
    it("at every request for memory does no harm", function()
      for kind in pairs(pair.kinds) do
        assert(select(2, assert(memory.stressed(function()
          return pair.converse(assert(pair.contexts(kind)))
        end))))
      end
    end)
  end

  it("closes what nobody closed, in any order", function()
    local before = live()
    for round = 1, 50 do
      local kept = {}
      for _, kind in ipairs { "TLS 1.2", "TLS 1.3" } do
        local client, server = assert(pair.contexts(kind))
        local session = round % 3 == 0 and pair.session(client, server) or nil
        local a = client:connection { server_name = "localhost", session = session }
        local b = server:connection()
        kept[#kept + 1], kept[#kept + 2], kept[#kept + 3], kept[#kept + 4] = client, server, a, b
        if round % 2 == 0 then pair.handshake(a, b) else a:handshake() end
        kept[#kept + 1] = session
      end
      -- Drops one after the other, each time another one first.
      local n = #kept
      for i = 1, n do
        kept[(i * 7 + round) % n + 1] = false
        if i % 3 == 0 then collectgarbage() end
      end
    end
    assert.equal(before, live())
  end)

  for _, class in ipairs { "open client", "open server", "failed server", "client context",
    "session", "certificate", "key", "hash" } do
    it("may close the very object that a method is at work on: " .. class, function()
      local names = {}
      for name in pairs(getmetatable(objects.new[class]()).__index) do names[#names + 1] = name end
      for _, name in ipairs(names) do
        local object = objects.new[class]()
        local method, closed = object[name], false
        local function close()
          closed = true
          object:close()
        end
        eagerly(function()
          litter(close)
          pcall(method, object)
        end)
        collectgarbage()
        assert.is_true(closed, name)
        assert.matches("%(closed%)$", tostring(object))
      end
    end)
  end

  it("may send on, or close, the connection whose ciphertext is being handed out", function()
    local client, server = assert(pair.contexts("TLS 1.3"))
    for _, how in ipairs { "write", "shutdown", "data_to_send", "close" } do
      for _, most in ipairs { false, 1000 } do
        local a, b = client:connection { server_name = "localhost" }, server:connection()
        assert(pair.handshake(a, b))
        local text, finalized, sent = ("text"):rep(4000), false, nil
        assert(a:write(text))
        local function finalize()
          finalized = true
          a[how](a, how == "write" and "more" or nil)
        end
        eagerly(function()
          litter(finalize)
          sent = a:data_to_send(most or nil)
        end)
        collectgarbage()
        assert.is_true(finalized)
        assert.equal(most or #sent, #sent)
        b:receive_data(sent)
        if how ~= "close" then b:receive_data(a:data_to_send()) end
        local whole = not most or how == "write" or how == "shutdown"
        if whole then assert.is_true(b:read() == text) end
        if how == "write" then assert.equal("more", b:read()) end
        if how == "shutdown" then assert.equal("closed", select(3, b:read())) end
      end
    end
  end)

  it("leaves alone what a connection needs", function()
    local a, b, session
    do
      local client, server = assert(pair.contexts("TLS 1.3"))
      session = pair.session(client, server)
      a = client:connection { server_name = "localhost", session = session }
      b = server:connection()
    end
    session = nil
    collectgarbage()
    collectgarbage()
    assert(pair.handshake(a, b))
    assert.is_true(a:info().resumed)
    assert.is_nil(session)
  end)

  it("of a state that is closed at any moment frees everything", function()
    local before = live()
    local script = SCRIPT:format(package.path, package.cpath, "TLS 1.3 mutual", 1000000)
    for step, stop in ipairs { "local a", "assert%(pair.handshake", "b:write" } do
      local source = script:gsub(stop, "error('stop') %0")
      local _, ok, message = memory.state(0, false, source)
      assert.is_false(ok)
      assert.matches("stop", message, nil, nil, step)
    end
    assert.equal(before, live())
  end)

  it("of a state that is closed runs finalizers that still use what was finalized", function()
    local before = live()
    local script = SCRIPT:format(package.path, package.cpath, "TLS 1.3 mutual", 1000000) .. [[
      local function at_the_end(f)
        local proxy = rawget(_G, "newproxy")
        if proxy then
          local p = proxy(true)
          getmetatable(p).__gc = f
          return p
        end
        return setmetatable({}, { __gc = f })
      end
      local kept, uses = {}, {
        function(c) c:write("x") c:data_to_send() c:shutdown() end, function(c) c:info() end,
        function(c) c:close() end, function(c) c:read() end, function(c) c:peer_certificates() end,
      }
      for round = 1, 20 do
        local use = uses[round % #uses + 1]
        local client, server = assert(pair.contexts("TLS 1.3"))
        local first = round % 2 == 0 and at_the_end(function() pcall(use, kept[round].a) end)
        local a = client:connection { server_name = "localhost" }
        local b = server:connection()
        if round % 3 > 0 then assert(pair.handshake(a, b)) end
        kept[round] = { a = a, b = b, client = client, server = server, first = first,
          chain = a:peer_certificates(), last = at_the_end(function()
            pcall(use, b)
            pcall(b.verdict, b)
          end) }
      end
      KEPT = kept
    ]]
    local _, ok, message = memory.state(0, false, script)
    assert(ok, message)
    assert.equal(before, live())
  end)
end)

-- A P-256 key under the password "secret".
local ENCRYPTED = [[
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAg2pV/mVPy1qgICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEIVOALxT4T98KH1npOlCancEgZBF
x7khZfq5digqNgXzXUyEhQSzEQr1bKh/pxDIVHtSfBULT+Rw8b5o4W6C/YviPpNi
V/yhS/Zmwyz2z3Fx6Q7m5OdNHhi6S85vIkDjtaXZStw6GtdY7ARGzPwuCa8h0ow8
cicEF/uYXwHfP36CzeXwJpq9kr49TIbK2iDHQb0Fr9WNUKfXqf99GW60xpF5me8=
-----END ENCRYPTED PRIVATE KEY-----
]]

describe("errors in handlers", function()
  local unspeakable = setmetatable({}, { __tostring = function() error("no words") end })
  local raised = { "text", { "table" }, 42, true, function() end, unspeakable }

  local function connect(kind, on_secret)
    local client, server = pair.options(kind)
    client.on_secret, server.on_secret = on_secret, on_secret
    local a = assert(wolfssl.client(client)):connection { server_name = "localhost" }
    return a, assert(wolfssl.server(server)):connection()
  end

  it("of on_secret end the connection, at every line and with any value", function()
    local before = live()
    for _, kind in ipairs { "TLS 1.2", "TLS 1.3" } do
      for i, value in ipairs(raised) do
        local line, lines = 0, nil
        repeat
          line, lines = line + 1, 0
          local a, b = connect(kind, function()
            lines = lines + 1
            if lines == line then error(value, 0) end
          end)
          local ok, message, code = pair.handshake(a, b)
          if lines >= line and not ok then
            assert.matches(code == "rejected" and "on_secret raised" or "alert", message)
            local failed = code == "rejected" and a:info().alert_sent and a or b
            assert.equal("rejected", select(3, failed:write("x")), i)
            assert.equal("rejected", select(3, failed:read()))
            assert.equal(value, select(4, failed:read()))
          end
        until lines < line
        assert(line > 2)
      end
    end
    assert.equal(before, live())
  end)

  it("of on_secret end the connection also when the error is nil", function()
    for _, kind in ipairs { "TLS 1.2", "TLS 1.3" } do
      local a, b = connect(kind, function() error(nil) end)
      assert.is_nil(pair.handshake(a, b))
      local codes = select(3, a:handshake()) .. " " .. select(3, b:handshake())
      assert.matches("rejected", codes)
      assert.is_nil(a:read())
      assert.is_nil(a:write("x"))
    end
  end)

  it("of a password function come through as they are", function()
    local before = live()
    local certificate = issue.certificate {
      subject = "Encrypted", key = assert(issue.load_key(ENCRYPTED, "secret")) }
    local function server(password)
      return wolfssl.server { certificate = certificate, key = ENCRYPTED, password = password }
    end
    for _, value in ipairs(raised) do
      local ok, err = pcall(server, function() error(value, 0) end)
      assert.is_false(ok)
      if type(value) == "string" then assert.matches("text", err) else assert.equal(value, err) end
    end
    for _, wrong in ipairs { 1, {}, true } do
      assert.is_false(pcall(server, function() return wrong end))
    end
    local made, message, code = server(function() return "wrong" end)
    assert.is_nil(made)
    assert.matches("^key: ", message)
    assert.equal("decode_error", code)
    assert(server(function() return "secret" end)):close()
    assert.equal(before, live())
  end)
end)
