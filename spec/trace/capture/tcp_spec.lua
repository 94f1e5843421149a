local capture = require "wolfssl.trace.capture"
local frames = require "trace.capture.frames"
local helper = require "helper"

local FIN, SYN, RST, ACK = frames.FIN, frames.SYN, frames.RST, frames.ACK
local tcp, data = frames.tcp, frames.data
local TWO32 = 4294967296

local function read(list)
  return assert(capture.read(frames.pcap(list)))
end

--- The client's stream of a connection that starts at sequence number isn.
local function client_stream(isn, ...)
  local list = { tcp("client", isn, "", SYN), ... }
  local result = read(list)
  assert.are.equal(1, #result.connections)
  return result.connections[1].streams.client, result
end

local function segment(position, bytes)
  return tcp("client", 1001 + position, bytes)
end

describe("wolfssl.trace.capture.tcp", function()
  it("gives each chunk with offset, time and packet number", function()
    local stream = client_stream(1000, segment(0, "abc"), segment(3, "def"))
    assert.are.same({
      { offset = 0, bytes = "abc", time = 2.000002, packet = 2 },
      { offset = 3, bytes = "def", time = 3.000003, packet = 3 },
    }, stream.chunks)
    assert.are.same({ 6, true, {} }, { stream.length, stream.from_start, stream.gaps })
  end)

  it("orders segments by position, in any order of arrival", function()
    local parts = { segment(0, "ab"), segment(2, "cd"), segment(4, "ef"), segment(6, "gh") }
    local orders = { { 4, 3, 2, 1 }, { 2, 4, 1, 3 }, { 1, 4, 3, 2 }, { 3, 1, 2, 4 } }
    for _, order in ipairs(orders) do
      local list = {}
      for i, index in ipairs(order) do list[i] = parts[index] end
      local stream = client_stream(1000, list[1], list[2], list[3], list[4])
      assert.are.equal("abcdefgh", data(stream))
      assert.are.same({}, stream.gaps)
    end
  end)

  it("takes retransmissions once", function()
    local stream = client_stream(1000, segment(0, "abcd"), segment(0, "abcd"), segment(2, "cdef"),
      segment(1, "bc"))
    assert.are.equal("abcdef", data(stream))
    assert.are.same({}, stream.conflicts)
  end)

  it("keeps what came first where segments overlap, and reports the difference", function()
    local stream = client_stream(1000, segment(4, "EFGH"), segment(2, "cdXX"), segment(0, "abc"))
    assert.are.equal("abcdEFGH", data(stream))
    assert.are.same({ { from = 4, to = 6, packet = 3, kept = 2 } }, stream.conflicts)
  end)

  it("fills every hole that one segment covers", function()
    local stream = client_stream(1000, segment(1, "b"), segment(3, "d"), segment(5, "f"),
      segment(0, "abcdefg"))
    assert.are.equal("abcdefg", data(stream))
    assert.are.same({ {}, {} }, { stream.conflicts, stream.gaps })
  end)

  it("reports lost segments as gaps", function()
    local stream = client_stream(1000, segment(0, "ab"), segment(5, "fg"))
    assert.are.same({ { from = 2, to = 5 } }, stream.gaps)
    assert.are.same({ 0, 5, 7 }, { stream.chunks[1].offset, stream.chunks[2].offset,
      stream.length })
  end)

  it("reports a loss at the start", function()
    assert.are.same({ { from = 0, to = 3 } }, client_stream(1000, segment(3, "d")).gaps)
  end)

  it("reports a loss at the end when a FIN or an acknowledgement tells of it", function()
    local by_fin = client_stream(1000, segment(0, "ab"), tcp("client", 1011, "", FIN + ACK))
    assert.are.same({ { from = 2, to = 10 } }, by_fin.gaps)
    local by_ack = client_stream(1000, segment(0, "ab"), tcp("server", 1, "", ACK, 1011))
    assert.are.same({ { from = 2, to = 10 } }, by_ack.gaps)
    local fin_lost = client_stream(1000, segment(0, "ab"), tcp("server", 1, "", ACK, 1004))
    assert.are.same({}, fin_lost.gaps)
  end)

  it("reports what the capture cut off a packet", function()
    local stream = client_stream(1000, segment(0, "abcdef"):sub(1, -3))
    assert.are.same({ { from = 4, to = 6 } }, stream.gaps)
    assert.are.equal("abcd", data(stream))
  end)

  it("goes on where sequence numbers wrap", function()
    local isn = TWO32 - 4
    local stream = client_stream(isn, tcp("client", TWO32 - 3, "abc"), tcp("client", 3, "gh"),
      tcp("client", 0, "def"), tcp("client", TWO32 - 3, "abc"))
    assert.are.equal("abcdefgh", data(stream))
    assert.are.same({ {}, {} }, { stream.gaps, stream.conflicts })
  end)

  it("follows a stream of more than 4 GiB", function()
    local list, at = {}, 1001
    for i = 1, 6 do
      list[i] = tcp("client", at % TWO32, "x")
      at = at + 1000000000
    end
    local stream = client_stream(1000, list[1], list[2], list[3], list[4], list[5], list[6])
    assert.are.equal(5000000001, stream.length)
    assert.are.equal(5000000000, stream.chunks[6].offset)
  end)

  it("starts without a SYN at the lowest number seen", function()
    local result = read { segment(5, "fg"), segment(2, "cde"), segment(0, "ab") }
    local stream = result.connections[1].streams.client
    assert.are.same({ "abcdefg", false, 0 },
      { data(stream), stream.from_start, stream.chunks[1].offset })
  end)

  it("learns the client's start from a SYN-ACK", function()
    local result = read { tcp("server", 7000, "", SYN + ACK, 1001), segment(2, "cd") }
    local stream = result.connections[1].streams.client
    assert.are.same({ { from = 0, to = 2 } }, stream.gaps)
    assert.is_true(stream.from_start)
    assert.are.equal("syn", result.connections[1].roles)
  end)

  it("takes data of a SYN", function()
    local result = read { tcp("client", 1000, "ab", SYN), segment(2, "cd") }
    assert.are.equal("abcd", data(result.connections[1].streams.client))
  end)

  it("passes over keep-alive probes", function()
    local stream = client_stream(1000, segment(-1, "\0"), segment(0, "ab"), segment(1, "\0"))
    assert.are.same({ "ab", {} }, { data(stream), stream.conflicts })
  end)

  it("tells how a stream was closed, and leaves out the text of a reset", function()
    assert.are.equal("fin", client_stream(1000, tcp("client", 1001, "ab", FIN + ACK)).closed)
    local reset = client_stream(1000, segment(0, "ab"), tcp("client", 1003, "no", RST))
    assert.are.same({ "rst", "ab" }, { reset.closed, data(reset) })
    assert.is_nil(client_stream(1000).closed)
  end)

  it("keeps connections between the same ports apart", function()
    local result = read {
      tcp("client", 1000, "", SYN), tcp("client", 1000, "", SYN), tcp("client", 1001, "first"),
      tcp("client", 9000, "", SYN), tcp("server", 50, "", SYN + ACK, 9001),
      tcp("client", 9001, "second"),
    }
    assert.are.equal(2, #result.connections)
    assert.are.equal("first", data(result.connections[1].streams.client))
    assert.are.equal("second", data(result.connections[2].streams.client))
    assert.are.same({ 3, 3 }, { result.connections[1].packets, result.connections[2].packets })
  end)

  it("takes a SYN that comes after its data for the same connection", function()
    local result = read { segment(0, "ab"), tcp("client", 1000, "", SYN), segment(2, "cd") }
    assert.are.equal(1, #result.connections)
    assert.are.equal("abcd", data(result.connections[1].streams.client))
  end)

  it("reports damaged segments and goes on", function()
    local good = segment(0, "ab")
    local short = frames.ip(good):sub(1, 30)
    local wrong = good:sub(1, 46) .. "\16" .. good:sub(48)
    local result = read { "\2" .. good:sub(2, 14) .. "\69\0\0\30" .. short:sub(5), wrong, good }
    assert.are.equal("the TCP header is cut short", result.errors[1].message)
    assert.are.equal("the TCP header contradicts itself", result.errors[2].message)
    assert.are.same({ 1, 2 }, { result.errors[1].packet, result.errors[2].packet })
    assert.are.equal("ab", data(result.connections[1].streams.client))
  end)

  it("opens no more connections than it may", function()
    local list = {}
    for port = 1, 5 do
      local bytes = tcp("client", 1000, "", SYN)
      list[port] = bytes:sub(1, 34) .. "\4" .. string.char(port) .. bytes:sub(37)
    end
    local result = assert(capture.read(frames.pcap(list), { connections = 3 }))
    assert.are.equal(3, #result.connections)
    assert.are.equal(1, #result.errors)
    assert.matches("too many connections", result.errors[1].message)
  end)

  it("agrees with a table of single bytes on random segments", function()
    math.randomseed(5)
    for _ = 1, 300 do
      local list, model, reach = {}, {}, 0
      for i = 1, math.random(1, 12) do
        local from, length = math.random(0, 40), math.random(2, 15)
        list[i] = segment(from, string.char(64 + i):rep(length))
        for at = from, from + length - 1 do model[at] = model[at] or string.char(64 + i) end
        reach = math.max(reach, from + length)
      end
      table.insert(list, 1, tcp("client", 1000, "", SYN))
      local stream = read(list).connections[1].streams.client
      local got, lost = {}, {}
      for _, chunk in ipairs(stream.chunks) do
        for i = 1, #chunk.bytes do got[chunk.offset + i - 1] = chunk.bytes:sub(i, i) end
      end
      for _, gap in ipairs(stream.gaps) do
        for at = gap.from, gap.to - 1 do lost[at] = true end
      end
      assert.are.same(model, got)
      for at = 0, reach - 1 do assert.are.equal(model[at] == nil, lost[at] == true) end
      assert.are.equal(reach, stream.length)
    end
  end)

  it("spends bounded time on segments in reverse order", function()
    local list = { tcp("client", 1000, "", SYN) }
    for i = 1, 8000 do list[i + 1] = segment(2 * (8000 - i), "xy") end
    local result
    local took = helper.loops(function() result = read(list) end, 100)
    assert.is_true(took < 100, took)
    assert.matches("too far out of order", result.errors[1].message)
    assert.is_true(#result.connections[1].streams.client.chunks > 2000)
  end)
end)
