--- What Mozilla's guidelines for servers ask for, as rules to choose from; version 5.7.
-- A hybrid of a recommended curve with ML-KEM counts as that curve.
-- @module wolfssl.probe.policies.mozilla
local M = {}

local DAY = 86400

--- Where the guidelines are.
M.REFERENCE = "https://ssl-config.mozilla.org/guidelines/5.7.json"

local function set_of(text)
  local set = {}
  for word in text:gmatch "%S+" do set[word] = true end
  return set
end

-- The names in a list that a set lacks.
local function strangers(list, set)
  local found, seen = {}, {}
  for _, item in ipairs(list) do
    if not (set[item.name] or seen[item.name]) then found[#found + 1] = item.name end
    seen[item.name] = true
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

-- Each leaf must pass.
local function each_leaf(certificates, judge)
  local reasons = {}
  if #certificates == 0 then return false, "no certificate is shown" end
  for i, leaf in ipairs(certificates) do
    local ok, reason = judge(leaf)
    if not ok then return false, reason end
    reasons[i] = reason
  end
  return true, table.concat(reasons, ", ")
end

local EC = { secp256r1 = true, secp384r1 = true }
local RSA_BITS = 2048

--- Keys are of recommended kinds.
-- @tparam boolean rsa whether RSA of 2048 bits and more is one
-- @treturn table rule
function M.key(rsa)
  return { name = "key", facts = { "certificate" }, reference = M.REFERENCE,
    check = function(certificates)
      return each_leaf(certificates, function(leaf)
        local key = leaf.key or {}
        local text = ("%s %s"):format(tostring(key.algorithm), tostring(key.curve or key.bits))
        return key.curve and EC[key.curve] or rsa and key.algorithm == "rsa"
          and key.bits >= RSA_BITS or false, text
      end)
    end }
end

--- Certificates are signed in recommended ways.
-- @tparam string text names
-- @treturn table rule
function M.signature(text)
  local set = set_of(text)
  return { name = "signature", facts = { "certificate" }, reference = M.REFERENCE,
    check = function(certificates)
      return each_leaf(certificates, function(leaf)
        return set[leaf.signature] or false, "signed with " .. tostring(leaf.signature)
      end)
    end }
end

--- Certificates are short-lived.
-- @tparam int days
-- @treturn table rule
function M.lifespan(days)
  return { name = "lifespan", facts = { "certificate" }, reference = M.REFERENCE,
    check = function(certificates)
      return each_leaf(certificates, function(leaf)
        if leaf.unreadable then return false, "unreadable" end
        local span = (leaf.not_after - leaf.not_before) / DAY
        return span <= days, ("valid for %.0f days, of %d"):format(span, days)
      end)
    end }
end

--- There is a staple where the certificate names a responder.
-- @treturn table rule
function M.staple()
  return { name = "staple", facts = { "staple", "certificate" }, reference = M.REFERENCE,
    check = function(staple, certificates)
      if staple.present then return staple.valid, staple.valid and "valid" or "not valid" end
      for _, leaf in ipairs(certificates) do
        if leaf.urls and #leaf.urls.ocsp > 0 then return false, "there is none" end
      end
      return true, "the certificate names no responder"
    end }
end

return M
