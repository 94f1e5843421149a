local capture = require "wolfssl.trace.capture"
local frames = require "trace.capture.frames"
local packet = require "wolfssl.trace.capture.packet"

local ETHERNET, NULL, LOOP, RAW, SLL, SLL2 = 1, 0, 108, 101, 113, 276
local MACS = ("\2"):rep(12)

local v4 = frames.ipv4(17, frames.udp("data"))
local v6 = frames.ipv6(17, frames.udp("data"))

local function payload(link, bytes)
  local found, message = packet.decode(link, bytes)
  assert.is_table(found, message)
  return found.bytes:sub(found.first, found.last), found.protocol
end

local LINKS = {
  { "Ethernet", ETHERNET, MACS .. "\8\0" .. v4 },
  { "Ethernet with IPv6", ETHERNET, MACS .. "\134\221" .. v6 },
  { "Ethernet with padding", ETHERNET, MACS .. "\8\0" .. v4 .. ("\0"):rep(20) },
  { "VLAN", ETHERNET, MACS .. "\129\0\0\5\8\0" .. v4 },
  { "QinQ", ETHERNET, MACS .. "\136\168\0\5\129\0\0\6\134\221" .. v6 },
  { "BSD loopback, little endian", NULL, "\2\0\0\0" .. v4 },
  { "BSD loopback, big endian", NULL, "\0\0\0\30" .. v6 },
  { "OpenBSD loopback", LOOP, "\0\0\0\24" .. v6 },
  { "raw IPv4", RAW, v4 },
  { "raw IPv6", RAW, v6 },
  { "LINKTYPE_IPV4", 228, v4 },
  { "LINKTYPE_IPV6", 229, v6 },
  { "Linux cooked", SLL, ("\0"):rep(14) .. "\8\0" .. v4 },
  { "Linux cooked, version 2", SLL2, "\134\221" .. ("\0"):rep(18) .. v6 },
}

local UDP = frames.udp("data")

local EXTENSIONS = {
  { "hop-by-hop options", 0, "\17\0" .. ("\0"):rep(6) },
  { "a long routing header", 43, "\17\1" .. ("\0"):rep(14) },
  { "authentication header", 51, "\17\4" .. ("\0"):rep(22) },
  { "two headers", 60, "\60\0" .. ("\0"):rep(6) .. "\17\0" .. ("\0"):rep(6) },
  { "a fragment header of a whole packet", 44, "\17\0\0\0\0\0\0\9" },
}

local DAMAGED = {
  { "the link header is cut short", ETHERNET, MACS },
  { "the link header is cut short", NULL, "\2\0" },
  { "the packet is empty", RAW, "" },
  { "the IPv4 header is cut short", RAW, v4:sub(1, 19) },
  { "the IPv4 header contradicts itself", RAW, "\68" .. v4:sub(2) },
  { "the IPv4 header contradicts itself", RAW, "\69\0\0\19" .. v4:sub(5) },
  { "the IPv6 header is cut short", RAW, v6:sub(1, 39) },
  { "the IPv6 header contradicts itself", SLL, ("\0"):rep(14) .. "\134\221" .. v4 .. v4 },
  { "the IPv6 extension headers are cut short", RAW, frames.ipv6(0, "\17\200" .. UDP) },
  { "neither IPv4 nor IPv6", RAW, "\80" .. v4 },
}

describe("wolfssl.trace.capture.packet", function()
  for _, case in ipairs(LINKS) do
    it("finds the IP packet in " .. case[1], function()
      local data, protocol = payload(case[2], case[3])
      assert.are.equal(UDP, data)
      assert.are.equal(17, protocol)
    end)
  end

  for _, case in ipairs(EXTENSIONS) do
    it("walks IPv6 over " .. case[1], function()
      local data, protocol = payload(RAW, frames.ipv6(case[2], case[3] .. UDP))
      assert.are.equal(UDP, data)
      assert.are.equal(17, protocol)
    end)
  end

  it("skips IPv4 options", function()
    local bytes = "\70\0\0\36" .. v4:sub(5, 20) .. "\1\1\1\0" .. UDP
    assert.are.equal(UDP, (payload(RAW, bytes)))
  end)

  it("takes a length of zero, as segmentation offload leaves it, for all there is", function()
    assert.are.equal(UDP, (payload(RAW, "\69\0\0\0" .. v4:sub(5))))
    assert.are.equal(UDP, (payload(RAW, v6:sub(1, 4) .. "\0\0" .. v6:sub(7))))
  end)

  it("counts the bytes that the capture cut off", function()
    local found = packet.decode(RAW, v4:sub(1, -4))
    assert.are.same({ 3, #v4 - 3 }, { found.missing, found.last })
  end)

  it("passes over frames without IP", function()
    local arp = { packet.decode(ETHERNET, MACS .. "\8\6" .. v4) }
    assert.are.same({}, arp)
    assert.are.same({}, { packet.decode(NULL, "\7\0\0\0" .. v4) })
  end)

  for _, case in ipairs(DAMAGED) do
    it("tells: " .. case[1], function()
      local found, message = packet.decode(case[2], case[3])
      assert.is_nil(found)
      assert.are.equal(case[1], message)
    end)
  end

  it("is asked only for link types it knows; others are reported once", function()
    local result = assert(capture.read(frames.pcap({ v4, v4 }, 147)))
    assert.are.equal(1, #result.errors)
    assert.are.equal("link type 147 is not known", result.errors[1].message)
    assert.are.equal(2, result.packets)
  end)
end)
