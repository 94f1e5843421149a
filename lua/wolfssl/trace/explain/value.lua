--- What the value of a field is, and what it means.
-- @module wolfssl.trace.explain.value
local alpn_protocol = require "wolfssl.tls.registry.alpn_protocol"
local distinguished = require "wolfssl.trace.name"
local notes = require "wolfssl.trace.notes"
local suite = require "wolfssl.trace.explain.suite"
local tls = require "wolfssl.tls"
local words = require "wolfssl.trace.explain.words"

local M = {}

-- Fields that are protocols of ALPN.
local PROTOCOLS = { protocol_name_list = true, supported_protocols = true }

-- Fields of bytes that are distinguished names.
local NAMES = { authorities = true, certificate_authorities = true, identifier = true }

-- Fields of bytes that are text.
local TEXTS = {
  name = true, protocol_name_list = true, supported_protocols = true, psk_identity = true,
  psk_identity_hint = true, url = true, selected_protocol = true, srp_i = true,
  public_name = true,
}

local function group(entry)
  local kinds = {
    ec = "elliptic curve", x = "elliptic curve of RFC 7748", ff = "finite field (RFC 7919)",
    kem = "key encapsulation that quantum computers should not break",
    hybrid = "an elliptic curve and a post-quantum key encapsulation at once",
  }
  if not entry.kind then return nil end
  local bits = entry.kind ~= "kem" and entry.bits and (", %.0f bits"):format(entry.bits) or ""
  return kinds[entry.kind] .. bits
end

local ALGORITHMS = {
  rsa_pkcs1 = "RSA signature, PKCS #1 v1.5 padding", rsa_pss = "RSA signature, PSS padding",
  ecdsa = "elliptic-curve signature (ECDSA)", eddsa = "Edwards-curve signature (EdDSA)",
  dsa = "DSA signature", mldsa = "post-quantum signature (ML-DSA)",
  slhdsa = "post-quantum signature (SLH-DSA)",
}

local function scheme(entry)
  local algorithm = ALGORITHMS[entry.algorithm]
  return algorithm and algorithm .. (entry.hash and " with " .. entry.hash or "")
    .. (entry.hash == "SHA1" and "; SHA-1 is broken" or "")
end

local MEANINGS = {
  ["named group"] = group, ["signature scheme"] = scheme, ["cipher suite"] = suite.line,
  ["alert"] = function(entry) return entry.meaning end,
  ["extension type"] = function(entry) return entry.reference end,
}

-- Entries are shared, so that an entry tells its registry.
local function title_of(entry)
  for _, registry in pairs(tls.registry) do
    if registry.by_value[entry.value] == entry then return registry.title end
  end
end

local function meaning_of(entry)
  if entry.grease then
    return "reserved so that peers stay used to values that they do not know (RFC 8701)"
  end
  local title = title_of(entry)
  if not title then return nil end
  local say = MEANINGS[title]
  return say and say(entry) or notes.code_point(title, entry.name)
end

local NUMBERS = {
  ticket_lifetime = "second", ticket_lifetime_hint = "second", valid_time = "second",
  max_early_data_size = "byte", record_size_limit = "byte", uncompressed_length = "byte",
}

local function number(name, value)
  if name == "timestamp" then return words.date(math.floor(value / 1000)) end
  local unit = NUMBERS[name]
  local text = unit and words.count(value, unit) or ("%.0f"):format(value)
  if unit == "second" and value >= 7200 then
    return text, ("%.1f hours"):format(value / 3600)
  end
  return text
end

local function bytes(name, value)
  local text = TEXTS[name] and words.printable(value)
  if text then return '"' .. text .. '"', PROTOCOLS[name] and alpn_protocol[value] or nil end
  text = NAMES[name] and distinguished.text(value)
  if text then return text end
  if name == "random" then return words.hex(value) end
  return words.short_hex(value), #value > 0 and words.count(#value, "byte") or nil
end

local function name_of(item, field)
  if type(item) == "string" then return NAMES[field] and distinguished.text(item) or nil end
  local entry = type(item) == "table" and (item.extension_type or item.group or item)
  return type(entry) == "table" and entry.name or nil
end

local function names_of(list, field)
  local names = {}
  for i, item in ipairs(list) do
    if i > 3 then return table.concat(names, ", ") .. ", ..." end
    names[i] = name_of(item, field)
    if not names[i] then return nil end
  end
  return #names > 0 and table.concat(names, ", ") or nil
end

--- Puts a decoded value into words.
-- @tparam string name of the field
-- @param value decoded
-- @treturn string value; nil for a structure
-- @treturn ?string what it means
function M.describe(name, value)
  if type(value) == "number" then return number(name, value) end
  if type(value) == "string" then return bytes(name, value) end
  if type(value) ~= "table" then return nil end
  if type(value.name) == "string" and type(value.value) == "number" then
    return value.name, meaning_of(value)
  end
  if value.extension_type then return nil end
  if #value > 0 then return words.count(#value, "entry", "entries"), names_of(value, name) end
  if next(value) == nil then return "(empty)" end
  return nil
end

return M
