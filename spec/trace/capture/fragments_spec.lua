local capture = require "wolfssl.trace.capture"
local frames = require "trace.capture.frames"
local int = require "wolfssl.trace.capture.int"

local RAW, MORE = 101, 0x2000

local whole = frames.udp(("0123456789abcdef"):rep(4))

local function piece(from, to, id)
  local more = to < #whole and MORE or 0
  return frames.ipv4(17, whole:sub(from + 1, to), more + from / 8, id)
end

local function read(list)
  return assert(capture.read(frames.pcap(list, RAW)))
end

local function messages(result)
  local out = {}
  for i, problem in ipairs(result.errors) do out[i] = problem.message end
  return out
end

describe("wolfssl.trace.capture.fragments", function()
  local a, b, c = piece(0, 24), piece(24, 48), piece(48, #whole)

  it("joins fragments in any order, copies of them allowed", function()
    for _, list in ipairs { { a, b, c }, { c, b, a }, { b, a, b, a, c } } do
      local result = read(list)
      assert.are.same({}, messages(result))
      assert.are.equal(1, #result.datagrams)
      assert.are.equal(whole:sub(9), result.datagrams[1].bytes)
      assert.are.equal(#list, result.datagrams[1].packet)
    end
  end)

  it("joins those of IPv6", function()
    local function v6(from, to)
      local field = from + (to < #whole and 1 or 0)
      return frames.ipv6(44, "\17\0" .. int.big.put16(field) .. "\0\0\0\7"
        .. whole:sub(from + 1, to))
    end
    local result = read { v6(0, 32), v6(32, #whole) }
    assert.are.equal(whole:sub(9), result.datagrams[1].bytes)
  end)

  it("keeps packets with different identifications apart", function()
    local result = read { piece(0, 24, 1), piece(0, 24, 2), piece(24, #whole, 2) }
    assert.are.equal(1, #result.datagrams)
    assert.are.same({ "IP fragments incomplete" }, messages(result))
    assert.are.equal(1, result.errors[1].packet)
  end)

  it("reports fragments that overlap and gives nothing of their packet", function()
    for _, list in ipairs {
      { a, piece(16, 48), c },
      { a, frames.ipv4(17, ("x"):rep(24), MORE), c },
      { c, piece(24, 32), frames.ipv4(17, ("x"):rep(8), 3) },
    } do
      local result = read(list)
      assert.are.equal(0, #result.datagrams)
      assert.are.equal("IP fragments overlap", messages(result)[1])
    end
  end)

  it("refuses a packet above 65535 bytes", function()
    local result = read { frames.ipv4(17, ("x"):rep(64), 0x1fff) }
    assert.are.same({ "IP fragments exceed 65535 bytes" }, messages(result))
  end)

  it("keeps at most 64 incomplete packets", function()
    local list = {}
    for id = 1, 70 do list[id] = piece(0, 24, id) end
    local given_up = 0
    for _, message in ipairs(messages(read(list))) do
      if message:find("too many incomplete") then given_up = given_up + 1 end
    end
    assert.are.equal(6, given_up)
  end)

  it("reports a fragment that the capture cut short", function()
    assert.are.same({ "IP fragment cut short by the capture" }, messages(read { a:sub(1, -2) }))
  end)
end)
