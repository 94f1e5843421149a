--- Contexts: what many connections share. An options table becomes a context of the core; an option
-- that is not known raises.
-- @module wolfssl.context

local core = require "wolfssl.core"
local checks = require "wolfssl.context.options"
local defaults = require "wolfssl.context.defaults"
local demand = require "wolfssl.context.demand"
local handlers = require "wolfssl.context.handlers"
local material = require "wolfssl.context.material"
local nearest = require("wolfssl.options").nearest
local staple = require "wolfssl.context.staple"
local psk = require "wolfssl.context.psk"
local tickets = require "wolfssl.context.tickets"
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local named_group = require "wolfssl.tls.registry.named_group"
local signature_scheme = require "wolfssl.tls.registry.signature_scheme"
local version = require "wolfssl.tls.registry.version"

local M = {}

--- Options of a client and a server, besides the handlers of `wolfssl.context.handlers`. What is
-- not given has the safe default of the second column.
-- @table options
-- @field trust whom to trust: what `wolfssl.trust` returns or takes. Clients: `"system"`. Servers:
--   needed with `verify`
-- @field pins SHA-256 digests of public keys in hex, one of which must be in the peer's path
-- @field crls revocation lists of the peer's certificates: file, PEM, DER, what `wolfssl.crl`
--   returns, or a list of these, not an empty one. One that is stale or wrongly signed is an error
-- @field crl_required "leaf" or "chain" (all but the anchor): there must be a list for it
-- @field staple clients: "request" the OCSP response that the server may send along, which then
--   must be good, and must be there if the certificate promises one; "require" one in any case.
--   By default none is asked for. Servers: the OCSP response to send along, DER, or
--   `function(certificate, connection)` that returns it (or nil), a handler that is called before
--   a handshake begins when half of the last one's time is over. One that is not good for the
--   certificate, or not now, is not sent, the last one stays, and the `info` of that connection
--   has the reason in `staple_refused`
-- @field staple_nonce clients: asks for a `staple` with a nonce: "request": one with another is
--   refused, "require": one with none, too. By default no nonce is sent: a stapled response is one
--   for all clients, made before they came, and no common server looks at what a client puts into
--   its request; that a response is fresh is said by its times, which are checked in any case. It
--   is for servers that are known to ask their responder for each client
-- @field policy OIDs of certificate policies, one of which must hold for the peer's path
-- @field profile "rfc5280" or "webpki": what the peer's certificates must be like beside, see
--   `wolfssl.verify`
-- @field certificate what to show the peer: file, PEM, DER, certificate, or a list that begins with
--   the leaf
-- @field key its private key: file, PEM, DER or key object
-- @field password of the key: a string, or a function that returns one
-- @field certificates servers: list of up to 4 `{certificate=, key=, password=, staple=}`; the
--   first that suits the client's signature algorithms is used
-- @field min_version "TLS 1.2"
-- @field max_version "TLS 1.3"
-- @field cipher_suites IANA names in order of preference, see `wolfssl.context.defaults`
-- @field groups IANA names: X25519MLKEM768 where compiled in, x25519, secp256r1, secp384r1; of
--   servers with suites of DHE also ffdhe2048
-- @field signature_schemes IANA names: Ed25519, ECDSA, RSA-PSS, RSA PKCS #1, none with SHA-1; the
--   peer may sign with no other
-- @field min_rsa_bits 2048, of every certificate in the peer's path, and of those that are shown
-- @field min_ec_bits 256, likewise
-- @field verify servers: "none" (the default), "optional" or "required" client certificate
-- @field client_ca_names servers: certificates of authorities whose names clients are sent that
--   are asked for a certificate; false: none. By default those that are trusted, unless
--   `insecure_accept_invalid` takes any, as long as they fit into 8 KiB. A wolfSSL without crypto
--   callbacks sends none in TLS 1.3, asks there for every signature scheme that it has, and in
--   TLS 1.2 for keys of the server's kind
-- @field depth 8: most intermediate certificates between the peer's and the anchor
-- @field post_handshake_auth clients: true: a server of TLS 1.3 may ask for the certificate after
--   the handshake
-- @field psk clients: `{identity=, key=, hash=}`: see `wolfssl.context.psk`
-- @field psks servers: table from identity to key, or to `{key=, hash=}`: likewise
-- @field alpn list of protocol names, the preferred first; the server's order decides. A server
--   that shares none with a client that offers some refuses it
-- @field tickets servers: true: give session tickets
-- @field ticket_keys servers: list of 1 to 8 strings of 48 bytes (16 of name, 32 of key); the first
--   seals, all open. By default one random key
-- @field session_lifetime servers: 3600 seconds
-- @field session_limit servers: 1024 sessions of TLS 1.2 are kept in memory
-- @field sessions clients: a store of sessions, see `wolfssl.session_store.memory`. Servers: an
--   object with `get(self, id)`, `put(self, id, bytes, lifetime)` and `remove(self, id)` instead of
--   the memory, see `wolfssl.session_store.redis`; needs `ticket_keys`. `get` returns nil for none;
--   what it raises fails the handshake
-- @field trace true: every connection is recorded, see `wolfssl.trace.recorder`
-- @field insecure_no_name_check clients: true: any trusted certificate will do, whatever its name
-- @field insecure_accept_invalid true: any certificate will do. `verdict` still says what is wrong
-- @field insecure_weak_signatures true: SHA-1 signatures in the peer's chain are accepted

local function no_entry(name, registry, option)
  local known = {}
  for _, entry in ipairs(registry.list) do known[entry.name] = true end
  local meant = nearest(name, known)
  error(("option '%s': '%s' is no %s%s"):format(option, name, registry.title,
    meant and ("; did you mean '%s'?"):format(meant) or " by IANA's names"), 0)
end

local function code_points(names, registry, option)
  local values = {}
  for i, name in ipairs(names) do
    local value = registry:value(name)
    if not value then no_entry(tostring(name), registry, option) end
    values[i] = value
  end
  if #values == 0 then error(("option '%s' is empty"):format(option), 0) end
  return values
end

local function version_of(text, option)
  local value = version:value((text:gsub("^TLSv", "TLS ")))
  if value ~= 0x0303 and value ~= 0x0304 then
    error(("option '%s': \"TLS 1.2\" or \"TLS 1.3\" expected, got \"%s\""):format(option, text), 0)
  end
  return value
end

-- wolfSSL must not see suites of versions that are switched off.
local function suite_bytes(options, role, min, max)
  local names = options.cipher_suites or defaults.suites(options, role)
  local bytes = {}
  for _, value in ipairs(code_points(names, cipher_suite, "cipher_suites")) do
    local tls13 = math.floor(value / 256) == 0x13
    if tls13 and max == 0x0304 or not tls13 and min == 0x0303 then
      bytes[#bytes + 1] = string.char(math.floor(value / 256), value % 256)
    end
  end
  if #bytes == 0 then error("option 'cipher_suites': none is for these versions", 0) end
  return table.concat(bytes)
end

local function set_algorithms(context, options, role, min, max)
  context:set_suites(suite_bytes(options, role, min, max))
  context:set_schemes(code_points(options.signature_schemes or defaults.SCHEMES, signature_scheme,
    "signature_schemes"))
  context:set_groups(code_points(options.groups or defaults.groups(options, role, min),
    named_group, "groups"))
end

local function set_alpn(context, names)
  local parts = {}
  for i, name in ipairs(names or {}) do
    if type(name) ~= "string" or #name < 1 or #name > 255 then
      error("option 'alpn': names of 1 to 255 bytes expected", 0)
    end
    parts[i] = string.char(#name) .. name
  end
  context:set_alpn(table.concat(parts))
end

--- The certificates among the options.
-- @tparam table options
-- @treturn {table,...} each with `certificate`, `key`, `password`, `staple`
function M.identities(options)
  return options.certificates or (options.certificate and { options }) or {}
end

local function use_certificates(context, identities)
  for i, identity in ipairs(identities) do
    local chain, key, ok, message, code
    chain, message, code = material.certificates(identity.certificate, "certificate")
    if not chain then return nil, message, code end
    key, message, code = material.key(identity.key, identity.password)
    if not key then return nil, message, code end
    ok, message, code = context:use_certificate(i, chain, key)
    if not ok then return nil, message, code end
  end
  return true
end

local function configure(context, role, options, identities, min, max)
  set_algorithms(context, options, role, min, max)
  set_alpn(context, options.alpn)
  psk.configure(context, options, role)
  if options.post_handshake_auth then context:allow_late_certificate() end
  local ok, message, code = demand.set(context, role, options)
  if not ok then return nil, message, code end
  if role == "server" then tickets.set(context, options) end
  handlers.set(context, options)
  ok, message, code = use_certificates(context, identities)
  if not ok or role == "client" then return ok, message, code end
  return staple.set(context, identities)
end

local function new(role, options)
  checks.check(options, role)
  local min = version_of(options.min_version or "TLS 1.2", "min_version")
  local max = version_of(options.max_version or "TLS 1.3", "max_version")
  if min > max then error("option 'min_version' is above 'max_version'", 0) end
  local identities = M.identities(options)
  local context = core.context(role, min, max, math.max(#identities, 1))
  local ok, message, code = configure(context, role, options, identities, min, max)
  if ok then return context end
  context:close()
  return nil, message, code
end

--- Makes a context of the core.
-- @tparam string role "client" or "server"
-- @tparam table options see `options`; a wrong one raises
-- @treturn[1] userdata context
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code `file_error` or `decode_error`
function M.new(role, options)
  local ok, context, message, code = pcall(new, role, options)
  if not ok then error(checks.told(context), type(context) == "string" and 3 or 0) end
  return context, message, code
end

return M
