local core = require("wolfssl.core").fd
local fd = require "wolfssl.transport.fd"
local memory = require "wolfssl.transport.memory"
local plain = require "transport.plain"
local scheduler = require "transport.scheduler"
local stream = require "wolfssl.stream"

-- Two joined streams, their connections and transports.
local function pair(capacity)
  local near, far = memory.pair(capacity)
  local a, b = plain.new(), plain.new()
  return stream.new(a, near), stream.new(b, far), near, far
end

local function open(capacity)
  local a, b, near, far = pair(capacity)
  memory.run(function() assert(a:handshake()) end, function() assert(b:handshake()) end)
  return a, b, near, far
end

-- A transport that answers from a list of results; what is written is kept.
local function scripted(reads, writes)
  local t = { written = "" }
  function t:read() -- luacheck: no self
    local step = table.remove(reads, 1) or { nil, "timeout" }
    return step[1], step[2]
  end
  function t:write(bytes)
    local step = table.remove(writes or {}, 1) or { true }
    self.written = self.written .. bytes:sub(1, step[3])
    return step[1], step[2], step[3]
  end
  function t:close()
    self.closed = true
  end
  return t
end

local GREETING = "H00000"

-- A stream past its handshake whose transport then follows the script.
local function past_handshake(reads, writes)
  table.insert(reads, 1, { GREETING })
  if writes then
    table.insert(writes, 1, { true })
  end
  local t = scripted(reads, writes)
  local s = stream.new(plain.new(), t)
  assert(s:handshake())
  t.written = ""
  return s, t
end

describe("wolfssl.stream", function()
  describe("handshake", function()
    it("runs both sides to the end", function()
      local a, b = open()
      assert.is_true(a:handshake())
      assert.same({ version = "none" }, b:info())
    end)

    it("is done by the first read or write", function()
      local a, b = pair()
      memory.run(function()
        assert.equal(4, a:send("ping"))
      end, function()
        assert.equal("ping", b:receive(4))
      end)
    end)

    it("reports timeout, never want_read, and goes on", function()
      local s = stream.new(plain.new(), scripted({ { nil, "timeout" }, { "H0" }, { "0000" } }))
      assert.same({ nil, "nothing arrived in time", "timeout" }, { s:handshake(0) })
      assert.equal("want_read", s:wants())
      assert.is_true(s:handshake(0))
    end)

    it("goes on where a slow network stopped its last flight", function()
      local t = scripted({ { GREETING } }, { { nil, "timeout", 2 }, { nil, "timeout", 1 } })
      local s = stream.new(plain.new(), t)
      assert.equal("timeout", (select(3, s:handshake())))
      assert.equal("want_write", s:wants())
      assert.equal("timeout", (select(3, s:handshake())))
      assert.is_true(s:handshake())
      assert.equal(GREETING, t.written)
    end)

    it("fails when the network took an unknown part of it", function()
      local s = stream.new(plain.new(), scripted({}, { { nil, "timeout" } }))
      local ok, message, code = s:handshake()
      assert.is_nil(ok)
      assert.equal("the network failed while writing: timeout", message)
      assert.equal("network_error", code)
      assert.equal("network_error", (select(3, s:handshake())))
    end)

    it("sends our alert before it reports why", function()
      local t = scripted({ { "X00000" } })
      local s = stream.new(plain.new(), t)
      assert.equal("peer_misbehaved", (select(3, s:handshake())))
      assert.equal(GREETING .. "A00018unexpected_message", t.written)
    end)

    it("reports the alert of a peer that hung up, not the broken pipe", function()
      local s = stream.new(plain.new(), scripted({ { "A00003bad" } }, { { nil, "reset", 0 } }))
      assert.same({ nil, "the peer sent the alert bad", "alert_received" }, { s:handshake() })
    end)

    it("reports the broken pipe when no alert says more", function()
      local s = stream.new(plain.new(), scripted({ { nil, "eof" } }, { { nil, "reset", 0 } }))
      assert.same({ nil, "the peer reset the connection while writing", "network_error" },
        { s:handshake() })
    end)

    it("reports a peer that closes in the middle as truncated", function()
      local s = stream.new(plain.new(), scripted({ { "H0" }, { nil, "eof" } }))
      assert.equal("truncated", (select(3, s:handshake())))
    end)
  end)

  describe("read", function()
    it("gives what is there, up to a maximum", function()
      local s = past_handshake { { "D00005hello" }, { "D00001!" } }
      assert.equal("he", s:read(2))
      assert.equal("llo", s:read())
      assert.equal("!", s:read(10))
    end)

    it("loses nothing to a timeout", function()
      local s = past_handshake {
        { "D000" }, { nil, "timeout" }, { "05he" }, { nil, "timeout" }, { "llo" },
      }
      assert.equal("timeout", (select(3, s:read())))
      assert.equal("timeout", (select(3, s:read())))
      assert.equal("hello", s:read())
    end)

    it("tells a proper close from a cut", function()
      local s = past_handshake { { "C00000" }, { nil, "eof" } }
      assert.equal("closed", (select(3, s:read())))
      assert.equal("closed", (select(3, s:read())))
      s = past_handshake { { "D00005hel" }, { nil, "eof" } }
      assert.equal("truncated", (select(3, s:read())))
      assert.equal("truncated", (select(3, s:read())))
    end)

    it("calls a reset a network error, for good", function()
      local s = past_handshake { { nil, "reset" } }
      local data, message, code = s:read()
      assert.is_nil(data)
      assert.equal("the peer reset the connection while reading", message)
      assert.equal("network_error", code)
      assert.equal("network_error", (select(3, s:read())))
    end)

    it("takes first what another library had read", function()
      local s = stream.new(plain.new(), scripted {}, { received = GREETING .. "D00002hi" })
      assert.equal("hi", s:read())
    end)
  end)

  describe("write", function()
    it("sends part of a string", function()
      local s, t = past_handshake {}
      assert.equal(3, s:write("abcde", 2, 3))
      assert.equal("D00002bc", t.written)
      assert.equal(5, s:write("abcde", -2))
      assert.equal(0, s:write(""))
      assert.equal(1, s:write("abcde", 2, 1))
      assert.equal("D00002bcD00002de", t.written)
    end)

    it("says how far it came when the network is slow, and goes on from there", function()
      local data = ("x"):rep(16384) .. ("y"):rep(100)
      local s, t = past_handshake({}, { { nil, "timeout", 1000 } })
      local last, message, code, _, taken = s:write(data)
      assert.same({ nil, "the network did not take the data in time", "timeout", 16384 },
        { last, message, code, taken })
      assert.equal(1000, #t.written)
      assert.equal(#data, s:write(data, taken + 1))
      assert.equal("D16384" .. ("x"):rep(16384) .. "D00100" .. ("y"):rep(100), t.written)
    end)

    it("sends what is left over when it is called past the end", function()
      local s, t = past_handshake({}, { { nil, "timeout", 3 } })
      assert.same({ nil, "timeout", 5, "timeout" }, { s:send("hello") })
      assert.equal(5, s:send("hello", 6))
      assert.equal("D00005hello", t.written)
    end)

    it("has left-overs sent by flush, or by the next read", function()
      local writes = { { nil, "timeout", 3 }, { nil, "timeout", 1 } }
      local s, t = past_handshake({ { "D00002hi" } }, writes)
      s:send("hello")
      assert.equal("timeout", (select(3, s:flush())))
      assert.equal("hi", s:read())
      assert.is_true(s:flush())
      assert.equal("D00005hello", t.written)
      s, t = past_handshake({ { "D00002hi" } }, { { nil, "timeout", 3 } })
      s:send("hello")
      s:read()
      assert.equal("D00005hello", t.written)
    end)

    it("keeps little of what a network that takes nothing is given", function()
      local a, b = open(1000)
      a:settimeout(0)
      local data, taken = ("x"):rep(2 ^ 20), 0
      for _ = 1, 100 do
        local _, _, code, _, last = a:write(data, taken + 1)
        assert.equal("timeout", code)
        taken = last
      end
      assert.is_true(taken <= 65536, "buffered " .. taken)
      a:settimeout(nil)
      local received = 0
      memory.run(function()
        assert.equal(#data, a:write(data, taken + 1))
      end, function()
        while received < #data do
          received = received + #assert(b:read())
        end
      end)
      assert.equal(#data, received)
    end)

    it("is refused after shutdown, while reading goes on", function()
      local s, t = past_handshake { { "D00002hi" } }
      assert.is_true(s:shutdown())
      assert.equal("C00000", t.written)
      assert.equal("closed", (select(3, s:write("x"))))
      assert.equal("hi", s:read())
    end)

    it("reports the alert unread behind a broken pipe, and keeps data before it", function()
      local s = past_handshake({ { "D00002hi" }, { "A00003bad" } }, { { nil, "reset", 0 } })
      local last, message, code = s:write("x")
      assert.same({ nil, "the peer sent the alert bad", "alert_received" }, { last, message, code })
      assert.equal("hi", s:read())
      assert.equal("alert_received", (select(3, s:read())))
    end)
  end)

  describe("timeouts", function()
    it("limit each wait or the whole call", function()
      local a, b = open()
      memory.run(function()
        a:settimeout(0.01)
        local before = core.monotime()
        assert.same({ nil, "timeout", "", "timeout" }, { a:receive(4) })
        assert.is_true(core.monotime() - before >= 0.01)
        a:settimeout(1000, "b")
        a:settimeout(0.01, "t")
        assert.same({ nil, "timeout", "", "timeout" }, { a:receive(4) })
        assert.is_true(core.monotime() - before < 1000)
        a:settimeout(nil) -- of either kind
        assert.is_nil(a.timeout)
        assert.is_nil(a.loop.block_timeout)
        a:settimeout(-1, "t")
        b:send("done")
        assert.equal("done", a:receive(4))
      end)
    end)

    it("of a whole call end it even while bytes trickle in", function()
      local a, b = open()
      local finished
      memory.run(function()
        a:settimeout(0.02, "t")
        local _, err, partial = a:receive(1e6)
        finished = true
        assert.equal("timeout", err)
        assert.is_true(#partial > 0)
      end, function()
        while not finished do
          b:send("x")
          coroutine.yield()
        end
      end)
    end)

    it("of a whole call end it even when the peer sends without a pause", function()
      for _, what in ipairs { 1e9, "*l", "*a" } do
        local s, t = past_handshake {}
        s:settimeout(0, "t")
        t.read = function() return "D00001x" end
        local _, err, partial = s:receive(what)
        assert.equal("timeout", err)
        assert.truthy(partial:find "^x+$")
        assert.equal("want_read", s:wants())
        assert.equal("x", s:receive(1))
      end
    end)

    it("of a handshake end it even when the peer sends without a pause", function()
      local t = scripted {}
      t.read = function() return "H" end -- and never the rest of it
      local s = stream.new(plain.new(), t)
      local _, _, code = s:handshake(0)
      assert.equal("timeout", code)
    end)

    it("know two modes", function()
      local s = past_handshake {}
      assert.has_error(function() s:settimeout(1, "x") end)
    end)
  end)

  describe("two coroutines", function()
    it("read and write at once, with control records in between", function()
      local a, b = open(5000)
      local size = 2 ^ 20
      local data = ("0123456789abcdef"):rep(size / 16)
      local function writer(s)
        return function() assert.equal(size, s:write(data)) end
      end
      local function reader(s)
        return function() assert.is_true(s:receive(size) == data) end
      end
      memory.run(writer(a), reader(a), writer(b), reader(b))
      local received, sent, age = a:getstats()
      assert.same({ size, size }, { received, sent })
      assert.is_true(age > 0)
    end)

    it("in the same role raise", function()
      local a, b = open()
      local reader = coroutine.create(function() return a:read() end)
      assert(coroutine.resume(reader))
      memory.run(function()
        assert.has_error(function() a:read() end)
      end)
      b:send("x")
      local _, data = assert(coroutine.resume(reader))
      assert.equal("x", data)
      b:send("y")
      assert.equal("y", a:read())
    end)

    it("cannot both be in a handshake", function()
      local a = pair()
      local first = coroutine.create(function() return a:handshake() end)
      assert(coroutine.resume(first))
      memory.run(function()
        assert.has_error(function() a:handshake() end)
        assert.has_error(function() a:read() end)
        assert.has_error(function() a:write("x") end)
      end)
    end)

    it("free a role when they die", function()
      local a, b = open()
      local reader = coroutine.create(function()
        a.loop.inbox.more = function() error("fault") end
        a:receive(1)
      end)
      assert.is_false(coroutine.resume(reader))
      a.loop.inbox.more = nil
      b:send("x")
      assert.equal("x", a:read())
    end)

    it("let one close under the other", function()
      local a = open()
      local result
      memory.run(function()
        result = { a:read() }
      end, function()
        a:close()
      end)
      assert.same({ nil, "the stream was closed while reading", "closed" }, result)
    end)

    it("wake a writer that queues behind a flusher that is closed", function()
      local a = open(10)
      local results = {}
      memory.run(function()
        results[1] = { a:write(("x"):rep(100)) }
      end, function()
        a.writer = nil -- as if the reader were flushing
        results[2] = { a:write("y") }
      end, function()
        a:close()
      end)
      assert.equal("closed", results[1][3])
      assert.equal("closed", results[2][3])
    end)
  end)

  describe("close", function()
    it("sends close_notify, frees everything, and may be called twice", function()
      local s, t = past_handshake {}
      assert.is_true(s:close())
      assert.equal("C00000", t.written)
      assert.is_true(t.closed)
      assert.is_true(s:connection().is_closed)
      assert.is_true(s:close())
      assert.equal("wolfssl.stream (closed)", tostring(s))
    end)

    it("sends no close_notify after a failure or before the handshake is done", function()
      local s, t = past_handshake { { "X00000" } }
      s:read()
      s:close()
      assert.equal("A00018unexpected_message", t.written)
      t = scripted {}
      stream.new(plain.new(), t):close()
      assert.equal("", t.written)
    end)

    it("answers the peer's close_notify", function()
      local s, t = past_handshake { { "C00000" } }
      s:read()
      s:close()
      assert.equal("C00000", t.written)
    end)

    it("does not wait for ever for a network that takes nothing", function()
      local a, _, near = open(10)
      a:settimeout(0.01)
      assert.equal("timeout", (select(3, a:write(("x"):rep(100)))))
      memory.run(function() a:close() end)
      assert.is_true(near.closed)
    end)

    it("makes every other method raise", function()
      local s = past_handshake {}
      s:close()
      for _, name in ipairs { "handshake", "read", "receive", "write", "send", "flush", "shutdown",
        "dirty", "info", "getfd", "getpeername", "getsockname", "setoption" } do
        assert.has_error(function() s[name](s, "x") end, "attempt to use a closed stream")
      end
    end)
  end)

  it("tells whether plaintext is there already", function()
    local s = past_handshake { { "D00005hello" .. "D00002hi" } }
    assert.is_false(s:dirty())
    assert.equal("h", s:receive(1))
    assert.is_true(s:dirty())
    assert.equal("ello", s:receive(4))
    assert.is_true(s:dirty())
    assert.equal("hi", s:receive(2))
    assert.is_false(s:dirty())
    assert.same({ 7, 0 }, { (s:getstats()), (select(2, s:getstats())) })
  end)

  it("passes socket matters on to the transport", function()
    local s, t = past_handshake {}
    function t:getpeername() -- luacheck: no self
      return "192.0.2.1", 443
    end
    assert.same({ "192.0.2.1", 443 }, { s:getpeername() })
    assert.same({ nil, "this transport has no getfd", "not_compiled_in" }, { s:getfd() })
  end)
end)

describe("wolfssl.stream on wolfSSL", function()
  local issue = require "wolfssl.issue"
  local wolfssl = require "wolfssl"
  local key = issue.key "secp256r1"
  local function certificate(name)
    return issue.certificate { subject = name, key = key, subject_alt_names = { "dns:" .. name } }
  end
  local localhost, stranger = certificate "localhost", certificate "stranger"

  local function trickle(transport)
    local read = transport.read
    function transport:read(_, timeout)
      return read(self, 1, timeout)
    end
    return transport
  end

  -- A client and a server over a socket pair, to be run in turn.
  local function over_sockets(client_options, server_options)
    local poll = scheduler.new()
    local a, b = assert(core.socketpair())
    local client = assert(wolfssl.client(client_options))
    local server = assert(wolfssl.server(server_options))
    local options = { server_name = "localhost", timeout = 20 }
    return client:wrap(fd.new(a, poll.loop), options),
      server:wrap(fd.new(b, poll.loop), { timeout = 20 }), poll
  end

  it("gives a server the alert of a client that refuses its certificate", function()
    local client, server, poll = over_sockets({ trust = stranger },
      { certificate = localhost, key = key })
    poll:run(function()
      local ok, _, code, detail = client:handshake()
      assert.is_nil(ok)
      assert.equal("certificate_invalid", code)
      assert.equal(0, detail[1].depth)
      client:close()
    end, function()
      local _, _, code, detail = server:handshake()
      assert.equal("alert_received", code)
      assert.equal("unknown_ca", detail.name)
      server:close()
    end)
  end)

  for _, version in ipairs { "TLS 1.2", "TLS 1.3" } do
    it("gives a client of " .. version .. " the alert of a server that refuses its", function()
      local client, server, poll = over_sockets(
        { trust = localhost, certificate = stranger, key = key, max_version = version },
        { trust = localhost, verify = "required", certificate = localhost, key = key })
      local refused
      poll:run(function()
        local code
        repeat -- the handshake of 1.3 is over for a client before the server has judged
          code = select(3, client:write("request"))
          poll:sleep(0)
        until code
        assert.equal("alert_received", code)
        assert.equal("alert_received", (select(3, client:read())))
        client:close()
      end, function()
        refused = select(3, server:handshake())
        server:close()
      end)
      assert.equal("certificate_invalid", refused)
    end)
  end

  it("goes to the descriptor once for each record, not when there is nothing to send", function()
    local client, server, poll = over_sockets({ trust = localhost },
      { certificate = localhost, key = key })
    local pushes, size = 0, 3 * 16384
    poll:run(function() assert(client:handshake()) end, function() assert(server:handshake()) end)
    for _, side in ipairs { client, server } do
      local push = side.transport.push
      side.transport.push = function(...)
        pushes = pushes + 1
        return push(...)
      end
    end
    poll:run(function()
      assert.equal(size, client:write(("x"):rep(size)))
    end, function()
      assert.equal(size, #server:receive(size))
    end)
    assert.equal(3, pushes)
    client:close()
    server:close()
  end)

  it("takes any split of the byte stream", function()
    local near, far = memory.pair()
    local client = assert(wolfssl.client { trust = localhost })
    local server = assert(wolfssl.server { certificate = localhost, key = key })
    local a = client:wrap(trickle(near), { server_name = "localhost" })
    local b = server:wrap(trickle(far))
    local data = ("0123456789"):rep(2000)
    memory.run(function()
      assert.equal(#data, a:send(data))
      assert.equal(data, a:receive("*a"))
      a:close()
    end, function()
      assert.equal(data, b:receive(#data))
      assert(b:send(data))
      b:close()
    end)
  end)
end)
