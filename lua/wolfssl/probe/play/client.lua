--- A whole handshake, as a well-behaved client does it.
-- @module wolfssl.probe.play.client
local options_of = require "wolfssl.probe.play.options"
local steps = require "wolfssl.probe.play.steps"

local change_and_finish, finish, say = steps.change_and_finish, steps.finish, steps.say
local expect_all, outcome = steps.expect_all, steps.outcome

local M = {}

local TLS13 = 0x0304

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
  if ok then
    ok, text, code = say(self, "client_key_exchange",
      options_of.among("client_key_exchange", options))
  end
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

--- Does a client's handshake.
-- @tparam Conversation self
-- @tparam table options see `wolfssl.probe.play`
-- @return summary; or nil, message, code, detail
function M.handshake(self, options)
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

return M
