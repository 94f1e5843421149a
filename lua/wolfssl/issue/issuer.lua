--- Reads from certificates what the certificates they sign repeat.
-- @module wolfssl.issue.issuer

local core = require "wolfssl.core"
local der = require "wolfssl.issue.der"

local M = {}

local SUBJECT_KEY_IDENTIFIER = der.oid("2.5.29.14")

local function fail(option, ...)
  error(option .. ": " .. string.format(...), 0)
end

-- The values inside the value at a position: list of {tag=, at=, start=, last=}.
local function children(bytes, at)
  local _, start, last = der.find(bytes, at)
  local list = {}
  while start and start <= last do
    local tag, first, stop = der.find(bytes, start)
    if not tag then break end
    list[#list + 1] = { tag = tag, at = start, start = first, last = stop }
    start = stop + 1
  end
  return list
end

--- The hash of a public key, by which extensions name it.
-- @tparam string spki SubjectPublicKeyInfo, DER
-- @tparam string option named in errors
-- @treturn string
-- @see RFC 5280 section 4.2.1.2 (method 1)
function M.key_identifier(spki, option)
  local bits = type(spki) == "string" and children(spki, 1)[2]
  if not bits or bits.tag ~= 0x03 then fail(option, "not a SubjectPublicKeyInfo") end
  return core.crypto.digest("sha1", spki:sub(bits.start + 1, bits.last))
end

local function to_der(certificate, option)
  if type(certificate) == "string" and certificate:byte() == 0x30 then return certificate end
  if type(certificate) == "string" then
    local opened, message = core.certificate(certificate)
    certificate = opened or fail(option, "%s", message)
  end
  if type(certificate) ~= "userdata" then
    fail(option, "certificate object, PEM or DER expected, got %s", type(certificate))
  end
  return certificate:der()
end

-- The subject key identifier in the extensions, which are at a position.
local function identifier(bytes, at)
  for _, item in ipairs(children(bytes, at)) do
    local parts = children(bytes, item.at)
    local id, value = parts[1], parts[#parts]
    if id and bytes:sub(id.at, id.last) == SUBJECT_KEY_IDENTIFIER then
      local _, start, last = der.find(bytes, value.start)
      return start and bytes:sub(start, last)
    end
  end
end

--- What the subject of a certificate puts into those it issues.
-- @param certificate certificate object, PEM or DER
-- @tparam string option named in errors
-- @treturn table {name = Name in DER, id = key identifier}
function M.read(certificate, option)
  local bytes = to_der(certificate, option)
  local tbs = children(bytes, 1)[1]
  local fields = tbs and children(bytes, tbs.at) or {}
  local first = fields[1] and fields[1].tag == 0xa0 and 2 or 1 -- version 1 has no number
  local subject, spki, last = fields[first + 4], fields[first + 5], fields[#fields]
  if not spki then fail(option, "not a certificate") end
  return {
    name = bytes:sub(subject.at, subject.last),
    id = last.tag == 0xa3 and identifier(bytes, last.start)
      or M.key_identifier(bytes:sub(spki.at, spki.last), option),
  }
end

return M
