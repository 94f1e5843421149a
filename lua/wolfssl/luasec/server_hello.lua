--- What a server of LuaSec decides by the ClientHello: the context by the name, and the protocol.
-- @module wolfssl.luasec.server_hello

local context = require "wolfssl.luasec.context"

local M = {}

-- LuaSec's table may have a metatable that finds contexts by itself.
local function by_name(connection, name)
  if not connection.names then return nil end
  local ctx = name and connection.names[name]
  if ctx == nil then return nil, connection.strict end
  if not context.is(ctx) or ctx.mode ~= "server" then
    error(("sni: a server's context expected for %s"):format(name), 0)
  end
  local built, message = context.build(ctx)
  if not built then error(("sni: %s: %s"):format(name, message), 0) end
  return built, nil, ctx
end

-- A context may have no certificate, because those of the names have.
local function has_nothing_to_show(options)
  return not options.certificates and not options.on_psk
end

local function handler(connection)
  return function(hello)
    local built, refused, ctx = by_name(connection, hello.server_name)
    if refused then
      connection.refusal = "callback failed"
      return nil, "unrecognized_name"
    elseif has_nothing_to_show((built or connection.built).options) then
      connection.refusal = "no shared cipher"
      return nil, "handshake_failure"
    end
    connection.asked_name = hello.server_name
    local answer = { context = built }
    local chooser = (ctx or connection.context).choose_alpn
    if chooser and hello.alpn[1] then answer.alpn = chooser(hello.alpn) end
    return next(answer) and answer or nil
  end
end

--- Whether there is anything to decide.
-- @tparam Connection connection of `wolfssl.luasec.connection`
-- @treturn boolean
function M.decides(connection)
  return connection.names ~= nil or connection.context.choose_alpn ~= nil
    or has_nothing_to_show(connection.built.options)
end

--- The options of a connection for which there is.
-- @tparam Connection connection of `wolfssl.luasec.connection`
-- @treturn table those of its context, and a handler
function M.options(connection)
  local copy = { on_client_hello = handler(connection) }
  for name, value in pairs(connection.built.options) do copy[name] = value end
  return copy
end

return M
