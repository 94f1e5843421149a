-- Sessions in a real Redis: what is kept, and what happens when it is not there.

local helper = require "helper"
local keyring = require "wolfssl.session_store.keyring"
local pki = require "pki"
local store = require "wolfssl.session_store.redis"
local redis_server = require "session_store.redis_server"

local visit = pki.visit

local SECRET = ("s"):rep(32)
local ID = ("\0i"):rep(16)

-- One clock for all: time passes when a spec says so.
local now = 0
local function clock() return now end

local function new(port, options)
  local all = { port = port, secret = SECRET, clock = clock, time = function() return now end,
    timeout = 5 }
  for name, value in pairs(options or {}) do all[name] = value end
  return store.new(all)
end

-- A store, and a function that sets how many seconds its clients wait for Redis: 5 by default.
local function patient(port, options)
  local clients, timeout = {}, 5
  local s = new(port, options)
  s.options.connect = function()
    local client = require("redis").connect { host = "127.0.0.1", port = port, timeout = timeout }
    clients[#clients + 1] = client
    return client
  end
  return s, function(seconds)
    timeout = seconds
    for _, client in ipairs(clients) do client.network.socket:settimeout(seconds) end
  end
end

-- Calls f with a Redis, if there is one.
local function with_redis(f)
  return function()
    local missing = redis_server.missing()
    if missing then return pending(missing) end
    local process = redis_server.start()
    finally(function()
      process:thaw()
      process:stop()
      helper.cleanup()
    end)
    f(process)
  end
end

describe("session_store.redis", function()
  it("keeps any bytes for as long as it is told", with_redis(function(process)
    local s, bytes = new(process.port), {}
    for i = 0, 255 do bytes[i + 1] = string.char(i) end
    bytes = table.concat(bytes):rep(20)
    assert.is_nil(s:get(ID))
    s:put(ID, bytes, 7777)
    assert.equal(bytes, s:get(ID))
    local client = require("redis").connect("127.0.0.1", process.port)
    local names = client:keys "*"
    assert.same({ "tls:" .. ("0069"):rep(16) }, names)
    assert.is_true(client:ttl(names[1]) > 7000 and client:ttl(names[1]) <= 7777)
    s:remove(ID)
    assert.is_nil(s:get(ID))
    assert.equal(0, s.errors)
    s:close()
    assert.is_nil(s:get(ID))
  end))

  it("has a connection for each command at a time, and keeps some", with_redis(function(process)
    local redis, made = require "redis", 0
    local s = new(process.port, { max_idle = 2, connect = function()
      made = made + 1
      local client = redis.connect("127.0.0.1", process.port)
      local get = client.get
      client.get = function(...)
        coroutine.yield()
        return get(...)
      end
      return client
    end })
    s:put(ID, "x", 1000)
    for _ = 1, 2 do
      local waiting = {}
      for i = 1, 5 do
        waiting[i] = coroutine.create(function() return s:get(ID) end)
        assert.is_true(coroutine.resume(waiting[i]))
      end
      for i = 5, 1, -1 do assert.equal("x", select(2, coroutine.resume(waiting[i]))) end
      assert.equal(2, #s.idle)
    end
    assert.equal(5 + 3, made)
  end))

  it("takes one error for all the clients that Redis closed", with_redis(function(process)
    local s = new(process.port, { retry_after = 0 })
    local function close_all(count)
      for i = 1, count do s.idle[i] = s.options.connect() end
      local other = s.options.connect()
      assert(other:raw_cmd "CLIENT KILL TYPE normal SKIPME yes\r\n")
      s.options.close(other)
    end
    s:put(ID, "x", 10)
    close_all(5)
    assert.is_nil(s:get(ID))
    assert.equal("x", s:get(ID))
    assert.equal(1, s.errors)
    local keys = assert(s:ticket_keys())
    close_all(5)
    assert.same(keys, (assert(s:ticket_keys())))
    assert.equal(2, s.errors)
  end))

  it("counts errors, tells them, and leaves Redis alone for a while", with_redis(function(process)
    local told = {}
    local s = new(process.port, { retry_after = 5, on_error = function(message, what)
      told[#told + 1] = what .. ": " .. message
      error "ignored"
    end })
    s:put(ID, "x", 1000)
    process:stop()
    assert.is_nil(s:get(ID))
    assert.equal(1, s.errors)
    assert.matches("^get: ", told[1])
    assert.is_nil(s:get(ID))
    s:put(ID, "x", 1000)
    s:remove(ID)
    assert.equal(1, s.errors)
    now = now + 5
    s:put(ID, "x", 1000)
    assert.matches("^put: .*refused", told[2])
    local again = redis_server.start(process.port)
    finally(function()
      again:stop()
      helper.cleanup()
    end)
    now = now + 5
    s:put(ID, "y", 1000)
    assert.equal("y", s:get(ID))
    assert.equal(2, s.errors)
  end))

  it("waits for a slow Redis no longer than the timeout, and never takes a late reply",
    with_redis(function(process)
    local s, wait = patient(process.port, { retry_after = 0 })
    s:put(ID, "right", 1000)
    s:put("other", "wrong", 1000)
    process:freeze()
    wait(0.05)
    assert.is_nil(s:get "other")
    assert.is_true(s.errors >= 1)
    assert.equal(0, #s.idle)
    process:thaw()
    wait(50)
    for _ = 1, 3 do assert.equal("right", s:get(ID)) end
  end))

  it("takes a reply that is no string for nothing", function()
    local null = io.stdout -- a userdata, as ngx.null is
    for _, reply in ipairs { null, true, 7, {} } do
      local s = new(0, { connect = function()
        return { get = function() return reply end, close = function() end }
      end })
      assert.is_nil(s:get(ID))
      assert.equal(0, s.errors)
    end
  end)

  it("takes what is no Redis for an error", function()
    if redis_server.missing() then return pending(redis_server.missing()) end
    local socket = require "socket"
    local listener = assert(socket.bind("127.0.0.1", 0))
    local port = math.floor(select(2, listener:getsockname()))
    local answers = { "HTTP/1.1 400 Bad Request\r\n", "\r\n", "$5\r\nab", "$-5\r\n", "$x\r\n",
      "*2\r\n$1\r\n", "$99999999999\r\nx", "", "-OOM command not allowed\r\n" }
    local turn = 0
    local s = new(port, { retry_after = 0, connect = function()
      turn = turn + 1
      local client = require("redis").connect { host = "127.0.0.1", port = port, timeout = 50 }
      local peer = assert(listener:accept())
      assert(peer:send(answers[turn]))
      peer:shutdown "send"
      return client
    end })
    for i = 1, #answers do
      assert.is_nil(s:get(ID))
      assert.equal(i, s.errors, answers[i])
    end
    listener:close()
  end)

  it("is as good over clients that return their errors", function()
    local closed, released, mood = 0, 0, "good"
    local client = { shelf = {} }
    function client:get(name)
      if mood == "timeout" then return nil, "timeout" end
      if mood == "refuses" then return false, "NOAUTH" end
      return self.shelf[name] or io.stdout
    end
    function client:set(name, bytes)
      self.shelf[name] = bytes
      return "OK"
    end
    function client:close() closed = closed + 1 end -- luacheck: ignore
    local s = new(0, { retry_after = 0,
      connect = function()
        if mood == "down" then return nil, "connection refused" end
        return client
      end,
      release = function(given)
        assert(given == client)
        released = released + 1
      end })
    assert.is_nil(s:get(ID))
    s:put(ID, "x", 1000)
    assert.equal("x", s:get(ID))
    assert.same({ 3, 0, 0 }, { released, closed, s.errors })
    for i, bad in ipairs { "timeout", "refuses", "down" } do
      mood = bad
      assert.is_nil(s:get(ID))
      assert.equal(i, s.errors)
    end
    assert.same({ 3, 2 }, { released, closed })
  end)

  it("raises for what is no option", function()
    assert.has_error(function() store.new { hots = "x" } end,
      "unknown option 'hots' of a store in Redis")
    assert.has_error(function() store.new { secret = "short" } end)
    assert.has_error(function() store.new():ticket_keys() end)
  end)
end)

describe("ticket keys in Redis", function()
  it("are made once, and are the same for all", with_redis(function(process)
    local a, b = new(process.port), new(process.port)
    local keys, version = assert(a:ticket_keys())
    assert.equal(1, version)
    assert.equal(2, #keys)
    for _, key in ipairs(keys) do assert.equal(48, #key) end
    assert.same({ keys, 1 }, { b:ticket_keys() })
    local bytes = a.options.connect():get(a.keys_name)
    for _, key in ipairs(keys) do assert.is_nil(bytes:find(key, 1, true)) end
  end))

  it("rotate: the next one first, which everybody had before", with_redis(function(process)
    local a, b = new(process.port), new(process.port)
    local first = assert(a:ticket_keys())
    now = now + 99
    assert.same({ first, 1 }, { b:rotate_ticket_keys(100) })
    now = now + 1
    local second, version = assert(b:rotate_ticket_keys(100))
    assert.equal(2, version)
    assert.equal(3, #second)
    assert.equal(first[2], second[1])
    assert.equal(first[1], second[3])
    assert.same({ second, 2 }, { a:rotate_ticket_keys(100) })
    for _ = 1, 5 do second = assert(a:rotate_ticket_keys()) end
    assert.equal(4, #second)
    assert.same({ second, 7 }, { b:ticket_keys() })
  end))

  it("are rotated by one of those who try at once", with_redis(function(process)
    local a = new(process.port)
    assert(a:ticket_keys())
    local redis, raced = require "redis", nil
    local b = new(process.port, { connect = function()
      local client = redis.connect("127.0.0.1", process.port)
      local eval = client.eval
      client.eval = function(...)
        raced = raced or assert(a:rotate_ticket_keys()) -- another one comes first
        return eval(...)
      end
      return client
    end })
    local keys, version = b:rotate_ticket_keys()
    assert.same(raced, keys)
    assert.equal(2, version)
  end))

  it("are not believed when they were changed, or are older ones", with_redis(function(process)
    local a, client = new(process.port), require("redis").connect("127.0.0.1", process.port)
    assert(a:ticket_keys())
    local old = client:get(a.keys_name)
    local function refused(s, bytes)
      client:set(s.keys_name, bytes)
      local keys, _, code = s:rotate_ticket_keys()
      assert.is_nil(keys)
      assert.equal("decode_error", code)
      assert.equal(bytes, client:get(s.keys_name))
    end
    for i = 1, #old, 5 do
      refused(a, old:sub(1, i - 1) .. string.char((old:byte(i) + 1) % 256) .. old:sub(i + 1))
    end
    refused(a, "short")
    refused(a, ("x"):rep(500))
    refused(new(process.port, { secret = ("t"):rep(32) }), old)
    refused(new(process.port, { prefix = "other:" }), old)
    client:set(a.keys_name, old)
    assert(a:rotate_ticket_keys())
    refused(a, old)
  end))

  it("do not start again from 1 when Redis has lost them, so that old ones stay old", with_redis(
    function(process)
      local a, client = new(process.port), require("redis").connect("127.0.0.1", process.port)
      assert(a:ticket_keys())
      local old = client:get(a.keys_name)
      assert(a:rotate_ticket_keys())
      client:del(a.keys_name)
      assert.equal(3, select(2, assert(a:ticket_keys())))
      client:set(a.keys_name, old)
      assert.equal("decode_error", select(3, a:ticket_keys()))
    end))

  it("are asked for once more when another server was faster, and not for ever", function()
    local asked = 0
    local client = { eval = function() return 0 end, close = function() end }
    function client.get() asked = asked + 1 end
    local keys, _, code = new(0, { connect = function() return client end }):ticket_keys()
    assert.same({ nil, "network_error" }, { keys, code })
    assert.equal(2, asked)
  end)

  it("are asked for in vain when Redis is down", with_redis(function(process)
    process:stop()
    local s = new(process.port)
    for _ = 1, 2 do
      local keys, _, code = s:ticket_keys()
      assert.is_nil(keys)
      assert.equal("network_error", code)
    end
    assert.equal(2, s.errors)
  end))
end)

describe("session_store.keyring", function()
  it("opens what it sealed, with its own secret and at its own place", function()
    local ring = keyring.rotated(keyring.rotated(nil, 7), 8)
    local bytes = keyring.seal(ring, SECRET, "here")
    assert.same(ring, keyring.open(bytes, SECRET, "here"))
    assert.is_nil(keyring.open(bytes, SECRET, "there"))
    assert.is_nil(keyring.open(bytes, ("t"):rep(32), "here"))
    for i = 0, #bytes - 1 do assert.is_nil(keyring.open(bytes:sub(1, i), SECRET, "here")) end
  end)
end)

describe("a server with its sessions in Redis", function()
  local chain, key = pki.leaf()
  local kinds = {
    { what = "ids of TLS 1.2", version = "TLS 1.2", tickets = false },
    { what = "tickets of TLS 1.3", version = "TLS 1.3" },
    { what = "tickets of TLS 1.3 of clients with certificates", version = "TLS 1.3",
      verify = "required", certificate = chain, key = key },
  }

  local function server_at(s, kind, keys)
    return pki.server { sessions = s, ticket_keys = keys, min_version = kind.version,
      max_version = kind.version, tickets = kind.tickets, verify = kind.verify,
      trust = kind.verify and pki.root }
  end

  for _, kind in ipairs(kinds) do
    it("resumes " .. kind.what .. " that another one gave", with_redis(function(process)
      local fleet, first = {}, nil
      for i = 1, 3 do
        local s = new(process.port)
        fleet[i] = server_at(s, kind, assert(s:ticket_keys()))
        first = first or s
      end
      local client = pki.client { min_version = kind.version, max_version = kind.version,
        certificate = kind.certificate, key = kind.key }
      local session
      for i = 1, 9 do
        local a, b = visit(client, fleet[(i - 1) % 3 + 1], { session = session })
        assert.equal(i > 1, a:info().resumed, i)
        assert.equal(i > 1, b:info().resumed, i)
        if kind.certificate then assert.is_true(b:verdict().ok) end
        session = a:session() or session
        if i % 3 == 0 then
          local keys = assert(first:rotate_ticket_keys())
          for j = 1, 3 do fleet[j]:set_ticket_keys(keys) end
        end
      end
    end))

    it("makes full handshakes of " .. kind.what .. " when Redis is killed in between",
      with_redis(function(process)
      local s, client = new(process.port), pki.client { min_version = kind.version,
        max_version = kind.version, certificate = kind.certificate, key = kind.key }
      local server = server_at(s, kind, assert(s:ticket_keys()))
      local session = assert(visit(client, server):session())
      process:stop()
      local a, b = visit(client, server, { session = session })
      local needs_redis = kind.version == "TLS 1.2" or kind.verify ~= nil
      assert.equal(not needs_redis, a:info().resumed)
      assert.equal(needs_redis and 1 or 0, s.errors)
      if kind.certificate then assert.is_true(b:verdict().ok) end
    end))

    it("makes full handshakes of " .. kind.what .. " when Redis is too slow",
      with_redis(function(process)
      local s, wait = patient(process.port)
      local client = pki.client { min_version = kind.version, max_version = kind.version,
        certificate = kind.certificate, key = kind.key }
      local server = server_at(s, kind, assert(s:ticket_keys()))
      local session = assert(visit(client, server):session())
      process:freeze()
      wait(0.05)
      local a = visit(client, server, { session = session })
      local needs_redis = kind.version == "TLS 1.2" or kind.verify ~= nil
      assert.equal(not needs_redis, a:info().resumed)
      process:thaw()
      wait(50)
      now = now + 1
      assert.is_true(visit(client, server, { session = a:session() or session }):info().resumed
        or needs_redis)
    end))
  end

  it("takes no garbage out of Redis", with_redis(function(process)
    local s, client = new(process.port), pki.client { max_version = "TLS 1.2" }
    local server = server_at(s, kinds[1], assert(s:ticket_keys()))
    local raw = require("redis").connect("127.0.0.1", process.port)
    for _, garbage in ipairs { "x", ("\0"):rep(2000), ("tls"):rep(100000) } do
      local session = assert(visit(client, server):session())
      for _, name in ipairs(raw:keys "tls:*") do
        if name ~= s.keys_name then raw:set(name, garbage) end
      end
      assert.is_false(visit(client, server, { session = session }):info().resumed)
    end
    assert.equal(0, s.errors)
  end))
end)
