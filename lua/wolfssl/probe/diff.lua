--- What changed between two scans, in words.
--
-- What changes by itself, as the days that a certificate has left, is no change; nor is the order
-- of suites where the client's counts; nor is a finding that says another number of days.
-- @module wolfssl.probe.diff
local words = require "wolfssl.probe.report.words"

local M = {}

local VOLATILE = { expires_in_days = true, this_update = true, next_update = true,
  produced_at = true, time = true }

local function say(changes, about, ...)
  table.insert(changes, { about = about, text = (...):format(select(2, ...)) })
end

local function union(a, b)
  local all = {}
  for name in pairs(a) do all[name] = true end
  for name in pairs(b) do all[name] = true end
  return words.sorted(all)
end

local function join(about, name)
  return about .. " " .. words.title(name)
end

-- ----------------------------------------------------------------------------- lists

local function set_of(list)
  local set = {}
  for _, text in ipairs(list) do set[text] = true end
  return set
end

local function missing(list, set)
  local found = {}
  for _, text in ipairs(list) do
    if not set[text] then found[#found + 1] = text end
  end
  return found
end

local function lines_of(list)
  local lines = {}
  for i, item in ipairs(list) do lines[i] = words.line(item) end
  return lines
end

-- The order is compared among those that stayed.
local function reordered(a, b, in_a, in_b)
  local k = 0
  for _, text in ipairs(a) do
    if in_b[text] then
      repeat k = k + 1 until not b[k] or in_a[b[k]]
      if b[k] ~= text then return true end
    end
  end
  return false
end

local function compare_lists(changes, about, a, b, any_order)
  a, b = lines_of(a), lines_of(b)
  local in_a, in_b = set_of(a), set_of(b)
  local gone, new = missing(a, in_b), missing(b, in_a)
  if #gone > 0 then say(changes, about, "removed: %s", table.concat(gone, ", ")) end
  if #new > 0 then say(changes, about, "added: %s", table.concat(new, ", ")) end
  if not any_order and reordered(a, b, in_a, in_b) then
    say(changes, about, "another order: %s; was %s", table.concat(b, ", "), table.concat(a, ", "))
  end
end

-- ----------------------------------------------------------------------------- values

local compare

local function compare_fields(changes, about, a, b)
  local client = a.order == "client" and b.order == "client"
  for _, name in ipairs(union(a, b)) do
    if not VOLATILE[name] then
      compare(changes, join(about, name), a[name], b[name], client, name)
    end
  end
end

local function is_list(value)
  return type(value) == "table" and not words.is_code_point(value) and words.is_list(value)
end

local function is_map(value)
  return type(value) == "table" and not words.is_code_point(value) and value[1] == nil
end

function compare(changes, about, a, b, any_order, name)
  if a == nil then
    say(changes, about, "known now: %s", words.line(b))
  elseif b == nil then
    say(changes, about, "not known any more, was %s", words.line(a))
  elseif is_list(a) and is_list(b) then
    compare_lists(changes, about, a, b, any_order)
  elseif is_map(a) and is_map(b) then
    compare_fields(changes, about, a, b)
  else
    local now, before = words.text(b, name), words.text(a, name)
    if now ~= before then say(changes, about, "%s, was %s", now, before) end
  end
end

-- ----------------------------------------------------------------------------- certificates

local SELF = { sha256 = true, serial = true, not_before = true, not_after = true,
  spki_sha256 = true, chain = true }

local function by_kind(list)
  local map = {}
  for _, leaf in ipairs(list) do map[tostring(leaf.kind or "certificate")] = leaf end
  return map
end

local function compare_leaves(changes, about, a, b)
  if a.sha256 == b.sha256 then return end
  say(changes, about, "renewed, with %s key; valid to %s, was %s",
    a.spki_sha256 == b.spki_sha256 and "the same" or "another",
    words.text(b.not_after, "not_after"), words.text(a.not_after, "not_after"))
  for _, name in ipairs(union(a, b)) do
    if not SELF[name] then compare(changes, join(about, name), a[name], b[name], true, name) end
  end
end

local function subject_of(certificate)
  return certificate.subject or "unreadable"
end

local function sent(leaf)
  local names = {}
  for i, certificate in ipairs(leaf.chain or {}) do names[i] = subject_of(certificate) end
  return names
end

local function compare_certificates(changes, about, a, b)
  a, b = by_kind(a), by_kind(b)
  for _, kind in ipairs(union(a, b)) do
    local place = join(about, kind)
    if not a[kind] then
      say(changes, place, "new: %s", subject_of(b[kind]))
    elseif not b[kind] then
      say(changes, place, "not shown any more, was %s", subject_of(a[kind]))
    else
      compare_leaves(changes, place, a[kind], b[kind])
      compare_lists(changes, place .. " chain", sent(a[kind]), sent(b[kind]))
    end
  end
end

-- ----------------------------------------------------------------------------- records

local function key_of(finding)
  return finding.probe .. " " .. finding.code .. " " .. finding.message:gsub("%d+ day", "# day")
end

local function findings_of(list)
  local lines, text = {}, {}
  for i, finding in ipairs(list) do
    lines[i] = key_of(finding)
    text[lines[i]] = ("%s: %s"):format(finding.severity, finding.message)
  end
  return lines, text
end

local function compare_findings(changes, a, b)
  local before, old = findings_of(a)
  local now, new = findings_of(b)
  for _, key in ipairs(missing(before, set_of(now))) do
    say(changes, "finding", "gone, %s", old[key])
  end
  for _, key in ipairs(missing(now, set_of(before))) do
    say(changes, "finding", "new, %s", new[key])
  end
end

local function results_of(policies)
  local results = {}
  for name, verdict in pairs(policies or {}) do
    for _, rule in ipairs(verdict.rules) do results[name .. " " .. rule.rule] = rule end
  end
  return results
end

local function compare_policies(changes, a, b)
  a, b = results_of(a), results_of(b)
  for _, name in ipairs(union(a, b)) do
    if a[name] and b[name] and a[name].result ~= b[name].result then
      local reason = b[name].reason
      say(changes, "policy " .. name, "%s, was %s%s", b[name].result, a[name].result,
        reason and ": " .. tostring(reason) or "")
    end
  end
end

local function are_tables(list)
  for _, item in pairs(list) do
    if type(item) ~= "table" then return false end
  end
  return true
end

-- Whether a fact is what the probe `certificate` states, whoever wrote it down.
local function are_leaves(list)
  if type(list) ~= "table" or not are_tables(list) then return false end
  for _, leaf in pairs(list) do
    if leaf.chain and not (type(leaf.chain) == "table" and are_tables(leaf.chain)) then
      return false
    end
  end
  return true
end

local function compare_facts(changes, a, b)
  for _, name in ipairs(union(a, b)) do
    local leaves = name == "certificate" and are_leaves(a[name]) and are_leaves(b[name])
    local how = leaves and compare_certificates or compare
    how(changes, words.title(name), a[name], b[name])
  end
end

--- Compares two records of one target.
-- @tparam table a record of `wolfssl.probe.scan`, the older one
-- @tparam table b record
-- @treturn {table,...} changes `{about =, text =}`, none when nothing changed
function M.records(a, b)
  local changes = {}
  if a.status ~= b.status then
    say(changes, "status", "%s, was %s", b.status, a.status)
  elseif a.status == "tls" then
    compare_facts(changes, a.facts, b.facts)
    compare_findings(changes, a.findings, b.findings)
    compare_policies(changes, a.policies, b.policies)
  end
  return changes
end

return M
