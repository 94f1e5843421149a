local capture = require "wolfssl.trace.capture"
local frames = require "trace.capture.frames"
local int = require "wolfssl.trace.capture.int"

local RAW = 101
local TSRESOL, TSOFFSET = 9, 14

local function datagram(text)
  return frames.ipv4(17, frames.udp(text))
end

local function first_time(...)
  return assert(capture.read(table.concat { ... })).datagrams[1].time
end

local function timed(options, high, low, order)
  return first_time(frames.section(order), frames.interface(RAW, options, order),
    frames.packet(datagram("x"), high, low, order))
end

describe("wolfssl.trace.capture.pcapng", function()
  it("reads both byte orders", function()
    for _, order in ipairs { "little", "big" } do
      assert.are.equal((4294967296 + 5) / 1000000, timed(nil, 1, 5, order))
    end
  end)

  it("counts time in the units of the interface", function()
    assert.are.equal(1.5, timed({ { TSRESOL, "\3" } }, 0, 1500))
    assert.are.equal(1.5, timed({ { TSRESOL, "\9" } }, 0, 1500000000))
    assert.are.equal(1.5, timed({ { TSRESOL, "\129" } }, 0, 3))
    assert.are.equal(7, timed({ { TSRESOL, "\0" } }, 0, 7))
  end)

  it("adds the interface's time offset, which may be negative", function()
    local plus, minus = "\10" .. ("\0"):rep(7), "\246" .. ("\255"):rep(7)
    assert.are.equal(13, timed({ { TSRESOL, "\0" }, { TSOFFSET, plus } }, 0, 3))
    assert.are.equal(20, timed({ { TSRESOL, "\0" }, { TSOFFSET, minus } }, 0, 30))
    local big = ("\255"):rep(7) .. "\246"
    assert.are.equal(20, timed({ { TSRESOL, "\0" }, { TSOFFSET, big } }, 0, 30, "big"))
  end)

  it("reads simple and obsolete packet blocks", function()
    local bytes = datagram("simple")
    local put16, put32 = int.little.put16, int.little.put32
    local result = assert(capture.read(frames.section() .. frames.interface(RAW)
      .. frames.block(3, put32(#bytes) .. bytes)
      .. frames.block(2, put16(0) .. put16(9) .. put32(0) .. put32(5000000) .. put32(#bytes)
        .. put32(#bytes) .. bytes)))
    assert.are.equal("simple", result.datagrams[1].bytes)
    assert.is_nil(result.datagrams[1].time)
    assert.are.equal("simple", result.datagrams[2].bytes)
    assert.are.equal(5, result.datagrams[2].time)
  end)

  it("cuts a simple packet at the snap length", function()
    local bytes = datagram("abcdef")
    local result = assert(capture.read(frames.section() .. frames.interface(RAW, nil, nil, 30)
      .. frames.block(3, int.little.put32(#bytes) .. bytes:sub(1, 30))))
    assert.are.same({ "ab", 4 }, { result.datagrams[1].bytes, result.datagrams[1].missing })
  end)

  it("gives the lines of TLS key logs and skips other secrets and blocks", function()
    local put32 = int.little.put32
    local log, wireguard = "A b c\r\nD e f\n", "KEY = x\n"
    local result = assert(capture.read(frames.section()
      .. frames.block(10, put32(0x544c534b) .. put32(#log) .. log)
      .. frames.block(10, put32(0x57474b4c) .. put32(#wireguard) .. wireguard)
      .. frames.block(5, "statistics..") .. frames.block(0x80000001, "")))
    assert.are.same({ "A b c", "D e f" }, result.secrets)
  end)

  it("forgets the interfaces of the section before, and takes a new byte order", function()
    local bytes = frames.section() .. frames.interface(1) .. frames.section("big")
      .. frames.interface(RAW, nil, "big") .. frames.packet(datagram("big"), 0, 0, "big")
    assert.are.equal("big", assert(capture.read(bytes)).datagrams[1].bytes)
    local _, message, _, detail = capture.read(frames.section() .. frames.interface(RAW)
      .. frames.section() .. frames.packet(datagram("x"), 0, 0))
    assert.matches("interface 0, which is not described", message)
    assert.are.equal(#frames.section() * 2 + #frames.interface(RAW), detail.offset)
  end)

  local LIES = {
    ["block length 13 is not possible"] = int.little.put32(5) .. int.little.put32(13),
    ["block length 0 is not possible"] = int.little.put32(5) .. int.little.put32(0),
    ["block claims 4294967292 bytes, more than"] = int.little.put32(5) .. "\252\255\255\255",
    ["block claims 64 bytes, the file has 12"] = int.little.put32(5) .. int.little.put32(64)
      .. "abcd",
    ["the two lengths of a block differ"] = int.little.put32(5) .. int.little.put32(12)
      .. int.little.put32(16),
    ["packet claims 400 bytes, its block has 4"] = frames.block(6, ("\0"):rep(12)
      .. int.little.put32(400) .. int.little.put32(400) .. "abcd"),
    ["secrets claim 400 bytes, their block has 4"] = frames.block(10, "KSLT"
      .. int.little.put32(400) .. "abcd"),
    ["packet block too short"] = frames.block(6, "abcd"),
    ["section header without a byte%-order magic"] = frames.block(0x0a0d0d0a, ("\0"):rep(16)),
  }

  for message, bytes in pairs(LIES) do
    it("tells: " .. message, function()
      local good = frames.section() .. frames.interface(RAW) .. frames.packet(datagram("x"), 0, 0)
      local result, told, code, detail = capture.read(good .. bytes)
      assert.is_nil(result)
      assert.matches(message, told)
      assert.are.equal("decode_error", code)
      assert.are.equal(#good, detail.offset)
      assert.are.equal("x", detail.capture.datagrams[1].bytes)
    end)
  end
end)
