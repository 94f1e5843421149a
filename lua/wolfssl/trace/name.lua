--- Distinguished names in text, as `certificate:subject_string()` writes them, without wolfSSL.
-- @module wolfssl.trace.name
-- @see RFC 5280 section 4.1.2.4
-- @see RFC 4514 section 2
local der = require "wolfssl.trace.der"

local M = {}

local char, floor = string.char, math.floor

local SEQUENCE, SET, OID = 0x30, 0x31, 0x06

local DESCRIPTORS = {
  ["2.5.4.3"] = "CN", ["2.5.4.4"] = "SN", ["2.5.4.5"] = "serialNumber", ["2.5.4.6"] = "C",
  ["2.5.4.7"] = "L", ["2.5.4.8"] = "ST", ["2.5.4.9"] = "STREET", ["2.5.4.10"] = "O",
  ["2.5.4.11"] = "OU", ["2.5.4.12"] = "title", ["2.5.4.13"] = "description",
  ["2.5.4.15"] = "businessCategory", ["2.5.4.16"] = "postalAddress", ["2.5.4.17"] = "postalCode",
  ["2.5.4.20"] = "telephoneNumber", ["2.5.4.41"] = "name", ["2.5.4.42"] = "GN",
  ["2.5.4.43"] = "initials", ["2.5.4.44"] = "generationQualifier",
  ["2.5.4.45"] = "x500UniqueIdentifier", ["2.5.4.46"] = "dnQualifier",
  ["2.5.4.65"] = "pseudonym", ["2.5.4.97"] = "organizationIdentifier",
  ["0.9.2342.19200300.100.1.1"] = "UID", ["0.9.2342.19200300.100.1.25"] = "DC",
  ["1.2.840.113549.1.9.1"] = "email",
}

local function utf8(code)
  if code < 0x80 then return char(code) end
  if code < 0x800 then return char(0xC0 + floor(code / 64), 0x80 + code % 64) end
  if code < 0x10000 then
    return char(0xE0 + floor(code / 4096), 0x80 + floor(code / 64) % 64, 0x80 + code % 64)
  end
  return char(0xF0 + floor(code / 262144), 0x80 + floor(code / 4096) % 64,
    0x80 + floor(code / 64) % 64, 0x80 + code % 64)
end

-- Characters of a fixed width.
local function wide(width)
  return function(bytes)
    if #bytes % width ~= 0 then return nil end
    local parts = {}
    for at = 1, #bytes, width do
      local code = 0
      for i = at, at + width - 1 do code = code * 256 + bytes:byte(i) end
      if code > 0x10FFFF then return nil end
      parts[#parts + 1] = utf8(code)
    end
    return table.concat(parts)
  end
end

local function same(bytes) return bytes end

-- By tag: UTF8String, NumericString, PrintableString, T61String, IA5String, VisibleString,
-- UniversalString, BMPString.
local STRINGS = {
  [0x0C] = same, [0x12] = same, [0x13] = same, [0x14] = wide(1), [0x16] = same, [0x1A] = same,
  [0x1C] = wide(4), [0x1E] = wide(2),
}

local function dotted(oid)
  local first = oid:byte(1)
  local parts, arc = {}, 0
  for i = 1, #oid do
    local byte = oid:byte(i)
    arc = arc * 128 + byte % 128
    if arc >= 2 ^ 53 or first == 0x80 then return nil end
    if byte < 0x80 then
      if #parts == 0 then
        local top = arc < 80 and floor(arc / 40) or 2
        parts[1] = ("%.0f"):format(top)
        arc = arc - top * 40
      end
      parts[#parts + 1] = ("%.0f"):format(arc)
      arc = 0
    end
  end
  return #parts > 0 and oid:byte(-1) < 0x80 and table.concat(parts, ".") or nil
end

-- RFC 4514 section 2.4; control characters are of no use on a terminal.
local function escape(text)
  text = text:gsub('["+,;<>\\]', "\\%0"):gsub("^[ #]", "\\%0"):gsub("([^\\]) $", "%1\\ ")
  return (text:gsub("[%z\1-\31\127]", function(c) return ("\\%02x"):format(c:byte()) end))
end

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- AttributeTypeAndValue ::= SEQUENCE { type OBJECT IDENTIFIER, value ANY }
local function attribute(name, first, last)
  local tag, start, after = der.element(name, first, last)
  local oid = tag == OID and dotted(name:sub(start, after - 1))
  if not oid then return nil end
  local kind, inner, behind = der.element(name, after, last)
  if not kind or behind <= last then return nil end
  local descriptor, read = DESCRIPTORS[oid], STRINGS[kind]
  local text = descriptor and read and read(name:sub(inner, last))
  return (descriptor or oid) .. "=" .. (text and escape(text) or "#" .. hex(name:sub(after, last)))
end

local function relative(name, set)
  local texts = {}
  for _, sequence in ipairs(der.elements(name, SEQUENCE, set[1], set[2]) or {}) do
    local text = attribute(name, sequence[1], sequence[2])
    if not text then return nil end
    table.insert(texts, 1, text)
  end
  return #texts > 0 and table.concat(texts, "+") or nil
end

--- A Name in text, the last part first: "CN=Root CA,O=Example,C=DE".
-- @tparam string name DER
-- @treturn string UTF-8; nil when the bytes are no Name
function M.text(name)
  local tag, start, after = der.element(name, 1, #name)
  if tag ~= SEQUENCE or after <= #name then return nil end
  local texts = {}
  for _, set in ipairs(der.elements(name, SET, start, #name) or { false }) do
    local text = set and relative(name, set)
    if not text then return nil end
    table.insert(texts, 1, text)
  end
  return table.concat(texts, ",")
end

return M
