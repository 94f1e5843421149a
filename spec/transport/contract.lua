-- What every transport must be able to do, run the same way on each of them.
--
-- contract(host) lists the facts as {title, function, columns}, for a spec to pass each to `it` and
-- to note the columns of hosts.matrix that it fills. host is
--   open(count)    a list of {near, far}: pairs of joined transports
--   run(...)       runs functions concurrently until all have returned; raises what one raises
--   pause(seconds) optional, where a read that timed out cannot go on
--   limits         optional, what the host cannot do: {one_coroutine = true, no_cancel = true,
--                  timeout_fatal = true, write_timeout_fatal = true, no_bulk = true,
--                  connections = 200}

local assert = require "luassert"
local core = require("wolfssl.core").fd
local endpoints = require "transport.endpoints"
local stream = require "wolfssl.stream"

local unpack = table.unpack or unpack -- luacheck: ignore 113 143
local SIZE = 16 * 2 ^ 20
local PATIENCE = 100 -- seconds for each call: nobody should have to wait for it

local function open(host, count, options)
  local list = host.open(count or 1)
  for i, pair in ipairs(list) do
    local client, server = endpoints.pair(options)
    list[i] = {
      client = stream.new(client, pair[1], { timeout = PATIENCE }),
      server = stream.new(server, pair[2], { timeout = PATIENCE }),
      far = pair[2],
    }
  end
  return list
end

local function ready(host)
  local pair = open(host)[1]
  host.run(function()
    assert(pair.client:handshake())
  end, function()
    assert(pair.server:handshake())
  end)
  return pair.client, pair.server, pair.far
end

-- Lets others run, in this host's way: by reads of a silent peer that time out.
local function pause(host, idle, seconds)
  if host.pause then return host.pause(seconds) end
  idle:settimeout(seconds)
  idle:read()
  idle:settimeout(PATIENCE)
end

local function wait_until(host, idle, condition)
  while not condition() do pause(host, idle, 0.005) end
end

local function close(...)
  for i = 1, select("#", ...) do (select(i, ...)):close() end
end

-- Bytes that differ from place to place: a lost or doubled piece shows.
local function sample(size)
  local lines = {}
  for i = 1, 65536 / 16 do lines[i] = ("%015d\n"):format(i) end
  return table.concat(lines):rep(size / 65536)
end

return function(host)
  local limits = host.limits or {}
  local facts = {}

  local function it(title, columns, fact)
    facts[#facts + 1] = { title, fact, columns }
  end

  it("does a handshake and carries data both ways", "client, server", function()
    local pair = open(host)[1]
    local client, server = pair.client, pair.server
    host.run(function()
      assert(client:send("GET /\n"))
      assert.equal("found", client:receive())
      assert.same({ nil, "closed", "", "closed" }, { client:receive() })
    end, function()
      assert.equal("GET /", server:receive())
      assert(server:send("found\n"))
      assert(server:shutdown())
    end)
    close(client, server)
  end)

  if not limits.timeout_fatal then
    it("lets a read time out and go on", "timeout kept", function()
      local client, server = ready(host)
      local early
      host.run(function()
        client:settimeout(0.02)
        local before = core.monotime()
        early = { client:receive(5) }
        assert.is_true(core.monotime() - before >= 0.02)
        client:settimeout(PATIENCE)
        assert.equal("hello", client:receive(5))
      end, function()
        wait_until(host, server, function() return early end)
        assert(server:send("hello"))
      end)
      assert.same({ nil, "timeout", "", "timeout" }, early)
      close(client, server)
    end)
  end

  it("tells a close_notify from a cut", "", function()
    local client, server = ready(host)
    host.run(function()
      assert.equal("last words", client:receive("*a"))
      assert.equal("closed", (select(3, client:read())))
    end, function()
      assert(server:send("last words"))
      assert(server:close())
    end)
    close(client)
    local far
    client, server, far = ready(host)
    host.run(function()
      assert.same({ nil, "truncated", "half a ", "truncated" }, { client:receive("*a") })
      assert.equal("truncated", (select(3, client:read())))
    end, function()
      assert(server:send("half a "))
      far:close()
    end)
    close(client, server)
  end)

  -- Where a write that timed out cannot go on, the writer waits.
  local function lets_a_writer_wait()
    local client, server = ready(host)
    local idle, silent = ready(host)
    local data = sample(SIZE)
    host.run(function()
      assert.equal(SIZE, client:write(data))
    end, function()
      local before, still = 0, 0   -- on a busy machine one pause is not enough
      repeat
        pause(host, idle, 0.1)
        still = client.loop.sent == before and still + 1 or 0
        before = client.loop.sent
      until before > 0 and still == 3
      assert.is_true(before < SIZE and client.conn:unsent() <= 65536)
      assert.is_true(server:receive(SIZE) == data)
    end)
    close(client, server, idle, silent)
  end

  if not limits.no_bulk then
    it("takes little more from a writer than the network does", "back pressure", function()
      if limits.timeout_fatal or limits.write_timeout_fatal then return lets_a_writer_wait() end
      local client, server = ready(host)
      local data, taken = sample(SIZE)
      host.run(function()
        client:settimeout(0.02)
        local _, _, code, _, last = client:write(data)
        assert.equal("timeout", code)
        client:settimeout(0)
        for _ = 1, 50 do
          last = select(5, client:write(data, last + 1)) or last
        end
        taken = last
      end)
      local arrived = {}
      host.run(function()
        server:settimeout(0.02)
        local silent, size = 0, 0   -- on a busy machine one pause is not enough
        repeat
          local bytes = server:read()
          arrived[#arrived + 1] = bytes
          size, silent = size + #(bytes or ""), bytes and 0 or silent + 1
        until silent > 0 and taken - size <= 65536 or silent == 100
        server:settimeout(PATIENCE)
      end)
      arrived = table.concat(arrived)
      assert.is_true(taken < SIZE and taken - #arrived <= 65536, "held: " .. taken - #arrived)
      client:settimeout(PATIENCE)
      host.run(function()
        assert.equal(SIZE, client:write(data, taken + 1))
      end, function()
        assert.is_true(server:receive(SIZE, arrived) == data)
      end)
      close(client, server)
    end)
  end

  if not limits.one_coroutine then
    it("carries 16 MiB both ways at once", "full duplex", function()
      local client, server = ready(host)
      local data = sample(SIZE)
      local function writer(s)
        return function() assert.equal(SIZE, s:write(data)) end
      end
      local function reader(s)
        return function() assert.is_true(s:receive(SIZE) == data) end
      end
      host.run(writer(client), reader(client), writer(server), reader(server))
      local received, sent = client:getstats()
      assert.same({ SIZE, SIZE }, { received, sent })
      close(client, server)
    end)
  end

  if not limits.no_cancel then
    it("returns from a parked read when another coroutine closes", "cancel", function()
      local client, server = ready(host)
      local result
      host.run(function()
        result = { client:read() }
      end, function()
        wait_until(host, server, function() return client.loop.reading end)
        client:close()
      end)
      assert.same({ nil, "the stream was closed while reading", "closed" }, result)
      close(server)
    end)
  end

  it("lets others run while a handler waits", "yield in handler", function()
    local idle, silent = ready(host)
    local other = open(host)[1]
    local done
    local pair = open(host, 1, {
      on_client_hello = function()
        wait_until(host, idle, function() return done end)
      end,
    })[1]
    host.run(function()
      assert(pair.server:handshake())
    end, function()
      assert(pair.client:handshake())
      assert.is_true(done)
    end, function()
      assert(other.client:handshake())
      done = true
    end, function()
      assert(other.server:handshake())
    end)
    close(idle, silent, pair.client, pair.server, other.client, other.server)
  end)

  it("carries many connections at once", "200 connections", function()
    local count = limits.connections or 200
    local jobs, served = {}, 0
    for i, pair in ipairs(open(host, count)) do
      jobs[#jobs + 1] = function()
        assert(pair.client:send(("request %d\n"):format(i)))
        assert.equal("answer " .. i, pair.client:receive())
        pair.client:close()
      end
      jobs[#jobs + 1] = function()
        assert.equal("request " .. i, pair.server:receive())
        assert(pair.server:send(("answer %d\n"):format(i)))
        assert.equal("closed", (select(3, pair.server:read())))
        pair.server:close()
        served = served + 1
      end
    end
    host.run(unpack(jobs))
    assert.equal(count, served)
  end)

  return facts
end
