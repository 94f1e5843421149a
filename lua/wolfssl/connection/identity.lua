--- A certificate and its key that a handler chose for one connection.
-- @module wolfssl.connection.identity

local caller = require "wolfssl.connection.call"
local core = require "wolfssl.core"
local material = require "wolfssl.context.material"

local methods = core.connection_methods

local M = {}

local function load(certificate, key, password)
  local chain, message, code = material.certificates(certificate, "certificate")
  if not chain then return nil, message, code end
  key, message, code = material.key(key, password)
  if not key then return nil, message, code end
  return chain, key
end

--- Uses them from here on.
-- @tparam table own of the connection
-- @tparam string name of the handler
-- @tparam string|userdata|table certificate as the option of a context
-- @tparam string|userdata key likewise
-- @tparam ?string|function password likewise
-- @treturn ?boolean false: they cannot be used, and the connection is over
function M.use(own, name, certificate, key, password)
  if certificate == nil or key == nil then
    return caller.nonsense(own, name, "a table without certificate or key", "both of them")
  end
  local sound, chain, loaded = pcall(load, certificate, key, password)
  if not sound then return caller.nonsense(own, name, chain, "a certificate and its key") end
  local ok, message = chain, loaded
  if chain then ok, message = methods.use_certificate(own.connection, chain, loaded) end
  if ok then return true end
  caller.reject(own, message, ("%s: %s"):format(name, message))
  return false
end

return M
