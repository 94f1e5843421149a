--- Who knows what after a message: client, server and the one who listens on the way.
-- @module wolfssl.trace.explain.learned
local extension = require "wolfssl.tls.extension"
local words = require "wolfssl.trace.explain.words"

local M = {}

local function say(list, format, ...)
  list[#list + 1] = format:format(...)
end

local function both(known, format, ...)
  say(known.client, format, ...)
  say(known.server, format, ...)
end

local rules = {}

local function server_name(body)
  local data = extension.find(body.extensions, "server_name")
  local first = type(data) == "table" and (data.server_name_list or {})[1]
  return first and words.text(first.name)
end

local function protocols(body)
  local data = extension.find(body.extensions, "application_layer_protocol_negotiation")
  if type(data) ~= "table" then return nil end
  local names = {}
  for i, name in ipairs(data.protocol_name_list) do names[i] = words.text(name) end
  return words.list(names)
end

function rules.client_hello(known, _, body)
  say(known.server, "what the client supports, and in which order")
  say(known.eavesdropper, "what the client supports: enough to guess which program it is")
  local name, spoken = server_name(body), protocols(body)
  if name then
    say(known.server, "that the client wants %s", name)
    say(known.eavesdropper, "that the client wants %s: the name is not encrypted", name)
  end
  if spoken then say(known.eavesdropper, "that it would like to speak %s", spoken) end
  local psks = extension.find(body.extensions, "pre_shared_key")
  if type(psks) == "table" then
    say(known.eavesdropper, "that the client has been here before, or shares a key with the server")
  end
end

function rules.server_hello(known, scene, body)
  local version = scene.summary.version.name
  both(known, "the version is %s, the suite %s", version, body.cipher_suite.name)
  say(known.eavesdropper, "the version is %s, the suite %s", version, body.cipher_suite.name)
  if not scene.tls13 then return end
  both(known, "the shared secret, and with it the handshake keys")
  say(known.eavesdropper, "both public keys, but not the secret: it cannot be computed from them")
end

function rules.hello_retry_request(known)
  say(known.client, "which group the server wants")
  say(known.eavesdropper, "the same: nothing is encrypted yet")
end

function rules.encrypted_extensions(known, _, body)
  local spoken = protocols(body)
  if spoken then say(known.client, "that %s is spoken inside", spoken) end
  say(known.eavesdropper, "only the length")
end

local function leaf_name(scene, from)
  for _, chain in ipairs(scene.model.chains) do
    if chain.from == from and chain.certificates[1] then return chain.certificates[1].subject end
  end
end

function rules.certificate(known, scene, _, entry, step)
  local name = leaf_name(scene, entry.from)
  local other = known[words.peer(entry.from)]
  if not name then return say(other, "that the %s has no certificate", entry.from) end
  say(other, "that the %s claims to be %s; not yet that it is", entry.from, name)
  if step.encrypted then
    say(known.eavesdropper, "only the length: the certificate is encrypted")
  else
    say(known.eavesdropper, "the same: in TLS 1.2 certificates can be read by everyone")
  end
end

function rules.server_key_exchange(known)
  say(known.client, "the server's public value; by the signature also that the server has the "
    .. "private key of its certificate")
  say(known.eavesdropper, "the public value, but not the secret behind it")
end

function rules.certificate_request(known, _, _, _, step)
  say(known.client, "that the server wants to know who it is")
  say(known.eavesdropper, step.encrypted and "only the length" or "that mutual TLS is wanted")
end

local PREMASTER = {
  RSA = "the encrypted premaster secret: useless without the server's private key, and an open "
    .. "book once that leaks",
  PSK = "the name of the shared key, not the key",
}

function rules.client_key_exchange(known, scene)
  both(known, "the premaster secret, the master secret and all keys of the connection")
  say(known.eavesdropper, PREMASTER[scene.suite and scene.suite.key_exchange]
    or "the other public value: both together do not give the secret")
end

local function worst(checks, result)
  for _, check in ipairs(checks) do
    if check.ok == false then return false end
    if check.ok == nil and result then result = nil end
  end
  return result
end

-- Whether a side's certificates hold, up to a trusted root; nil when nobody could tell.
local function holds(scene, from)
  local result
  for _, chain in ipairs(scene.model.chains) do
    if chain.from == from then
      result = worst(chain.checks, true)
      for _, about in ipairs(chain.certificates) do result = worst(about.checks, result) end
    end
  end
  return result
end

local PROVEN = {
  [true] = "that the %s is who its certificate says",
  [false] = "that the %s has the private key of its certificate, which does not hold",
  unknown = "that the %s has the private key of its certificate",
}

function rules.certificate_verify(known, scene, _, entry, step)
  local proven = holds(scene, entry.from)
  if proven == nil then proven = "unknown" end
  say(known[words.peer(entry.from)], PROVEN[proven], entry.from)
  say(known.eavesdropper, step.encrypted and "only the length" or "who the client is")
end

function rules.change_cipher_spec(known, scene, _, entry)
  if scene.tls13 then return say(known.eavesdropper, "nothing") end
  say(known[words.peer(entry.from)], "that all that follows from the %s is encrypted", entry.from)
  say(known.eavesdropper, "that it cannot read on from here")
end

function rules.finished(known, _, _, entry)
  say(known[words.peer(entry.from)], "that the %s has the same keys, and that both saw the same "
    .. "messages", entry.from)
  say(known.eavesdropper, "nothing but the length")
end

function rules.new_session_ticket(known, _, _, _, step)
  say(known.client, "a ticket with which the next connection is quicker")
  say(known.eavesdropper, step.encrypted and "only the length"
    or "the ticket, but only the server can read what is in it")
end

function rules.application_data(known, _, _, entry, step)
  say(known[words.peer(entry.from)], "what the %s has to say", entry.from)
  say(known.eavesdropper, step.encrypted and "when and how much, not what"
    or "all of it: nothing is encrypted")
end

function rules.alert(known, _, _, entry, step)
  local alert = entry.message and entry.message.description
  if alert then
    say(known[words.peer(entry.from)], "%s", alert.name == "close_notify"
      and ("that the %s has said all, so nothing was cut off"):format(entry.from)
      or ("that the %s gave up: %s"):format(entry.from, alert.name))
  end
  say(known.eavesdropper, step.encrypted and "that something ends, not why" or "the reason, too")
end

function rules.unreadable(known)
  say(known.eavesdropper, "when and how much, not what")
end

--- What is learned by a step.
-- @tparam table scene
-- @tparam table entry
-- @tparam table step
-- @treturn table `{client, server, eavesdropper}`, lists of sentences
function M.of(scene, entry, step)
  local known = { client = {}, server = {}, eavesdropper = {} }
  local rule = rules[entry.name]
  local body = entry.message and entry.message.body
  local wanted = entry.kind ~= "handshake" or type(body) == "table"
  if rule and wanted then rule(known, scene, body, entry, step) end
  return known
end

return M
