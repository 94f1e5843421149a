--- How far a scan is, on a terminal.
-- @module wolfssl.cli.scan.progress
local core = require("wolfssl.core").fd

local M = {}

local PAUSE = 0.2   -- seconds between two lines

local function is_terminal(descriptor)
  local ok = os.execute(("test -t %d"):format(descriptor))
  return ok == true or ok == 0
end

--- Begins.
-- @tparam boolean quiet true to show nothing; nothing is shown where no terminal is, either
-- @treturn table `update(counts)`: `done`, `active`, `unreachable`; `clear()`: before other output
function M.new(quiet)
  local shown = not quiet and is_terminal(2)
  local began, last, written = core.monotime(), 0, false
  local self = {}
  function self.clear()
    if written then io.stderr:write "\r\27[K" end
    written = false
  end
  function self.update(counts)
    local now = core.monotime()
    if not shown or now - last < PAUSE then return end
    last, written = now, true
    io.stderr:write(("\r\27[K%d done (%.0f/s), %d under way, %d not reached"):format(counts.done,
      counts.done / math.max(now - began, 0.001), counts.active, counts.unreachable))
    io.stderr:flush()
  end
  return self
end

return M
