--- A stream as the transport of another: TLS over TLS, as through a proxy that is itself reached by
-- TLS.
-- @module wolfssl.transport.tls

local M = {}

local Transport = {}
Transport.__index = Transport

local WORDS = { timeout = "timeout", closed = "eof", truncated = "eof" }

-- In the words of the contract, see wolfssl.transport.fd; "closed" is our own end only.
local function word(self, message, code)
  return self.closed and "closed" or WORDS[code] or message
end

-- Where the stream's transport can be parked, so can this one.
local function park(self, seconds)
  if self.stream:dirty() then return nil, "something was left to read" end
  return self.stream.transport:park(seconds)
end

local function unpark(self, timeout)
  return self.stream.transport:unpark(timeout)
end

--- A transport over a stream, which it owns from now on.
-- @tparam stream stream
-- @treturn transport
function M.new(stream)
  local below = stream.transport
  return setmetatable({
    stream = stream, event = below.event, park = below.park and park,
    unpark = below.unpark and unpark,
  }, Transport)
end

--- Whether this is a stream.
-- @param socket anything
-- @treturn boolean
function M.fits(socket)
  return type(socket) == "table" and type(socket.handshake) == "function"
    and type(socket.connection) == "function" and socket.transport ~= nil
end

--- Takes what is there, waiting for the first byte of it.
-- @tparam int max
-- @tparam ?number timeout seconds
-- @treturn[1] string one byte or more
-- @treturn[2] nil
-- @treturn[2] string "timeout", "eof", "closed" (by us), or a reason
function Transport:read(max, timeout)
  if self.closed then return nil, "closed" end
  self.stream:settimeout(timeout, "t")
  local bytes, message, code = self.stream:read(max)
  if bytes then return bytes end
  return nil, word(self, message, code)
end

--- Writes all bytes.
-- @tparam string bytes
-- @tparam ?number timeout seconds
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string "timeout", "closed" (by us), or a reason
-- @treturn[2] int how many bytes were taken, after a timeout
function Transport:write(bytes, timeout)
  if self.closed then return nil, "closed" end
  self.stream:settimeout(timeout, "t")
  local last, message, code, _, taken = self.stream:write(bytes)
  if last then return true end
  return nil, word(self, message, code), taken
end

--- Closes the stream.
-- @treturn boolean true
function Transport:close()
  self.closed = true
  return self.stream:close()
end

for _, name in ipairs { "getfd", "getpeername", "getsockname", "setoption" } do
  Transport[name] = function(self, ...)
    if self.closed then return nil, "closed" end
    return self.stream[name](self.stream, ...)
  end
end

return M
