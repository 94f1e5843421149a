-- lua https_cqueues.lua HOST PORT [TRUST]
local cqueues = require "cqueues"
local wolfssl = require "wolfssl"

local host, port, trust = ...
local queue = cqueues.new()
queue:wrap(function() -- connect waits in the loop that runs it
  local stream = assert(wolfssl.connect(host, port, { trust = trust, timeout = 10 }))
  stream:send("GET / HTTP/1.0\r\nHost: " .. host .. "\r\n\r\n")
  print(stream:receive("*a"))
  stream:close()
end)
assert(queue:loop())
