--- What an observer does with the messages of TLS 1.3: which keys come when, and what is checked.
-- Handlers get the observer, the handshake and the entry; those of `before` run while the
-- transcript ends with the message before, those of `after` once it is in.
-- @module wolfssl.trace.observer.tls13
-- @see RFC 8446 section 4.4
-- @see RFC 8446 section 7.1
-- @see RFC 8446 appendix A
local agreement = require "wolfssl.trace.observer.agreement"
local decryptor = require "wolfssl.trace.decryptor"
local hellos = require "wolfssl.trace.observer.hello"
local key_schedule = require "wolfssl.trace.key_schedule.tls13"
local psk = require "wolfssl.trace.observer.psk"
local signature = require "wolfssl.trace.signature"
local spki = require "wolfssl.trace.spki"

local M = { before = {}, after = {} }

local END_OF_EARLY_DATA = "\5\0\0\0"
local NOT_ALL_READ = "not all messages before this one could be read"

-- What key logs call the secrets.
local LABELS = {
  client_early_traffic_secret = "CLIENT_EARLY_TRAFFIC_SECRET",
  early_exporter_master_secret = "EARLY_EXPORTER_SECRET",
  client_handshake_traffic_secret = "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
  server_handshake_traffic_secret = "SERVER_HANDSHAKE_TRAFFIC_SECRET",
  client_application_traffic_secret_0 = "CLIENT_TRAFFIC_SECRET_0",
  server_application_traffic_secret_0 = "SERVER_TRAFFIC_SECRET_0",
  exporter_master_secret = "EXPORTER_SECRET",
}

local function logged(hs, name)
  local label = LABELS[name]
  local secret = label and hs.secrets:logged(hs.client_random, label)
  if not secret then return nil, "and the key log has no " .. (label or name) end
  if #secret ~= hs.schedule.size then
    return nil, ("and %s in the key log has %d bytes"):format(label, #secret)
  end
  return hs.schedule:add {
    name = name, operation = "expand", label = key_schedule.SECRETS[name][2],
    context = hs.contexts[name], secret = secret, source = "key log",
  }
end

--- A secret, derived or out of the key log.
-- @tparam table hs handshake
-- @tparam string name
-- @treturn string secret; or nil, message
function M.obtain(hs, name)
  local schedule = hs.schedule
  if not schedule then return nil, hs.unsupported or "no ServerHello was seen" end
  if schedule.secrets[name] then return schedule.secrets[name] end
  local context = hs.contexts[name]
  local secret = context and schedule:derive(name, context)
  if secret then return secret end
  local message
  secret, message = logged(hs, name)
  if secret then return secret end
  return nil, ("%s is not known: %s, %s"):format(name, hs.reasons.agreement or "nothing to derive "
    .. "it from", message)
end

local function protection(self)
  local hs = self.handshake
  if hs.unsupported then return nil, hs.unsupported end
  local secret, message = M.obtain(hs, self.name)
  if not secret then return nil, message end
  return decryptor.tls13(hs.suite, secret)
end

local function candidate(hs, name, epoch)
  return { name = name, epoch = epoch, handshake = hs, make = protection }
end

local function application(hs, side)
  return candidate(hs, side .. "_application_traffic_secret_0", 3)
end

local function derive(hs, names, digest)
  for _, name in ipairs(names) do
    hs.contexts[name] = digest or nil
    M.obtain(hs, name)
  end
end

local function set_context(hs, names)
  derive(hs, names, not hs.blind and hs.transcript:digest(hs.schedule.hash))
end

local HANDSHAKE = { "client_handshake_traffic_secret", "server_handshake_traffic_secret" }

-- The handshake secrets, at once or when somebody looks: a probe that goes no further than the
-- ServerHello does not.
local function agree_on_keys(hs, lazy)
  local shared_secret = agreement.find(hs)
  if not lazy then
    agreement.extract(hs, shared_secret)
    return set_context(hs, HANDSHAKE)
  end
  local digest = not hs.blind and hs.transcript:digest_later(hs.schedule.hash)
  hs.schedule:later(function()
    agreement.extract(hs, shared_secret)
    derive(hs, HANDSHAKE, digest and digest())
  end)
end

--- HelloRetryRequest: ClientHello1 is hashed into one message.
function M.before.hello_retry_request(_, hs)
  if not hs.unsupported then hs.transcript:retry(hs.suite.hash:lower()) end
end

--- ServerHello: the handshake keys of both sides.
function M.after.server_hello(observer, hs)
  local client, server = observer.directions.client, observer.directions.server
  server:switch(candidate(hs, "server_handshake_traffic_secret", 2))
  server:expect(application(hs, "server"))
  if not hs.early_data then client:switch(nil) end
  client:expect(candidate(hs, "client_handshake_traffic_secret", 2))
  client:expect(application(hs, "client"))
  if hs.unsupported then return end
  hs.schedule = psk.selected(hs) or key_schedule.new(hs.suite.hash:lower())
  observer.summary.resumed = hs.psk_selected ~= nil
  agree_on_keys(hs, observer.lazy)
end

--- EncryptedExtensions: whether early data were taken.
function M.after.encrypted_extensions(observer, hs, entry)
  hellos.encrypted(entry.message.body, observer.summary)
  hs.early_accepted = observer.summary.early_data
end

-- RFC 8446 section 4.6.2: each answer to a request after the handshake has a transcript of its own.
local function answers_request(hs, entry)
  local request = hs.requests and hs.requests[entry.message.body.certificate_request_context]
  if not request then return end
  hs.answer = hs.transcript:copy()
  hs.answer:add(request)
end

local function transcript_of(hs)
  return hs.answer or hs.transcript
end

--- CertificateRequest: during the handshake, or after it.
function M.before.certificate_request(_, hs, entry)
  if not hs.complete then return end
  hs.requests, hs.request_count = hs.requests or {}, (hs.request_count or 0) + 1
  if hs.request_count <= 16 then
    hs.requests[entry.message.body.certificate_request_context] = entry.bytes
  end
end

-- RFC 9345: a delegated credential has a key of its own.
local function key_of(leaf)
  local delegated = hellos.find(leaf, "delegated_credential")
  if type(delegated) == "table" then return delegated.cred.asn1_subject_public_key_info end
  return spki.find(leaf.cert_data)
end

--- Certificate: the public key of whoever sent it.
function M.before.certificate(_, hs, entry)
  if hs.complete and entry.from == "client" then answers_request(hs, entry) end
  local leaf = entry.message.body.certificate_list[1]
  hs.public_keys[entry.from] = leaf and key_of(leaf)
end

--- CertificateVerify: its signature.
function M.before.certificate_verify(observer, hs, entry)
  observer.summary[entry.from .. "_signature_scheme"] = entry.message.body.algorithm
  if observer.trusting then return end
  local digest = hs.schedule and not hs.blind and transcript_of(hs):digest(hs.schedule.hash)
  if not digest then return observer:check(entry, "signature", nil, NOT_ALL_READ) end
  observer:check(entry, "signature", signature.certificate_verify13(entry.from,
    entry.message.body, hs.public_keys[entry.from], digest))
end

-- An EndOfEarlyData that could not be read is in the transcript all the same.
local function complete_transcript(hs)
  if hs.early_accepted and not hs.end_of_early_data then
    hs.end_of_early_data = true
    hs.transcript:add(END_OF_EARLY_DATA)
  end
end

local function finished_base(observer, hs, from)
  if not hs.complete then return from .. "_handshake_traffic_secret" end
  local current = observer.directions[from]:current()
  return current and current.name
end

--- Finished: the code over everything before it.
function M.before.finished(observer, hs, entry)
  if entry.from == "client" then complete_transcript(hs) end
  if observer.trusting then return end
  local base = finished_base(observer, hs, entry.from)
  if not hs.schedule or hs.blind or not base then
    return observer:check(entry, "finished", nil, hs.unsupported or NOT_ALL_READ)
  end
  if not hs.complete then M.obtain(hs, base) end
  local digest = transcript_of(hs):digest(hs.schedule.hash)
  local expected = digest and hs.schedule:verify_data(base, digest)
  if not expected then return observer:check(entry, "finished", nil, base .. " is not known") end
  entry.computed = { base = base, transcript_hash = digest, verify_data = expected }
  observer:check(entry, "finished", expected == entry.message.body.verify_data,
    "verify_data is not what the messages before give")
end

local function server_finished(observer, hs)
  set_context(hs, { "client_application_traffic_secret_0", "server_application_traffic_secret_0",
    "exporter_master_secret" })
  observer.directions.server:switch(application(hs, "server"))
end

local function remember_ticket(hs, body)
  local key = hs.schedule and hs.schedule:resumption_psk(body.ticket_nonce)
  if key then
    hs.secrets:remember_ticket(body.ticket,
      { key = key, hash = hs.schedule.hash, suite = hs.suite })
  end
end

local function client_finished(observer, hs)
  set_context(hs, { "resumption_master_secret" })
  for _, body in ipairs(hs.tickets or {}) do remember_ticket(hs, body) end
  hs.complete, observer.summary.complete = true, true
  observer.directions.client:switch(application(hs, "client"))
end

--- Finished: the keys that follow it.
function M.after.finished(observer, hs, entry)
  if hs.complete then
    hs.answer = nil
  elseif hs.schedule then
    (entry.from == "server" and server_finished or client_finished)(observer, hs)
  end
end

--- EndOfEarlyData: the client goes on under its handshake key.
function M.after.end_of_early_data(observer, hs)
  hs.end_of_early_data = true
  observer.directions.client:switch(candidate(hs, "client_handshake_traffic_secret", 2))
  observer.directions.client:expect(application(hs, "client"))
end

--- KeyUpdate: the sender's next key.
function M.after.key_update(observer, hs, entry)
  local direction = observer.directions[entry.from]
  local current = direction:current()
  if not current or not current.name:find("_%d+$") or not hs.schedule then return end
  local secret, name = hs.schedule:update(current.name)
  direction:switch { name = name, epoch = current.epoch + 1, make = function()
    if not secret then return nil, name .. " is not known" end
    return decryptor.tls13(hs.suite, secret)
  end }
end

--- NewSessionTicket: the PSK of a later connection. A server may send it before the client's
-- Finished, which the PSK depends on.
function M.after.new_session_ticket(_, hs, entry)
  if hs.complete then return remember_ticket(hs, entry.message.body) end
  hs.tickets = hs.tickets or {}
  if #hs.tickets < 16 then hs.tickets[#hs.tickets + 1] = entry.message.body end
end

local OUTSIDE = { key_update = true, new_session_ticket = true }

--- Adds a message to the transcript it belongs to.
-- @tparam table hs handshake
-- @tparam table entry
function M.record(hs, entry)
  if OUTSIDE[entry.name] then return end
  if not hs.complete then
    hs.transcript:add(entry.bytes)
  elseif hs.answer then
    hs.answer:add(entry.bytes)
  end
end

return M
