--- What is worth saying about this very message.
-- @module wolfssl.trace.explain.remarks
local exchanges = require "wolfssl.trace.notes.exchanges"
local extension = require "wolfssl.tls.extension"
local words = require "wolfssl.trace.explain.words"

local M = {}

local function say(list, format, ...)
  list[#list + 1] = format:format(...)
end

local function seconds_of(random)
  local a, b, c, d = random:byte(1, 4)
  return ((a * 256 + b) * 256 + c) * 256 + d
end

local A_DAY = 86400

-- RFC 5246 section 7.4.1.2: gmt_unix_time.
local function on_random(list, random, entry)
  local time = seconds_of(random)
  local now = entry.time and entry.time > 1e9 and entry.time or os.time()
  if math.abs(now - time) < A_DAY then
    return say(list, "The first four bytes of the random are the time, as the RFCs of TLS 1.0 to "
      .. "1.2 asked: %s.", words.date(time))
  end
  say(list, "The first four bytes of the random, %s, were once the time in seconds since 1970; "
    .. "here that would be %s. So they are random like the others: a clock in every handshake "
    .. "would tell which machine it is.", words.hex(random:sub(1, 4)), words.date(time))
end

local function on_session_id(list, id, tls13)
  if id == "" then
    return say(list, "The session id is empty: the client does not ask for an earlier session%s.",
      tls13 and "" or " by its name")
  end
  if tls13 then
    return say(list, "The session id has %s, but names no session: it is there so that the "
      .. "handshake looks like TLS 1.2 to middleboxes.", words.count(#id, "byte"))
  end
  say(list, "The session id names an earlier session. If the server still has it, it answers "
    .. "with the same id, and most of the handshake is saved.")
end

local function on_compression(list, methods)
  local others = {}
  for _, method in ipairs(methods) do
    if method.value ~= 0 then others[#others + 1] = method.name end
  end
  if #others == 0 then
    return say(list, "The client offers no compression (null), and nothing else may be chosen: "
      .. "where secret and attacker's text are compressed together, the length tells the secret "
      .. "(CRIME, 2012).")
  end
  say(list, "The client offers compression: %s. No server should take it: the length of "
    .. "compressed data gives secrets away (CRIME, 2012).", words.list(others))
end

local rules = {}

function rules.client_hello(list, scene, body, entry)
  if scene.first_hello then
    say(list, "This is the second ClientHello, as the server asked for it. The first one counts "
      .. "still: its hash begins the transcript.")
  end
  on_random(list, body.random, entry)
  on_session_id(list, body.legacy_session_id, scene.tls13)
  say(list, "%s offered, each split into its parts in the table.",
    words.count(#body.cipher_suites, "cipher suite is", "cipher suites are"))
  on_compression(list, body.legacy_compression_methods)
end

-- What the server does with the session id.
local function on_session(list, scene, body)
  local id = body.legacy_session_id_echo or ""
  local offered = scene.hello and scene.hello.legacy_session_id
  if id == "" then
    say(list, "The session id is empty: the server keeps no session under a name.")
  elseif scene.hello and id == offered then
    say(list, "The session id is the one that the client sent: the session is resumed. The old "
      .. "master secret holds, and new keys are made from it and from the new randoms; there is "
      .. "no certificate and no key exchange.")
  else
    say(list, "The session id is a new one: the server keeps this session under it, and the client "
      .. "may ask for it next time.")
  end
end

local function server_hello12(list, scene, body)
  on_session(list, scene, body)
  local notes = exchanges[body.cipher_suite.key_exchange]
  if notes and not scene.summary.resumed then say(list, "%s", notes.server) end
end

local function server_hello13(list, body)
  local share = extension.find(body.extensions, "key_share")
  local psk = extension.find(body.extensions, "pre_shared_key")
  if type(psk) == "table" then
    say(list, "The server takes the pre-shared key number %.0f of the client's list. So it needs "
      .. "no certificate: who has the key is who was there the last time.", psk.selected_identity)
  end
  if type(share) == "table" and share.server_share then
    say(list, "Client and server have exchanged key shares for %s. Each combines its own private "
      .. "key with the other's public one, and both get the same secret. There is no "
      .. "ServerKeyExchange in TLS 1.3: the share is in here.", share.server_share.group.name)
  end
  say(list, "From the secret and the hash of both hellos come the handshake keys. All that follows "
    .. "is encrypted.")
end

function rules.server_hello(list, scene, body)
  local version = scene.summary.version.name
  say(list, "Of the client's versions the server takes %s, of its suites %s. If nothing suited, "
    .. "the server would send the alert protocol_version or handshake_failure instead.", version,
    body.cipher_suite.name)
  if scene.tls13 then server_hello13(list, body) else server_hello12(list, scene, body) end
end

function rules.hello_retry_request(list, _, body)
  local share = extension.find(body.extensions, "key_share")
  if type(share) == "table" and share.selected_group then
    say(list, "The client shall send a key share for %s.", share.selected_group.name)
  end
end

function rules.server_hello_done(list, scene)
  local exchange = scene.suite and scene.suite.key_exchange
  if exchange == "RSA" and not scene.messages.server_key_exchange then
    say(list, "There was no ServerKeyExchange: with RSA key exchange the key in the certificate is "
      .. "all that the client needs.")
  end
end

function rules.certificate_request(list)
  say(list, "From here on it is mutual TLS: the client may show a certificate, or an empty list. "
    .. "With an empty list the server decides whether it goes on.")
end

local function pieces(scene)
  local list, schedule = {}, scene.model.schedules[scene.handshake]
  for _, row in ipairs(schedule and schedule.rows or {}) do
    if row.operation == "cut" and row.length then
      list[#list + 1] = ("%s %.0f"):format(row.title, row.length)
    end
  end
  return list
end

function rules.client_key_exchange(list, scene)
  local notes = exchanges[scene.suite and scene.suite.key_exchange]
  if notes then say(list, "%s", notes.premaster) end
  local label = scene.summary.extended_master_secret
    and "the hash of all messages so far (extended master secret)" or "both randoms"
  say(list, "The PRF makes the master secret of 48 bytes out of the premaster secret and %s. The "
    .. "premaster secret is erased at once.", label)
  local cut = pieces(scene)
  if #cut > 0 then
    say(list, "From the master secret and both randoms comes the key block. It is cut into "
      .. "(bytes): %s. Client and server cut alike, so what one encrypts the other can read.",
      words.list(cut))
    if scene.suite.aead then
      say(list, "There are no MAC keys: %s encrypts and authenticates in one (AEAD).",
        scene.suite.cipher .. (scene.suite.mode and "-" .. scene.suite.mode or ""))
    end
  end
end

function rules.certificate_verify(list, scene, _, entry)
  local what = scene.tls13 and ("64 spaces, the words \"TLS 1.3, %s CertificateVerify\", a zero, "
    .. "and the hash of all messages so far"):format(entry.from) or "all messages so far"
  say(list, "Signed is: %s. A signature taken from elsewhere would not fit.", what)
  if entry.from == "client" then
    say(list, "This is the heart of mutual TLS: the client does what no password could, it proves "
      .. "that it has a key without showing it.")
  end
end

function rules.change_cipher_spec(list, scene)
  say(list, "The record has type 20, its content is a single byte: 1.")
  if not scene.tls13 then
    say(list, "What the sender sends next is encrypted. It does not count among the handshake "
      .. "messages, so Finished does not cover it.")
  end
end

function rules.finished(list, scene, _, entry)
  local computed = entry.computed
  if computed then
    say(list, "It covers every handshake message before it. Their hash is %s; computed again from "
      .. "it, verify_data is %s%s", words.hex(computed.transcript_hash),
      words.hex(computed.verify_data), entry.checks.finished and ": the same as in the message."
        or ": NOT what the message says.")
  end
  if entry.from == "client" and scene.tls13 or entry.from == "server" and not scene.tls13
      and not scene.summary.resumed then
    say(list, "With this the handshake is complete: both sides know that nobody has changed a "
      .. "message, and application data can flow.")
  end
end

function rules.application_data(list, _, _, entry)
  local record = entry.record
  if not entry.decrypted then return end
  say(list, "The plaintext has %s, the fragment on the wire %.0f: the difference is what protects "
    .. "it (nonce, type, padding, tag or MAC). The eavesdropper has only the fragment.",
    words.count(#entry.bytes, "byte"), #record.fragment)
end

function rules.alert(list, _, _, entry)
  local alert = entry.message
  if not alert then return end
  say(list, "%s", alert.description.meaning or "This alert is not registered.")
  if alert.description.name == "close_notify" then
    say(list, "It is encrypted and counted like all data. So an attacker cannot cut the end off "
      .. "unnoticed: a connection that ends without it was truncated. When both sides have sent "
      .. "it, the keys are erased.")
  elseif alert.level.name == "fatal" then
    say(list, "Nothing follows. Both sides erase the keys of the connection, and the session "
      .. "cannot be resumed.")
  end
end

function rules.unreadable(list, _, _, entry)
  say(list, "This is what an eavesdropper has: %s.", words.short_hex(entry.record.fragment, 32))
end

--- The remarks on a message.
-- @tparam table scene
-- @tparam table entry
-- @treturn {string,...} paragraphs
function M.of(scene, entry)
  local list, rule = {}, rules[entry.name]
  local body = entry.message and entry.message.body
  if rule and (entry.kind ~= "handshake" or type(body) == "table") then
    rule(list, scene, body, entry)
  end
  return list
end

return M
