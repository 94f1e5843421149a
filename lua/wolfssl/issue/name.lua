--- Writes names: distinguished names and general names (RFC 5280 sections 4.1.2.4 and 4.2.1.6).
-- Whatever cannot be written raises, naming the option it came from.
-- @module wolfssl.issue.name

local der = require "wolfssl.issue.der"

local M = {}

-- RFC 4519 and RFC 2985: short name -> OID
local attributes = {
  CN = "2.5.4.3", SN = "2.5.4.4", serialNumber = "2.5.4.5", C = "2.5.4.6", L = "2.5.4.7",
  ST = "2.5.4.8", street = "2.5.4.9", O = "2.5.4.10", OU = "2.5.4.11", title = "2.5.4.12",
  description = "2.5.4.13", businessCategory = "2.5.4.15", postalCode = "2.5.4.17",
  name = "2.5.4.41", GN = "2.5.4.42", initials = "2.5.4.43", generationQualifier = "2.5.4.44",
  dnQualifier = "2.5.4.46", pseudonym = "2.5.4.65", organizationIdentifier = "2.5.4.97",
  UID = "0.9.2342.19200300.100.1.1", DC = "0.9.2342.19200300.100.1.25",
  emailAddress = "1.2.840.113549.1.9.1",
}

-- RFC 5280 appendix A.1 and RFC 2985 section 5.2.1 fix these types; all others are UTF8String.
local PRINTABLE, IA5, UTF8 = 0x13, 0x16, 0x0c
local string_tag = {
  C = PRINTABLE, serialNumber = PRINTABLE, dnQualifier = PRINTABLE, DC = IA5, emailAddress = IA5,
}

local function fail(option, ...)
  error(option .. ": " .. string.format(...), 0)
end

local function attribute(pair, option)
  local kind, value = pair[1], pair[2]
  if type(kind) ~= "string" or type(value) ~= "string" then
    fail(option, 'a pair of strings expected, like {"CN", "example"}')
  end
  local oid = der.oid(attributes[kind] or kind)
  if not oid then fail(option, "unknown attribute '%s'", kind) end
  return der.sequence(oid, der.value(string_tag[kind] or UTF8, value))
end

--- A distinguished name.
-- @tparam string|table name a common name, or a list of RDNs: each a pair {"O", "Example"}, or a
-- list of such pairs (several values in one RDN). A type is a short name ("CN") or an OID.
-- @tparam string option named in errors
-- @treturn string Name, DER
function M.distinguished(name, option)
  if type(name) == "string" then name = { { "CN", name } } end
  if type(name) ~= "table" then
    fail(option, "string or list of pairs expected, got %s", type(name))
  end
  local rdns = {}
  for i, rdn in ipairs(name) do
    if type(rdn) ~= "table" then fail(option, "item %d: pair expected, got %s", i, type(rdn)) end
    local pairs_ = type(rdn[1]) == "table" and rdn or { rdn }
    local values = {}
    for j, pair in ipairs(pairs_) do values[j] = attribute(pair, option) end
    rdns[i] = der.set(values)
  end
  return der.value(0x30, table.concat(rdns))
end

-- "192.0.2.1" -> 4 octets
local function ipv4(text)
  local out = {}
  for digits in (text .. "."):gmatch("(%d+)%.") do
    local n = tonumber(digits)
    if #digits > 3 or n > 255 then return nil end
    out[#out + 1] = string.char(n)
  end
  return text:match("^%d+%.%d+%.%d+%.%d+$") and table.concat(out)
end

-- "2001:db8" -> 4 octets; an IPv4 address may stand at the end
local function ipv6_half(text)
  local out = {}
  for group in text:gmatch("[^:]+") do
    if group:match("^%x%x?%x?%x?$") then
      local n = tonumber(group, 16)
      out[#out + 1] = string.char(math.floor(n / 256), n % 256)
    else
      local four = text:sub(-#group) == group and ipv4(group)
      if not four then return nil end
      out[#out + 1] = four
    end
  end
  return table.concat(out)
end

-- RFC 4291 section 2.2
local function ipv6(text)
  if text:find(":::", 1, true) or text:match("^:[^:]") or text:match("[^:]:$") then return nil end
  local left, right = text:match("^(.-)::(.*)$")
  if not left then
    local all = ipv6_half(text)
    return all and #all == 16 and all
  end
  if right:find("::", 1, true) then return nil end
  local head, tail = ipv6_half(left), ipv6_half(right)
  if not head or not tail or #head + #tail > 14 then return nil end
  return head .. ("\0"):rep(16 - #head - #tail) .. tail
end

local function ip(text)
  if text:find(":", 1, true) then return ipv6(text) end
  return ipv4(text)
end

-- 10, 4 -> "\255\192\0\0"
local function mask(bits, octets)
  local out = {}
  for i = 1, octets do
    local n = math.max(0, math.min(8, bits - 8 * (i - 1)))
    out[i] = string.char(256 - 2 ^ (8 - n))
  end
  return table.concat(out)
end

-- "10.0.0.0/8" -> address and mask (RFC 5280 section 4.2.1.10)
local function network(text)
  local address, bits = text:match("^(.*)/(%d+)$")
  local octets = address and ip(address)
  if not octets or tonumber(bits) > 8 * #octets then return nil end
  return octets .. mask(tonumber(bits), #octets)
end

local numbers = {
  other_name = 0, rfc822_name = 1, dns_name = 2, directory_name = 4,
  uniform_resource_identifier = 6, ip_address = 7, registered_id = 8,
}

local prefixes = {
  email = "rfc822_name", dns = "dns_name", dn = "directory_name",
  uri = "uniform_resource_identifier", ip = "ip_address", rid = "registered_id",
}

local function content(name, option, is_constraint)
  local kind, value = name.type, name.value
  if kind == "directory_name" then return M.distinguished(value, option), true end
  if type(value) ~= "string" then fail(option, "value of %s: string expected", kind) end
  if kind == "other_name" then
    local oid = type(name.oid) == "string" and der.oid(name.oid)
    if not oid then fail(option, "other_name needs an oid") end
    return oid .. der.explicit(0, value), true
  end
  if kind == "ip_address" then return (is_constraint and network or ip)(value) end
  if kind == "registered_id" then return der.oid_content(value) end
  return value
end

--- A general name.
-- @tparam string|table name "dns:a.example", "ip:192.0.2.1", "email:a@b.example",
-- "uri:https://c.example/", "rid:1.2.3" or "dn:common name"; or {type=, value=} with type
-- "dns_name", "ip_address", "rfc822_name", "uniform_resource_identifier", "registered_id",
-- "directory_name" (value as for distinguished) or "other_name" (with oid=; value is DER)
-- @tparam string option named in errors
-- @tparam[opt] boolean is_constraint IP addresses are networks ("192.0.2.0/24")
-- @treturn string GeneralName, DER
function M.general(name, option, is_constraint)
  if type(name) == "string" then
    local prefix, value = name:match("^(%a+):(.*)$")
    name = { type = prefixes[prefix] or prefix or name, value = value }
  end
  if type(name) ~= "table" then fail(option, "string or table expected, got %s", type(name)) end
  local number = numbers[name.type]
  if not number then fail(option, "unknown type of name '%s'", tostring(name.type)) end
  local octets, constructed = content(name, option, is_constraint)
  if not octets then fail(option, "'%s' is no %s", name.value, name.type) end
  return (constructed and der.explicit or der.implicit)(number, octets)
end

return M
