--- A cause in one sentence.
-- @module wolfssl.probe.diagnose.words

local extension = require "wolfssl.tls.extension"
local name = require "wolfssl.trace.name"

local M = {}

local function listed(items)
  local names = {}
  for i, item in ipairs(items or {}) do names[i] = type(item) == "table" and item.name or item end
  if #names > 4 then return ("%s and %d others"):format(names[1], #names - 1) end
  if #names < 2 then return names[1] or "none" end
  return table.concat(names, ", ", 1, #names - 1) .. " and " .. names[#names]
end

-- Where the server chose nothing that we lack, nobody knows what of all that it was.
local function lacking(kind, list)
  return function(change, case)
    if not change.entry then
      return ("The server goes along once we %s; what it chose then is not new."):format(
        change.text)
    end
    return ("The server takes the %s %s, and none that we offer (%s)."):format(kind,
      change.entry.name, listed(case[list]))
  end
end

local SUITE = lacking("cipher suite", "cipher_suites")
local GROUP = lacking("group", "groups")

local SENTENCES = {
  cipher_suite = function(change, case)
    local entry = change.entry or {}
    local kind = ("%s %s"):format(entry.key_exchange or "", entry.authentication or "")
    local note = kind:find "PSK" and " It needs a pre-shared key."
      or kind:find "anon" and " It tells nobody who the server is." or ""
    return SUITE(change, case) .. note
  end,
  group = function(change, case)
    if not change.curve then return GROUP(change, case) end
    return ("The server's key is on the curve %s, which we do not offer (%s)."):format(
      change.curve.name, listed(case.groups))
  end,
  signature_scheme = lacking("signature scheme", "signature_algorithms"),
  alpn = function(change, case)
    if change.entry then return lacking("protocol", "alpn")(change, case) end
    return ("The server speaks none of the protocols that we offer by ALPN: %s."):format(
      listed(case.alpn))
  end,
  version = function(change, case)
    if change.entry then
      return ("The server speaks %s, and none of the versions that we offer (%s)."):format(
        change.entry.name, listed(case.versions))
    elseif change.list then
      return lacking("version", "versions")(change, case)
    end
    return "The server cannot stand a ClientHello that offers TLS 1.3."
  end,
  server_name = function(_, case, base)
    return (base.alert and "The server does not know the name %s; without a name it goes along."
      or "The server breaks off at the name %s; without a name it goes along."):format(
      tostring(case.server_name))
  end,
  grease = function() return "The server cannot stand values that it does not know (GREASE)." end,
  size = function(_, _, outcome)
    return ("The server cannot stand a long ClientHello, of %d bytes; a shorter one works.")
      :format(outcome.length)
  end,
  large_share = function(_, case)
    return ("The server cannot stand the key share of a large group: we offer %s."):format(
      listed(case.groups))
  end,
  session_id = function()
    return "The server cannot stand the session id of compatibility mode."
  end,
  extension = function(change)
    return ("The server cannot stand the extension %s."):format(tostring(change.extension))
  end,
  split = function()
    return "What stands between us does not let a ClientHello pass that it can read in one piece."
  end,
  key_share = function()
    return "The server fails over HelloRetryRequest: it wants the key share at once."
  end,
  client_certificate = function()
    return "The server demands a certificate of the client; any will do."
  end,
  proxy_protocol = function()
    return "The server expects a header of the PROXY protocol before the handshake."
  end,
  starttls = function(change)
    if change.protocol then
      return ("The server speaks %s in the clear at first: STARTTLS is needed."):format(
        change.named or change.protocol)
    end
    return "The server speaks TLS at once, without STARTTLS."
  end,
}

-- Whose certificates a request wants, wherever its version has that.
local function issuers_in(request)
  local named = extension.find(request.body.extensions, "certificate_authorities")
  local list = named and named.authorities or request.body.certificate_authorities or {}
  if #list == 0 then return "" end
  if #list > 1 then return (" issued by one of the %d authorities that it names"):format(#list) end
  return (" issued by %s"):format(name.text(list[1]) or "an authority that it names")
end

--- What changes mean.
-- @tparam {table,...} changes that flip the outcome together
-- @tparam table case before them
-- @tparam table base outcome before them
-- @tparam table outcome with them
-- @treturn string sentences; the first change is told, others are named, and what is missing still
function M.of_changes(changes, case, base, outcome)
  local sentences, texts = { SENTENCES[changes[1].code](changes[1], case, base) }, {}
  for i = 2, #changes do texts[#texts + 1] = changes[i].text end
  if #texts > 0 then
    sentences[2] = ("It also takes this: %s."):format(table.concat(texts, ", "))
  end
  if outcome.wanting then
    sentences[#sentences + 1] = ("Then it demands a certificate of the client%s."):format(
      issuers_in(outcome.asked))
  end
  return table.concat(sentences, " ")
end

--- A server that wants to see a certificate.
-- @tparam boolean shown whether we showed one
-- @tparam table request
-- @treturn string
function M.client_certificate(shown, request)
  local by = issuers_in(request)
  if shown then return ("The server does not take our certificate: it wants one%s."):format(by) end
  return ("The server demands a certificate of the client%s, and we have none to show."):format(by)
end

--- A server that goes along where we ourselves cannot go on.
-- @tparam table base outcome
-- @treturn string
function M.unable(base)
  return ("The server goes along; what it chose, %s, this program cannot do itself: %s."):format(
    (base.chosen.cipher_suites or { name = "?" }).name, base.message)
end

local ALERTS = {
  unrecognized_name = { "server_name", function(case)
    return case.server_name and ("The server does not know the name %s."):format(case.server_name)
      or "The server wants to be asked for by a name that it knows (SNI), and we give none."
  end },
  internal_error = { "server_failure", function()
    return "The server fails by itself: whatever we say, it ends with internal_error."
  end },
}

local CODES = {
  truncated = { "hangs_up", "The server hangs up on %s, whatever we say, without a word." },
  network_error = { "hangs_up", "The server cuts the connection after %s, whatever we say." },
  timeout = { "silent", "The server says nothing to %s, whatever we say." },
  decode_error = { "misbehaves", "The server breaks the protocol after %s: %s." },
  peer_misbehaved = { "misbehaves", "The server breaks the protocol after %s: %s." },
}

--- What is wrong where no change of ours helps, in a word.
-- @tparam table base outcome
-- @treturn string
function M.code_of_failure(base)
  local known = base.alert and ALERTS[base.alert] or not base.alert and CODES[base.code]
  return known and known[1] or "refused"
end

local STAGES = require("wolfssl.probe.diagnose.attempt").STAGES

--- The same in a sentence.
-- @tparam table base outcome
-- @tparam table case
-- @treturn string
function M.failure(base, case)
  local stage = STAGES[base.stage]
  if base.alert then
    if ALERTS[base.alert] then return ALERTS[base.alert][2](case) end
    return ("The server answers %s with the alert %s, whatever we say."):format(stage, base.alert)
  end
  local known = CODES[base.code]
  return (known and known[2] or "The handshake fails after %s, whatever we say: %s."):format(stage,
    base.message)
end

return M
