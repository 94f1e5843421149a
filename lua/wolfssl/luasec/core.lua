--- `ssl.core`: what LuaSec's own Lua files stand on, for programs that use it directly.
-- @module wolfssl.luasec.core

local connection = require "wolfssl.luasec.connection"

local M = { SOCKET_INVALID = -1 }

M.create = connection.create
M.setfd = connection.setfd

--- Adds a method to connections.
-- @tparam string name
-- @tparam function method
function M.setmethod(name, method)
  connection.methods[name] = method
end

--- There is none.
-- @tparam Connection conn
-- @treturn[1] nil
-- @treturn[2] nil
-- @treturn[2] string "closed"
function M.compression(conn)
  if not conn:info() then return nil, "closed" end
  return nil
end

--- What `info` is made of.
-- @tparam Connection conn
-- @treturn[1] string OpenSSL's description of the suite
-- @treturn[1] int bits
-- @treturn[1] int bits of the algorithm
-- @treturn[1] string protocol
-- @treturn[2] nil
-- @treturn[2] string "closed"
function M.info(conn)
  local info, message = conn:info()
  if not info then return nil, message end
  return ("%s %s Kx=%s Au=%s Enc=%s Mac=%s"):format(info.cipher, info.protocol, info.key,
    info.authentication, info.encryption, info.mac), info.bits, info.algbits, info.protocol
end

--- Whose this is.
-- @treturn string
function M.copyright()
  return "lua-wolfssl, LuaSec's interface on wolfSSL"
end

return M
