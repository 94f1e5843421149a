--- A client's sessions in memory, the least recently used going first.
--
--     local memory = require "wolfssl.session_store.memory"
--     local client = assert(wolfssl.client { sessions = memory.new() })
--     local stream = assert(wolfssl.connect("example.org", 443, { context = client }))
--
-- One store may serve many contexts: the keys tell policies apart. A ticket of TLS 1.3 is given out
-- once, for whoever sees it twice knows that both connections are of the same client.
-- @see RFC 8446 appendix C.4
-- @module wolfssl.session_store.memory

local M = {}

local options_of = require "wolfssl.options"

local KINDS = { limit = "any", per_key = "any", reuse_tickets = "boolean", clock = "function" }

local DAY, WEEK = 86400, 604800

--- @type Store
local Store = {}
Store.__index = Store

local function unlink(self, entry)
  entry.older.newer, entry.newer.older = entry.newer, entry.older
  local list = self.lists[entry.key]
  for i = #list, 1, -1 do
    if list[i] == entry then table.remove(list, i) end
  end
  if #list == 0 then self.lists[entry.key] = nil end
  self.count = self.count - 1
end

-- The ring begins and ends with the store itself: store.newer is the oldest entry.
local function link(self, entry)
  local newest = self.older
  entry.older, entry.newer = newest, self
  newest.newer, self.older = entry, entry
  local list = self.lists[entry.key] or {}
  self.lists[entry.key] = list
  list[#list + 1] = entry
  self.count = self.count + 1
end

-- RFC 8446 section 4.6.1 allows a week at most; RFC 5246 appendix F.1.4 advises a day.
local function expiry(self, info)
  return self.clock() + math.min(info.lifetime, info.single_use and WEEK or DAY)
end

--- Keeps a session.
-- @tparam string key
-- @tparam userdata session
function Store:put(key, session)
  local info = session:info()
  local list = self.lists[key] or {}
  if not info.single_use then self:remove(key) end
  if #list >= self.per_key then unlink(self, list[1]) end
  link(self, { key = key, session = session, expires = expiry(self, info),
    single_use = info.single_use and not self.reuse_tickets })
  if self.count > self.limit then unlink(self, self.newer) end
end

--- The newest session that is still good.
-- @tparam string key
-- @treturn ?userdata session
function Store:get(key)
  local list = self.lists[key]
  local entry = list and list[#list]
  if not entry then return nil end
  unlink(self, entry)
  if entry.expires <= self.clock() then return self:get(key) end
  if not entry.single_use then link(self, entry) end
  return entry.session
end

--- Forgets all sessions with this key.
-- @tparam string key
function Store:remove(key)
  while self.lists[key] do unlink(self, self.lists[key][1]) end
end

--- How many sessions there are.
-- @treturn int
function Store:size()
  return self.count
end

local function count(options, name, default)
  local n = options[name]
  if n == nil then return default end
  if type(n) ~= "number" or n < 1 or n ~= n then
    error(("option '%s': a number from 1 on expected, got %s"):format(name, tostring(n)), 3)
  end
  return n
end

--- Makes a store.
-- @tparam ?table options `limit`: most sessions, default 1000; `per_key`: most of the same server
--   under the same policy, default 4; `reuse_tickets`: true to give tickets of TLS 1.3 out again
--   and again; `clock`: function that returns seconds, default `os.time`
-- @treturn Store
function M.new(options)
  options = options or {}
  options_of.check(options, KINDS, "a store of sessions")
  local self = setmetatable({
    limit = count(options, "limit", 1000), per_key = count(options, "per_key", 4),
    reuse_tickets = options.reuse_tickets or false, clock = options.clock or os.time,
    lists = {}, count = 0,
  }, Store)
  self.newer, self.older = self, self
  return self
end

return M
