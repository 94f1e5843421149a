--- Versions and cipher suites: one answer tells of both.
-- @module wolfssl.probe.enumerate.suites
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local everything = require "wolfssl.probe.everything"
local exhaust = require "wolfssl.probe.enumerate.exhaust"
local extension = require "wolfssl.tls.extension"
local primes = require "wolfssl.probe.enumerate.primes"
local versions = require "wolfssl.tls.registry.version"

local M = {}

-- Some servers end the connection where a hello has more suites, or more than 255 bytes of them.
local CHUNK = 64
local SSL3, TLS13 = 0x0300, 0x0304

local function chunks(list)
  local parts = {}
  for i, value in ipairs(list) do
    local n = math.ceil(i / CHUNK)
    parts[n] = parts[n] or {}
    table.insert(parts[n], value)
  end
  return parts
end

local function negotiated(body)
  local selected = extension.find(body.extensions, "supported_versions")
  return (selected and selected.selected_version or body.legacy_version).value
end

local function ask(target, version, list)
  local answer, how, code = target:ask({ versions = { version }, cipher_suites = list,
    groups = everything.groups(version), signature_algorithms = everything.schemes() },
    "server_hello", version >= TLS13 and "hello_retry_request" or primes.listen)
  if answer == nil then return nil, how, code end
  if not answer then return { how = how } end
  return { suite = answer.body.cipher_suite.value, version = negotiated(answer.body) }
end

-- What a server answers to suites of a version: asked once, for one question is like the other.
-- A table with `suite` and `version`, or with `how` it refused; nil, message, code.
local function answer_to(target, version, list)
  local key = version .. ":" .. table.concat(list, ",")
  if not target.choices[key] then
    local answer, message, code = ask(target, version, list)
    if not answer then return nil, message, code end
    target.choices[key] = answer
  end
  return target.choices[key]
end

local function choose(target, version, list)
  local answer, message, code = answer_to(target, version, list)
  if not answer then return nil, message, code end
  return answer.version == version and answer.suite
end

-- The lists in which suites are offered: all at once to a server that once chose from so many. One
-- who refuses may be overwhelmed, unless it says that it is the version.
local function portions(target, version)
  local all = everything.suites(version)
  if #all <= CHUNK or target.bears_many then return { all } end
  if target.bears_many == nil then
    local answer, message, code = answer_to(target, version, all)
    if not answer then return nil, message, code end
    if answer.suite then target.bears_many = true
    elseif not answer.how:find "^alert" then target.bears_many = false end
    if answer.suite or answer.how == "alert protocol_version" then return { all } end
  end
  return chunks(all)
end

-- The newest version up to this one; false when there is none.
local function newest(target, version)
  local lists, text, why = portions(target, version)
  if not lists then return nil, text, why end
  for _, list in ipairs(lists) do
    local answer, message, code = answer_to(target, version, list)
    if not answer then return nil, message, code end
    if answer.version and answer.version <= version then return answer.version end
    if answer.how == "alert protocol_version" then break end
  end
  return false
end

--- The versions that a server speaks. One who is offered TLS 1.1 answers with what is older when
-- that is all there is; so where a server that speaks something newer refuses, there is nothing
-- older. One that refused everything so far is asked for each, lest it is frightened by numbers.
-- @tparam Target target
-- @treturn {table,...} registry entries, the newest first; or nil, message, code
function M.versions(target)
  local found, version = {}, TLS13
  while version >= SSL3 do
    local spoken, message, code = newest(target, version)
    if spoken == nil then return nil, message, code end
    if spoken then found[#found + 1] = versions:entry(spoken) end
    if not spoken and found[1] then break end
    version = (spoken or version) - 1
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

-- The lists behind one another, behind what is there.
local function concatenated(parts, out)
  for _, part in ipairs(parts) do
    for _, value in ipairs(part) do out[#out + 1] = value end
  end
  return out
end

-- One list out of several, each in the server's order already: it chooses among the first of each.
-- Behind them what it chose instead, which ends that.
local function merge(target, version, parts)
  local out = {}
  while #parts > 1 do
    local chosen, text, code = choose(target, version, heads_of(parts))
    if chosen == nil then return nil, text, code end
    if not chosen then
      return nil, "the server refuses suites that it took before", "peer_misbehaved"
    end
    if not drop_head(parts, chosen) then return concatenated(parts, out), chosen end
    out[#out + 1] = chosen
  end
  return concatenated(parts, out)
end

-- Whether they stand as we offered them.
local function is_ours(part, offered)
  local at = 1
  for _, value in ipairs(offered) do
    if value == part[at] then at = at + 1 end
  end
  return at > #part
end

-- Whose order counts: the server's where it is not ours; otherwise a pair turned round tells.
local function who_decides(target, version, parts, offered)
  local pair
  for _, part in ipairs(parts) do
    if not is_ours(part, offered) then return "server" end
    pair = pair or part[2] and part
  end
  local first, second = (pair or heads_of(parts))[1], (pair or heads_of(parts))[2]
  if not second then return "none" end
  local chosen, text, code = choose(target, version, { second, first })
  if chosen == nil then return nil, text, code end
  return chosen == first and "server" or "client"
end

-- Candidates with those first that the server took in another version: so they share a hello, and
-- need not be put in order afterwards. The last one found comes first, which tells whose order
-- counts.
local function known_first(target, candidates)
  local known, list, seen = target.choices.suites or {}, {}, {}
  local possible = {}
  for _, value in ipairs(candidates) do possible[value] = true end
  for i = #known, 1, -1 do
    if possible[known[i]] then list[#list + 1] = known[i] end
    seen[known[i]] = true
  end
  for _, value in ipairs(candidates) do
    if not seen[value] then list[#list + 1] = value end
  end
  return list
end

-- What is taken of each list, and a suite that was not offered; nil, message, code.
local function taken(target, version, lists)
  local parts, stray = {}, nil
  for _, list in ipairs(lists) do
    local part, text, code = exhaust(list, function(left) return choose(target, version, left) end)
    if not part then return nil, text, code end
    stray = stray or text
    if #part > 0 then parts[#parts + 1] = part end
  end
  return parts, stray
end

--- The cipher suites that a server takes in a version, whoever may carry them through.
-- @tparam Target target
-- @param version name or number
-- @treturn[1] {table,...} registry entries, in the server's order where that counts
-- @treturn[1] string whose order counts: "server", "client", or "none" where there is no choice
-- @treturn[1] ?table a suite that was answered though it was not offered: registry entry
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function M.suites(target, version)
  version = versions:value(version) or error("version: " .. tostring(version) .. " is none", 2)
  local offered = everything.suites(version)
  local lists, text, code = portions(target, version)
  if not lists then return nil, text, code end
  if lists[2] then
    offered = known_first(target, offered)
    lists = chunks(offered)
  end
  local parts, stray, why = taken(target, version, lists)
  if not parts then return nil, stray, why end
  local order
  order, text, code = who_decides(target, version, parts, offered)
  if not order then return nil, text, code end
  local list
  if order == "server" then
    list, text, code = merge(target, version, parts)
  else
    list = concatenated(parts, {})
  end
  if not list then return nil, text, code end
  stray = stray or text
  target.choices.suites = list
  local found = {}
  for i, value in ipairs(list) do found[i] = cipher_suite:entry(value) end
  return found, order, stray and cipher_suite:entry(stray)
end

return M
