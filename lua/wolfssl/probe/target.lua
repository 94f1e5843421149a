--- A server to probe.
-- @module wolfssl.probe.target
local conversation = require "wolfssl.probe.conversation"
local everything = require "wolfssl.probe.everything"
local options_of = require "wolfssl.options"
local reply = require "wolfssl.probe.reply"
local secret_store = require "wolfssl.trace.secrets"
local starttls = require "wolfssl.starttls"
local transports = require "wolfssl.transport"
local versions = require "wolfssl.tls.registry.version"

local M = {}

local TIMEOUT = 10
local PATIENCE = 2        -- seconds for what a server may say, or may not
local KINDS = { timeout = "number", patience = "number", server_name = "string", trust = "any",
  starttls = "string", transport = "any", psks = "table" }
local MOST_PASSED = 256   -- messages that nobody asked for
local LEAN_ENTRIES, LEAN_BYTES = 256, 65536   -- kept of a conversation of which a scan keeps little

--- @type Target
local Target = {}
Target.__index = Target

-- A function, a transport module, the name of one, or whatever loop runs the caller.
local function connector(choice)
  return type(choice) == "function" and choice or transports.choose(choice).connect
end

--- Makes a target. Conversations with it share what they learn about sessions and tickets.
-- @tparam string host
-- @tparam int port
-- @tparam ?table options
--
-- - `timeout`: seconds for each wait, default 10; `server_name`: default the host; `starttls`:
--   protocol that is spoken first, see `wolfssl.starttls`;
-- - `transport`: the name of a transport ("luv", "ngx" …), its module, or a function(host, port,
--   timeout) that returns a transport or nil, message, code; default: by who runs the caller;
-- - `patience`: seconds, at most, for what a server may say or may not, default 2; `trust`: whom
--   its certificates must come from, see `wolfssl.verify.trust`, default "system";
-- - `psks`: list of `{identity =, key =, hash =}`
-- @treturn Target with `connections` and `conversations`: how many there were, and their list;
-- `lean`, to be set where no traces are wanted;
-- `facts` and `results` of the probes that were run, see `wolfssl.probe.file`
function M.new(host, port, options)
  options = options or {}
  options_of.check(options, KINDS, "a target", 4)
  if type(host) ~= "string" or not tonumber(port) then
    error(("a host and the number of a port expected, got %s and %s"):format(type(host),
      type(port)), 3)
  end
  return setmetatable({
    host = host, port = port, timeout = options.timeout or TIMEOUT,
    patience = options.patience or PATIENCE, trust = options.trust or "system",
    server_name = options.server_name or host, starttls = options.starttls,
    open = connector(options.transport), connections = 0, conversations = {}, samples = {},
    facts = {}, results = {}, choices = {},
    secrets = secret_store.new { psks = options.psks },
  }, Target)
end

local function prelude(self, transport)
  if not self.starttls then return true end
  return starttls.start(self.starttls, transport,
    { server_name = self.server_name, timeout = self.timeout })
end

--- Connects, and begins a conversation.
-- @tparam ?boolean trusting true where nobody looks at signatures
-- @treturn[1] Conversation
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function Target:connect(trusting)
  if self.greeted then self.greeted:abort() end
  self.connections, self.witness, self.greeted = self.connections + 1, nil, nil
  local transport, message, code = self.open(self.host, self.port, self.timeout)
  if not transport then
    return nil, message or "there is no connection", code or "network_error"
  end
  local ready, text, why = prelude(self, transport)
  if not ready then
    transport:close()
    return nil, text, why
  end
  local c = conversation.new(transport, "client", { timeout = self.timeout,
    server_name = self.server_name, secrets = self.secrets, allowance = self.allowance,
    entries = self.lean and LEAN_ENTRIES, bytes = self.lean and LEAN_BYTES, trusting = trusting })
  if self.lean then self:forget(true) end
  c.number = #self.conversations + 1
  self.conversations[c.number] = c
  return c
end

--- Says a hello in a conversation of its own, and gives the answer. The conversation ends with the
-- next connection: some servers take one client after the other.
-- @tparam ?table options of `client_hello`
-- @treturn[1] table message: ServerHello, HelloRetryRequest or alert
-- @treturn[1] Conversation
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function Target:hello(options)
  local c, message, code = self:connect(self.lean)
  if not c then return nil, message, code end
  self.greeted = c
  local ok, text, why = c:send(c:client_hello(options))
  if not ok then return nil, text, why end
  local answer, entry, word, detail = c:expect { "server_hello", "hello_retry_request", "alert" }
  if not answer then return nil, entry, word, detail end
  return answer, c
end

local function is_final(message, entry)
  return entry.kind == "alert"
    and (message.level.name ~= "warning" or message.description.name == "close_notify")
end

-- The next message of one of these names, behind whatever else comes; or an alert that ends it.
local function read_to(c, wanted)
  for _ = 1, MOST_PASSED do
    local message, entry, code = c:receive()
    if not message then return nil, entry, code end
    if wanted[entry.name] or is_final(message, entry) then return message, entry end
    if entry.name == "hello_retry_request" then
      local again, text, word = c:retry(message)
      if not again then return nil, text, word end
      c:send(again)
    end
  end
  return nil, "no end of messages", "decode_error"
end

local WORDS = { timeout = "timeout", decode_error = "unreadable", not_compiled_in = "group" }

local function ask(self, options, wanted, listen)
  local c, message, code = self:connect(self.lean)
  if not c then return nil, message, code end
  c:send(c:client_hello(options))   -- one who has hung up by then may have said why
  local answer, entry, word = read_to(c, wanted)
  if listen and answer and wanted[entry.name] then listen(self, c, answer) end
  c:abort()
  if not answer and word == "timeout" and not self.answered then return nil, entry, word end
  self.answered = true
  if answer and wanted[entry.name] then return answer, c end
  return false, answer and "alert " .. answer.description.name or WORDS[word] or "closed", c
end

--- Says a hello in a conversation of its own, and reads to a message that need not be the first.
-- The conversation is over then; what it learned stays. A server that refused in words before, and
-- now hangs up without one, may have had enough of so many hellos: it is asked once more.
-- @tparam ?table options of `client_hello`
-- @tparam string|function ... names of the messages; a function gets target, conversation and
-- message before the conversation is over
-- @treturn[1] table message
-- @treturn[1] Conversation
-- @treturn[2] boolean false: the server refused
-- @treturn[2] string how: "alert NAME", "closed", "timeout", "unreadable", or "group" when it asks
-- for a share that we cannot make
-- @treturn[2] Conversation
-- @treturn[3] nil when there is no connection, or one on which the server never said a word
-- @treturn[3] string message
-- @treturn[3] string code
function Target:ask(options, ...)
  local wanted, listen = {}, nil
  for _, item in ipairs { ... } do
    if type(item) == "function" then listen = item else wanted[item] = true end
  end
  local answer, how, more = ask(self, options, wanted, listen)
  if answer == false and how == "closed" and self.alerts and not self.hangs_up then
    answer, how, more = ask(self, options, wanted, listen)
    self.hangs_up = how == "closed"   -- that is its way, at times
  end
  self.alerts = self.alerts or answer == false and how:find "^alert" ~= nil
  return answer, how, more
end

--- What the server said in a conversation: facts and findings that follow rest on it, until there
-- is another conversation, or `witness`, which is where it stands, is set anew.
-- @tparam Conversation c
-- @tparam string name of the message
-- @treturn table the first message of that name; nil when there is none
function Target:said(c, name)
  local message, place = c:heard(name)
  if message then self.witness = { connection = c.number, message = place, name = name } end
  return message
end

--- The newest version that was found to be spoken.
-- @tparam ?string limit none that is newer than this one
-- @treturn string name; nil when there is none
function Target:newest(limit)
  local most = versions:value(limit or "TLS 1.3")
  for _, version in ipairs(self.facts.versions or {}) do
    if version.value <= most then return version.name end
  end
end

-- What is left of a conversation: its number.
local FORGOTTEN = { abort = function() return true end, entries = function() return {} end,
  heard = function() end, place = function() end }

--- Lets go of the traces of conversations, but for those of samples. A target that is `lean` does
-- so with each new connection.
-- @tparam ?boolean over only of those that have ended
function Target:forget(over)
  local kept = {}
  for _, sample in pairs(self.samples) do kept[sample[1]] = true end
  for i, c in ipairs(self.conversations) do
    if not kept[c] and (c.closed or not over) then
      c:abort()
      self.conversations[i] = FORGOTTEN
    end
  end
  if not over then self.greeted, self.witness = nil, nil end
end

--- Says close_notify and reads on, for tickets come whenever the server likes.
-- @tparam Conversation c
-- @tparam number patience most seconds to wait for each message
-- @treturn string the code of the end: the name of the server's alert, "truncated", "timeout" …;
-- "endless" where it goes on and on
function M.drain(c, patience)
  c.timeout = math.min(c.timeout, patience)
  c:alert "close_notify"
  for _ = 1, MOST_PASSED do
    local message, _, code = c:receive()
    if not message then return code end
    if message.description then return message.description.name end
  end
  return "endless"
end

local function refused_by(detail)
  return detail and detail.alert and detail.alert.description.name
end

-- A whole handshake, as far as it goes.
local function attempt(self, hello)
  local c, message, code = self:connect()
  if not c then return nil, message, code end
  local agreed, why, word, detail = c:handshake { hello = hello }
  local how = agreed and { agreed = true, ending = M.drain(c, self.patience) }
    or { agreed = false, message = why, code = word, alert = refused_by(detail) }
  c:abort()
  return { c, how }
end

--- The hello of a sample: it offers everything, but no protocols where all of them were refused.
-- @tparam string version
-- @treturn table options of `client_hello`
function Target:full_hello(version)
  local hello, known = reply.hello(self, everything.hello(version)), self.samples[version]
  if known and known[2].without_alpn then hello.alpn = nil end
  return hello
end

--- A whole handshake that offers everything, made once for a version: probes that only look share
-- it. Where the server breaks off, because it wants a certificate for instance, the messages up to
-- there are in the conversation all the same.
-- @tparam string version "TLS 1.3", "TLS 1.2" …
-- @treturn[1] Conversation that has ended
-- @treturn[1] table how: `agreed`, whether the handshake was completed; `message`, `code` and
-- `alert` (a name) when it was not; `ending` when it was, what followed our close_notify: the name
-- of the server's alert, "truncated" for the end of the transport alone, "timeout" for neither, or
-- "endless";
-- `without_alpn`: true where the server refused all protocols, and none was offered therefore
-- @treturn[2] nil when there is no connection
-- @treturn[2] string message
-- @treturn[2] string code
function Target:sample(version)
  local known, message, code = self.samples[version]
  if not known then
    local hello = self:full_hello(version)
    known, message, code = attempt(self, hello)
    if known and known[2].alert == "no_application_protocol" then
      hello.alpn = nil
      known, message, code = attempt(self, hello)
      if known then known[2].without_alpn = true end
    end
    if not known then return nil, message, code end
    self.samples[version] = known
  end
  return known[1], known[2]
end

return M
