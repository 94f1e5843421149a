-- A server that refuses every ClientHello with an alert, the cheapest there is; says its port.
-- Arguments: package.path, package.cpath.

package.path, package.cpath = arg[1], arg[2]

local socket = require "socket"

local ALERT = "\21\3\3\0\2\2\40" -- fatal handshake_failure

local listener = assert(socket.bind("127.0.0.1", 0, 512))
io.stdout:write(("port %d\n"):format(select(2, listener:getsockname())))
io.stdout:flush()
while true do
  local client = listener:accept()
  if client then
    client:settimeout(5)
    client:receive(5)
    client:send(ALERT)
    client:shutdown "send"
    client:receive "*a"
    client:close()
  end
end
