--- Link and IP headers: from a captured frame to the payload of its IP packet.
-- @module wolfssl.trace.capture.packet

local int = require "wolfssl.trace.capture.int"

local byte, sub = string.byte, string.sub
local u16 = int.big.u16

local M = {}

local VLAN_TAGS = { [0x8100] = true, [0x88a8] = true, [0x9100] = true }
local ETHERTYPES = { [0x0800] = 4, [0x86dd] = 6 }

-- Address families of the systems that write loopback captures: all BSDs, Linux and macOS
-- agree on IPv4 only.
local FAMILIES = { [2] = 4, [10] = 6, [24] = 6, [28] = 6, [30] = 6 }

--- IP packet behind an EtherType at position i: version and position, nothing for other protocols.
local function behind_ethertype(bytes, i)
  local kind = u16(bytes, i)
  while VLAN_TAGS[kind] do
    i = i + 4
    kind = u16(bytes, i)
  end
  if not kind then return nil, "the link header is cut short" end
  return ETHERTYPES[kind], i + 2
end

local function loopback(bytes)
  local family = int.big.u32(bytes, 1)
  if not family then return nil, "the link header is cut short" end
  return FAMILIES[family] or FAMILIES[int.little.u32(bytes, 1)], 5
end

local function raw_ip(bytes)
  local first = byte(bytes, 1)
  if not first then return nil, "the packet is empty" end
  return (first - first % 16) / 16, 1
end

local function ethernet(bytes) return behind_ethertype(bytes, 13) end
local function linux_cooked(bytes) return behind_ethertype(bytes, 15) end

local function linux_cooked_2(bytes)
  local version, position = behind_ethertype(bytes, 1)
  if version and position == 3 then return version, 21 end
  return version, position
end

--- Link types by LINKTYPE_ number: `version, position of the IP header`; nothing where the frame
-- holds no IP packet; `nil, message` where it is damaged.
local LINKS = {
  [0] = loopback, [108] = loopback,
  [1] = ethernet,
  [12] = raw_ip, [14] = raw_ip, [101] = raw_ip, [228] = raw_ip, [229] = raw_ip,
  [113] = linux_cooked, [276] = linux_cooked_2,
}

--- Ends a packet at the length its header claims, or where the capture cut it.
local function bound(packet, last)
  packet.last = math.min(last, #packet.bytes)
  packet.missing = last - packet.last
  return packet
end

--- RFC 791 section 3.1.
local function ipv4(bytes, i)
  if #bytes < i + 19 then return nil, "the IPv4 header is cut short" end
  local first, _, length1, length2, id1, id2, flags, low, _, protocol = byte(bytes, i, i + 9)
  local header, length = first % 16 * 4, length1 * 256 + length2
  -- segmentation offload leaves the length at zero
  if length == 0 then length = #bytes - i + 1 end
  if first - first % 16 ~= 64 or header < 20 or length < header then
    return nil, "the IPv4 header contradicts itself"
  end
  local packet = {
    bytes = bytes, protocol = protocol, first = i + header,
    source = sub(bytes, i + 12, i + 15), destination = sub(bytes, i + 16, i + 19),
  }
  local offset, more = flags % 32 * 256 + low, flags % 64 >= 32
  if offset > 0 or more then
    packet.fragment = { id = id1 * 256 + id2, offset = offset * 8, more = more }
  end
  return bound(packet, i + length - 1)
end

-- Extension headers counted in units of eight bytes beyond the first: hop-by-hop options, routing,
-- destination options, mobility, host identity, shim6 (RFC 8200 section 4, RFC 6564).
local EXTENSIONS = {
  [0] = true, [43] = true, [60] = true, [135] = true, [139] = true, [140] = true,
}
local FRAGMENT, AUTHENTICATION = 44, 51

--- Length and next header of the extension header of type `kind`; nothing for any other type.
local function extension(kind, bytes, i)
  local following, length = byte(bytes, i, i + 1)
  if kind == FRAGMENT then return 8, following end
  if kind == AUTHENTICATION then return length and (length + 2) * 4, following end
  if EXTENSIONS[kind] then return length and (length + 1) * 8, following end
end

local function fragment6(bytes, i)
  local field, id = u16(bytes, i + 2), int.big.u32(bytes, i + 4)
  if not id then return nil end
  local offset, more = field - field % 8, field % 2 == 1
  if offset == 0 and not more then return nil end -- RFC 6946: a fragment that is the whole packet
  return { id = id, offset = offset, more = more }
end

--- RFC 8200 section 3.
local function ipv6(bytes, i)
  if #bytes < i + 39 then return nil, "the IPv6 header is cut short" end
  local first = byte(bytes, i)
  if first - first % 16 ~= 96 then return nil, "the IPv6 header contradicts itself" end
  local length, kind, position = u16(bytes, i + 4), byte(bytes, i + 6), i + 40
  if length == 0 then length = #bytes - position + 1 end
  local packet = {
    bytes = bytes, source = sub(bytes, i + 8, i + 23), destination = sub(bytes, i + 24, i + 39),
  }
  bound(packet, position + length - 1)
  local size, following = extension(kind, bytes, position)
  while size and following and not packet.fragment do
    if kind == FRAGMENT then packet.fragment = fragment6(bytes, position) end
    kind, position = following, position + size
    size, following = extension(kind, bytes, position)
  end
  if position > packet.last + 1 then return nil, "the IPv6 extension headers are cut short" end
  packet.protocol, packet.first = kind, position
  return packet
end

local VERSIONS = { [4] = ipv4, [6] = ipv6 }

--- Whether frames of this link type can be decoded.
-- @tparam number link LINKTYPE_ number
function M.knows(link)
  return LINKS[link] ~= nil
end

--- Finds the IP packet in a captured frame.
-- @tparam number link LINKTYPE_ number, one that `knows` accepts
-- @tparam string bytes the frame
-- @treturn table|nil `{source, destination` (raw addresses)`, protocol, bytes, first, last` (the
--   payload within bytes)`, missing` (bytes the capture left out)`, fragment = {id, offset, more}
--   |nil}`; nil alone when the frame holds no IP packet
-- @treturn string message when the packet is damaged
function M.decode(link, bytes)
  local version, position = LINKS[link](bytes)
  if not version then return nil, type(position) == "string" and position or nil end
  local read = VERSIONS[version]
  if not read then return nil, "neither IPv4 nor IPv6" end
  return read(bytes, position)
end

return M
