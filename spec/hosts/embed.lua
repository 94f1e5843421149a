-- What embed.c runs in each thread: sends every line back, reversed.

local fd = require "wolfssl.transport.fd"
local wolfssl = require "wolfssl"

local wait, directory = ...
local context = assert(wolfssl.server {
  certificate = directory .. "/chain.pem", key = directory .. "/key.pem",
})

return function(descriptor)
  local stream = context:wrap(fd.new(descriptor, { wait = wait }), { timeout = 20 })
  local line = stream:receive()
  while line do
    stream:send(line:reverse() .. "\n")
    line = stream:receive()
  end
  stream:close()
end
