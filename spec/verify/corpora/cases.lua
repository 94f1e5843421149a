--- The chains of public corpora, whatever their format.
--
-- A case is {corpus=, category=, id=, good=: it must be accepted, chain=: DER, leaf first,
-- trust=: DER, crls=: DER, host=, ip=, purpose=, time=: Unix seconds, depth=: digits, key=: PEM}.

local cjson = require "cjson"
local helper = require "helper"
local mime = require "mime"

local M = {}

local MOST_DEPTH = 12 -- that wolfssl.verify takes

local function from_pem(list)
  local ders = {}
  for i, pem in ipairs(list) do
    ders[i] = mime.unb64((pem:gsub("%-%-%-%-%-[%u%d ]+%-%-%-%-%-", "")))
  end
  return ders
end

local function from_base64(list)
  local ders = {}
  for i, text in ipairs(list) do ders[i] = mime.unb64(text) end
  return ders
end

local function known(value)
  if value ~= cjson.null then return value end
end

-- RFC 3339 in UTC, without fractions
local function unix(text)
  local year, month, day, hour, min, sec, zone =
    text:match("^(%d+)-(%d+)-(%d+)T(%d+):(%d+):(%d+)[.%d]*(.*)$")
  assert(zone == "Z" or zone == "+00:00", text)
  local y = tonumber(year) - (tonumber(month) < 3 and 1 or 0)
  local m = (tonumber(month) + 9) % 12
  local days = 365 * y + math.floor(y / 4) - math.floor(y / 100) + math.floor(y / 400)
    + math.floor((153 * m + 2) / 5) + tonumber(day) - 719469
  return ((days * 24 + tonumber(hour)) * 60 + tonumber(min)) * 60 + tonumber(sec)
end

local function name_into(case, kind, name)
  if kind == "DNS" then case.host = name elseif kind == "IP" then case.ip = name end
end

-- E-mail addresses that a peer must have are not asked for: no TLS peer can.
local function limbo(t)
  local chain = { t.peer_certificate }
  for _, pem in ipairs(t.untrusted_intermediates) do chain[#chain + 1] = pem end
  local time, name = known(t.validation_time), known(t.expected_peer_name)
  local depth = known(t.max_chain_depth)
  local case = {
    corpus = "x509-limbo", category = t.id:match("^(.-)::"), id = t.id,
    good = t.expected_result == "SUCCESS",
    chain = from_pem(chain), trust = from_pem(t.trusted_certs),
    crls = from_pem(known(t.crls) or {}), key = known(t.peer_certificate_key),
    purpose = t.validation_kind == "CLIENT" and "client_auth" or "server_auth",
    time = time and unix(time), depth = depth and ("%d"):format(math.min(depth, MOST_DEPTH)),
  }
  if name then name_into(case, name.kind, name.value) end
  return case
end

local function bettertls(t, root)
  local case = {
    corpus = "BetterTLS", category = t.suite, id = ("bettertls::%s::tc%d"):format(t.suite, t.id),
    good = t.expected == "ACCEPT", chain = from_base64(t.certificates), trust = { root }, crls = {},
    purpose = "server_auth",
  }
  name_into(case, t.hostname:find("^[%d.]+$") and "IP" or "DNS", t.hostname)
  return case
end

--- Reads limbo.json, or an export of BetterTLS. What x509-limbo has from BetterTLS is left out.
-- @tparam string path
-- @treturn {table,...} cases
function M.read(path)
  local corpus, list = cjson.decode(helper.read(path)), {}
  for _, t in ipairs(corpus.testcases or {}) do
    if not t.id:find("^bettertls::") then list[#list + 1] = limbo(t) end
  end
  for _, name in ipairs { "pathbuilding", "nameconstraints" } do
    local suite = corpus.suites and corpus.suites[name] or { testCases = {} }
    for _, t in ipairs(suite.testCases) do
      list[#list + 1] = bettertls(t, mime.unb64(corpus.trustRoot))
    end
  end
  assert(list[1], path .. ": neither limbo.json nor an export of BetterTLS")
  return list
end

return M
