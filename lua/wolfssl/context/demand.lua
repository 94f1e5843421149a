--- What a context asks of its peers' chains.
-- @module wolfssl.context.demand

local material = require "wolfssl.context.material"
local psk = require "wolfssl.context.psk"

local M = {}

local CRL_DEPTHS = { leaf = 0, chain = 16 }

local function set_verify(context, role, options)
  local mode = role == "client" and "required" or options.verify or "none"
  if role == "server" and mode ~= "none" and options.trust == nil then
    error("option 'verify' needs 'trust': whose certificates are good?", 0)
  end
  context:set_verify(mode, options.depth or 8)
  context:set_minimum_keys(options.min_rsa_bits or 2048, options.min_ec_bits or 256)
  if options.profile then context:set_profile(options.profile) end
  for _, what in ipairs { "no_name_check", "accept_invalid", "weak_signatures" } do
    if options["insecure_" .. what] then context:set_insecure(what) end
  end
end

-- Whoever accepts anything need not have anybody to trust.
local function set_trust(context, role, options)
  local what = options.trust
  if what == nil and role == "client" and psk.has_certificates(options, role)
    and not options.insecure_accept_invalid then
    what = "system"
  end
  if what == nil and not options.pins then return true end
  local trust, message, code = material.trust(what, options.pins)
  if not trust then return nil, message, code end
  context:set_trust(trust)
  return true
end

local function set_revocation(context, options)
  local required = options.crl_required
  if required and not CRL_DEPTHS[required] then
    error("option 'crl_required': \"leaf\" or \"chain\" expected", 0)
  end
  local crls, message, code = material.crls(options.crls)
  if not crls then return nil, message, code end
  if required or #crls > 0 then context:set_crls(crls, CRL_DEPTHS[required] or -1) end
  return true
end

-- Only what was asked for by name must work. Where any chain will do, names would mislead.
local function set_authorities(context, options)
  local what = options.client_ca_names
  if what == false or what == nil and options.insecure_accept_invalid then return true end
  if what == nil then
    context:set_authorities()
    return true
  end
  local list, message, code = material.certificates(what, "client_ca_names")
  if not list then return nil, message, code end
  local sent
  sent, message, code = context:set_authorities(list)
  if sent == false then
    error("option 'client_ca_names': more than 8 KiB of names", 0)
  end
  return sent, message, code
end

--- Sets all of it.
-- @tparam userdata context of the core
-- @tparam string role "client" or "server"
-- @tparam table options see `wolfssl.context`
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function M.set(context, role, options)
  local policies = material.policies(options.policy)
  set_verify(context, role, options)
  if policies then context:set_policies(policies) end
  local ok, message, code = set_trust(context, role, options)
  if ok and options.staple and role == "client" then
    ok, message, code = context:set_staple(options.staple, options.staple_nonce)
  elseif ok and options.staple_nonce then
    error("option 'staple_nonce' needs 'staple'", 0)
  end
  if ok and role == "server" then ok, message, code = set_authorities(context, options) end
  if not ok then return nil, message, code end
  return set_revocation(context, options)
end

return M
