-- One server of a fleet: lua fleet_server.lua PATH CPATH REDIS_PORT SECRET_HEX CHAIN KEY ROOT
-- It prints its port, and serves one connection after another: tells the client whether it resumed.

package.path, package.cpath = arg[1], arg[2]

local blocking = require "socket"
local redis = require "wolfssl.session_store.redis"
local wolfssl = require "wolfssl"

local secret = arg[4]:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)
local store = redis.new { port = tonumber(arg[3]), secret = secret, timeout = 50 }
local context = assert(wolfssl.server {
  certificate = arg[5], key = arg[6], sessions = store, ticket_keys = assert(store:ticket_keys()),
  verify = "optional", trust = arg[7],
})

local listener = assert(blocking.bind("127.0.0.1", 0))
io.stdout:setvbuf "no"
print("port " .. select(2, listener:getsockname()))
while true do
  local socket = assert(listener:accept())
  local stream = context:wrap(socket, { timeout = 60 })
  if stream:handshake() then
    local client = stream:connection():peer_certificates()[1]
    stream:send(("%s %s\n"):format(stream:info().resumed and "resumed" or "new",
      client and client:subject_string() or "nobody"))
    stream:shutdown()
    stream:receive "*a"
  end
  stream:close()
end
