--- A handshake that went well with a server that is not to be trusted: why not, and what would have
-- to be otherwise.
-- @module wolfssl.probe.diagnose.trust
local verify = require "wolfssl.verify"

local M = {}

local function date(seconds) return os.date("!%Y-%m-%d", seconds) end

local function names_of(leaf)
  local names = {}
  for _, name in ipairs(leaf:subject_alt_names() or {}) do
    if type(name.value) == "string" then names[#names + 1] = name.value end
  end
  return #names > 0 and table.concat(names, ", ") or "no name"
end

local SENTENCES = {
  expired = function(at) return ("The certificate of %s expired on %s."):format(
    at:subject_string(), date(at:not_after())) end,
  not_yet_valid = function(at) return ("The certificate of %s is valid from %s on only."):format(
    at:subject_string(), date(at:not_before())) end,
  wrong_name = function(at, _, host)
    return ("The certificate is for %s, not for %s."):format(names_of(at), host)
  end,
  self_signed = function(at)
    return ("The certificate of %s is signed by itself, and nobody we trust."):format(
      at:subject_string())
  end,
}

-- Without the intermediate nobody can tell whom it leads to.
function SENTENCES.unknown_issuer(at, certificates)
  local form = #certificates == 1
    and "The server shows its own certificate only, and %s, who signed it, is nobody we trust: an"
      .. " intermediate is missing, or we trust others."
    or "The chain ends at %s, who is nobody we trust."
  return form:format(at:issuer_string())
end

local CHANGES = {
  expired = "at an earlier time", not_yet_valid = "at a later time", wrong_name = "another name",
  self_signed = "trust in that certificate", unknown_issuer = "trust in who signed it",
}

-- The same chain under another condition: what would have to be otherwise for it to be trusted.
local function relaxed(finding, certificates, options)
  local at = certificates[finding.depth + 1] or certificates[#certificates]
  local all = {}
  for name, value in pairs(options) do all[name] = value end
  if finding.code == "expired" then all.time = at:not_after() - 1 end
  if finding.code == "not_yet_valid" then all.time = at:not_before() + 1 end
  if finding.code == "wrong_name" then all.host = nil end
  if finding.code == "unknown_issuer" or finding.code == "self_signed" then
    all.trust = certificates[#certificates]
  end
  return all
end

-- What tells most comes first: whoever signs for himself need not be told that he is no server.
local RANKS = { self_signed = 1, leaf_is_ca = 3 }

local function ranked(errors)
  local list = {}
  for rank = 1, 3 do
    for _, finding in ipairs(errors) do
      if (RANKS[finding.code] or 2) == rank then list[#list + 1] = finding end
    end
  end
  return list
end

local function told(finding, path, certificates, host)
  local at = path[finding.depth + 1] or certificates[finding.depth + 1] or certificates[1]
  local sentence = SENTENCES[finding.code]
  return sentence and at and sentence(at, certificates, host)
    or ("Certificate %d of the chain is not to be trusted: %s."):format(finding.depth,
      finding.reason)
end

local function parsed(chain)
  local list = {}
  for _, der in ipairs(chain) do
    local certificate = require("wolfssl.core").certificate(der)
    if certificate then list[#list + 1] = certificate end
  end
  return list
end

--- Judges a chain as a client does.
-- @tparam {string,...} chain DER
-- @tparam table case with `trust` and `time`
-- @tparam string host that the certificate must be for
-- @treturn[1] nil when it is to be trusted
-- @treturn[2] table `{code, text, errors, change, flips}`: `errors` are those of `wolfssl.verify`,
-- `code` is of the one that tells most, `text` has a sentence for each; `flips` says whether the
-- chain is good once `change` is granted
function M.judge(chain, case, host)
  local options = { trust = case.trust, time = case.time, host = host, purpose = "server_auth" }
  local verdict, message = verify.chain(chain, options)
  if not verdict then error(message, 0) end
  local errors = ranked(verdict.errors)
  local first = errors[1]
  if verdict.ok or not first then return nil end
  local certificates, sentences = parsed(chain), {}
  for i, finding in ipairs(errors) do
    sentences[i] = told(finding, verdict.path, certificates, host)
  end
  local again = CHANGES[first.code] and verify.chain(chain, relaxed(first, certificates, options))
  return { code = first.code, text = table.concat(sentences, " "), errors = verdict.errors,
    change = CHANGES[first.code], flips = again and again.ok or false }
end

return M
