--- One certificate in words, and what can be checked of it.
-- @module wolfssl.trace.explain.certificate
-- @see RFC 5280
local crypto = require "wolfssl.trace.crypto"
local der_element = require("wolfssl.trace.der").element
local words = require "wolfssl.trace.explain.words"

local M = {}

--- Opens a certificate.
-- @param what DER, or a certificate of the core
-- @treturn userdata certificate; or nil, message
function M.open(what)
  if type(what) ~= "string" then return what end
  return require("wolfssl.core").certificate(what)
end

local function key_text(key)
  return ("%s%s"):format(key.algorithm, key.curve and ", " .. key.curve
    or key.bits and (", %.0f bits"):format(key.bits) or "")
end

local function names_of(certificate)
  local list = {}
  for _, name in ipairs(certificate:subject_alt_names() or {}) do
    list[#list + 1] = type(name.value) == "string" and words.text(name.value) or name.type
  end
  return list
end

--- What a certificate says.
-- @tparam userdata certificate
-- @treturn table see `wolfssl.trace.explain`, with an empty list of checks
function M.describe(certificate)
  local constraints = certificate:basic_constraints()
  return {
    subject = certificate:subject_string(), issuer = certificate:issuer_string(),
    names = names_of(certificate), not_before = words.date(certificate:not_before()),
    not_after = words.date(certificate:not_after()), serial = certificate:serial(),
    key = key_text(certificate:public_key()),
    signature = certificate:signature_algorithm().name or certificate:signature_algorithm().oid,
    sha256 = certificate:fingerprint("sha256"), ca = constraints ~= nil and constraints.ca == true,
    der = words.hex(certificate:der()), checks = {},
  }
end

local function add(list, what, ok, detail)
  list[#list + 1] = { what = what, ok = ok, detail = detail }
end

local function check_dates(list, certificate, now)
  local ok = now >= certificate:not_before() and now <= certificate:not_after()
  local detail
  if now < certificate:not_before() then
    detail = "it begins only on " .. words.date(certificate:not_before())
  elseif not ok then
    detail = "it ended on " .. words.date(certificate:not_after())
  end
  add(list, "it is valid now", ok, detail)
end

local function check_strength(list, certificate)
  local key, hash = certificate:public_key(), certificate:signature_algorithm().hash
  local least = (key.algorithm or ""):find("^rsa") and 2048 or key.curve and 256
  if least and key.bits then
    add(list, ("its key is long enough (%s)"):format(key_text(key)), key.bits >= least)
  end
  local own = certificate:subject_string() == certificate:issuer_string()
  if not own and (hash == "sha1" or hash == "md5") then    -- a root's own signature proves nothing
    add(list, "its signature uses a sound hash", false, hash .. " is broken")
  end
end

local function has(list, name)
  for _, item in ipairs(list or {}) do
    if item == name or type(item) == "table" and item.name == name then return true end
  end
  return false
end

local PURPOSES = { server = "server_auth", client = "client_auth" }

local function check_leaf(list, certificate, side, name)
  local purposes = certificate:extended_key_usage()
  add(list, ("it may be used by a %s"):format(side),
    purposes == nil or has(purposes, PURPOSES[side]) or has(purposes, "any_extended_key_usage"))
  if side == "server" and name then
    local ok = certificate:matches(name)
    add(list, "it is for " .. name, ok, not ok and "it is for "
      .. (words.list(names_of(certificate)) ~= "" and words.list(names_of(certificate))
        or "no name at all") or nil)
  end
end

local function check_authority(list, certificate, below)
  local constraints, usage = certificate:basic_constraints(), certificate:key_usage()
  add(list, "it is an authority (CA) and may sign certificates",
    constraints ~= nil and constraints.ca == true and (usage == nil or has(usage, "key_cert_sign")))
  local length = constraints and constraints.path_length
  if length then
    add(list, ("it allows %s below it"):format(words.count(length, "further authority",
      "further authorities")), below <= length)
  end
end

--- Checks what a certificate says of itself.
-- @tparam userdata certificate
-- @tparam table where `{depth, side, name, now}`; `depth` is 0 for the leaf
-- @treturn {table,...} checks
function M.check(certificate, where)
  local list = {}
  check_dates(list, certificate, where.now)
  check_strength(list, certificate)
  if where.depth == 0 then
    check_leaf(list, certificate, where.side, where.name)
  else
    check_authority(list, certificate, where.depth - 1)
  end
  return list
end

-- The names of wolfCrypt for what certificates are signed with.
local function scheme_of(algorithm)
  local name, hash = algorithm.name or "", algorithm.hash
  if name == "ed25519" or name == "ed448" then return name end
  if name:find("^ecdsa_with_") then return "ecdsa_" .. hash end
  if name:find("_with_rsa_encryption$") then return "rsa_pkcs1_" .. hash end
  if name:find("pss") and hash then return "rsa_pss_rsae_" .. hash end
end

-- What is signed, and the signature: Certificate ::= SEQUENCE { tbs, algorithm, BIT STRING }
local function parts(der)
  local _, start, after = der_element(der, 1, #der)
  local _, _, algorithm = der_element(der, start, after - 1)
  local _, _, bits = der_element(der, algorithm, after - 1)
  local _, content, behind = der_element(der, bits, after - 1)
  return der:sub(start, algorithm - 1), der:sub(content + 1, behind - 1)
end

--- Checks the signature of one certificate with the key of another.
-- @tparam userdata certificate
-- @tparam userdata issuer
-- @treturn ?boolean nil when it cannot be checked
-- @treturn ?string why not
function M.signed_by(certificate, issuer)
  local scheme = scheme_of(certificate:signature_algorithm())
  if not scheme then return nil, "this signature algorithm is not supported" end
  local signed, signature = parts(certificate:der())
  local called, ok, message, code = pcall(crypto.verify, scheme, issuer:spki(), signed, signature)
  if not called then return nil, ok end
  if ok then return true end
  if code == "peer_misbehaved" then return false, message end
  return nil, message
end

return M
