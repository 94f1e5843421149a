-- A server that lets handshakes wait: lua stalling.lua PATH CPATH CHAIN KEY COUNT. It prints its
-- port, and "waiting" once COUNT clients have said hello; a line of input lets all of them go on.

package.path, package.cpath = arg[1], arg[2]

local core = require("wolfssl.core").fd
local poll = require "wolfssl.transport.poll"
local wolfssl = require "wolfssl"

core.ignore_sigpipe()
io.stdout:setvbuf "no"
local loop = poll.new { limit = math.huge }
local count, waiting, gate = tonumber(arg[5]), 0, loop:event()
local context = assert(wolfssl.server {
  certificate = arg[3], key = arg[4],
  on_client_hello = function()
    waiting = waiting + 1
    if waiting == count then print "waiting" end
    if gate then gate:wait() end
  end,
})

local listener, port = assert(core.listen("127.0.0.1", 0))
loop:listen(listener, function(transport)
  local stream = context:wrap(transport, { timeout = 50 })
  stream:send("at last\n")
  stream:close()
end)
loop:spawn(function()
  loop:wait(0, "r")
  local opened = gate
  gate = nil
  opened:signal()
end)
print("port " .. port)
loop:run()
