local capture = require "wolfssl.trace.capture"
local frames = require "trace.capture.frames"
local int = require "wolfssl.trace.capture.int"

local function times(bytes)
  local out = {}
  for i, datagram in ipairs(assert(capture.read(bytes)).datagrams) do out[i] = datagram.time end
  return out
end

describe("wolfssl.trace.capture.pcap", function()
  local two = { frames.ipv4(17, frames.udp("one")), frames.ipv4(17, frames.udp("two")) }

  it("reads both byte orders and both units of time", function()
    for _, order in ipairs { "little", "big" } do
      for _, ticks in ipairs { 1000000, 1000000000 } do
        local found = times(frames.pcap(two, 101, order, ticks))
        assert.are.same({ 1 + 1 / ticks, 2 + 2 / ticks }, found)
      end
    end
  end)

  it("does not take the length of a frame check sequence for the link type", function()
    assert.are.equal(2, #times(frames.pcap(two, 101 + 5 * 65536)))
  end)

  it("says where a record claims more than the file has, and gives what came before", function()
    local bytes = frames.pcap({ two[1] }, 101)
    local lie = bytes .. ("\0"):rep(8) .. int.little.put32(1000) .. int.little.put32(1000) .. "x"
    local result, message, code, detail = capture.read(lie)
    assert.is_nil(result)
    assert.matches("claims 1000 bytes, the file has 1 more", message)
    assert.are.equal("decode_error", code)
    assert.are.equal(#bytes, detail.offset)
    assert.are.equal("one", detail.capture.datagrams[1].bytes)
  end)

  it("refuses a claim of gigabytes before it reserves memory", function()
    local lie = frames.pcap({}, 101) .. ("\0"):rep(8) .. ("\255"):rep(8)
    local _, message, code = capture.read(lie)
    assert.matches("claims 4294967295 bytes, more than", message)
    assert.are.equal("decode_error", code)
  end)

  it("names compressed files and files that are no capture", function()
    local function told(bytes)
      local result, message, code, detail = capture.read(bytes)
      assert.are.same({ nil, "decode_error", 0 }, { result, code, detail.offset })
      return message
    end
    assert.matches("gzip", told("\31\139\8\0...."))
    assert.matches("neither a pcap nor a pcapng", told("GET / HTTP/1.1"))
    assert.matches("neither a pcap nor a pcapng", told(""))
  end)
end)
