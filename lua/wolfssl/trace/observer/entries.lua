--- The list of what was seen, with its limits.
-- @module wolfssl.trace.observer.entries
local alert = require "wolfssl.tls.alert"
local handshake = require "wolfssl.tls.handshake"
local wire = require "wolfssl.tls.wire"

local M = {}

local DEFAULTS = { application_data = 65536, entries = 4096 }
-- Bytes of all other entries; a handshake has some thousands.
local HANDSHAKES = 2097152
-- Alerts end connections: there is room for some when all other room is used up.
local ALERTS = 16

local entries = {}
entries.__index = entries

--- Makes an empty list.
-- @tparam ?table limits `application_data` (bytes of it kept, and of what cannot be read; default
-- 65536) and `entries` (default 4096)
-- @tparam ?function take gets each entry, of which none is kept then
-- @treturn table with `list` and `omitted`, `{entries =, bytes =}`
function M.new(limits, take)
  limits = limits or {}
  return setmetatable({
    list = {}, omitted = { entries = 0, bytes = 0 },
    room = { data = limits.application_data or DEFAULTS.application_data, other = HANDSHAKES },
    most = limits.entries or DEFAULTS.entries, take = take,
  }, entries)
end

local DATA = { application_data = "data", unreadable = "data" }

local function fits(self, entry, size)
  if entry.kind == "alert" then return #self.list < self.most + ALERTS end
  local room = DATA[entry.kind] or "other"
  if #self.list >= self.most or size > self.room[room] then return false end
  self.room[room] = self.room[room] - size
  return true
end

--- Adds an entry, or counts it as omitted.
-- @tparam table entry
function entries:add(entry)
  if self.take then
    self.take(entry)
    return entry
  end
  local size = math.max(#(entry.bytes or ""), entry.record and #entry.record.fragment or 0)
  if fits(self, entry, size) then
    self.list[#self.list + 1] = entry
  else
    self.omitted.entries = self.omitted.entries + 1
    self.omitted.bytes = self.omitted.bytes + size
  end
  return entry
end

local FORMS = { alert = alert.type, change_cipher_spec = alert.change_cipher_spec,
  heartbeat = alert.heartbeat }

--- The places of all fields of an entry's message.
-- @tparam table entry
-- @return spans as `wolfssl.tls.wire` gives them, offsets in `entry.bytes`; or nil, message,
-- "decode_error", detail
function M.spans(entry)
  if FORMS[entry.kind] then return wire.spans(FORMS[entry.kind], entry.bytes) end
  if entry.kind ~= "handshake" or entry.name == "sslv2_client_hello" then
    return wire.spans(wire.empty, "")
  end
  return handshake.spans(entry.bytes, entry.context)
end

return M
