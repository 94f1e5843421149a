--- Certificate chains, from the leaf to a root, and the checks on each.
-- @module wolfssl.trace.explain.chain
local certificates = require "wolfssl.trace.explain.certificate"
local words = require "wolfssl.trace.explain.words"

local M = {}

local function sent(entry)
  local list = {}
  for i, item in ipairs(entry.message.body.certificate_list) do
    list[i] = type(item) == "table" and item.cert_data or item
  end
  return list
end

-- The root that the verifier trusts and that made the last certificate, if we were told.
local function find_anchor(trust, last)
  for _, item in ipairs(trust or {}) do
    local candidate = certificates.open(item)
    if candidate and candidate:subject_string() == last:issuer_string() then
      local ok = certificates.signed_by(last, candidate)
      if ok ~= false then return candidate end
    end
  end
end

local function add(list, what, ok, detail)
  list[#list + 1] = { what = what, ok = ok, detail = detail }
end

-- A message of the certificate's own that cannot be read is one thing that is wrong with it.
local function open_all(list)
  local opened = {}
  for i, der in ipairs(list) do
    local certificate, message = certificates.open(der)
    if not certificate then return opened, ("certificate %d: %s"):format(i, message) end
    opened[i] = certificate
  end
  return opened
end

local function check_issuer(checks, certificate, issuer)
  add(checks, "its issuer is " .. issuer:subject_string(),
    certificate:issuer_string() == issuer:subject_string())
  local ok, why = certificates.signed_by(certificate, issuer)
  add(checks, "that issuer's signature on it is right", ok, why)
end

local function check_root(checks, certificate, anchored)
  local ok, why = certificates.signed_by(certificate, certificate)
  add(checks, "it is signed with its own key, as roots are", ok, why)
  add(checks, "it is a root that the verifier trusts", anchored)
end

local FINDINGS = { wrong_name = true, expired = true, not_yet_valid = true }

local function failed_already(checks, finding)
  for _, check in ipairs(checks) do
    if check.ok == false and FINDINGS[finding.code] then return true end
  end
  return false
end

-- What the verifier itself found is added where we have not found it.
local function add_findings(described, verdict, verifier)
  for _, finding in ipairs(verdict and verdict.errors or {}) do
    local certificate = described[finding.depth + 1] or described[#described]
    if certificate and not failed_already(certificate.checks, finding) then
      add(certificate.checks, ("the %s accepts it"):format(verifier), false, finding.reason)
    end
  end
end

local function trusted(scene, verifier, anchor)
  local verdict = (scene.sides[verifier] or {}).verdict
  if verdict and verdict.ok then return true end
  if verdict and verdict.errors and #verdict.errors > 0 then
    for _, finding in ipairs(verdict.errors) do
      if finding.code == "unknown_issuer" or finding.code == "self_signed" then
        return false, finding.reason
      end
    end
  end
  if anchor then return true end
  return nil, "whom the " .. verifier .. " trusts is not known here"
end

local function describe(opened, where)
  local list = {}
  for i, certificate in ipairs(opened) do
    local about = certificates.describe(certificate)
    where.depth = i - 1
    about.checks = certificates.check(certificate, where)
    about.sent = true
    if opened[i + 1] then check_issuer(about.checks, certificate, opened[i + 1]) end
    list[i] = about
  end
  return list
end

local function is_self_signed(certificate)
  return certificate:issuer_string() == certificate:subject_string()
end

local function finish(list, opened, anchor, is_trusted, why)
  local last = opened[#opened]
  if anchor and not is_self_signed(last) then
    check_issuer(list[#list].checks, last, anchor)
    local about = certificates.describe(anchor)
    about.sent, about.anchor = false, true
    check_root(about.checks, anchor, true)
    list[#list + 1] = about
  elseif is_self_signed(last) then
    list[#list].anchor = is_trusted or nil
    check_root(list[#list].checks, last, is_trusted)
  else
    add(list[#list].checks, "a trusted root signed it", is_trusted, why)
  end
end

local function verdict_on(list)
  for i, about in ipairs(list) do
    for _, check in ipairs(about.checks) do
      if check.ok == false then
        return false, ("for %s this does not hold: %s%s"):format(
          i == 1 and "the leaf" or about.subject, check.what,
          check.detail and " (" .. check.detail .. ")" or "")
      end
    end
  end
  return true
end

local function summary(chain, list)
  local checks = {}
  local ok, why = verdict_on(list)
  add(checks, ("every certificate of the chain holds (%s)"):format(
    words.count(#list, "certificate")), ok, why)
  for _, check in ipairs(chain.checks) do checks[#checks + 1] = check end
  return checks
end

--- Adds the chain of a Certificate message to the explanation.
-- @tparam table scene
-- @tparam table entry
-- @tparam table step
-- @treturn {table,...} the checks, in short
function M.add(scene, entry, step)
  local side, verifier = entry.from, words.peer(entry.from)
  local opened, problem = open_all(sent(entry))
  local chain = { from = side, step = step.number, certificates = {}, checks = {} }
  chain.server_name = side == "server" and scene.server_name or nil
  if problem then add(chain.checks, "all certificates can be read", false, problem) end
  if #opened == 0 then return chain.checks end
  local anchor = find_anchor(scene.options.trust, opened[#opened])
  local is_trusted, why = trusted(scene, verifier, anchor)
  local list = describe(opened, { side = side, name = chain.server_name,
    now = scene.options.now or entry.time and entry.time > 1e9 and entry.time or os.time() })
  finish(list, opened, anchor, is_trusted, why)
  add_findings(list, (scene.sides[verifier] or {}).verdict, verifier)
  add(chain.checks, "a root that the " .. verifier .. " trusts stands behind it", is_trusted, why)
  chain.certificates = list
  scene.model.chains[#scene.model.chains + 1] = chain
  return summary(chain, list)
end

return M
