--- What goes on in TLS 1.3 after the handshake, waited for by a stream's loop.
-- @module wolfssl.stream.after

local M = {}

local MOST_EARLY = 65536 -- bytes that are kept for later reads while an answer is awaited

-- Data that comes before the answer waits in the inbox, but not without end.
local function make_way(loop, total, message)
  if loop.inbox:length() >= MOST_EARLY then
    return nil, message, "want_read"
  end
  local data, why, code, detail = loop:listen()
  if data then
    return true
  elseif code ~= "want_read" then
    return loop:fatal(total, why, code, detail)
  end
  return loop:fetch(total)
end

-- Not every refusal is the end of the connection.
local function refused(loop, total, message, code, detail)
  if code ~= "closed" and loop.connection:info().open then
    return nil, message, code
  end
  return loop:fatal(total, message, code, detail)
end

--- Asks a client for its certificate, and waits until it has answered.
-- @tparam Loop loop
-- @tparam ?string mode
-- @tparam ?number total deadline
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
-- @treturn[2] ?table detail
function M.request_certificate(loop, mode, total)
  while true do
    local ok, message, code, detail = loop.connection:request_certificate(mode)
    if ok then
      return true
    elseif code ~= "want_read" then
      return refused(loop, total, message, code, detail)
    end
    ok, message, code, detail = make_way(loop, total, message)
    if not ok then
      return nil, message, code, detail
    end
  end
end

--- Writes with fresh keys from now on.
-- @tparam Loop loop
-- @tparam ?boolean request_peer
-- @tparam ?number total deadline
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
-- @treturn[2] ?table detail
function M.update_keys(loop, request_peer, total)
  local ok, message, code, detail = loop.connection:update_keys(request_peer)
  if not ok then
    return refused(loop, total, message, code, detail)
  end
  return loop:flush(total)
end

return M
