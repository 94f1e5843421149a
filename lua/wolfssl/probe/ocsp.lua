--- What an OCSP response says; whether it may be believed is `wolfssl.verify`'s business.
-- @module wolfssl.probe.ocsp
-- @see RFC 6960 section 4.2.1
-- @see RFC 6962 section 3.3
local element = require("wolfssl.trace.der").element
local sct = require "wolfssl.tls.extension.signed_certificate_timestamp"
local wire = require "wolfssl.tls.wire"

local M = {}

local OCTET_STRING, OID, TIME, SEQUENCE = 0x04, 0x06, 0x18, 0x30
local NEXT_UPDATE, EXTENSIONS = 0xA0, 0xA1
local STATUS = { [0x80] = "good", [0xA1] = "revoked", [0x82] = "unknown" }
local FAILURES = { "malformed_request", "internal_error", "try_later", [5] = "sig_required",
  [6] = "unauthorized" }
local SCTS = "\43\6\1\4\1\214\121\2\4\5"   -- 1.3.6.1.4.1.11129.2.4.5

-- The elements inside another, `{tag =, first =, last =}` with the places of their contents.
local function inside(der, outer)
  local list, pos = {}, outer.first
  while pos <= outer.last do
    local tag, first, after = element(der, pos, outer.last)
    if not tag then return nil end
    list[#list + 1] = { tag = tag, first = first, last = after - 1 }
    pos = after
  end
  return list
end

-- Down by positions; nil where there is no such element.
local function descend(der, place, ...)
  for i = 1, select("#", ...) do
    local list = place and inside(der, place)
    place = list and list[(select(i, ...))]
  end
  return place
end

local function text(der, place)
  return der:sub(place.first, place.last)
end

-- Days since 1970 of a date in the Gregorian calendar; years begin in March, which puts the leap
-- day at their end.
local function days(year, month, day)
  if month < 3 then year, month = year - 1, month + 12 end
  local leap = math.floor(year / 4) - math.floor(year / 100) + math.floor(year / 400)
  return year * 365 + leap + math.floor((153 * (month - 3) + 2) / 5) + day - 1 - 719468
end

local function seconds(der, place)
  if not place or place.tag ~= TIME then return nil end
  local year, month, day, hour, minute, second =
    text(der, place):match "^(%d%d%d%d)(%d%d)(%d%d)(%d%d)(%d%d)(%d%d)Z$"
  if not year then return nil end
  return days(tonumber(year), tonumber(month), tonumber(day)) * 86400
    + hour * 3600 + minute * 60 + second
end

local function scts_of(der, extensions)
  for _, one in ipairs(extensions and inside(der, extensions) or {}) do
    local parts = one.tag == SEQUENCE and inside(der, one) or {}
    local value = parts[#parts]
    if value and parts[1].tag == OID and text(der, parts[1]) == SCTS then
      local octets = descend(der, value, 1)
      local list = octets and octets.tag == OCTET_STRING and wire.decode(sct.CT, text(der, octets))
      return list and list.sct_list
    end
  end
end

local function single(der, place)
  local parts = inside(der, place)
  if not (parts and parts[3] and STATUS[parts[2].tag]) then return nil end
  local answer = { status = STATUS[parts[2].tag], this_update = seconds(der, parts[3]) }
  for i = 4, #parts do
    if parts[i].tag == NEXT_UPDATE then answer.next_update = seconds(der, descend(der, parts[i], 1))
    elseif parts[i].tag == EXTENSIONS then answer.scts = scts_of(der, descend(der, parts[i], 1)) end
  end
  local serial = descend(der, parts[1], 4)
  return answer, serial and text(der, serial)
end

-- SEQUENCE OF SingleResponse, behind version, responder and the time of production.
local function responses(der, outer)
  local basic = descend(der, outer, 2, 1, 2)   -- [0], SEQUENCE, OCTET STRING
  local data = basic and inside(der, basic) and descend(der, basic, 1, 1)
  local parts = data and inside(der, data)
  for i = 2, parts and #parts or 0 do
    if parts[i - 1].tag == TIME and parts[i].tag == SEQUENCE then return inside(der, parts[i]) end
  end
end

--- Reads a response.
-- @tparam string der
-- @tparam ?string serial octets of a certificate's serial number: what is said on that one; without
-- it, or when nothing is, the first
-- @treturn[1] table `{status =, this_update =, next_update =, scts =}`: "good", "revoked",
-- "unknown", Unix seconds, a decoded list; of a responder that failed the status is its reason,
-- "try_later" …
-- @treturn[2] nil when it cannot be read
function M.read(der, serial)
  local outer = descend(der, { first = 1, last = #der }, 1)
  local result = outer and descend(der, outer, 1)
  if not result then return nil end
  local failure = der:byte(result.first)
  if failure ~= 0 then return { status = FAILURES[failure] or "failed" } end
  local first
  for _, place in ipairs(responses(der, outer) or {}) do
    local answer, number = single(der, place)
    if answer and number == serial then return answer end
    first = first or answer
  end
  return first
end

return M
