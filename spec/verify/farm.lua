--- Chains for the specs of verification: each level is what differs from a sound one.

local core = require "wolfssl.core"
local helper = require "helper"
local issue = require "wolfssl.issue"
local wolfssl = require "wolfssl"

local M = {}

M.NAME = "www.example.com"
M.NOW = os.time()
M.DAY = 86400

local keys = {}

--- The key of that name: the same for the whole run. kind, bits: of a new one
function M.key(name, kind, bits)
  keys[name] = keys[name] or issue.key(kind or "secp256r1", bits)
  return keys[name]
end

local DEFAULTS = {
  subject_alt_names = { "dns:" .. M.NAME }, extended_key_usage = { "server_auth", "client_auth" },
}

local OURS = { name = true, key = true, kind = true, bits = true }

--- One certificate, as {certificate = object, key =}.
-- @tparam table fields of issue.certificate; issuer: what this has returned
function M.one(fields)
  local options = {
    not_before = M.NOW - M.DAY, not_after = M.NOW + M.DAY,
    subject = fields.subject or fields.name,
    key = M.key(fields.key or fields.name or fields.subject, fields.kind, fields.bits),
  }
  for name, value in pairs(fields) do
    if not OURS[name] then options[name] = value end
  end
  return { certificate = assert(core.certificate(issue.certificate(options))), key = options.key }
end

--- An authority.
function M.ca(name, issuer, fields)
  local options = { name = name, issuer = issuer, ca = true }
  for k, v in pairs(fields or {}) do options[k] = v end
  return M.one(options)
end

--- A server.
function M.leaf(issuer, fields)
  local options = { name = "Leaf", issuer = issuer }
  for k, v in pairs(DEFAULTS) do options[k] = v end
  for k, v in pairs(fields or {}) do options[k] = v end
  return M.one(options)
end

--- Root, middle, leaf; differences by depth: {[0] = of the leaf, of the middle, of the root}.
function M.chain(differences)
  differences = differences or {}
  local root = M.ca("Root", nil, differences[2])
  local middle = M.ca("Middle", root, differences[1])
  local leaf = M.leaf(middle, differences[0])
  return { leaf.certificate, middle.certificate }, root.certificate, { leaf, middle, root }
end

--- Verifies with these anchors; returns the verdict. false: not that default
function M.verify(chain, anchors, options)
  local all = { trust = wolfssl.trust(anchors), host = M.NAME, purpose = "server_auth" }
  for name, value in pairs(options or {}) do all[name] = value or nil end
  return assert(wolfssl.verify(chain, all))
end

--- "0:expired 1:not_a_ca", or "ok".
function M.says(verdict)
  local words = {}
  for _, e in ipairs(verdict.errors) do words[#words + 1] = e.depth .. ":" .. e.code end
  table.sort(words)
  assert(verdict.ok == (#words == 0))
  return #words == 0 and "ok" or table.concat(words, " ")
end

--- Common names along the path.
function M.path(verdict)
  local names = {}
  for i, certificate in ipairs(verdict.path) do
    names[i] = tostring(certificate):match("CN=(.*)")
  end
  return table.concat(names, " ")
end

--- What `openssl verify` says: true, or false and its words.
function M.openssl(chain, anchors, arguments)
  local dir = helper.tempdir()
  local function pem(list)
    local blocks = {}
    for i, certificate in ipairs(list) do blocks[i] = certificate:pem() end
    return table.concat(blocks)
  end
  helper.write(dir .. "/anchors", pem(anchors))
  helper.write(dir .. "/leaf", pem({ chain[1] }))
  helper.write(dir .. "/others", pem(chain))
  local output, status = helper.run(("openssl verify -no-CApath -no-CAstore -auth_level 2 " ..
    "-purpose sslserver -CAfile %s/anchors -untrusted %s/others %s %s/leaf"):format(
    dir, dir, arguments or "-verify_hostname " .. M.NAME, dir))
  return status == 0, output
end

return M
