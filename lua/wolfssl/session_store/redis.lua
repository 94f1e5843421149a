--- A server's sessions in Redis, and ticket keys that a whole fleet shares through it.
--
--     local redis = require "wolfssl.session_store.redis"
--     local store = redis.new { host = "10.0.0.5", secret = secret }    -- 32 bytes
--     local context = assert(wolfssl.server {
--       certificate = "server-chain.pem", key = "server-key.pem",
--       sessions = store, ticket_keys = assert(store:ticket_keys()),
--     })
--
--     local keys = store:rotate_ticket_keys(12 * 3600)    -- now and then, on each of them
--     if keys then context:set_ticket_keys(keys) end
--
-- When Redis is down, slow or wrong the handshake is a full one, and after an error Redis is left
-- alone for a moment. How long a handshake waits is up to the client: the `timeout` of lua-redis is
-- for each line or string that it reads, so that a Redis that is not ours can hold a handshake with
-- a list without end. Redis sees nothing but sealed bytes: it
-- can neither read a session nor make one. Whoever replays a ticket gets nothing for it, as there
-- is no 0-RTT. A thousand handshakes can wait for it at once in one process, each ClientHello with
-- 4 KB, its coroutine included (`spec/session_store/flood.lua`).
--
-- The client is lua-redis, or any object with its methods `get`, `set`, `del` and `eval`, which
-- raise or return `nil, message`; that of resty.redis is one.
-- @module wolfssl.session_store.redis

local core = require "wolfssl.core"
local keyring = require "wolfssl.session_store.keyring"
local pcall = require("wolfssl.connection.call").pcall

local M = {}

-- Redis runs it as one step: of several servers that rotate at once one wins.
local SWAP = [[
if (redis.call('GET', KEYS[1]) or '') ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1
]]

--- @type Store
local Store = {}
Store.__index = Store

local function hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- lua-redis has no method for it.
local function close_client(client)
  local owner = client.close and client or client.network.socket
  owner:close()
end

local function take(self)
  local client = table.remove(self.idle)
  if client then return client end
  local message
  client, message = self.options.connect()
  if not client then error(message or "no connection", 0) end
  return client
end

local function give(self, client)
  if self.options.release then
    self.options.release(client)
  elseif #self.idle < self.options.max_idle then
    self.idle[#self.idle + 1] = client
  else
    self.options.close(client)
  end
end

local function fail(self, what, message)
  local options = self.options
  self.errors = self.errors + 1
  self.rest_until = options.clock() + options.retry_after
  if options.on_error then pcall(options.on_error, tostring(message), what) end
  return nil, tostring(message)
end

-- One command: its reply, or nil and a message. What no reply has come to is closed: a late one
-- would be taken for that of the next command. So are the clients that were kept: when Redis has
-- gone or grown tired of one, it has of all, and each would cost a further error.
local function command(self, what, name, ...)
  local ok, client = pcall(take, self)
  if not ok then return fail(self, what, client) end
  local sent, reply, message = pcall(client[name], client, ...)
  if not sent or not reply and message then
    pcall(self.options.close, client)
    self:close()
    return fail(self, what, sent and message or reply)
  end
  pcall(give, self, client)
  return reply
end

local function rests(self)
  return self.options.clock() < self.rest_until
end

local function name_of(self, id)
  return self.options.prefix .. hex(id)
end

--- What there is under an id.
-- @tparam string id
-- @treturn ?string bytes; nil: nothing, or no answer
function Store:get(id)
  if rests(self) then return nil end
  local reply = command(self, "get", "get", name_of(self, id))
  return type(reply) == "string" and reply or nil
end

--- Keeps bytes.
-- @tparam string id
-- @tparam string bytes
-- @tparam int lifetime seconds
function Store:put(id, bytes, lifetime)
  if rests(self) then return end
  command(self, "put", "set", name_of(self, id), bytes, "EX", ("%d"):format(lifetime))
end

--- Forgets what there is under an id.
-- @tparam string id
function Store:remove(id)
  if rests(self) then return end
  command(self, "remove", "del", name_of(self, id))
end

-- The record of keys and its bytes; nil and "" when there is none. They are asked for so rarely
-- that a client which was kept may be dead: that must not cost a rotation.
local function read_keys(self)
  local kept = #self.idle > 0
  local bytes, message = command(self, "ticket keys", "get", self.keys_name)
  if message and kept then bytes, message = command(self, "ticket keys", "get", self.keys_name) end
  if message then return nil, message, "network_error" end
  if type(bytes) ~= "string" then return nil, "" end
  local ring = keyring.open(bytes, self.options.secret, self.keys_name)
  if not ring then
    return nil, "the ticket keys in Redis were not sealed with this secret", "decode_error"
  end
  if ring.version < self.version then
    return nil, "the ticket keys in Redis are older than those that were there", "decode_error"
  end
  self.version = ring.version
  return ring, bytes
end

--- The ticket keys of the fleet, new ones when those are old. Each server calls it from time to
-- time; one of them makes the new keys, the others find them.
-- @tparam ?number age seconds after which keys are old; default: they always are
-- @treturn[1] {string,...} for the option `ticket_keys` and the context's `set_ticket_keys`
-- @treturn[1] int version, one more with each rotation
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code `network_error`: no answer, or one that makes no sense; `decode_error`:
--   what is there is not ours, or older than what was there
function Store:rotate_ticket_keys(age)
  local options = self.options
  if not options.secret then error("ticket keys need the option 'secret'", 2) end
  local ring, bytes, code = read_keys(self)
  if code then return nil, bytes, code end
  local now = options.time()
  if ring and now - ring.time < (age or 0) then return ring.keys, ring.version end
  ring = keyring.rotated(ring, now, self.version)
  local sealed = keyring.seal(ring, options.secret, self.keys_name)
  local swapped, message = command(self, "ticket keys", "eval", SWAP, 1, self.keys_name, bytes,
    sealed)
  if not swapped then return nil, message, "network_error" end
  if swapped == 1 then
    self.version = ring.version
    return ring.keys, ring.version
  end
  ring, bytes, code = read_keys(self) -- another one was faster
  if ring then return ring.keys, ring.version end
  return nil, code and bytes or "there are no ticket keys, and none can be made",
    code or "network_error"
end

--- The ticket keys of the fleet; makes them when there are none.
-- @treturn[1] {string,...}
-- @treturn[1] int version
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function Store:ticket_keys()
  return self:rotate_ticket_keys(math.huge)
end

--- Closes the clients that are kept. The store can be used again.
function Store:close()
  while #self.idle > 0 do pcall(self.options.close, table.remove(self.idle)) end
end

local function lua_redis(options)
  local parameters = { host = options.host, port = options.port, timeout = options.timeout }
  return function()
    return require("redis").connect(parameters)
  end
end

local DEFAULTS = {
  host = "127.0.0.1", port = 6379, timeout = 0.25, prefix = "tls:", retry_after = 1, max_idle = 8,
  close = close_client, clock = core.fd.monotime, time = os.time,
}

local OTHERS = { connect = true, release = true, on_error = true, secret = true }

local function merged(options)
  local all = {}
  for name, value in pairs(DEFAULTS) do all[name] = value end
  for name, value in pairs(options or {}) do
    if DEFAULTS[name] == nil and not OTHERS[name] then
      error(("unknown option '%s' of a store in Redis"):format(tostring(name)), 3)
    end
    all[name] = value
  end
  if all.secret and #all.secret ~= 32 then error("option 'secret': 32 bytes expected", 3) end
  all.connect = all.connect or lua_redis(all)
  return all
end

--- Makes a store. Nothing is connected before it is needed.
-- @tparam ?table options for lua-redis: `host`, `port`, `timeout` (0.25 seconds for each call of
--   its socket); for other clients: `connect`, a function that returns a client, `release`, one
--   that takes it back (by default up to `max_idle`, 8, are kept), and `close`, one that ends it.
--   For all: `prefix` of the names ("tls:"); `retry_after`: seconds for which Redis is left alone
--   after an error (1); `on_error`: function(message, what); `secret`: 32 bytes that the fleet
--   shares, for ticket keys; `clock` and `time`: instead of a monotonic clock and `os.time`
-- @treturn Store with `errors`, the number of them
function M.new(options)
  options = merged(options)
  return setmetatable({
    options = options, keys_name = options.prefix .. "ticket-keys", idle = {}, errors = 0,
    rest_until = -math.huge, version = 0,
  }, Store)
end

return M
