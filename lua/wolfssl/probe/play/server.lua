--- A whole handshake, as a well-behaved server does it.
-- @module wolfssl.probe.play.server
local extension = require "wolfssl.tls.extension"
local options_of = require "wolfssl.probe.play.options"
local spki = require "wolfssl.trace.spki"
local steps = require "wolfssl.probe.play.steps"

local change_and_finish, finish, say = steps.change_and_finish, steps.finish, steps.say
local expect_all, outcome = steps.expect_all, steps.outcome

local M = {}

local TLS13 = 0x0304

-- A message that has its options from the handshake's.
local function say_own(self, name, options)
  return say(self, name, options_of.among(name, options))
end

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

-- Middleboxes are to see a session resumed.
-- RFC 8446 appendix D.4
local function look_old(self)
  if self:seen().handshake.client_hello.legacy_session_id == "" then return true end
  return self:change_cipher_spec { hold = true }
end

local function server13(self, options)
  local ok, text, code = true
  if not options.retry then ok, text, code = look_old(self) end
  if ok then ok, text, code = say_own(self, "encrypted_extensions", options) end
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
  if ok then ok, text, code = say_own(self, "server_key_exchange", options) end
  if ok and options.request then
    ok, text, code = say(self, "certificate_request", options.request)
  end
  if not ok then return nil, text, code end
  return self:send { msg_type = "server_hello_done", body = "" }
end

local function server12(self, options)
  local hs = self:seen().handshake
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

local CLIENT_HELLO = { "client_hello", "sslv2_client_hello" }
local HELLOS = { client_hello = true, sslv2_client_hello = true }

-- Whether the entry that was taken last is a hello, and none waits to be taken.
local function has_hello(self)
  self:seen()
  local latest, next_one = self.latest, self.queue[1]
  return latest and HELLOS[latest.name] and not (next_one and HELLOS[next_one.name])
end

--- Does a server's handshake.
-- @tparam Conversation self
-- @tparam table options see `wolfssl.probe.play`
-- @return summary; or nil, message, code, detail
function M.handshake(self, options)
  local hello, text, code, detail = has_hello(self)
  if not hello then hello, text, code, detail = self:expect(CLIENT_HELLO) end
  if not hello then return nil, text, code, detail end
  options.key_kind = options.key_kind or key_kind(options.certificate)
  if not self:has_suite(options) then
    self:alert "handshake_failure"
    return nil, "no cipher suite in common", "peer_incompatible"
  end
  local ok
  if options.retry then
    ok, text, code = self:send(self:hello_retry_request(options.retry), { hold = true })
    if ok then ok, text, code = look_old(self) end
    if ok then ok, text, code = self:flush() end
    if ok then ok, text, code, detail = self:expect "client_hello" end
    if not ok then return nil, text, code, detail end
  end
  ok, text, code = say_own(self, "server_hello", options)
  if not ok then return nil, text, code end
  if self:version() >= TLS13 then return server13(self, options) end
  return server12(self, options)
end

return M
