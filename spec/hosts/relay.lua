-- A program that joins the connections made to it in pairs, in the order in which they come: two
-- ends for a host that cannot listen. lua relay.lua PATH CPATH; it prints its port. The system
-- keeps little for it, so that a writer soon feels that the reader waits.

package.path, package.cpath = arg[1], arg[2]

local core = require("wolfssl.core").fd
local poll = require "wolfssl.transport.poll"

core.ignore_sigpipe()
local loop = poll.new { limit = math.huge }
local listener = assert(require("socket").bind("127.0.0.1", 0, 512))
local _, port = listener:getsockname()
for _, buffer in ipairs { "recv", "send" } do -- those of its connections, too
  assert(listener:setoption(buffer .. "-buffer-size", 131072))
end
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

loop:listen(listener:getfd(), function(transport)
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
