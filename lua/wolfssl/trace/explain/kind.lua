--- What kind of handshake it was, and what was agreed on.
-- @module wolfssl.trace.explain.kind
local suites = require "wolfssl.trace.explain.suite"
local value = require "wolfssl.trace.explain.value"
local words = require "wolfssl.trace.explain.words"

local M = {}

local TLS13 = 0x0304

--- Whether a connection is TLS 1.3; where nothing was agreed on, what the client offered decides.
-- @tparam table observer
-- @treturn boolean
function M.is_tls13(observer)
  local version = observer.version
  if version then return version >= TLS13 end
  local hello = observer.entries[1] and observer.entries[1].message
  local list = hello and type(hello.body) == "table" and hello.body.extensions or {}
  for _, extension in ipairs(list) do
    local data = extension.extension_data
    for _, offered in ipairs(type(data) == "table" and data.versions or {}) do
      if offered.value == TLS13 then return true end
    end
  end
  return false
end

-- A connection that ends without close_notify, once it stands, is no failed handshake.
local function failed(scene, side)
  local code = (scene.sides[side] or {}).code
  return code ~= nil and not (code == "truncated" and scene.summary.complete)
end

local function ends_badly(scene)
  return scene.fatal ~= nil or failed(scene, "client") or failed(scene, "server")
end

-- A fatal alert after the handshake is still a failure: the server may refuse a certificate late.
local function outcome(scene)
  if ends_badly(scene) then return "failed" end
  return scene.summary.complete and "complete" or "unfinished"
end

local function form(scene)
  local summary = scene.summary
  if not summary.version or summary.resumed == nil then return "unknown" end
  if not summary.resumed then
    return scene.suite and (scene.suite.key_exchange or ""):find("PSK") and "psk" or "full"
  end
  if not scene.tls13 then return "resumed" end
  return scene.psk_kind == "external" and "psk" or "resumed"
end

local FORMS = {
  full = "a full handshake", resumed = "an abbreviated handshake that resumes an earlier session",
  psk = "a handshake with a key that both sides had before",
  unknown = "a handshake that ended before its kind could be told",
}

local ENDS = {
  complete = "It completed.", failed = "It failed.",
  unfinished = "It was not seen to its end.",
}

local UNREADABLE = "From some point on it is encrypted, and the keys are not known here: its end "
  .. "could not be read."

local function key_exchange(scene)
  local suite = scene.suite
  if not suite then return nil end
  if not scene.tls13 then
    return scene.summary.resumed and "none: the secret of the session" or suite.key_exchange
  end
  if not scene.summary.resumed then return "(EC)DHE" end
  return scene.summary.group and "PSK with (EC)DHE" or "PSK"
end

local AUTHENTICATED = {
  [true] = "Both sides show certificates: mutual TLS.",
  [false] = "Only the server shows who it is.",
}

local function sentence(scene, kind)
  local parts = { kind.version and ("%s, %s."):format(kind.version, FORMS[kind.form])
    or "The handshake ended before a version was agreed on." }
  if kind.retry then parts[#parts + 1] = "The server asked for a second ClientHello." end
  if kind.form == "full" then parts[#parts + 1] = AUTHENTICATED[kind.mutual] end
  if kind.early_data then parts[#parts + 1] = "The client sent early data (0-RTT)." end
  if scene.summary.renegotiated then parts[#parts + 1] = "It was negotiated more than once." end
  parts[#parts + 1] = kind.outcome == "unfinished" and scene.unreadable and UNREADABLE
    or ENDS[kind.outcome]
  return table.concat(parts, " ")
end

--- The kind.
-- @tparam table scene after its steps
-- @treturn table see `wolfssl.trace.explain`
function M.of(scene)
  local summary = scene.summary
  local kind = {
    version = summary.version and summary.version.name, form = form(scene),
    mutual = scene.certificates.client ~= nil, retry = summary.retry or false,
    early_data = summary.early_data_offered or false, key_exchange = key_exchange(scene),
    outcome = outcome(scene),
  }
  kind.text = sentence(scene, kind)
  return kind
end

local NAMES = { full = "full handshake", resumed = "resumed", psk = "pre-shared key" }

--- One line on top of everything.
-- @tparam table scene
-- @treturn string
function M.title(scene)
  local kind = scene.model.kind
  local parts = { kind.version or "TLS", NAMES[kind.form] }
  if kind.mutual then parts[#parts + 1] = "mutual" end
  if kind.retry then parts[#parts + 1] = "with HelloRetryRequest" end
  if kind.outcome == "failed" then parts[#parts + 1] = "FAILED" end
  local name = scene.server_name
  return table.concat(parts, ", ") .. (name and ": " .. name or "")
end

local function fact(list, name, what, meaning)
  if what ~= nil then
    list[#list + 1] = { name = name, value = tostring(what), meaning = meaning }
  end
end

local function code_point(list, name, entry, meaning)
  if not entry then return end
  local text, said = value.describe(name, entry)
  fact(list, name, text, meaning or said)
end

--- What was agreed on.
-- @tparam table scene
-- @treturn {table,...}
function M.facts(scene)
  local list, summary = {}, scene.summary
  code_point(list, "version", summary.version)
  if scene.suite then code_point(list, "cipher suite", scene.suite, suites.line(scene.suite)) end
  fact(list, "key exchange", scene.model.kind.key_exchange)
  code_point(list, "group", summary.group)
  code_point(list, "server's signature", summary.server_signature_scheme)
  code_point(list, "client's signature", summary.client_signature_scheme)
  fact(list, "server name", scene.server_name)
  fact(list, "protocol", summary.protocol and words.text(summary.protocol),
    "what is spoken inside (ALPN)")
  if not scene.tls13 and summary.version then
    fact(list, "extended master secret", summary.extended_master_secret and "yes" or "no")
  end
  return list
end

return M
