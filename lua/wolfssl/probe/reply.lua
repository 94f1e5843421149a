--- What a server does with what it is told, in one word: it is data, whatever it is.
--
-- A word is the name of a message ("server_hello", "application_data" …), "alert NAME", "closed"
-- for the end of the connection without an alert, "timeout" for silence, or "unreadable" for bytes
-- that are no TLS. A connection that is reset has ended: which of the two is seen depends on what
-- was still under way.
-- @module wolfssl.probe.reply
local M = {}

local WORDS = { timeout = "timeout", decode_error = "unreadable" }
local HELLOS = { server_hello = true, hello_retry_request = true }

-- What a server says by the way, such as that it has another name.
local function is_remark(message)
  return message.description and message.level.name == "warning"
    and message.description.name ~= "close_notify"
end

--- The next word.
-- @tparam Conversation c
-- @tparam ?number timeout seconds; that of the conversation
-- @treturn string
-- @treturn ?table message
-- @treturn ?table entry
function M.next(c, timeout)
  local usual = c.timeout
  c.timeout = math.min(usual, timeout or usual)
  local message, entry, code
  repeat
    message, entry, code = c:receive()
  until not (message and is_remark(message))
  c.timeout = usual
  if not message then return WORDS[code] or "closed", nil, entry end
  if entry.kind ~= "alert" then return entry.name, message, entry end
  return "alert " .. message.description.name, message, entry
end

--- All words up to one that ends the matter, or the end.
-- @tparam Conversation c
-- @tparam ?table wanted set of words to stop at
-- @tparam ?number timeout seconds for each
-- @treturn string the last word
-- @treturn ?table its message
-- @treturn ?table its entry
function M.last(c, wanted, timeout)
  local word, message, entry
  repeat
    word, message, entry = M.next(c, timeout)
  until not message or message.description or wanted and wanted[word]
  return word, message, entry
end

--- Says something in a conversation of its own, and waits for a word. The conversation goes on
-- until the next, for some servers take one client after the other.
-- @tparam Target target
-- @tparam table|string|function what a message, bytes, or function(conversation) that sends
-- @tparam ?number timeout seconds
-- @treturn[1] string word
-- @treturn[1] Conversation
-- @treturn[1] ?table message
-- @treturn[2] nil when there is no connection
-- @treturn[2] string message
-- @treturn[2] string code
function M.to(target, what, timeout)
  if target.greeted then target.greeted:abort() end
  local c, text, code = target:connect()
  if not c then return nil, text, code end
  target.greeted = c
  if type(what) == "function" then what(c) else c:send(what) end
  local word, message = M.next(c, timeout)
  return word, c, message
end

--- The word on a hello; "server_hello" stands for a HelloRetryRequest, too: it was taken.
-- @tparam Target target
-- @tparam ?table options of `client_hello`
-- @tparam ?table sending options of `send`
-- @treturn[1] string word
-- @treturn[1] Conversation
-- @treturn[1] ?table message
-- @treturn[2] nil when there is no connection
-- @treturn[2] string message
-- @treturn[2] string code
function M.to_hello(target, options, sending)
  local word, c, message = M.to(target, function(c) c:send(c:client_hello(options), sending) end)
  return HELLOS[word] and "server_hello" or word, c, message
end

return M
