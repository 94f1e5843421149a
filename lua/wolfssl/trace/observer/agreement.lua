--- What the hellos of TLS 1.3 agree on: the secret of the key shares, and those made from it.
-- @module wolfssl.trace.observer.agreement
-- @see RFC 8446 section 7.1
local hellos = require "wolfssl.trace.observer.hello"

local M = {}

local function no_common_group()
  return nil, "the shares of client and server are not of the same group"
end

--- How the key shares of both sides agree, by the keys that are known now.
-- @tparam table hs handshake
-- @treturn function that gives the shared secret and where it comes from, or nil and why; false
-- where none is used (psk_ke)
function M.find(hs)
  local selected = hellos.find(hs.server_hello, "key_share")
  if not selected then return false end
  local secret = hs.secrets:logged(hs.client_random, "SHARED_SECRET")
  if secret then return function() return secret, "key log" end end
  local share = type(selected) == "table" and selected.server_share
  local offered = hellos.find(hs.client_hello or {}, "key_share")
  for _, entry in ipairs(type(offered) == "table" and offered.client_shares or {}) do
    if share and entry.group.value == share.group.value then
      return hs.secrets:agreement(share.group.name, entry.key_exchange, share.key_exchange)
    end
  end
  return no_common_group
end

--- Extracts the early secret, if it is not that of a PSK, and those behind it.
-- @tparam table hs handshake with its `schedule`; gains `reasons.agreement` where that fails
-- @tparam function shared_secret as `find` gives it
function M.extract(hs, shared_secret)
  local schedule = hs.schedule
  if not hs.psk_selected then schedule:early() end
  if not schedule.secrets.early_secret then
    hs.reasons.agreement = "the pre-shared key is not known"
    return
  end
  if not shared_secret then return schedule:agree() end
  local shared, source = shared_secret()
  if not shared then
    hs.reasons.agreement = source
    return
  end
  schedule:add { name = "shared_secret", operation = "agreement", secret = shared,
    source = source }
  schedule:agree(shared)
end

return M
