--- nginx: cosockets, and the raw socket of a request, in the event loop of their worker.
--
-- Such sockets belong to the request that made them. A connection outlives it by `park`, which
-- leaves it in a pool of its own in the worker, and `unpark`, which another request calls: see
-- `wolfssl.stream.pool`.
--
-- nginx has no way to wake who waits for a cosocket. Reads therefore wait in slices of half a
-- second, and each that ends is a line in the error log unless `lua_socket_log_errors` is off; a
-- parked write returns when its timeout is over. What a write did not send in time is lost, and
-- the connection with it. `lua_socket_buffer_size 17k` lets a read take a whole record.
--
-- A request that asks another server (`connect` takes names where there is a `resolver`):
--
--     lua_socket_log_errors off;
--     lua_socket_buffer_size 17k;
--     location = /example {
--       content_by_lua_block {
--         local wolfssl = require "wolfssl"
--         local options = { server_name = "example.org", timeout = 10 }
--         local stream = assert(wolfssl.connect("10.0.0.5", 443, options))
--         stream:send("GET / HTTP/1.0\r\nHost: example.org\r\n\r\n")
--         ngx.say(stream:receive("*l"))
--         stream:close()
--       }
--     }
--
-- http-lua serves TLS behind an upgrade, after a request's head:
--
--     location = /tls {
--       content_by_lua_block {
--         local socket = assert(ngx.req.socket(true))
--         socket:send("HTTP/1.1 101 Switching Protocols\r\n"
--           .. "Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n\r\n")
--         local stream = require("app").context:wrap(socket, { timeout = 30 })
--         …
--         stream:close()
--       }
--     }
--
-- stream-lua (ngx_stream_lua_module) serves it from the first byte. The context is made once, where
-- the worker starts or by the first connection, and kept in a module:
--
--     stream {
--       lua_socket_log_errors off;
--       lua_socket_buffer_size 17k;
--       server {
--         listen 8443;
--         content_by_lua_block {
--           local stream = require("app").context:wrap(assert(ngx.req.socket(true)))
--           …
--           stream:close()
--         }
--       }
--     }
-- @module wolfssl.transport.ngx

local semaphore = require "ngx.semaphore"

local deadline = require "wolfssl.transport.deadline"

local M = {}

local SLICE = 0.5          -- seconds until a read sees that it is closed
local FOREVER = 2 ^ 31 - 1 -- milliseconds

local Transport = {}
Transport.__index = Transport

local function milliseconds(seconds)
  return seconds and math.min(math.max(math.ceil(seconds * 1000), 1), FOREVER) or FOREVER
end

-- The event of the transport contract.
local function event()
  local changed = semaphore.new()
  return {
    wait = function(_, timeout)
      local ok
      repeat
        ok = changed:wait(timeout or FOREVER / 1000)
      until ok or timeout
      return ok
    end,
    signal = function()
      local waiting = -changed:count()
      if waiting > 0 then
        changed:post(waiting)
      end
    end,
  }
end

local function wrap(socket)
  return setmetatable({
    socket = socket, event = event, active = 0, read_limit = FOREVER, write_limit = FOREVER,
  }, Transport)
end

local function limit(self)
  self.socket:settimeouts(FOREVER, self.write_limit, self.read_limit)
end

-- The last one out of a closed transport closes the socket.
local function operate(self, method, argument)
  limit(self)
  self.active = self.active + 1
  local result, err = method(self.socket, argument)
  self.active = self.active - 1
  if self.closed then
    self:close()
    return nil, "closed"
  end
  return result, err
end

local READING = { closed = "eof", ["connection reset by peer"] = "reset" }

--- Takes what is there, waiting for the first byte of it.
-- @tparam int max
-- @tparam ?number timeout seconds
-- @treturn[1] string one byte or more
-- @treturn[2] nil
-- @treturn[2] string "timeout", "eof", "closed" (by us), "reset", or nginx's reason
function Transport:read(max, timeout)
  local moment = deadline.after(timeout)
  while not self.closed do
    self.read_limit = milliseconds(deadline.nearer(deadline.left(moment), SLICE))
    local bytes, err = operate(self, self.socket.receiveany, max)
    if not self.closed and (bytes or err ~= "timeout" or deadline.left(moment) == 0) then
      return bytes, READING[err] or err
    end
  end
  return nil, "closed"
end

local WRITING = {
  closed = "reset", ["broken pipe"] = "reset", ["connection reset by peer"] = "reset",
}

--- Writes all bytes.
-- @tparam string bytes
-- @tparam ?number timeout seconds
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string "timeout" (nothing can be written any more), "closed" (by us), "reset", or
--   nginx's reason
function Transport:write(bytes, timeout)
  if self.closed then
    return nil, "closed"
  end
  self.write_limit = milliseconds(timeout)
  local sent, err = operate(self, self.socket.send, bytes)
  if sent then
    return true
  end
  return nil, self.closed and "closed" or WRITING[err] or err
end

--- Closes a cosocket, at the latest when the operations parked on it have returned. A request's raw
-- socket is closed by the end of the request.
-- @treturn boolean true
function Transport:close()
  self.closed = true
  if self.active == 0 and not self.released then
    self.released = true
    if self.socket.close then
      self.socket:close()
    end
  end
  return true
end

--- Tells the peer's TCP that no more bytes come from us, where nginx can (stream requests).
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string reason
function Transport:finish()
  if self.closed then
    return nil, "closed"
  elseif not self.socket.shutdown then
    return nil, "nginx cannot end one direction here"
  end
  local ok, err = self.socket:shutdown("send")
  return ok and true, err
end

--- Switches a socket option.
-- @tparam string name "tcp-nodelay" or "keepalive"
-- @tparam boolean value
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string reason
function Transport:setoption(name, value)
  if self.closed then
    return nil, "closed"
  elseif not self.socket.setoption then
    return nil, "nginx sets no options of this socket"
  end
  local ok, err = self.socket:setoption(name, value)
  return ok and true, err
end

--- Leaves the connection to the worker; until `unpark` the transport is closed. nginx closes the
-- connection when its time is over, and when the peer sends anything.
-- @tparam number seconds
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string reason; the connection is closed
function Transport:park(seconds)
  if self.closed then
    return nil, "closed"
  elseif not self.pool then
    self:close()
    return nil, "only what connect has made can be parked"
  end
  self.closed, self.released = true, true
  local ok, err = self.socket:setkeepalive(milliseconds(seconds), 1)
  return ok and true, err
end

local function connect(host, port, pool, timeout)
  local socket = ngx.socket.tcp()
  socket:settimeouts(milliseconds(timeout), FOREVER, FOREVER)
  local ok, err = socket:connect(host, port, { pool = pool })
  if ok then
    return socket
  end
  return nil, err
end

--- Takes a parked connection up again, in any request of this worker.
-- @tparam ?number timeout seconds
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string "eof": it is gone
function Transport:unpark(timeout)
  local socket = connect(self.host, self.port, self.pool, timeout)
  if socket and socket:getreusedtimes() > 0 then
    self.socket, self.closed, self.released = socket, nil, nil
    return true
  elseif socket then
    socket:close()
  end
  return nil, "eof"
end

--- A transport over a connected cosocket, or over `ngx.req.socket(true)`.
-- @tparam table socket
-- @treturn transport
function M.new(socket)
  local self = wrap(socket)
  self:setoption("tcp-nodelay", true)
  return self
end

local connected = 0

--- Connects over TCP; a name needs nginx's `resolver`, and keeps to `resolver_timeout`.
-- @tparam string host a name or an address
-- @tparam int port
-- @tparam ?number timeout seconds
-- @treturn[1] transport
-- @treturn[2] nil
-- @treturn[2] string message, with host, port and reason
-- @treturn[2] string "timeout" or "network_error"
function M.connect(host, port, timeout)
  connected = connected + 1
  local pool = "wolfssl:" .. connected -- shared with nobody: a connection is one TLS connection's
  local socket, err = connect(host, port, pool, timeout)
  if not socket then
    return nil, ("cannot connect to %s:%s: %s"):format(host, port, err),
      err == "timeout" and "timeout" or "network_error"
  end
  local self = M.new(socket)
  self.host, self.port, self.pool = host, port, pool
  return self
end

local NO_LOOP = { init = true, init_worker = true }

--- Whether nginx runs the caller. Where it allows no cosockets, as in log_by_lua, they say so: to
-- block the worker would be no answer.
-- @treturn boolean
function M.running()
  return not NO_LOOP[ngx.get_phase()]
end

--- Whether this is a cosocket or a request's raw socket.
-- @param socket anything
-- @treturn boolean
function M.fits(socket)
  return type(socket) == "table" and type(socket.receiveany) == "function"
end

return M
