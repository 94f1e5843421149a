-- lua https_luasocket.lua HOST PORT [TRUST]
local socket = require "socket"
local wolfssl = require "wolfssl"

local host, port, trust = ...
local client = assert(wolfssl.client { trust = trust })
local tcp = assert(socket.connect(host, port))
local stream = client:wrap(tcp, { server_name = host, timeout = 10 })
assert(stream:send("GET / HTTP/1.0\r\nHost: " .. host .. "\r\n\r\n"))
print(stream:receive("*a"))
stream:close()
