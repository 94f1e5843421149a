local endpoints = require "transport.endpoints"
local memory = require "wolfssl.transport.memory"
local pool = require "wolfssl.stream.pool"
local stream = require "wolfssl.stream"

local function open()
  local near, far = memory.pair()
  local client, server = endpoints.pair()
  client = stream.new(client, near, { timeout = 7 })
  server = stream.new(server, far)
  memory.run(function() assert(client:handshake()) end, function() assert(server:handshake()) end)
  return client, server
end

-- A stream whose transport is the host's to keep: see wolfssl.transport.ngx.
local function parked(answers)
  local client, server = open()
  function client.transport.park(_, idle)
    answers.idle = idle
    return answers.park
  end
  function client.transport.unpark(_, timeout)
    answers.timeout = timeout
    return answers.unpark
  end
  return client, server
end

describe("wolfssl.stream.pool", function()
  it("raises for options that it does not know", function()
    assert.has_error(function() pool.new { size = 5 } end, "unknown option 'size' of a pool")
  end)

  it("gives back what it was given last, under that name only", function()
    local streams = pool.new()
    local first, second = (open()), (open())
    assert.is_true(streams:give("a", first))
    assert.is_true(streams:give("a", second))
    assert.is_nil(streams:take "b")
    assert.equal(second, streams:take "a")
    assert.equal(first, streams:take "a")
    assert.is_nil(streams:take "a")
  end)

  it("gives back a stream as it was, tickets that came meanwhile taken", function()
    local streams = pool.new()
    local client, server = open()
    client:settimeout(3, "b")
    streams:give("a", client)
    assert.equal(client, streams:take "a")
    assert.same({ 7, 3 }, { client.timeout, client.loop.block_timeout })
    memory.run(function() assert.equal("hello", client:receive(5)) end,
      function() assert(server:send "hello") end)
  end)

  it("keeps no stream with something to read, or at its end", function()
    local streams = pool.new()
    local client, server = open()
    assert(server:send "late")
    assert.is_false(streams:give("a", client))
    assert.is_true(client.closed)
    client, server = open()
    server:close()
    assert.is_false(streams:give("a", client))
    assert.is_false(streams:give("a", client))
    assert.is_nil(streams:take "a")
  end)

  it("gives no stream that ended while it waited", function()
    local streams = pool.new()
    local sound = open()
    local client, server = open()
    streams:give("a", sound)
    streams:give("a", client)
    server:close()
    assert.equal(sound, streams:take "a")
    assert.is_true(client.closed)
  end)

  it("gives no stream that waited too long", function()
    local streams = pool.new { idle = 0 }
    local client = open()
    assert.is_true(streams:give("a", client))
    assert.is_nil(streams:take "a")
    assert.is_true(client.closed)
  end)

  it("keeps so many under a name", function()
    local streams = pool.new { max = 2 }
    local made = {}
    for i = 1, 3 do
      made[i] = open()
      streams:give("a", made[i])
    end
    assert.is_true(made[1].closed)
    assert.equal(made[3], streams:take "a")
    assert.equal(made[2], streams:take "a")
  end)

  it("keeps so many under all names, the oldest going first", function()
    local streams = pool.new { total = 2 }
    local made = {}
    for i, name in ipairs { "a", "b", "a", "c" } do
      made[i] = open()
      streams:give(name, made[i])
    end
    assert.same({ true, true }, { made[1].closed, made[2].closed })
    assert.equal(made[3], streams:take "a")
    assert.equal(made[4], streams:take "c")
    assert.is_nil(streams:take "b")
  end)

  it("keeps none that waited too long, whether or not it is asked for", function()
    local streams = pool.new { idle = 0 }
    local first, second = (open()), (open())
    streams:give("a", first)
    streams:give("b", second)
    assert.is_true(first.closed)
    assert.is_nil(second.closed)
  end)

  it("keeps those that may wait for ever", function()
    local streams = pool.new { idle = -1 }
    local made = { (open()), (open()), (open()) }
    for i, name in ipairs { "a", "b", "c" } do streams:give(name, made[i]) end
    for i, name in ipairs { "a", "b", "c" } do assert.equal(made[i], streams:take(name)) end
  end)

  it("closes all that wait", function()
    local streams = pool.new()
    local client = open()
    streams:give("a", client)
    streams:close()
    assert.is_true(client.closed)
    assert.is_nil(streams:take "a")
  end)

  it("leaves connections to a host that keeps them itself", function()
    local streams, answers = pool.new { idle = 5 }, { park = true, unpark = true }
    local client = parked(answers)
    assert.is_true(streams:give("a", client))
    assert.equal(client, streams:take "a")
    assert.same({ 5, 7 }, { answers.idle, answers.timeout })
    streams:give("a", client)
    answers.unpark = nil
    assert.is_nil(streams:take "a")
    answers.park = nil
    client = parked(answers)
    assert.is_false(streams:give("a", client))
    assert.is_true(client.closed)
  end)
end)
