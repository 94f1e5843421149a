--- The premaster secret of TLS 1.0 to 1.2, out of what the key exchange shows and what is known.
-- @module wolfssl.trace.premaster
-- @see RFC 5246 section 8.1
-- @see RFC 8422 section 5.10
-- @see RFC 4279 section 2 to 4
-- @see RFC 5489 section 2
local octets = require "wolfssl.trace.octets"

local M = {}

local function rsa(secrets, _, client)
  return secrets:rsa_premaster(client.encrypted_pre_master_secret)
end

local function dhe(secrets, server, client)
  if not server then return nil, "the server's Diffie-Hellman value is not known" end
  local params = server.params
  return secrets:dh_shared(params.dh_p, params.dh_g, params.dh_ys, client.dh_yc)
end

local function ecdhe(secrets, server, client)
  if not server then return nil, "the server's share is not known" end
  local group = server.params.curve_params.parameters.namedcurve
  if not group then return nil, "curves without a name are not supported" end
  return secrets:shared(group.name, server.params.public, client.ecdh_yc)
end

-- RFC 4279 section 2: other_secret, then the PSK.
local function with_psk(other_secret)
  return function(secrets, server, client)
    local psk = secrets:psk(client.psk_identity)
    if not psk then return nil, "the pre-shared key is not known" end
    local other, source = other_secret(secrets, server, client, psk.key)
    if not other then return nil, source end
    return octets.vector(other, 2) .. octets.vector(psk.key, 2), "pre-shared key"
  end
end

local function zeros(_, _, _, key)
  return ("\0"):rep(#key)
end

local EXCHANGES = {
  RSA = rsa, DHE = dhe, ECDHE = ecdhe,
  PSK = with_psk(zeros), RSA_PSK = with_psk(rsa), DHE_PSK = with_psk(dhe),
  ECDHE_PSK = with_psk(ecdhe),
}

--- Finds the premaster secret.
-- @tparam table secrets `wolfssl.trace.secrets`
-- @tparam string client_random
-- @tparam table suite registry entry
-- @param server body of ServerKeyExchange, or nil
-- @param client body of ClientKeyExchange
-- @treturn string secret; or nil, message
-- @treturn string where it comes from
function M.find(secrets, client_random, suite, server, client)
  local logged = secrets:logged(client_random, "PMS_CLIENT_RANDOM")
  if logged then return logged, "key log" end
  local find = EXCHANGES[suite.key_exchange]
  if not find then
    return nil, ("key exchange %s is not supported"):format(tostring(suite.key_exchange))
  end
  if type(client) ~= "table" then return nil, "the ClientKeyExchange is not known" end
  return find(secrets, type(server) == "table" and server or nil, client)
end

return M
