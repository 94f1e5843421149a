--- Idle connections of a context. They are kept in it, so as to go with it.
-- @module wolfssl.https.pool

local deadline = require "wolfssl.transport.deadline"

local M = {}

local MOST = 8       -- connections
local SECONDS = 30   -- of idleness; servers mostly wait for a minute or more

local function close(entry)
  entry.wire:begin(deadline.after(0)):close()
end

--- Takes a connection that is still good; those that are not are closed.
-- @tparam table context
-- @tparam table loop whose connection it must be
-- @tparam string key where it leads to
-- @treturn ?Wire
function M.take(context, loop, key)
  local idle = context.idle or {}
  for i = #idle, 1, -1 do
    local entry = idle[i]
    if entry.loop == loop and entry.key == key then
      table.remove(idle, i)
      if deadline.left(entry.moment) > 0 and entry.wire:sound() then return entry.wire end
      close(entry)
    end
  end
end

--- Keeps a connection; the one that has been idle for longest may have to go.
-- @tparam table context
-- @tparam table loop
-- @tparam string key
-- @tparam Wire wire
function M.put(context, loop, key, wire)
  local idle = context.idle or {}
  context.idle = idle
  idle[#idle + 1] = { loop = loop, key = key, wire = wire, moment = deadline.after(SECONDS) }
  if #idle > MOST then close(table.remove(idle, 1)) end
end

--- Closes all of them.
-- @tparam table context
function M.clear(context)
  local idle = context.idle or {}
  context.idle = nil
  for _, entry in ipairs(idle) do close(entry) end
end

return M
