--- What a server does with what it is told, in one word: it is data, whatever it is.
--
-- A word is the name of a message ("server_hello", "application_data" …), "alert NAME", "closed"
-- for the end of the connection without an alert, "timeout" for silence, or "unreadable" for bytes
-- that are no TLS. A connection that is reset has ended: which of the two is seen depends on what
-- was still under way.
-- @module wolfssl.probe.reply
local suites = require "wolfssl.probe.suites"
local versions = require "wolfssl.tls.registry.version"

local M = {}

local WORDS = { timeout = "timeout", decode_error = "unreadable" }
local HELLOS = { server_hello = true, hello_retry_request = true }
local MOST = 256   -- remarks, or words before the last

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
-- @treturn table|string its entry, or what went wrong
function M.next(c, timeout)
  local usual = c.timeout
  c.timeout = math.min(usual, timeout or usual)
  local message, entry, code
  for _ = 1, MOST do
    message, entry, code = c:receive()
    if not (message and is_remark(message)) then break end
  end
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
  for _ = 1, MOST do
    word, message, entry = M.next(c, timeout)
    if not message or message.description or wanted and wanted[word] then break end
  end
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
  local c, text, code = target:connect()
  if not c then return nil, text, code end
  target.greeted = c
  if type(what) == "function" then what(c) else c:send(what) end
  local word, message = M.next(c, timeout)
  return word, c, message
end

-- The versions of today, or what the server speaks.
local function versions_for(target)
  local newest = target:newest()
  return (newest == "TLS 1.3" or newest == "TLS 1.2") and { "TLS 1.3", "TLS 1.2" } or { newest }
end

local function contains(list, item)
  for _, other in ipairs(list) do
    if other == item then return true end
  end
end

-- The usual suites of these versions; and the first that the server was found to take in each, for
-- some take nothing usual.
local function suites_for(target, names)
  local newest, oldest = versions:value(names[1]), versions:value(names[#names])
  local list = suites.list(oldest, newest)
  for _, name in ipairs(names) do
    local found = target.facts.suites and target.facts.suites[name]
    local first = found and found.list[1]
    if first and not contains(list, first.name) then list[#list + 1] = first.name end
  end
  return list
end

--- An ordinary hello to a target.
-- @tparam Target target
-- @tparam ?table options of `client_hello` that it has besides, or otherwise
-- @treturn table options of `client_hello`
function M.hello(target, options)
  local all = {}
  for name, value in pairs(options or {}) do all[name] = value end
  all.versions = all.versions or versions_for(target)
  all.cipher_suites = all.cipher_suites or suites_for(target, all.versions)
  return all
end

--- The word on a hello; "server_hello" stands for a HelloRetryRequest, too: the hello was taken.
-- @tparam Target target
-- @tparam ?table options of `client_hello`, for what `hello` leaves open
-- @tparam ?function change gets the message, and may return options of `send`
-- @treturn[1] string word
-- @treturn[1] Conversation
-- @treturn[1] ?table message
-- @treturn[2] nil when there is no connection
-- @treturn[2] string message
-- @treturn[2] string code
function M.to_hello(target, options, change)
  local word, c, message = M.to(target, function(c)
    local hello = c:client_hello(M.hello(target, options))
    c:send(hello, change and change(hello))
  end)
  return HELLOS[word] and "server_hello" or word, c, message
end

--- Whether a server takes an ordinary hello, asked for once: what it does with an odd one means
-- nothing otherwise.
-- @tparam Target target
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code "peer_incompatible", or that of the network
function M.takes_hellos(target)
  if not target.ordinary then
    local word, text, code = M.to_hello(target)
    if not word then return nil, text, code end
    target.ordinary = word
  end
  if target.ordinary == "server_hello" then return true end
  return nil, "the answer to an ordinary hello is: " .. target.ordinary, "peer_incompatible"
end

return M
