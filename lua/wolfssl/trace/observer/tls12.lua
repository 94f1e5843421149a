--- What an observer does with the messages of TLS 1.0 to 1.2: keys, and what is checked.
-- Handlers are called as those of `wolfssl.trace.observer.tls13`.
-- @module wolfssl.trace.observer.tls12
-- @see RFC 5246 section 7.3 and 7.4
local decryptor = require "wolfssl.trace.decryptor"
local hellos = require "wolfssl.trace.observer.hello"
local key_schedule = require "wolfssl.trace.key_schedule.tls12"
local premaster = require "wolfssl.trace.premaster"
local signature = require "wolfssl.trace.signature"
local spki = require "wolfssl.trace.spki"

local M = { before = {}, after = {} }

local MASTER_LENGTH = 48
local NOT_ALL_READ = "not all messages before this one could be read"

local function both(hs, name)
  return hellos.find(hs.client_hello or {}, name) ~= nil
    and hellos.find(hs.server_hello, name) ~= nil
end

--- ServerHello: the extensions that change the keys.
function M.after.server_hello(observer, hs)
  hs.extensions = {
    extended_master_secret = both(hs, "extended_master_secret"),
    encrypt_then_mac = both(hs, "encrypt_then_mac"),
    truncated_hmac = both(hs, "truncated_hmac"),
  }
  observer.summary.extended_master_secret = hs.extensions.extended_master_secret
  observer.summary.encrypt_then_mac = hs.extensions.encrypt_then_mac
  if hs.unsupported or not hs.client_random then return end
  hs.schedule = key_schedule.new {
    version = hs.version, suite = hs.suite,
    client_random = hs.client_random, server_random = hs.server_random,
  }
end

--- Certificate: the public key of whoever sent it.
function M.before.certificate(_, hs, entry)
  local leaf = entry.message.body.certificate_list[1]
  hs.public_keys[entry.from] = leaf and spki.find(leaf)
end

local function note_group(observer, body)
  local params = body.params and body.params.curve_params
  if params then observer.summary.group = params.parameters.namedcurve end
end

--- ServerKeyExchange: its signature.
function M.before.server_key_exchange(observer, hs, entry)
  local body = entry.message.body
  hs.server_key_exchange = body
  if type(body) ~= "table" then return end
  note_group(observer, body)
  if not body.signed_params then return end
  observer.summary.server_signature_scheme = body.signed_params.algorithm
  if observer.trusting then return end
  if not hs.client_random then return observer:check(entry, "signature", nil, NOT_ALL_READ) end
  observer:check(entry, "signature", signature.server_key_exchange(hs.version, entry.bytes, body,
    hs.public_keys.server, hs.client_random .. hs.server_random))
end

--- ClientKeyExchange: the premaster secret, and the master secret.
function M.after.client_key_exchange(_, hs, entry)
  hs.client_key_exchange = entry.message.body
  local schedule = hs.schedule
  if not schedule then return end
  local extended = hs.extensions.extended_master_secret
  local session_hash = extended and not hs.blind and hs.transcript:digest(schedule.hash) or nil
  if extended and not session_hash then
    hs.reasons.agreement = NOT_ALL_READ
    return
  end
  local secret, source = premaster.find(hs.secrets, hs.client_random, hs.suite,
    hs.server_key_exchange, hs.client_key_exchange)
  if not secret then
    hs.reasons.agreement = source
    return
  end
  schedule:add { name = "premaster_secret", operation = "agreement", secret = secret,
    source = source }
  schedule:master(session_hash)
end

local function from_session(hs)
  if hs.client_key_exchange then return nil end
  local ticket = hs.client_hello and hellos.find(hs.client_hello, "session_ticket")
  return hs.secrets:session(hs.server_hello.legacy_session_id_echo)
    or hs.secrets:session(type(ticket) == "table" and ticket.ticket or ticket)
end

-- The master secret, derived, out of the key log or of the session that is resumed.
local function master(hs)
  local schedule = hs.schedule
  if not schedule then return nil, hs.unsupported or "no ServerHello was seen" end
  if schedule.secrets.master_secret then return schedule.secrets.master_secret end
  local source, secret = "key log", hs.secrets:logged(hs.client_random, "CLIENT_RANDOM")
  if not secret then source, secret = "session", from_session(hs) end
  if secret and #secret == MASTER_LENGTH then
    return schedule:add { name = "master_secret", operation = "known", secret = secret,
      source = source }
  end
  return nil, ("the master secret is not known: %s, and the key log has no CLIENT_RANDOM")
    :format(hs.reasons.agreement or "the session that is resumed was not seen")
end

local function protection(hs, side)
  local secret, message = master(hs)
  if not secret then return nil, message end
  hs.keys = hs.keys or hs.schedule:key_block()
  return decryptor.tls12(hs.version, hs.suite, side, hs.keys, hs.extensions)
end

--- ChangeCipherSpec: the sender's new keys.
-- @tparam table observer
-- @tparam table hs handshake
-- @tparam string side who sent it
function M.change_cipher_spec(observer, hs, side)
  if observer.summary.resumed == nil then
    observer.summary.resumed = hs.client_key_exchange == nil and not hs.blind
  end
  local current = observer.directions[side]:current()
  observer.directions[side]:switch {
    name = side .. "_write_key", epoch = (current and current.epoch or 0) + 1,
    make = function() return protection(hs, side) end,
  }
end

--- CertificateVerify: the client's signature over all messages.
function M.before.certificate_verify(observer, hs, entry)
  observer.summary.client_signature_scheme = entry.message.body.algorithm
  if observer.trusting then return end
  if hs.blind or hs.transcript.overflow then
    return observer:check(entry, "signature", nil, NOT_ALL_READ)
  end
  observer:check(entry, "signature", signature.certificate_verify12(hs.version,
    entry.message.body, hs.public_keys.client, hs.transcript:bytes()))
end

--- Finished: the code over everything before it.
function M.before.finished(observer, hs, entry)
  if observer.trusting then return end
  local secret, message = master(hs)
  local digest = secret and not hs.blind and hs.transcript:digest(hs.schedule.hash)
  if not digest then
    return observer:check(entry, "finished", nil, message or NOT_ALL_READ)
  end
  local expected = hs.schedule:verify_data(entry.from, digest)
  entry.computed = { base = "master_secret", transcript_hash = digest, verify_data = expected }
  observer:check(entry, "finished", expected == entry.message.body.verify_data,
    "verify_data is not what the messages before give")
end

--- Finished: with the second one the session can be resumed.
function M.after.finished(observer, hs, entry)
  hs.finished = hs.finished or {}
  hs.finished[entry.from] = true
  if not (hs.finished.client and hs.finished.server) then return end
  hs.complete, observer.summary.complete = true, true
  local secret = master(hs)
  if secret then
    hs.secrets:remember_session(hs.server_hello.legacy_session_id_echo, secret)
    hs.secrets:remember_session(hs.ticket, secret)
  end
end

--- NewSessionTicket: what the session will be called.
function M.after.new_session_ticket(_, hs, entry)
  hs.ticket = entry.message.body.ticket
end

--- Adds a message to the transcript.
-- @tparam table hs handshake
-- @tparam table entry
function M.record(hs, entry)
  if entry.name ~= "hello_request" then hs.transcript:add(entry.bytes) end
end

return M
