--- Who may use a stream: one reader and one writer at a time, until it is closed.
-- @module wolfssl.stream.role

local running = coroutine.running

local M = {}

--- Raises to the caller of the caller when the stream is closed.
-- @tparam Stream stream
function M.check(stream)
  if stream.closed then
    error("attempt to use a closed stream", 3)
  end
end

--- Takes a role for the time of a call. One that was left by an error is free again for its owner,
-- and for everyone once the owner is dead.
-- @tparam Stream stream its field of that name is cleared when the call is over
-- @tparam string role "reader" or "writer"
function M.enter(stream, role)
  local me, owner = running() or "main", stream[role]
  if owner and owner ~= me and (owner == "main" or coroutine.status(owner) ~= "dead") then
    error("another coroutine is already the " .. role .. " of this stream", 3)
  end
  stream[role] = me
end

return M
