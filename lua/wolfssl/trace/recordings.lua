--- Opens the recordings that are part of the library: handshakes of peers that can do what our
-- engine does not.
-- @module wolfssl.trace.recordings
local observer = require "wolfssl.trace.observer"
local secrets = require "wolfssl.trace.secrets"

local M = {}

local function from_hex(text)
  return (text:gsub("%s", ""):gsub("%x%x", function(pair)
    return string.char(tonumber(pair, 16))
  end))
end

local function knowledge(recording)
  local psks = {}
  for i, psk in ipairs(recording.psks or {}) do
    psks[i] = { identity = psk.identity, key = from_hex(psk.key), hash = psk.hash }
  end
  return secrets.new { keylog = recording.keylog, rsa_keys = recording.rsa_keys, psks = psks }
end

--- Opens a recording.
-- @tparam table recording `{origin, server_name, chunks, keylog, rsa_keys, psks, trust}`, as a
-- module in `recordings/` returns it: bytes are hexadecimal
-- @treturn table `{observer, trust, origin, server_name}`: what `wolfssl.trace.explain` wants
function M.open(recording)
  local seen = observer.new { secrets = knowledge(recording) }
  for _, chunk in ipairs(recording.chunks) do
    seen:feed(chunk[1], from_hex(chunk[3]), recording.began + chunk[2])
  end
  seen:finish()
  local trust = recording.trust and { from_hex(recording.trust) }
  return { observer = seen, trust = trust, origin = recording.origin,
    server_name = recording.server_name, sides = {} }
end

return M
