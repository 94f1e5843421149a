-- The server that client.nse meets: lua nse_server.lua PATH CPATH CHAIN KEY. It sends lines back
-- reversed, and does what some of them say.

package.path, package.cpath = arg[1], arg[2]

local core = require("wolfssl.core").fd
local poll = require "wolfssl.transport.poll"
local wolfssl = require "wolfssl"

core.ignore_sigpipe()
io.stdout:setvbuf "no"
local loop = poll.new { limit = math.huge }
local context = assert(wolfssl.server { certificate = arg[3], key = arg[4] })

-- Until there were so many at once, nobody gets an answer.
local together, gathered = 0, loop:event()

local COMMANDS = {
  silence = function() end,
  give = function(stream, count) stream:send(("s"):rep(count)) end,
  take = function(stream, count) stream:send(#stream:receive(count) .. "\n") end,
  bye = function(stream)
    stream:send "last words"
    stream:shutdown()
  end,
  cut = function(stream, _, transport)
    stream:send "half a "
    transport:close()
  end,
  gather = function(stream, count)
    together = together + 1
    if together == count then gathered:signal() end
    while together < count do gathered:wait() end
    stream:send "together\n"
  end,
}

local listener, port = assert(core.listen("127.0.0.1", 0))
loop:listen(listener, function(transport)
  local stream = context:wrap(transport, { timeout = 50 })
  for line in function() return (stream:receive()) end do
    local word, count = line:match "^(%l+) ?(%d*)$"
    local command = COMMANDS[word]
    if command then
      command(stream, tonumber(count), transport)
    else
      stream:send(line:reverse() .. "\n")
    end
    if transport.closed then return end
  end
  stream:close()
end)
print("port " .. port)
loop:run()
