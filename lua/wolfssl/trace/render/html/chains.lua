--- Certificate chains as trees: the root on top, the leaf innermost, each with its checks.
-- @module wolfssl.trace.render.html.chains
local h = require "wolfssl.trace.render.html.element"
local piece = require "wolfssl.trace.render.html.piece"

local M = {}

-- The worst of a list of checks: false, then nil, then true.
local function overall(checks)
  local result = true
  for _, check in ipairs(checks or {}) do
    if check.ok == false then return false end
    if check.ok == nil then result = nil end
  end
  return result
end

local FACTS = {
  { "issuer", "Issued by" }, { "names", "For the names" }, { "not_before", "Valid from" },
  { "not_after", "Valid to" }, { "key", "Key" }, { "signature", "Signed with" },
  { "serial", "Serial number" }, { "sha256", "SHA-256" },
}

local CODES = { serial = true, sha256 = true }

local function text_of(value)
  if type(value) == "table" then return table.concat(value, ", ") end
  return tostring(value)
end

local function facts(certificate)
  return h.dl(piece.map(FACTS, function(fact)
    local value = certificate[fact[1]]
    if value == nil or type(value) == "table" and #value == 0 then return nil end
    local text = text_of(value)
    return { h.dt(fact[2]), h.dd(CODES[fact[1]] and h.code(text) or text) }
  end))
end

local function kind(certificate, depth)
  if certificate.anchor then
    return certificate.sent and "trusted root, sent along" or "trusted root"
  end
  if depth == 1 then return "leaf" end
  return certificate.ca and "authority" or "certificate"
end

-- From the root, which is the last of the list, inwards.
local function branch(certificates, depth)
  local certificate = certificates[depth]
  if not certificate then return nil end
  return h.ul({ class = "tree" }, h.li(
    h.details({ class = "certificate", open = depth == 1 },
      h.summary(piece.marked("span", overall(certificate.checks),
        certificate.subject or "(no name)",
        h.span({ class = "kind" }, " ", kind(certificate, depth)))),
      piece.checks(certificate.checks), facts(certificate)),
    branch(certificates, depth - 1)))
end

local function verdict(chain)
  local ok = overall(chain.checks)
  for _, certificate in ipairs(chain.certificates) do
    local each = overall(certificate.checks)
    if each == false then ok = false elseif each == nil and ok then ok = nil end
  end
  local words = { [true] = "The chain holds.", [false] = "The chain does not hold." }
  return h.div({ class = "verdict" }, piece.marked("div", ok,
    words[ok] or "Nobody could tell whether the chain holds."))
end

local function one(chain, step)
  local sealed = step and step.encrypted
  local inside = h.group(verdict(chain), piece.checks(chain.checks),
    branch(chain.certificates, #chain.certificates))
  return h.div({ class = "chain" },
    h.h3("The ", chain.from, "’s chain", chain.server_name and {
      h.span({ class = "muted" }, ", asked for as ", chain.server_name) }),
    h.p({ class = "muted" }, "Sent in ", piece.step_link(chain.step), "."),
    not sealed and inside or { h.div({ class = "in" }, inside),
      h.p({ class = "out" }, "It was sent encrypted: the eavesdropper does not see it.") })
end

--- The section of certificates; nil when there were none.
-- @tparam table model
-- @treturn ?table element
function M.view(model)
  if #(model.chains or {}) == 0 then return nil end
  return h.section({ id = "certificates", ["aria-labelledby"] = "certificates-title" },
    h.h2({ id = "certificates-title" }, "Certificates"),
    h.div({ class = "chains" }, piece.map(model.chains, function(chain)
      return one(chain, (model.steps or {})[chain.step])
    end)))
end

return M
