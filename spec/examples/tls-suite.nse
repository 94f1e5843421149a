-- nmap --script ./tls-suite.nse -p 443 HOST
local wolfssl = require "wolfssl"

description = "Tells what a verified handshake comes to."
categories = { "safe" }
portrule = function(_, port) return port.state == "open" end
action = function(host, port)
  local options = { server_name = host.targetname or host.ip, timeout = 10 }
  local stream, message = wolfssl.connect(host.ip, port.number, options)
  if not stream then return message end
  local info = stream:info()
  stream:close()
  return info.version.name .. ", " .. info.cipher_suite.name
end
