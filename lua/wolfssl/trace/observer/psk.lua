--- Pre-shared keys of TLS 1.3: binders, early data, and the choice of the server.
-- @module wolfssl.trace.observer.psk
-- @see RFC 8446 section 4.2.10 and 4.2.11
local crypto = require "wolfssl.trace.crypto"
local decryptor = require "wolfssl.trace.decryptor"
local hellos = require "wolfssl.trace.observer.hello"
local key_schedule = require "wolfssl.trace.key_schedule.tls13"

local M = {}

-- A ClientHello can name thousands of identities; servers try a few.
local MOST_IDENTITIES = 16
local TLS13 = 0x0304
local BINDER_KEYS = { resumption = "resumption_binder_key", external = "external_binder_key" }

local function offered(hello)
  local data, entry = hellos.find(hello, "pre_shared_key")
  if type(data) ~= "table" then return nil end
  return data, entry == hello.extensions[#hello.extensions]
end

-- The ClientHello without the list of binders, which it ends with.
local function truncated(bytes, binders)
  local length = 2
  for _, binder in ipairs(binders) do length = length + 1 + #binder end
  return bytes:sub(1, -length - 1)
end

-- The schedule of a PSK, begun.
local function begin(known)
  local schedule = key_schedule.new(known.hash)
  schedule:add { name = "psk", operation = "known", secret = known.key, source = known.kind }
  schedule:early(known.key)
  schedule:derive(BINDER_KEYS[known.kind], crypto.digest(known.hash, ""))
  return schedule
end

local function binder_holds(hs, schedule, known, partial, binder)
  local digest = hs.transcript:digest(known.hash, partial)
  return digest and schedule:verify_data(BINDER_KEYS[known.kind], digest) == binder
end

local HASHES = { [32] = "sha256", [48] = "sha384" }

-- A live connection tells a PSK without its identity: the binder that it makes tells which one.
local function logged(hs, partial, binder)
  local key = hs.secrets:logged(hs.client_random, "PRE_SHARED_KEY")
  local hash = HASHES[#binder]
  for kind in pairs(key and hash and BINDER_KEYS or {}) do
    local known = { key = key, hash = hash, kind = kind }
    if binder_holds(hs, begin(known), known, partial, binder) then return known end
  end
end

local function check_binders(observer, hs, entry, psks)
  local partial, verdict = truncated(entry.bytes, psks.binders), nil
  for i = 1, math.min(#psks.identities, MOST_IDENTITIES) do
    local binder = psks.binders[i] or ""
    local known = hs.secrets:psk(psks.identities[i].identity) or logged(hs, partial, binder)
    local schedule = known and begin(known)
    hs.psk_schedules[i] = schedule
    if schedule and verdict ~= false then
      verdict = binder_holds(hs, schedule, known, partial, binder) or false
    end
    if i == 1 and known then hs.early_suite = known.suite end
  end
  observer:check(entry, "binders", verdict, verdict == nil
    and "none of the pre-shared keys is known" or "a binder is not what its key gives")
end

local function suites_for_early_data(hs)
  if hs.early_suite then return { hs.early_suite } end
  local list = {}
  for _, suite in ipairs(hs.client_hello.cipher_suites) do
    if #list < 8 and decryptor.supports(TLS13, suite) then list[#list + 1] = suite end
  end
  return list
end

-- The early traffic secret for a suite, if it can be one of that suite.
local function early_secret(hs, suite)
  local hash, schedule = suite.hash:lower(), hs.psk_schedules[1]
  if schedule then
    if schedule.hash ~= hash then return nil end
    local digest = hs.early_transcript:digest(hash)
    schedule:derive("early_exporter_master_secret", digest)
    return schedule:derive("client_early_traffic_secret", digest)
  end
  local secret = hs.secrets:logged(hs.client_random, "CLIENT_EARLY_TRAFFIC_SECRET")
  return secret and #secret == key_schedule.new(hash).size and secret or nil
end

-- The suite of early data is that of the PSK; where only the secret is known, the one that opens
-- the first record is the one.
local function expect_early_data(observer, hs)
  hs.early_data, hs.early_transcript = true, hs.transcript:copy()
  observer.summary.early_data_offered = true
  observer.directions.client:switch(nil)
  for _, suite in ipairs(suites_for_early_data(hs)) do
    observer.directions.client:expect {
      name = "client_early_traffic_secret", epoch = 1, make = function()
        local secret = early_secret(hs, suite)
        if not secret then return nil, "client_early_traffic_secret is not known" end
        return decryptor.tls13(suite, secret)
      end,
    }
  end
end

--- Takes a ClientHello, before it is in the transcript.
-- @tparam table observer
-- @tparam table hs handshake
-- @tparam table entry
function M.client_hello(observer, hs, entry)
  local psks, last = offered(hs.client_hello)
  hs.psk_schedules, hs.early_data = {}, nil
  if not psks then return end
  if not last then
    return observer:check(entry, "binders", false, "pre_shared_key is not the last extension")
  end
  check_binders(observer, hs, entry, psks)
end

--- Takes a ClientHello that is in the transcript.
-- @tparam table observer
-- @tparam table hs handshake
function M.after_client_hello(observer, hs)
  if hellos.find(hs.client_hello, "early_data") then expect_early_data(observer, hs) end
end

--- The schedule of the PSK that a ServerHello selects.
-- @tparam table hs handshake; gains `psk_selected` (from 0)
-- @treturn table schedule; nil when no PSK is selected or it is not known
function M.selected(hs)
  local selection = hellos.find(hs.server_hello, "pre_shared_key")
  if type(selection) ~= "table" then return nil end
  hs.psk_selected = selection.selected_identity
  local schedule = (hs.psk_schedules or {})[hs.psk_selected + 1]
  return schedule and schedule.hash == hs.suite.hash:lower() and schedule or nil
end

return M
