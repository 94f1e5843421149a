--- A context of LuaSec in the options of `wolfssl.context`.
-- @module wolfssl.luasec.options

local config = require "wolfssl.luasec.config"
local defaults = require "wolfssl.context.defaults"
local material = require "wolfssl.luasec.material"
local purpose = require "wolfssl.luasec.purpose"

local M = {}

local function set_versions(options, ctx)
  local min, max = config.versions[ctx.protocol][1], config.versions[ctx.protocol][2]
  local no12, no13 = ctx.options.no_tlsv1_2, ctx.options.no_tlsv1_3
  if ctx.suites13 and #ctx.suites13 == 0 then no13 = true end
  if no12 and min == "TLS 1.2" then min = "TLS 1.3" end
  if no13 and max == "TLS 1.3" then max = "TLS 1.2" end
  if min > max then return nil, "no protocols available" end
  options.min_version, options.max_version = min, max
  return true
end

-- Suites by pre-shared keys are for those who have them.
local function usable(name, ctx)
  return not name:find("_PSK_", 1, true) or ctx.on_psk ~= nil
end

local function set_suites(options, ctx)
  if not ctx.suites and not ctx.suites13 then return true end
  local list, given = {}, defaults.suites(options, ctx.mode)
  local function add(names, tls13)
    for _, name in ipairs(names) do
      if (name:find("_WITH_", 1, true) == nil) == tls13 and usable(name, ctx) then
        list[#list + 1] = name
      end
    end
  end
  if options.max_version == "TLS 1.3" then add(ctx.suites13 or given, true) end
  if options.min_version == "TLS 1.2" then add(ctx.suites or given, false) end
  if not list[1] then return nil, "error setting cipher list (no cipher match)" end
  options.cipher_suites = list
  return true
end

local function set_identities(options, ctx)
  local list = {}
  for _, kind in ipairs(ctx.kinds or {}) do
    if ctx.certificates[kind] and ctx.keys[kind] then
      if ctx.certificates[kind][1]:spki() ~= ctx.keys[kind]:public() then
        return nil, "private key does not match public key"
      end
      list[#list + 1] = { certificate = ctx.certificates[kind], key = ctx.keys[kind] }
    end
  end
  if ctx.mode == "server" then
    options.certificates = list[1] and list
  elseif #list > 1 then
    return nil, "a client shows one certificate, and there are " .. #list
  elseif list[1] then
    options.certificate, options.key = list[1].certificate, list[1].key
  end
  return true
end

local function set_revocation(options, ctx)
  if not ctx.verifyext.crl_check and not ctx.verifyext.crl_check_chain then return end
  options.crls = ctx.crls[1] and ctx.crls
  options.crl_required = ctx.verifyext.crl_check_chain and "chain" or "leaf"
end

-- OpenSSL looks at a server's certificates in any case, and tells by getpeerverification.
local function set_client_verify(options, ctx)
  options.insecure_no_name_check = not ctx.check_name or nil
  options.trust = ctx.system and "system" or material.trust(ctx.anchors, ctx.directory)
  if not ctx.verify.peer or ctx.verifyext.lsec_continue then
    options.insecure_accept_invalid = true
  end
  set_revocation(options, ctx)
end

local function set_server_verify(options, ctx)
  if not ctx.verify.peer then return end
  options.verify = ctx.verify.fail_if_no_peer_cert and "required" or "optional"
  options.trust = material.trust(ctx.anchors, ctx.directory)
  if ctx.options.disable_tlsext_ca_names or ctx.directory then options.client_ca_names = false end
  if ctx.verifyext.lsec_continue then
    options.insecure_accept_invalid = true
  elseif ctx.verifyext.lsec_ignore_purpose then
    options.insecure_accept_invalid = true
    options.on_client_certificate = purpose.check
  end
  set_revocation(options, ctx)
end

--- Those options.
-- @tparam Context ctx of `wolfssl.luasec.context`
-- @treturn[1] table
-- @treturn[2] nil
-- @treturn[2] string message
function M.of(ctx)
  local options = { groups = ctx.groups, alpn = ctx.alpn, depth = ctx.depth, on_psk = ctx.on_psk }
  for _, set in ipairs { set_versions, set_identities } do
    local ok, message = set(options, ctx)
    if not ok then return nil, message end
  end
  if ctx.mode == "client" then
    set_client_verify(options, ctx)
  else
    options.tickets = not ctx.options.no_ticket
    set_server_verify(options, ctx)
  end
  local ok, message = set_suites(options, ctx)
  if not ok then return nil, message end
  return options
end

return M
