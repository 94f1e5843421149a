--- A loop for programs that do many things at once: that of cqueues or luv where one of them is
-- installed, that of `wolfssl.transport.poll` elsewhere.
--
--     local loop = require "wolfssl.transport.loop".new()
--     loop:spawn(function() local transport = loop:connect("example.org", 443, 10) … end)
--     loop:run()
--
-- All have the same methods:
--
--    loop:spawn(task, ...)            runs a function in a coroutine of its own, now or soon
--    loop:wait(fd, mode, timeout)     in a task: true, or nil, "timeout"; without fd: a pause
--    loop:event()                     {wait = f(self, timeout), signal = f(self)}: a signal is for
--                                     those who wait when it comes
--    loop:resolve(host, timeout)      the addresses of a host, a list; or nil, message
--    loop:connect(host, port, timeout)   a transport, or nil, message, code
--    loop:transport(fd)               a transport over a descriptor
--    loop:run()                       returns when no task is left; raises what a task raises
-- @module wolfssl.transport.loop
local M = {}

--- The names of the loops, the best first.
M.names = { "cqueues", "luv", "poll" }

--- A loop.
-- @tparam ?string name one of `names`; default the first that is installed
-- @treturn[1] Loop
-- @treturn[1] string its name
-- @treturn[2] nil
-- @treturn[2] string message, when the one that was named is not installed
function M.new(name)
  local message
  for _, one in ipairs(name and { name } or M.names) do
    local found, module = pcall(require, "wolfssl.transport." .. one)
    if found then return (module.loop or module.new)(), one end
    message = module
  end
  return nil, message
end

return M
