--- The transport of plain scripts: poll(2), no event loop, nothing else installed.
-- @module wolfssl.transport.blocking

local core = require("wolfssl.core").fd
local fd = require "wolfssl.transport.fd"

local M = {}

local loop = { wait = core.poll }

--- A transport over a connected descriptor, which it owns from now on.
-- @tparam int descriptor
-- @treturn transport
function M.new(descriptor)
  return fd.new(descriptor, loop)
end

--- Connects over TCP.
-- @tparam string host a name or an address; each of a name's addresses is tried
-- @tparam int port
-- @tparam ?number timeout seconds, name resolution not included
-- @treturn[1] transport
-- @treturn[2] nil
-- @treturn[2] string message, with host, port and reason
-- @treturn[2] string "timeout" or "network_error"
function M.connect(host, port, timeout)
  local descriptor, message, code = core.connect(host, port, timeout)
  if not descriptor then
    return nil, message, code
  end
  return M.new(descriptor)
end

return M
