--- Whole handshakes, as well-behaved sides do them, out of the steps that a probe can also do one
-- by one.
-- @module wolfssl.probe.play
-- @see RFC 8446 section 2
-- @see RFC 5246 section 7.3
local Conversation = require("wolfssl.probe.conversation").Conversation
local errors = require "wolfssl.errors"
local extension = require "wolfssl.tls.extension"
local spki = require "wolfssl.trace.spki"

local TLS13 = 0x0304

-- The first of the peer's messages that did not pass a check.
local function wrong(self)
  for _, entry in ipairs(self:entries()) do
    for name, ok in pairs(entry.from == self.peer and entry.checks or {}) do
      if ok == false then return entry, name end
    end
  end
end

-- What was agreed, unless a check failed on the way.
local function outcome(self)
  local entry, name = wrong(self)
  if not entry then return self:summary() end
  return nil, ("%s: %s: %s"):format(entry.name, name, tostring(entry.reasons[name])),
    "peer_misbehaved", { entry = entry, conversation = self }
end

-- Makes a message by the method of that name, and sends it with what comes next; false is none.
local function say(self, name, ...)
  local message, text, code = self[name](self, ...)
  if message == nil then return nil, text, code end
  return message == false or self:send(message, { hold = true })
end

local function finish(self)
  local ok, text, code, detail = say(self, "finished")
  if not ok then return nil, text, code, detail end
  return self:flush()
end

local function change_and_finish(self)
  local ok, text, code = self:change_cipher_spec { hold = true }
  if not ok then return nil, text, code end
  return finish(self)
end

-- Expects each in turn; "?name" may be left out.
local function expect_all(self, ...)
  local got, last = {}, select("#", ...)
  local at = 1
  while at <= last do
    local wanted = {}
    for i = at, last do
      local mark, name = (select(i, ...)):match "^(%??)(.*)$"
      wanted[name] = i
      if mark == "" then break end
    end
    local message, entry, code, detail = self:await(function(_, e) return wanted[e.name] end)
    if not message then return nil, entry, code, detail end
    got[entry.name] = message
    at = wanted[entry.name] + 1
  end
  return got
end

-- ------------------------------------------------------------------------------------- client

local function authenticate(self, request, options)
  if not request then return true end
  local context = request.body.certificate_request_context
  local ok, text, code = say(self, "certificate", options.certificate, context)
  return ok, text, code
end

local function prove(self, request, options)
  if not request or not options.certificate then return true end
  return say(self, "certificate_verify", options.key, options.scheme)
end

local function client13(self, options)
  local got, text, code, detail
  if self:summary().resumed then
    got, text, code, detail = expect_all(self, "encrypted_extensions", "finished")
  else
    got, text, code, detail = expect_all(self, "encrypted_extensions", "?certificate_request",
      "certificate", "certificate_verify", "finished")
  end
  if not got then return nil, text, code, detail end
  if self:summary().early_data then
    self:send({ msg_type = "end_of_early_data", body = "" }, { hold = true })
  end
  local request, ok = got.certificate_request
  ok, text, code = authenticate(self, request, options)
  if ok then ok, text, code = prove(self, request, options) end
  if ok then ok, text, code = finish(self) end
  if not ok then return nil, text, code end
  return outcome(self)
end

local function client12_full(self, options)
  local got, text, code, detail = expect_all(self, "?certificate", "?certificate_status",
    "?server_key_exchange", "?certificate_request", "server_hello_done")
  if not got then return nil, text, code, detail end
  local request, ok = got.certificate_request
  ok, text, code = authenticate(self, request, options)
  if ok then ok, text, code = say(self, "client_key_exchange", options) end
  if ok then ok, text, code = prove(self, request, options) end
  if ok then ok, text, code = change_and_finish(self) end
  if not ok then return nil, text, code end
  got, text, code, detail = expect_all(self, "?new_session_ticket", "change_cipher_spec",
    "finished")
  if not got then return nil, text, code, detail end
  return outcome(self)
end

-- Whether the session is resumed shows in what comes next.
local function client12(self, options)
  local resumes = false
  local message, text, code, detail = self:await(function(_, entry)
    if entry.kind == "alert" then return false end
    resumes = entry.name == "new_session_ticket" or entry.name == "change_cipher_spec"
    return true
  end)
  if not message then return nil, text, code, detail end
  table.insert(self.queue, 1, text)
  if not resumes then return client12_full(self, options) end
  local got
  got, text, code, detail = expect_all(self, "?new_session_ticket", "change_cipher_spec",
    "finished")
  if not got then return nil, text, code, detail end
  local ok
  ok, text, code = change_and_finish(self)
  if not ok then return nil, text, code end
  return outcome(self)
end

local function client(self, options)
  local ok, text, code, detail = self:send(options.message or self:client_hello(options.hello))
  if not ok then return nil, text, code, detail end
  if options.early_data then
    ok, text, code = self:write(options.early_data)
    if not ok then return nil, text, code end
  end
  local message, entry
  message, entry, code, detail = self:await({ "server_hello", "hello_retry_request" })
  if message and entry.name == "hello_retry_request" then
    self.refused_early_data = true
    local again, why, word = self:retry(message)
    if not again then return nil, why, word end
    ok, text, code = self:send(again)
    if not ok then return nil, text, code end
    message, entry, code, detail = self:expect "server_hello"
  end
  if not message then return nil, entry, code, detail end
  if self:version() >= TLS13 then return client13(self, options) end
  return client12(self, options)
end

-- ------------------------------------------------------------------------------------- server

local function key_kind(chain)
  local leaf = chain and chain[1]
  if not leaf then return nil end
  local key = spki.find(type(leaf) == "string" and leaf or leaf:der())
  return key and spki.algorithm(key)
end

local function client_certificate(self)
  local message, entry, code, detail = self:expect "certificate"
  if not message then return nil, entry, code, detail end
  return message.body.certificate_list[1] ~= nil
end

local function server13(self, options)
  local ok, text, code = say(self, "encrypted_extensions", options)
  if ok and not options.selected_psk then
    if options.request then ok, text, code = say(self, "certificate_request", options.request) end
    if ok then ok, text, code = say(self, "certificate", options.certificate) end
    if ok then ok, text, code = say(self, "certificate_verify", options.key, options.scheme) end
  end
  if ok then ok, text, code = finish(self) end
  if not ok then return nil, text, code end
  local got, detail
  if options.early_data then
    got, text, code, detail = self:expect "end_of_early_data"
    if not got then return nil, text, code, detail end
  end
  if options.request and not options.selected_psk then
    got, text, code, detail = expect_all(self, "certificate", "?certificate_verify", "finished")
  else
    got, text, code, detail = expect_all(self, "finished")
  end
  if not got then return nil, text, code, detail end
  return outcome(self)
end

local function server12_resume(self)
  local ok, text, code = change_and_finish(self)
  if not ok then return nil, text, code end
  local got, why, word, detail = expect_all(self, "change_cipher_spec", "finished")
  if not got then return nil, why, word, detail end
  return outcome(self)
end

local function server12_flight(self, options)
  local suite = self:summary().cipher_suite
  local ok, text, code = true
  if suite.authentication ~= "anon" and suite.authentication ~= "PSK" then
    ok, text, code = say(self, "certificate", options.certificate)
  end
  if ok then ok, text, code = say(self, "server_key_exchange", options) end
  if ok and options.request then
    ok, text, code = say(self, "certificate_request", options.request)
  end
  if not ok then return nil, text, code end
  return self:send { msg_type = "server_hello_done", body = "" }
end

local function server12(self, options)
  local hs = self.observer.handshake
  if options.session_id and options.session_id == hs.client_hello.legacy_session_id then
    return server12_resume(self)
  end
  if options.key then self.secrets:add_rsa_key(options.key) end
  local ok, text, code = server12_flight(self, options)
  if not ok then return nil, text, code end
  local shown, detail
  if options.request then
    shown, text, code, detail = client_certificate(self)
    if shown == nil then return nil, text, code, detail end
  end
  local got
  got, text, code, detail = expect_all(self, "client_key_exchange",
    shown and "certificate_verify" or "?certificate_verify", "change_cipher_spec", "finished")
  if not got then return nil, text, code, detail end
  if options.session_ticket
      and extension.find(hs.client_hello.extensions, "session_ticket") then
    ok, text, code = say(self, "new_session_ticket", { ticket = options.ticket })
    if not ok then return nil, text, code end
  end
  ok, text, code = change_and_finish(self)
  if not ok then return nil, text, code end
  return outcome(self)
end

local function server(self, options)
  local hello, text, code, detail = self:expect "client_hello"
  if not hello then return nil, text, code, detail end
  options.key_kind = options.key_kind or key_kind(options.certificate)
  if not self:has_suite(options) then
    self:alert "handshake_failure"
    return nil, "no cipher suite in common", "peer_incompatible"
  end
  local ok
  if options.retry then
    ok, text, code = self:send(self:hello_retry_request(options.retry))
    if ok then ok, text, code, detail = self:expect "client_hello" end
    if not ok then return nil, text, code, detail end
  end
  ok, text, code = say(self, "server_hello", options)
  if not ok then return nil, text, code end
  if self:version() >= TLS13 then return server13(self, options) end
  return server12(self, options)
end

--- Does the rest of a handshake well: all of it in a conversation that has just begun.
--
-- The client's chain of trust is nobody's business here: signatures, binders and Finished messages
-- of the other side are checked, who signed a certificate is not.
-- @tparam ?table options
--
-- - client: `hello` (see `client_hello`) or `message` (a ClientHello of your own); `early_data`
--   (bytes, with `hello.psks` and `hello.early_data`); `certificate` (list), `key`, `scheme`: shown
--   when asked for; `identity`: of a PSK in TLS 1.2;
-- - server: `certificate`, `key`, `scheme`; `request`: options of `certificate_request`; `retry`:
--   options of `hello_retry_request`; and what `server_hello`, `encrypted_extensions` and
--   `server_key_exchange` take; `session_id` of a session known to `secrets` resumes it (TLS 1.2)
-- @treturn[1] table what was agreed, see `summary`
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
-- @treturn[2] ?table detail
function Conversation:handshake(options)
  local all = {}
  for name, value in pairs(options or {}) do all[name] = value end
  local summary, message, code, detail = (self.role == "client" and client or server)(self, all)
  if not summary and not errors.codes[code] then code = "internal" end
  return summary, message, code, detail
end

return {}
