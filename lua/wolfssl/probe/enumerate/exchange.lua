--- Groups and signature schemes.
--
-- TLS 1.2 shows both in ServerKeyExchange, so both are taken away at once. A server with an ECDSA
-- certificate may need its curve among the groups, even where it agrees on another: that one stays,
-- as the last, unless there is a certificate with an RSA key to ask for. Who likes it better than
-- others is asked for these without it, too; one who insists on both has groups that nobody gets.
-- @module wolfssl.probe.enumerate.exchange
-- @see RFC 8422 section 5.1
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local everything = require "wolfssl.probe.everything"
local exhaust = require "wolfssl.probe.enumerate.exhaust"
local extension = require "wolfssl.tls.extension"
local named_group = require "wolfssl.tls.registry.named_group"
local signature_scheme = require "wolfssl.tls.registry.signature_scheme"
local spki = require "wolfssl.trace.spki"
local versions = require "wolfssl.tls.registry.version"

local M = {}

local TLS10, TLS12, TLS13 = 0x0301, 0x0303, 0x0304
local MOST_SUITES = 64   -- in a hello

local function value_of(version, oldest)
  local value = versions:value(version)
  if not value or value < oldest or value > TLS13 then
    error(("version: %s is none that has lists of them"):format(tostring(version)), 3)
  end
  return value
end

-- The entries of values, and of one that was not offered.
local function entries(registry, values, stray, code)
  if not values then return nil, stray, code end
  local list = {}
  for i, value in ipairs(values) do list[i] = registry:entry(value) end
  return list, stray and registry:entry(stray)
end

-- The items of a list without others.
local function without(list, others)
  local out, gone = {}, {}
  for _, item in ipairs(others) do gone[item] = true end
  for _, item in ipairs(list) do
    if not gone[item] then out[#out + 1] = item end
  end
  return out
end

-- ---------------------------------------------------------------------------------- TLS 1.3

local function retry(target, groups)
  local answer, how, code = target:ask({ versions = { TLS13 }, shares = {}, groups = groups,
    signature_algorithms = everything.schemes() }, "server_hello", "hello_retry_request")
  if answer == nil then return nil, how, code end
  local list = answer and answer.body.extensions
  local share = extension.find(list, "key_share") or {}
  return { retries = answer and how.latest.name == "hello_retry_request",
    cookie = extension.find(list, "cookie") ~= nil,
    group = share.selected_group or share.server_share and share.server_share.group }
end

--- How a server of TLS 1.3 answers a hello with every group and no share: found once.
-- @tparam Target target
-- @treturn table `{retries = boolean, cookie = boolean, group = entry}`, the group being nil where
-- none is asked for; or nil, message, code
-- @see RFC 8446 section 4.1.4
function M.retry(target)
  local message, code
  if not target.choices.retry then
    target.choices.retry, message, code = retry(target, everything.groups(TLS13))
  end
  return target.choices.retry, message, code
end

-- What a server tells of its groups who would have liked another share better.
local function told(target)
  local c = target:sample "TLS 1.3"
  local answer = c and target:said(c, "encrypted_extensions")
  local data = answer and extension.find(answer.body.extensions, "supported_groups")
  local list = {}
  for _, group in ipairs(data and data.named_group_list or {}) do
    if not group.grease then list[#list + 1] = group.value end
  end
  return list
end

-- Where a server tells of its groups, none but the others are tried.
local function groups13(target)
  local known = told(target)
  if not known[1] then
    local answer, message, code = M.retry(target)
    if not answer then return nil, message, code end
    if not answer.group then return {} end
    known[1] = answer.group.value
  end
  return exhaust(everything.groups(TLS13), function(left)
    local answer, message, code = retry(target, left)
    if not answer then return nil, message, code end
    return answer.group and answer.group.value or false
  end, known)
end

local function scheme13_of(message)
  return message and message.body.algorithm and message.body.algorithm.value
end

local function schemes13(target)
  local c = target:sample "TLS 1.3"
  local first = c and scheme13_of(target:said(c, "certificate_verify"))
  return exhaust(everything.schemes(), function(left)
    local answer, how, code = target:ask({ versions = { TLS13 }, signature_algorithms = left },
      "certificate_verify")
    if not answer then return answer, how, code end
    return scheme13_of(answer) or false
  end, { first })
end

-- ------------------------------------------------------------------------- TLS 1.2 and older

-- The suites with which a server shows a scheme, and a group if it can: of those it is known to
-- take, or of all there are.
local function ephemeral(target, version)
  local known = (target.facts.suites or {})[versions:name(version)]
  local values = everything.suites(version)
  if known then
    values = {}
    for i, suite in ipairs(known.list) do values[i] = suite.value end
  end
  local kinds = { ECDHE = {}, DHE = {}, anon = {} }
  for _, value in ipairs(values) do
    local suite = cipher_suite:entry(value)
    local list = kinds[suite.key_exchange]
    if suite.authentication == "anon" then list = suite.key_exchange == "ECDHE" and kinds.anon end
    if list and #list < MOST_SUITES then list[#list + 1] = value end
  end
  return kinds.ECDHE[1] and kinds.ECDHE or kinds.DHE[1] and kinds.DHE or kinds.anon
end

local function curve_of(c)
  for _, entry in ipairs(c:entries()) do
    if entry.name == "certificate" and entry.message then
      local list = entry.message.body.certificate_list
      local key = spki.find(list and list[1] or "")
      return key and named_group:value(spki.curve(key) or "")
    end
  end
end

local function contains(list, value)
  for _, item in ipairs(list) do
    if item == value then return true end
  end
end

-- Those that go with an RSA key; all where there are none.
local function with_rsa(suites)
  local list = {}
  for _, value in ipairs(suites) do
    if cipher_suite:entry(value).authentication == "RSA" then list[#list + 1] = value end
  end
  return list[1] and list or suites
end

-- What a server chooses before TLS 1.3: `{group =, scheme =}`, either false where that is none of
-- those left, and `held` where it is the curve of the certificate, which was kept among them; false
-- for a refusal; nil, message, code.
local function choose12(target, state, suites, groups, schemes)
  local offered = without(groups, {})
  local held = not state.lets_go and state.curve and not contains(groups, state.curve)
  if held then offered[#offered + 1] = state.curve end
  local answer, c, code = target:ask({ versions = { state.version }, groups = offered,
    signature_algorithms = schemes, cipher_suites = suites },
    "server_key_exchange", "server_hello_done")
  if not answer then return answer, c, code end
  state.curve = state.curve or curve_of(c)
  local body = type(answer.body) == "table" and answer.body or {}
  local group = body.params and body.params.curve_params
  group = group and group.parameters.namedcurve
  held = held and group and group.value == state.curve
  local signed = body.signed_params and body.signed_params.algorithm
  return { group = group and not held and group.value or false, held = held,
    scheme = signed and signed.value or false }
end

-- A group among those left, without the certificate's curve where that is liked better.
local function group12(target, state, left, schemes)
  local chosen, text, word = choose12(target, state, state.for_groups, left, schemes)
  if chosen and chosen.held then
    state.lets_go = true
    chosen, text, word = choose12(target, state, state.for_groups, left, schemes)
  end
  return chosen and chosen.group, text, word
end

-- Takes away a group and a scheme with each answer, as long as it shows both.
local function together(target, state, found)
  local groups, schemes = everything.groups(TLS12), everything.schemes()
  while true do
    local chosen, message, code = choose12(target, state, state.for_groups, groups, schemes)
    if chosen == nil then return nil, message, code end
    if not (chosen and contains(groups, chosen.group) and contains(schemes, chosen.scheme)) then
      return true
    end
    table.insert(found.groups, chosen.group)
    table.insert(found.schemes, chosen.scheme)
    groups, schemes = without(groups, { chosen.group }), without(schemes, { chosen.scheme })
  end
end

-- Then those that are left on their own.
local function alone(target, state, found)
  local groups, schemes = everything.groups(TLS12), everything.schemes()
  local code
  found.groups, found.stray_group, code = exhaust(groups, function(left)
    return group12(target, state, left, schemes)
  end, found.groups)
  if not found.groups then return nil, found.stray_group, code end
  if state.version < TLS12 then return found end
  found.schemes, found.stray_scheme, code = exhaust(schemes, function(left)
    local chosen, text, word = choose12(target, state, state.suites, groups, left)
    return chosen and chosen.scheme, text, word
  end, found.schemes)
  if not found.schemes then return nil, found.stray_scheme, code end
  return found
end

-- Lists of values, found once for a version; before TLS 1.2 no scheme is shown.
local function exchange12(target, version)
  local key = "exchange " .. version
  local found = target.choices[key]
  if found then return found end
  local state = { version = version, suites = ephemeral(target, version) }
  state.for_groups = target.facts.suites and with_rsa(state.suites) or state.suites
  found = { groups = {}, schemes = {} }
  if state.suites[1] then
    local ok, message, code = true, nil, nil
    if version >= TLS12 then ok, message, code = together(target, state, found) end
    if ok then ok, message, code = alone(target, state, found) end
    if not ok then return nil, message, code end
  end
  target.choices[key] = found
  return found
end

-- ----------------------------------------------------------------------------------------------

--- The groups that a server takes, hybrids with ML-KEM among them: what wolfSSL can do does not
-- matter, for no share is sent. Before TLS 1.3 those of ECDHE.
-- @tparam Target target
-- @param version name or number, TLS 1.0 to TLS 1.3
-- @treturn {table,...} registry entries in the order of choice, or as the server tells them; or
-- nil, message, code
-- @treturn ?table one that was chosen though it was not offered
function M.groups(target, version)
  local value = value_of(version, TLS10)
  if value >= TLS13 then return entries(named_group, groups13(target)) end
  local found, message, code = exchange12(target, value)
  if not found then return nil, message, code end
  return entries(named_group, found.groups, found.stray_group)
end

--- The signature schemes that a server signs with.
-- @tparam Target target
-- @param version name or number, TLS 1.2 or TLS 1.3
-- @treturn {table,...} registry entries in the order of choice; or nil, message, code
-- @treturn ?table one that was chosen though it was not offered
function M.schemes(target, version)
  local value = value_of(version, TLS12)
  if value >= TLS13 then return entries(signature_scheme, schemes13(target)) end
  local found, message, code = exchange12(target, value)
  if not found then return nil, message, code end
  return entries(signature_scheme, found.schemes, found.stray_scheme)
end

return M
