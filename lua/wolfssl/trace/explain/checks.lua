--- What the receiver of a message checks, and how it came out.
-- @module wolfssl.trace.explain.checks
local chain = require "wolfssl.trace.explain.chain"
local extension = require "wolfssl.tls.extension"
local words = require "wolfssl.trace.explain.words"

local M = {}

local TLS12, TLS13 = 0x0303, 0x0304

local function add(list, what, ok, detail)
  list[#list + 1] = { what = what, ok = ok, detail = detail }
end

local function find(hello, name)
  local data = extension.find(hello.extensions, name)
  return data
end

local function contains(list, entry)
  for _, item in ipairs(list or {}) do
    if item.value == entry.value then return true end
  end
  return false
end

local rules = {}

local function no_duplicates(list, body)
  for _, item in ipairs(body.extensions or {}) do
    if item.duplicate then
      return add(list, "no extension comes twice", false, item.extension_type.name .. " does")
    end
  end
  add(list, "no extension comes twice", true)
end

-- What a server misses in a hello that it answers with an alert.
local MISSED = {
  protocol_version = "a version is offered that the server supports",
  handshake_failure = "suites, groups and signatures are offered that suit the server",
  insufficient_security = "what is offered is strong enough for the server",
  no_application_protocol = "a protocol is offered that the server speaks (ALPN)",
  unrecognized_name = "the name asked for is one of the server's",
  inappropriate_fallback = "the client offers the best version that both have",
}

local function first_answer(scene)
  for _, entry in ipairs(scene.observer.entries) do
    if entry.from == "server" then return entry end
  end
end

local function suits_the_server(list, scene)
  local answer = first_answer(scene)
  if not answer or answer.kind ~= "alert" or not answer.message then return end
  local missed = MISSED[answer.message.description.name]
  if missed then add(list, missed, false) end
end

function rules.client_hello(list, scene, body)
  local null = false
  for _, method in ipairs(body.legacy_compression_methods) do null = null or method.value == 0 end
  add(list, "the compression method null is among those offered", null)
  no_duplicates(list, body)
  suits_the_server(list, scene)
end

local function offered_versions(hello)
  local data = find(hello, "supported_versions")
  return type(data) == "table" and data.versions or nil
end

local function version_offered(list, scene)
  local version, offered = scene.observer.summary.version, offered_versions(scene.hello)
  local ok
  if offered then ok = contains(offered, version)
  else ok = version.value <= scene.hello.legacy_version.value end
  add(list, ("the version chosen, %s, was offered"):format(version.name), ok)
end

-- RFC 8446 section 4.1.3
local SENTINELS = { ["DOWNGRD\1"] = "TLS 1.2", ["DOWNGRD\0"] = "TLS 1.1 or older" }

local function not_downgraded(list, scene, body)
  local sentinel = SENTINELS[body.random:sub(-8)]
  local offered = offered_versions(scene.hello)
  local best = offered and contains(offered, { value = TLS13 })
  if scene.observer.summary.version.value >= TLS13 then return end
  local ok = not (sentinel and best)
  add(list, "nobody cut the client's offer: no downgrade mark in the random", ok,
    sentinel and ("the random ends with the mark for %s%s"):format(sentinel, ok
      and "; this client did not offer TLS 1.3, so it is no surprise" or "") or nil)
end

local function only_answers(list, scene, body)
  for _, item in ipairs(body.extensions or {}) do
    local asked = extension.find(scene.hello.extensions, item.extension_type.value) ~= nil
    local by_suite = item.extension_type.name == "renegotiation_info"
    local cookie = item.extension_type.name == "cookie"
    if not (asked or by_suite or cookie) then
      return add(list, "only extensions that were asked for", false,
        item.extension_type.name .. " was not")
    end
  end
  add(list, "only extensions that were asked for", true)
end

local function share_fits(list, scene, body)
  local share = find(body, "key_share")
  local shares = find(scene.hello, "key_share")
  local group = type(share) == "table" and (share.server_share or {}).group
  if not group or type(shares) ~= "table" then return end
  local ok = false
  for _, offered in ipairs(shares.client_shares or {}) do
    ok = ok or offered.group.value == group.value
  end
  add(list, ("the client sent a key share for %s"):format(group.name), ok)
end

local SCSV = 0x00FF

-- Only a client that asks for it can see whether the server has it.
local function renegotiation_safe(list, scene, body)
  local asked = find(scene.hello, "renegotiation_info") ~= nil
    or contains(scene.hello.cipher_suites, { value = SCSV })
  if not asked then return end
  local info = find(body, "renegotiation_info")
  add(list, "the server supports secure renegotiation (RFC 5746)", info ~= nil,
    info == nil and "it does not answer renegotiation_info" or nil)
  list[#list].minor = true
end

local function answer(list, scene, body)
  if not scene.hello then return end
  version_offered(list, scene)
  add(list, ("the suite chosen, %s, was offered"):format(body.cipher_suite.name),
    contains(scene.hello.cipher_suites, body.cipher_suite))
  local compression = body.legacy_compression_method
  if compression then add(list, "no compression", compression.value == 0) end
  no_duplicates(list, body)
  only_answers(list, scene, body)
end

-- The drafts of TLS 1.3 up to 21 have no such field.
local function session_id_returned(list, scene, body)
  local echo = body.legacy_session_id_echo
  if not echo then return end
  add(list, "the session id comes back as it was sent", echo == scene.hello.legacy_session_id)
end

function rules.server_hello(list, scene, body)
  answer(list, scene, body)
  if not scene.hello then return end
  if scene.tls13 then
    session_id_returned(list, scene, body)
    share_fits(list, scene, body)
  else
    renegotiation_safe(list, scene, body)
  end
  not_downgraded(list, scene, body)
end

function rules.hello_retry_request(list, scene, body)
  answer(list, scene, body)
  local share = find(body, "key_share")
  local groups = scene.hello and find(scene.hello, "supported_groups")
  if type(share) == "table" and type(groups) == "table" then
    add(list, ("the client supports %s"):format(share.selected_group.name),
      contains(groups.named_group_list, share.selected_group))
  end
end

function rules.certificate(list, scene, _, entry, step)
  for _, check in ipairs(chain.add(scene, entry, step)) do list[#list + 1] = check end
end

function rules.server_key_exchange(list, scene, body)
  local params = body.params and body.params.curve_params
  local group = params and params.parameters.namedcurve
  local groups = scene.hello and find(scene.hello, "supported_groups")
  if group and type(groups) == "table" then
    add(list, ("the curve %s was offered"):format(group.name),
      contains(groups.named_group_list, group))
  end
end

local function scheme_offered(list, scene, from, algorithm)
  local asker = scene.hello
  if from == "client" then asker = scene.messages.certificate_request end
  local data = asker and (asker.supported_signature_algorithms and asker
    or find(asker, "signature_algorithms"))
  if type(data) == "table" and algorithm then
    add(list, ("%s is among the algorithms that the %s accepts"):format(algorithm.name,
      words.peer(from)), contains(data.supported_signature_algorithms, algorithm))
  end
end

local function lines_of(scene, side)
  local lines = (scene.sides[side] or {}).lines
  return lines and #lines > 0 and lines or nil
end

-- Where both sides were recorded, their own words on the secrets can be compared.
function rules.finished(list, scene, _, entry)
  local client, server = lines_of(scene, "client"), lines_of(scene, "server")
  if entry.from ~= "client" or not (client and server) then return end
  local same, known = true, {}
  for _, line in ipairs(server) do known[line] = true end
  for _, line in ipairs(client) do same = same and known[line] == true end
  add(list, "client and server say that they have the same secrets", same)
end

local SEVEN_DAYS = 604800

function rules.new_session_ticket(list, scene, body)
  if scene.tls13 then
    add(list, "the ticket is good for seven days at most", body.ticket_lifetime <= SEVEN_DAYS)
  end
end

-- What the observer has computed, in words.
local COMPUTED = {
  order = "such a message may come here",
  boundary = "the record ends where the keys change",
  protection = "it is encrypted, as it must be by now",
  signature = "the signature fits the public key in the certificate",
  finished = "verify_data, computed again from all messages so far, is the same",
  binders = "the binders show that the client has the keys it names",
}
local ORDER = { "order", "boundary", "protection", "binders", "signature", "finished" }

local function computed(list, entry)
  for _, name in ipairs(ORDER) do
    if entry.checks[name] ~= nil or entry.reasons[name] then
      add(list, COMPUTED[name], entry.checks[name], entry.reasons[name])
    end
  end
end

-- A record that opens was not changed: that is checked with each.
local function intact(list, entry)
  if entry.decrypted then
    local what = entry.kind == "handshake" and "message" or "record"
    add(list, ("the %s decrypts, so nobody changed it"):format(what), true)
  elseif entry.decrypted == false then
    add(list, "the record decrypts", nil, entry.problem and entry.problem.message)
  end
end

--- The checks of a step.
-- @tparam table scene
-- @tparam table entry
-- @tparam table step
-- @treturn {table,...} see `wolfssl.trace.explain`
function M.of(scene, entry, step)
  local list = {}
  computed(list, entry)
  intact(list, entry)
  local body = entry.message and entry.message.body
  local rule = type(body) == "table" and rules[entry.name]
  if rule then rule(list, scene, body, entry, step) end
  local signed = type(body) == "table" and (body.signed_params or body)
  if signed and signed.signature and signed.algorithm
      and (scene.observer.version or 0) >= TLS12 then
    scheme_offered(list, scene, entry.from, signed.algorithm)
  end
  for _, check in ipairs(list) do check.by = check.by or step.to end
  return list
end

return M
