-- A program that joins the connections made to it in pairs, in the order in which they come: two
-- ends for a host that cannot listen. lua relay.lua PATH CPATH; it prints its port.

package.path, package.cpath = arg[1], arg[2]

local core = require("wolfssl.core").fd
local poll = require "wolfssl.transport.poll"

core.ignore_sigpipe()
local loop = poll.new { limit = math.huge }
local listener, port = assert(core.listen("127.0.0.1", 0))
local first

local function pass(from, to)
  repeat
    local bytes = from:read(65536)
    local ok = bytes and to:write(bytes)
  until not ok
  to:finish()
  from.done = true
  if to.done then
    from:close()
    to:close()
  end
end

loop:listen(listener, function(transport)
  local other = first
  first = not other and transport or nil
  if other then
    loop:spawn(pass, transport, other)
    pass(other, transport)
  end
end)
io.stdout:write("port ", port, "\n")
io.stdout:flush()
loop:run()
