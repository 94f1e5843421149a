local capture = require "wolfssl.trace.capture"
local frames = require "trace.capture.frames"

local SECRETS = { "CLIENT_RANDOM 00 11", "EXPORTER_SECRET 22 33" }

local function sample(options)
  local writer = capture.writer(options)
  local connection = writer:connection { time = 1700000000.25 }
  connection:send("client", "hello", 1700000000.5)
  connection:send("server", ("x"):rep(100000), 1700000001)
  connection:finish(1700000002)
  writer:secrets(SECRETS)
  return writer
end

describe("wolfssl.trace.capture.writer", function()
  it("writes what the reader reads", function()
    local result = assert(capture.read(sample():bytes()))
    local connection = result.connections[1]
    assert.are.same({ address = "192.0.2.1", port = 49152 }, connection.client)
    assert.are.same({ address = "192.0.2.2", port = 443 }, connection.server)
    assert.are.same({ "syn", {}, SECRETS }, { connection.roles, result.errors, result.secrets })
    local client, server = connection.streams.client, connection.streams.server
    assert.are.equal("hello", frames.data(client))
    assert.are.equal(("x"):rep(100000), frames.data(server))
    assert.are.same({ 1700000000.5, 1700000001 }, { client.chunks[1].time, server.chunks[1].time })
    assert.are.same({ {}, {} }, { client.gaps, server.gaps })
    assert.are.same({ "fin", "fin" }, { client.closed, server.closed })
    assert.are.equal(math.ceil(100000 / 1460), #server.chunks)
  end)

  it("writes the same again from what was read, whatever the bytes, ends and sequence numbers",
    function()
      math.randomseed(11)
      local writer, sent = capture.writer(), {}
      for i = 1, 20 do
        local v6 = i % 2 == 0
        local one = {
          client = { address = v6 and "2001:db8::1" or "192.0.2.1", port = 2000 + i },
          server = { address = v6 and "2001:db8::2" or "192.0.2.2", port = 443 },
        }
        local connection = writer:connection {
          client = one.client, server = one.server, time = i, segment = math.random(1, 3000),
          isn = { client = 4294967295 - math.random(0, 5000), server = math.random(0, 99999) },
        }
        sent[i] = { one.client, one.server, "", "" }
        for _ = 1, 10 do
          local side = math.random(3, 4)
          local bytes = string.char(math.random(0, 255)):rep(math.random(0, 5000))
          connection:send(side == 3 and "client" or "server", bytes)
          sent[i][side] = sent[i][side] .. bytes
        end
      end
      local got = {}
      for i, connection in ipairs(assert(capture.read(writer:bytes())).connections) do
        local streams = connection.streams
        assert.are.same({ {}, {} }, { streams.client.gaps, streams.server.conflicts })
        got[i] = { connection.client, connection.server, frames.data(streams.client),
          frames.data(streams.server) }
      end
      assert.are.same(sent, got)
    end)

  it("puts secrets before the packets they open", function()
    local bytes = sample():bytes()
    assert.is_true(bytes:find(SECRETS[1], 1, true) < bytes:find("hello", 1, true))
  end)

  it("takes secrets as text, with or without a last line end", function()
    for _, text in ipairs { "A b c", "A b c\n" } do
      local writer = capture.writer()
      writer:secrets(text)
      assert.are.same({ "A b c" }, assert(capture.read(writer:bytes())).secrets)
    end
  end)

  it("hands every block to a sink, in the order of the calls", function()
    local out = {}
    local writer = sample { sink = function(bytes) out[#out + 1] = bytes end }
    local result = assert(capture.read(table.concat(out)))
    assert.are.same(SECRETS, result.secrets)
    assert.are.equal(result.packets + 2, #out)
    assert.has_error(function() writer:bytes() end, "the writer has handed its bytes to the sink")
  end)

  it("tells that a sink failed, from then on", function()
    local calls = 0
    local writer = capture.writer { sink = function()
      calls = calls + 1
      if calls > 4 then return nil, "disk full" end
      return true
    end }
    local connection = assert(writer:connection())
    assert.are.same({ nil, "disk full", "file_error" }, { connection:send("client", "x") })
    assert.are.same({ nil, "disk full", "file_error" }, { connection:finish() })
    assert.are.same({ nil, "disk full", "file_error" }, { writer:secrets("x") })
    assert.are.same({ nil, "disk full", "file_error" }, { writer:connection() })
    assert.are.equal(5, calls)
  end)

  it("writes a reset", function()
    local writer = capture.writer()
    local connection = writer:connection { time = 0 }
    connection:reset("server", 1)
    local streams = assert(capture.read(writer:bytes())).connections[1].streams
    assert.are.same({ "rst", nil }, { streams.server.closed, streams.client.closed })
  end)

  it("never runs time backwards within a connection", function()
    local writer = capture.writer()
    local connection = writer:connection { time = 5 }
    connection:send("client", "a", 7)
    connection:send("client", "b", 6)
    local chunks = assert(capture.read(writer:bytes())).connections[1].streams.client.chunks
    assert.are.same({ 7, 7 }, { chunks[1].time, chunks[2].time })
  end)

  local MISTAKES = {
    ["client: not an IP address: example.org"] = { client = { address = "example.org" } },
    ["server: not a port: 65536"] = { server = { address = "192.0.2.1", port = 65536 } },
    ["client and server differ in IP version"] = { client = { address = "::1" } },
    ["segment must be between 1 and 65475 bytes"] = { segment = 0 },
    ["time must be in seconds since 1970"] = { time = -1 },
  }
  for message, options in pairs(MISTAKES) do
    it("raises: " .. message, function()
      assert.has_error(function() capture.writer():connection(options) end, message)
    end)
  end

  it("raises for an unknown side, and after the end", function()
    local connection = capture.writer():connection()
    assert.has_error(function() connection:send("proxy", "x") end,
      'side must be "client" or "server", not proxy')
    connection:finish()
    assert.has_error(function() connection:send("client", "x") end, "the connection is finished")
  end)
end)
