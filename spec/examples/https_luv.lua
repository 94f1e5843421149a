-- lua https_luv.lua HOST PORT [TRUST]
local uv = require "luv" -- in Neovim vim.loop
local wolfssl = require "wolfssl"

local host, port, trust = ...
coroutine.wrap(function()
  local options = { trust = trust, timeout = 10, transport = "luv" }
  local stream = assert(wolfssl.connect(host, port, options))
  stream:send("GET / HTTP/1.0\r\nHost: " .. host .. "\r\n\r\n")
  print(stream:receive("*a"))
  stream:close()
end)()
uv.run()
