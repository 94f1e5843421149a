--- The cipher suites that a conversation can carry through.
-- @module wolfssl.probe.suites
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local decryptor = require "wolfssl.trace.decryptor"

local M = {}

local TLS13 = 0x0304
local EXCHANGES = { ECDHE = 1, DHE = 2, RSA = 3 }
local AUTHENTICATIONS = { RSA = true, ECDSA = true }

--- Whether a suite is one of a version, and its records can be opened and sealed.
-- @tparam table suite registry entry
-- @tparam number version
-- @treturn boolean
function M.fits(suite, version)
  if suite.signalling or not suite.min_version then return false end
  if version < suite.min_version or version > suite.max_version then return false end
  return decryptor.supports(version, suite) and true or false
end

local function is_plain(suite)
  return #suite.weaknesses == 0 and EXCHANGES[suite.key_exchange]
    and AUTHENTICATIONS[suite.authentication]
end

-- TLS 1.3 first, then forward secrecy, then AEAD; among equals the order of the registry.
local function rank(suite)
  if not suite.key_exchange then return 0 end
  return EXCHANGES[suite.key_exchange] * 2 - (suite.aead and 1 or 0)
end

local function wanted(suite, oldest, newest)
  if suite.signalling then return false end
  if newest >= TLS13 and M.fits(suite, TLS13) then return true end
  if not is_plain(suite) then return false end
  for version = oldest, math.min(newest, TLS13 - 1) do
    if M.fits(suite, version) then return true end
  end
end

local function find(oldest, newest)
  local found = {}
  for i, suite in ipairs(cipher_suite.list) do
    if not suite.unregistered and wanted(suite, oldest, newest) then
      found[#found + 1] = { name = suite.name, order = rank(suite) * 65536 + i }
    end
  end
  table.sort(found, function(a, b) return a.order < b.order end)
  for i, one in ipairs(found) do found[i] = one.name end
  return found
end

local lists = {}   -- by their versions: the registry is long

--- The suites that a hello offers by default.
-- @tparam number oldest version
-- @tparam number newest version
-- @treturn {string,...} names, in a list of the caller's own
function M.list(oldest, newest)
  local key = oldest * 65536 + newest
  lists[key] = lists[key] or find(oldest, newest)
  local copy = {}
  for i, name in ipairs(lists[key]) do copy[i] = name end
  return copy
end

return M
