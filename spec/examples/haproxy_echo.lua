-- HAProxy: `lua-load-per-thread haproxy_echo.lua`, and in a frontend `mode tcp` with
-- `tcp-request content use-service lua.echo`: sends every line back.
local wolfssl = require "wolfssl"

local core = core -- luacheck: ignore 113
local context = assert(wolfssl.server { certificate = "server-chain.pem", key = "server-key.pem" })
core.register_service("echo", "tcp", function(applet)
  local stream = context:wrap(applet)
  for line in function() return (stream:receive()) end do
    stream:send(line .. "\n")
  end
  stream:close()
end)
