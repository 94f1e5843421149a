--- A transport used like a stream, without TLS: for what is said to a proxy.
-- @module wolfssl.https.plain

local M = {}

local Plain = {}
Plain.__index = Plain

local CODES = { timeout = "timeout", eof = "closed", closed = "closed" }
local WORDS = {
  timeout = "nothing arrived in time", eof = "the peer closed the connection",
  reset = "the peer reset the connection",
}

local function failed(err)
  return nil, WORDS[err] or err, CODES[err] or "network_error"
end

--- Over a transport, which it owns from now on.
-- @tparam transport transport
-- @treturn Plain
function M.new(transport)
  return setmetatable({ transport = transport }, Plain)
end

--- Sets the time that each call may take.
-- @tparam ?number seconds
function Plain:settimeout(seconds)
  self.timeout = seconds
end

--- Reads what is there.
-- @tparam ?int max
-- @treturn[1] string
-- @treturn[2] nil, message, code
function Plain:read(max)
  local bytes, err = self.transport:read(max or 16384, self.timeout)
  if bytes then return bytes end
  return failed(err)
end

--- Writes all bytes.
-- @tparam string bytes
-- @treturn[1] int
-- @treturn[2] nil, message, code
function Plain:write(bytes)
  local ok, err = self.transport:write(bytes, self.timeout)
  if ok then return #bytes end
  return failed(err)
end

--- Nothing is kept here.
-- @treturn boolean false
function Plain.dirty()
  return false
end

--- Closes the transport.
function Plain:close()
  return self.transport:close()
end

return M
