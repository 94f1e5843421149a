-- lua echo_server.lua PORT CHAIN KEY: sends every line back, to many clients at once. Port 0 is any
-- that is free.
local core = require("wolfssl.core").fd
local poll = require "wolfssl.transport.poll"
local wolfssl = require "wolfssl"

local port, chain, key = ...
local context = assert(wolfssl.server { certificate = chain, key = key })
local listener = assert(core.listen("127.0.0.1", tonumber(port)))
print("listening on " .. select(2, core.sockname(listener)))
io.stdout:flush()

local loop = poll.new { on_error = print }
loop:listen(listener, function(transport)
  local stream = context:wrap(transport, { timeout = 60 })
  local line = stream:receive()
  while line do
    stream:send(line .. "\n")
    line = stream:receive()
  end
  stream:close()
end)
loop:run()
