--- One handshake of a diagnosis: how far it came, and what the server chose.
--
-- A case is what our side says. `versions`, `cipher_suites`, `groups`, `shares`, `alpn`,
-- `signature_algorithms`, `server_name` (false for none), `session_id`, `extensions`, `add`,
-- `without` and `grease` are as in `wolfssl.probe.hello`; `certificate` and `key` are shown when
-- asked for; `fragment` (bytes of the hello in a record), `starttls`, `before` (bytes ahead of it).
-- @module wolfssl.probe.diagnose.attempt
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local named_group = require "wolfssl.tls.registry.named_group"
local spki = require "wolfssl.trace.spki"
local signature_scheme = require "wolfssl.tls.registry.signature_scheme"
local target_module = require "wolfssl.probe.target"
local versions = require "wolfssl.tls.registry.version"

local M = {}

--- How far a handshake can come.
M.STAGES = { "connecting", "the ClientHello", "the ServerHello", "the server's messages",
  "our Finished", "the end" }

local CONNECT, HELLO, ANSWERED, FLIGHT, FINISHED, DONE = 1, 2, 3, 4, 5, 6

local HELLO_OPTIONS = {}
for name in ([[versions cipher_suites groups shares signature_algorithms alpn server_name session_id
  extensions add without grease session_ticket status_request]]):gmatch "%S+" do
  HELLO_OPTIONS[name] = true
end

local TLS13 = 0x0304

local function hello_of(case)
  local options = {}
  for name, value in pairs(case) do
    if HELLO_OPTIONS[name] then options[name] = value end
  end
  return options
end

local function message_of(c, name, from)
  for _, entry in ipairs(c:entries()) do
    if entry.name == name and entry.from == from and entry.message then return entry.message end
  end
end

--- A message of the server.
-- @tparam Conversation c
-- @tparam string name
-- @treturn ?table
function M.said(c, name)
  return message_of(c, name, "server")
end

local function stage_of(c)
  if message_of(c, "finished", "server") then return FINISHED end
  if M.said(c, "certificate") or M.said(c, "encrypted_extensions")
    or M.said(c, "server_hello_done") then return FLIGHT end
  if M.said(c, "server_hello") or M.said(c, "hello_retry_request") then return ANSWERED end
  return HELLO
end

-- Before TLS 1.3 the curve of an ECDSA key is to be among the client's groups.
-- RFC 8422 section 5.1
local function certificate_curve(c)
  local message = M.said(c, "certificate")
  local leaf = message and message.body.certificate_list[1]
  local key = type(leaf) == "string" and spki.find(leaf)
  local value = key and named_group:value(spki.curve(key) or "")
  return value and named_group:entry(value) or nil
end

-- What was chosen, as registry entries: `version`, `cipher_suites`, `groups` …
local function choices(c)
  local summary, chosen = c:summary(), {}
  local retry, proof = M.said(c, "hello_retry_request"), M.said(c, "certificate_verify")
  chosen.versions, chosen.cipher_suites = summary.version, summary.cipher_suite
  chosen.groups = summary.group
  if retry then
    local share = require("wolfssl.tls.extension").find(retry.body.extensions, "key_share")
    chosen.versions = chosen.versions or versions:entry(TLS13)
    chosen.groups = chosen.groups or share and share.selected_group
    chosen.cipher_suites = chosen.cipher_suites or retry.body.cipher_suite
  end
  chosen.signature_algorithms = proof and proof.body.algorithm or summary.server_signature_scheme
  chosen.alpn = summary.protocol and { name = summary.protocol }
  chosen.certificate_curve = certificate_curve(c)
  return chosen
end

local REGISTRIES = { versions = versions, cipher_suites = cipher_suite, groups = named_group,
  signature_algorithms = signature_scheme }

--- Whether a case offers what was chosen.
-- @tparam table case
-- @tparam string list "versions", "cipher_suites" …
-- @tparam table entry of the registry
-- @treturn boolean
function M.offers(case, list, entry)
  local registry = REGISTRIES[list]
  for _, item in ipairs(case[list] or {}) do
    if item == entry.name or registry and registry:value(item) == entry.value then return true end
  end
  return false
end

local ORDER = { "versions", "cipher_suites", "groups", "signature_algorithms", "alpn" }
local WORDS = { versions = "version", cipher_suites = "suite", groups = "group",
  signature_algorithms = "signature scheme", alpn = "protocol" }

-- A server that chooses what was not offered leaves us with nothing.
local function unoffered(case, chosen)
  for _, list in ipairs(ORDER) do
    if chosen[list] and not M.offers(case, list, chosen[list]) then
      return ("the server chose the %s %s, which was not offered"):format(WORDS[list],
        chosen[list].name)
    end
  end
end

-- The server's alert; one that ends something, if that is what is asked for.
local function alert_of(c, ending)
  for _, entry in ipairs(c:entries()) do
    local said = entry.from == "server" and entry.kind == "alert" and entry.message
    local remark = ending and said and said.level.name == "warning" and c:version() < TLS13
    if said and not remark and said.description.name ~= "close_notify" then
      return said.description.name
    end
  end
end

local function first_bytes(c)
  local parts = {}
  for _, chunk in ipairs(c.recording.chunks) do
    if chunk.from == "server" then parts[#parts + 1] = chunk.bytes end
  end
  return table.concat(parts)
end

-- Seconds from our first byte to the server's; nil when it said nothing.
local function delay_of(c)
  local chunks = c.recording.chunks
  for _, chunk in ipairs(chunks) do
    if chunk.from == "server" then return chunk.time - chunks[1].time end
  end
end

-- No record of TLS begins like that.
local function foreign(c)
  local bytes = first_bytes(c)
  if bytes == "" then return nil end
  local kind, major = bytes:byte(1, 2)
  if kind < 20 or kind > 24 or major and major ~= 3 then return bytes end
end

local function play(c, case)
  local first = c:client_hello(hello_of(case))
  if case.before then c.transport:write(case.before, c.timeout) end
  local ok, message, code = c:send(first, { fragment = case.fragment })
  if not ok then return nil, message, code end
  return c:handshake { message = "", certificate = case.certificate, key = case.key }
end

-- The server may object to our last messages, and says so behind its own.
local function aftermath(c, patience)
  target_module.drain(c, patience)
  local name = alert_of(c, true)
  if name then return nil, ("alert %s came after the handshake"):format(name), "alert_received" end
  return true
end

-- Why it failed, unless it did not.
local function judged(c, case, patience, ok, message, code)
  local stage, chosen = stage_of(c), choices(c)
  local wrong = unoffered(case, chosen)
  if wrong then return false, HELLO, wrong, "peer_incompatible", chosen end
  if ok then
    stage = FINISHED
    ok, message, code = aftermath(c, patience)
  end
  if ok then return true, DONE, nil, nil, chosen end
  return false, stage, message, code, chosen
end

-- Where we cannot go on ourselves, the server has gone along so far: what it chose we know by name
-- only, or have no key for.
local function is_ours(code, stage)
  return code == "not_compiled_in" or code == "internal"
    or code == "peer_incompatible" and stage > HELLO
end

-- Whether it broke off once it had our answer to its request for a certificate.
local function is_wanting(outcome)
  return outcome.asked and outcome.answered and not outcome.ok
    and (outcome.alert or outcome.code == "truncated" or outcome.code == "network_error") and true
end

--- Does a handshake.
-- @tparam Target target
-- @tparam table case see above
-- @tparam string what was changed, in words
-- @treturn table `{what, ok, stage, message, code, alert, chosen, foreign, asked, answered,
-- wanting, unable, delay, conversation}`: `stage` counts in `STAGES`; `chosen` has registry entries
-- by the name of their list; `foreign` are bytes that are not TLS; `asked` is the server's
-- CertificateRequest, `answered` whether we have answered it, `wanting` whether it broke off then;
-- `unable` when we could not go on, though the server would; `delay` the seconds until it answered,
-- nil when it did not
function M.make(target, case, what)
  target.starttls = case.starttls
  local c, message, code = target:connect()
  if not c then
    return { what = what, ok = false, stage = CONNECT, message = message, code = code, chosen = {} }
  end
  target.greeted = c
  local agreed, why, word = play(c, case)
  local ok, stage, text, reason, chosen = judged(c, case, target.patience, agreed, why, word)
  c:abort()
  local outcome = { what = what, ok = ok, stage = stage, message = text, code = reason,
    chosen = chosen, alert = alert_of(c), foreign = not ok and foreign(c) or nil, conversation = c,
    asked = M.said(c, "certificate_request"), delay = delay_of(c),
    answered = message_of(c, "certificate", "client") ~= nil,
    unable = not ok and is_ours(reason, stage) }
  outcome.wanting = is_wanting(outcome)
  return outcome
end

--- Whether an attempt went where another did not: to where the server lacks nothing but a
-- certificate of ours, at least.
-- @tparam table outcome
-- @tparam table base that failed
-- @treturn boolean
function M.flips(outcome, base)
  local further = outcome.stage > base.stage
  return outcome.ok or further and (outcome.unable or outcome.wanting) or false
end

--- The chain that the server showed.
-- @tparam table outcome
-- @treturn {string,...} DER
function M.chain(outcome)
  local message, list = outcome.conversation and M.said(outcome.conversation, "certificate"), {}
  for i, item in ipairs(message and message.body.certificate_list or {}) do
    list[i] = type(item) == "table" and item.cert_data or item
  end
  return list
end

return M
