--- Timeouts are given relative and kept absolute: a deadline is a moment on the monotonic clock.
-- No deadline is nil.
-- @module wolfssl.transport.deadline

local fd = require "wolfssl.core".fd

local M = {}

--- The moment when a timeout is over.
-- @tparam ?number timeout seconds; nil or a negative number never ends
-- @treturn ?number the deadline
function M.after(timeout)
  if timeout and timeout >= 0 then
    return fd.monotime() + timeout
  end
end

--- What is left until a deadline.
-- @tparam ?number deadline
-- @treturn ?number seconds, 0 when it has passed; nil without a deadline
function M.left(deadline)
  if deadline then
    local seconds = deadline - fd.monotime()
    return seconds > 0 and seconds or 0
  end
end

--- The nearer of two deadlines.
-- @tparam ?number a
-- @tparam ?number b
-- @treturn ?number
function M.nearer(a, b)
  if a and b then
    return a < b and a or b
  end
  return a or b
end

return M
