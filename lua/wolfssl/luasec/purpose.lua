--- `lsec_ignore_purpose`: a server takes clients' certificates that are for servers, as those of
-- XMPP are. For what servers show it makes no difference.
-- @module wolfssl.luasec.purpose

local M = {}

local SERVER = { ["1.3.6.1.5.5.7.3.1"] = true, ["2.5.29.37.0"] = true } -- also any purpose

local function is_for_servers(certificate)
  local usages = certificate and certificate:extended_key_usage()
  if not usages then return certificate ~= nil end
  for _, usage in ipairs(usages) do
    if SERVER[usage.oid] then return true end
  end
  return false
end

--- Whether a finding does not count.
-- @tparam table verdict
-- @tparam table finding
-- @treturn boolean
function M.is_excused(verdict, finding)
  return finding.code == "purpose" and is_for_servers(verdict.path[finding.depth + 1])
end

local ALERTS = { expired = "certificate_expired", purpose = "unsupported_certificate" }

--- A handler `on_client_certificate` for a context that accepts whatever it lets pass.
-- @tparam {certificate,...} chain
-- @tparam table verdict
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string reason
-- @treturn[2] string name of an alert
function M.check(chain, verdict)
  for _, finding in ipairs(verdict.errors) do
    if not M.is_excused(verdict, finding) then
      return nil, finding.reason, ALERTS[finding.code] or "unknown_ca"
    end
  end
  if chain[1] and not verdict.anchored then
    return nil, "no trusted issuer was found", "unknown_ca"
  end
  return true
end

return M
