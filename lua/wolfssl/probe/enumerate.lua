--- What a server takes, found with few connections: offer all, take away what it chose, repeat.
--
-- Lists come in the order of the server's choice, code points as registry entries, `{value =,
-- name =, …}`. There is a connection for each answer and for each refusal, and one more for each
-- suite where candidates of several hellos are put in the server's order; `target.connections`
-- counts them. Where the network fails the functions return `nil, message, code`; a server that
-- hangs up on a hello has refused it.
-- @module wolfssl.probe.enumerate
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local extension = require "wolfssl.tls.extension"
local named_group = require "wolfssl.tls.registry.named_group"
local signature_scheme = require "wolfssl.tls.registry.signature_scheme"
local suites = require "wolfssl.probe.suites"
local versions = require "wolfssl.tls.registry.version"

local M = {}

-- Some servers end the connection where a hello has more suites, or more than 255 bytes of them.
local CHUNK = 64
local SSL3, TLS12, TLS13 = 0x0300, 0x0303, 0x0304

local function value_of(version)
  return versions:value(version) or error("version: " .. tostring(version) .. " is none", 3)
end

-- Says a hello and reads to a message of that name. The message; false when the server refused, and
-- its alert, if there was one; nil, message, code when nobody knows.
local function ask(target, options, wanted)
  local c, message, code = target:connect()
  if not c then return nil, message, code end
  local ok, text, why, detail = c:send(c:client_hello(options))
  local answer, entry
  while ok do
    answer, entry, why, detail = c:receive()
    text = entry
    if not answer or wanted[entry.name] or entry.kind == "alert" then break end
  end
  c:abort()
  if answer and wanted[entry.name] then return answer, entry, c end
  if answer then return false, answer.description.name end
  if why == "timeout" then return nil, text, why, detail end
  return false
end

local function remove(list, value)
  for i, item in ipairs(list) do
    if item == value then
      table.remove(list, i)
      return true
    end
  end
end

--- Takes away what was chosen, until nothing is.
-- @tparam table items
-- @tparam function choose gets the list of those left; returns one of them, false for a refusal, or
-- nil, message, code
-- @treturn table those chosen, in that order; or nil, message, code
function M.exhaust(items, choose)
  local left, found = {}, {}
  for i, item in ipairs(items) do left[i] = item end
  while #left > 0 do
    local chosen, message, code = choose(left)
    if chosen == nil then return nil, message, code end
    if not chosen then break end
    if not remove(left, chosen) then
      return nil, ("the server chose 0x%04x, which was not offered"):format(chosen),
        "peer_misbehaved"
    end
    found[#found + 1] = chosen
  end
  return found
end

local function entries(registry, values)
  local list = {}
  for i, value in ipairs(values) do list[i] = registry:entry(value) end
  return list
end

-- ----------------------------------------------------------------------------------- suites

-- Whether a suite is one of a version; those of SSL 3.0 are as old as itself.
local function is_of(suite, version)
  if suite.signalling or not suite.min_version then return false end
  return version >= suite.min_version and version <= suite.max_version
end

-- Every suite of a version, the usual ones first.
local function candidates(version)
  local list, seen = {}, {}
  for _, name in ipairs(version > SSL3 and suites.list(version, version) or {}) do
    list[#list + 1] = cipher_suite:value(name)
    seen[list[#list]] = true
  end
  for _, suite in ipairs(cipher_suite.list) do
    if not seen[suite.value] and is_of(suite, version) then list[#list + 1] = suite.value end
  end
  return list
end

local function chunks(list)
  local parts = {}
  for i, value in ipairs(list) do
    local n = math.ceil(i / CHUNK)
    parts[n] = parts[n] or {}
    table.insert(parts[n], value)
  end
  return parts
end

local HELLOS = { server_hello = true }
local EITHER = { server_hello = true, hello_retry_request = true }

local function negotiated(body)
  local selected = extension.find(body.extensions, "supported_versions")
  return (selected and selected.selected_version or body.legacy_version).value
end

-- Which of these suites the server chooses in a version.
local function choose_suite(target, version, list)
  local answer, text, code = ask(target, { versions = { version }, cipher_suites = list },
    version >= TLS13 and EITHER or HELLOS)
  if not answer then return answer, text, code end
  if negotiated(answer.body) ~= version then return false, "protocol_version" end
  return answer.body.cipher_suite.value
end

--- The versions that a server speaks.
-- @tparam Target target
-- @tparam ?table list of versions to ask for; default SSL 3.0 to TLS 1.3
-- @treturn {table,...} registry entries, the newest first; or nil, message, code
function M.versions(target, list)
  local found = {}
  for _, one in ipairs(list or { TLS13, TLS12, 0x0302, 0x0301, SSL3 }) do
    local version = value_of(one)
    for _, chunk in ipairs(chunks(candidates(version))) do
      local chosen, text, code = choose_suite(target, version, chunk)
      if chosen == nil then return nil, text, code end
      if chosen then found[#found + 1] = versions:entry(version) end
      if chosen or text == "protocol_version" then break end
    end
  end
  return found
end

local function heads_of(parts)
  local heads = {}
  for i, part in ipairs(parts) do heads[i] = part[1] end
  return heads
end

local function drop_head(parts, value)
  for i, part in ipairs(parts) do
    if part[1] == value then
      table.remove(part, 1)
      if #part == 0 then table.remove(parts, i) end
      return true
    end
  end
end

-- One list out of several, each in the server's order already: it chooses among the first of each.
local function merge(target, version, parts)
  local out = {}
  while #parts > 1 do
    local chosen, text, code = choose_suite(target, version, heads_of(parts))
    if chosen == nil then return nil, text, code end
    if not chosen or not drop_head(parts, chosen) then
      return nil, "the server refuses suites that it took before", "peer_misbehaved"
    end
    out[#out + 1] = chosen
  end
  for _, value in ipairs(parts[1] or {}) do out[#out + 1] = value end
  return out
end

local function concatenated(parts)
  local out = {}
  for _, part in ipairs(parts) do
    for _, value in ipairs(part) do out[#out + 1] = value end
  end
  return out
end

-- Whose order counts: that of a pair turned round tells.
local function who_decides(target, version, parts)
  for _, part in ipairs(parts) do
    local first, second = part[1], part[2]
    if second then
      local chosen, text, code = choose_suite(target, version, { second, first })
      if chosen == nil then return nil, text, code end
      return chosen == first and "server" or "client"
    end
  end
  return #parts > 1 and "server" or "none"
end

--- The cipher suites that a server takes in a version, whoever may carry them through.
-- @tparam Target target
-- @param version name or number
-- @treturn[1] {table,...} registry entries, in the server's order where that counts
-- @treturn[1] string whose order counts: "server", "client", or "none" where there is no choice
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function M.suites(target, version)
  version = value_of(version)
  local parts = {}
  for _, chunk in ipairs(chunks(candidates(version))) do
    local part, text, code = M.exhaust(chunk, function(left)
      return choose_suite(target, version, left)
    end)
    if not part then return nil, text, code end
    if #part > 0 then parts[#parts + 1] = part end
  end
  local order, why, word = who_decides(target, version, parts)
  if not order then return nil, why, word end
  if order ~= "server" then return entries(cipher_suite, concatenated(parts)), order end
  local list, text, code = merge(target, version, parts)
  if not list then return nil, text, code end
  return entries(cipher_suite, list), order
end

-- --------------------------------------------------------------------- groups and signatures

-- Suites whose ServerKeyExchange shows a group and a scheme.
local function ephemeral()
  local list = {}
  for _, name in ipairs(suites.list(TLS12, TLS12)) do
    if name:find "ECDHE" then list[#list + 1] = name end
  end
  return list
end

local function choose_group13(target, left)
  local answer, text, code = ask(target, { versions = { TLS13 }, groups = left, shares = {} },
    EITHER)
  if not answer then return answer, text, code end
  local data = extension.find(answer.body.extensions, "key_share")
  return data and (data.selected_group or data.server_share.group).value or false
end

local SKE = { server_key_exchange = true, server_hello_done = true }

local function choose_group12(target, left)
  local answer, text, code = ask(target, { versions = { TLS12 }, groups = left, shares = {},
    cipher_suites = ephemeral() }, SKE)
  if not answer then return answer, text, code end
  local params = type(answer.body) == "table" and answer.body.params
  local group = params and params.curve_params.parameters.namedcurve
  return group and group.value or false
end

--- The groups that a server takes, hybrids with ML-KEM among them: what wolfSSL can do does not
-- matter, for no share is sent. In TLS 1.2 those of ECDHE.
-- @tparam Target target
-- @param version name or number, TLS 1.2 or TLS 1.3
-- @treturn {table,...} registry entries in the order of choice; or nil, message, code
function M.groups(target, version)
  local tls13, all = value_of(version) >= TLS13, {}
  for _, group in ipairs(named_group.list) do
    if tls13 and group.client_share or not tls13 and group.kind ~= "ff" and group.value < 0x100 then
      all[#all + 1] = group.value
    end
  end
  local choose = tls13 and choose_group13 or choose_group12
  local list, text, code = M.exhaust(all, function(left) return choose(target, left) end)
  if not list then return nil, text, code end
  return entries(named_group, list)
end

local VERIFY = { certificate_verify = true }

local function choose_scheme(target, tls13, left)
  local answer, text, code = ask(target, { versions = { tls13 and TLS13 or TLS12 },
    signature_algorithms = left, cipher_suites = not tls13 and ephemeral() or nil },
    tls13 and VERIFY or SKE)
  if not answer then return answer, text, code end
  local body = type(answer.body) == "table" and answer.body or {}
  local signed = tls13 and body or body.signed_params
  return signed and signed.algorithm and signed.algorithm.value or false
end

--- The signature schemes that a server signs with.
-- @tparam Target target
-- @param version name or number, TLS 1.2 or TLS 1.3
-- @treturn {table,...} registry entries in the order of choice; or nil, message, code
function M.schemes(target, version)
  local tls13, all = value_of(version) >= TLS13, {}
  for _, scheme in ipairs(signature_scheme.list) do all[#all + 1] = scheme.value end
  local list, text, code = M.exhaust(all, function(left)
    return choose_scheme(target, tls13, left)
  end)
  if not list then return nil, text, code end
  return entries(signature_scheme, list)
end

return M
