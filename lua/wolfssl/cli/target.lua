--- HOST[:PORT] on a command line.
-- @module wolfssl.cli.target

local M = {}

--- Reads a target.
-- @tparam string text "host", "host:port", "192.0.2.1:443", "[2001:db8::1]:443" or "2001:db8::1"
-- @tparam ?int default_port
-- @treturn[1] table `{host=, port=}`, without a port where neither says one
-- @treturn[2] nil
-- @treturn[2] string message
function M.parse(text, default_port)
  local host, port = text:match("^%[([%x:.%%%w]+)%]:?(%d*)$")
  if not host and text:find("^[%w.:%%]+$") and text:find(":.*:") then
    host, port = text, ""
  elseif not host then
    host, port = text:match("^([^:%s/%[%]]+):?(%d*)$")
  end
  if not host then
    return nil, ("'%s' is not HOST or HOST:PORT"):format(text)
  end
  port = port == "" and default_port or tonumber(port)
  if port and (port < 1 or port > 65535) then
    return nil, ("%d is no port"):format(port)
  end
  return { host = host, port = port }
end

--- How a target is written.
-- @tparam table target
-- @treturn string
function M.text(target)
  return (target.host:find(":") and "[%s]:%d" or "%s:%d"):format(target.host, target.port)
end

return M
