-- lua https_blocking.lua HOST PORT [TRUST]
local wolfssl = require "wolfssl"

local host, port, trust = ...
local stream = assert(wolfssl.connect(host, port, { trust = trust, timeout = 10 }))
stream:send("GET / HTTP/1.0\r\nHost: " .. host .. "\r\n\r\n")
print(stream:receive("*a"))
stream:close()
