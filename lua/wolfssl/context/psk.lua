--- Pre-shared keys: client and server know the same secret, and need no certificate.
--
--     server = wolfssl.server { psks = { ["sensor-7"] = key } }
--     client = wolfssl.client { psk = { identity = "sensor-7", key = key } }
--
-- The key is 16 to 64 random bytes, the identity 1 to 255 bytes that anybody can read on the wire.
-- Every handshake has an (EC)DHE exchange besides: who learns the key later cannot read it. In TLS
-- 1.3 a key goes with the cipher suites of one hash: `hash` = "sha256" (the default) or "sha384".
--
-- A client with a key accepts no certificate in its place, unless it has `trust`, too. A server
-- asks clients that show a key for no certificate, whatever `verify` says. `on_psk` looks keys up.
-- A client of wolfSSL 5.5 that has offered a key of TLS 1.3 cannot go on in TLS 1.2: for servers
-- that speak no other, `max_version` must say so.
-- @see RFC 8446 section 2.2
-- @see RFC 9257
-- @module wolfssl.context.psk

local M = {}

--- Whether those options allow pre-shared keys.
-- @tparam table options of a context
-- @treturn boolean
function M.is_used(options)
  return (options.psk or options.psks or options.on_psk) ~= nil
end

--- Whether the server may show a certificate: one that has any does, and a client may accept it.
-- @tparam table options of a context
-- @tparam string role "client" or "server"
-- @treturn boolean
function M.has_certificates(options, role)
  if not M.is_used(options) then return true end
  if role == "server" then return (options.certificate or options.certificates) ~= nil end
  return options.trust ~= nil or options.insecure_accept_invalid == true
end

local FIELDS = { identity = true, key = true, hash = true }

--- What a table says, checked as far as the core does not.
-- @tparam table|string what a key, or `{key=, hash=}`
-- @tparam string option its name, for messages
-- @treturn string key
-- @treturn ?string hash
function M.fields(what, option)
  if type(what) == "string" then return what end
  if type(what) ~= "table" then
    error(("option '%s': a key or a table expected, got %s"):format(option, type(what)), 0)
  end
  for name in pairs(what) do
    if not FIELDS[name] then
      error(("option '%s': unknown field '%s'"):format(option, tostring(name)), 0)
    end
  end
  if type(what.key) ~= "string" then error(("option '%s': there is no key"):format(option), 0) end
  return what.key, what.hash
end

local function add(context, identity, what, option)
  if type(identity) ~= "string" then
    error(("option '%s': there is no identity"):format(option), 0)
  end
  local key, hash = M.fields(what, option)
  local ok, message = pcall(context.add_psk, context, identity, key, hash)
  if not ok then
    message = tostring(message):gsub("^.*%((.-)%)$", "%1")
    error(("option '%s': %s"):format(option, message), 0)
  end
end

--- Gives a context its keys.
-- @tparam userdata context of the core
-- @tparam table options
-- @tparam string role "client" or "server"
function M.configure(context, options, role)
  if not M.is_used(options) then return end
  context:use_psk(not M.has_certificates(options, role))
  if options.psk then add(context, options.psk.identity, options.psk, "psk") end
  for identity, what in pairs(options.psks or {}) do add(context, identity, what, "psks") end
end

return M
