--- What Mozilla's guidelines for servers ask for, as rules to choose from; version 5.7.
-- A hybrid of a recommended curve with ML-KEM counts as that curve.
-- @module wolfssl.probe.policies.mozilla
local M = {}

--- Where the guidelines are.
M.REFERENCE = "https://ssl-config.mozilla.org/guidelines/5.7.json"

local function set_of(text)
  local set = {}
  for word in text:gmatch "%S+" do set[word] = true end
  return set
end

-- The names in a list that a set lacks.
local function strangers(list, set)
  local found = {}
  for _, item in ipairs(list) do
    if not set[item.name] then found[#found + 1] = item.name end
  end
  return found
end

local function only(list, set, what)
  local found = strangers(list, set)
  if #found > 0 then return false, "also " .. table.concat(found, ", ") end
  return true, ("nothing but recommended %s"):format(what)
end

--- The versions that are spoken are of these, and one of them is.
-- @tparam {string,...} names
-- @treturn table rule
function M.versions(names)
  local set = {}
  for _, name in ipairs(names) do set[name] = true end
  return { name = "versions", facts = { "versions" }, reference = M.REFERENCE,
    check = function(versions)
      if #versions == 0 then return false, "none is spoken" end
      return only(versions, set, "versions")
    end }
end

--- The suites of all versions are of these.
-- @tparam string text
-- @treturn table rule
function M.suites(text)
  local set = set_of(text)
  return { name = "suites", facts = { "suites" }, reference = M.REFERENCE,
    check = function(suites)
      local all = {}
      for _, of_version in pairs(suites) do
        for _, suite in ipairs(of_version.list) do all[#all + 1] = suite end
      end
      table.sort(all, function(a, b) return a.value < b.value end)
      return only(all, set, "suites")
    end }
end

--- The client's order of suites counts: clients know what they are fast at.
-- @treturn table rule
function M.order()
  return { name = "order", facts = { "suites" }, reference = M.REFERENCE,
    check = function(suites)
      for version, of_version in pairs(suites) do
        if of_version.order == "server" then return false, "the server's counts in " .. version end
      end
      return true, "the client's counts"
    end }
end

local CURVES = set_of [[x25519 secp256r1 secp384r1
  X25519MLKEM768 SecP256r1MLKEM768 SecP384r1MLKEM1024]]
local FINITE = set_of "ffdhe2048 ffdhe3072 ffdhe4096 ffdhe6144 ffdhe8192"

--- The groups of all versions are recommended ones.
-- @tparam boolean dhe whether those of finite fields are
-- @treturn table rule
function M.groups(dhe)
  local set = {}
  for name in pairs(CURVES) do set[name] = true end
  for name in pairs(dhe and FINITE or {}) do set[name] = true end
  return { name = "groups", facts = { "groups" }, reference = M.REFERENCE,
    check = function(groups)
      local all = {}
      for _, list in pairs(groups) do
        for _, group in ipairs(list) do all[#all + 1] = group end
      end
      table.sort(all, function(a, b) return a.value < b.value end)
      return only(all, set, "groups")
    end }
end

return M
