--- What a context's options may be, before anything is made of them: names, types, what goes with
-- what.
-- @module wolfssl.context.options

local handlers = require "wolfssl.context.handlers"
local nearest = require("wolfssl.options").nearest

local M = {}

local BOTH = {
  trust = "any", pins = "table", crls = "any", crl_required = "string", policy = "any",
  profile = "string",
  certificate = "any", key = "any", password = "any",
  min_version = "string", max_version = "string",
  cipher_suites = "table", groups = "table", signature_schemes = "table",
  min_rsa_bits = "number", min_ec_bits = "number", depth = "number", alpn = "table",
  trace = "boolean", sessions = "table",
  insecure_accept_invalid = "boolean", insecure_weak_signatures = "boolean",
}

local ONLY = {
  client = {
    insecure_no_name_check = "boolean", staple = "string", staple_nonce = "string",
    psk = "table", post_handshake_auth = "boolean",
  },
  server = {
    certificates = "table", client_ca_names = "any", psks = "table", verify = "string",
    staple = "any",
    tickets = "boolean", ticket_keys = "table", session_lifetime = "number",
    session_limit = "number",
  },
}

local IDENTITY = { certificate = true, key = true, password = true, staple = true }

-- Options of connections, which people look for here.
local OF_CONNECTION = { server_name = true, send_server_name = true, session = true,
  session_key = true, timeout = true, starttls = true, transport = true, port = true }

-- What other libraries call them.
local ELSEWHERE = { ca = "trust", cafile = "trust", capath = "trust", cert = "certificate",
  ciphers = "cipher_suites", curves = "groups", pin = "pins", sni = "server_name",
  servername = "server_name" }

-- By what the core calls them: the function, and the number of the argument.
local OF_CORE = {
  set_suites = { "cipher_suites" }, set_groups = { "groups" },
  set_schemes = { "signature_schemes" },
  set_minimum_keys = { "min_rsa_bits", "min_ec_bits" }, set_verify = { "verify", "depth" },
  set_profile = { "profile" },
  set_staple = { "staple", "staple_nonce" }, set_max_client_hello = { "max_client_hello" },
  set_tickets = { "tickets", "session_lifetime", "session_limit" },
  context = { [4] = "certificates" }, set_alpn = { "alpn" },
}

local function known_options(role)
  local known = {}
  for name, kind in pairs(BOTH) do known[name] = kind end
  for name, kind in pairs(ONLY[role]) do known[name] = kind end
  for name, kind in pairs(handlers.options[role]) do known[name] = kind end
  return known
end

local function hint(name, known, role)
  local other = role == "client" and "server" or "client"
  if known_options(other)[name] then
    return (": '%s' is one of a %s context"):format(name, other)
  end
  local meant = ELSEWHERE[name] or nearest(name, known)
  if OF_CONNECTION[meant or name] then
    return (": '%s' is one of a connection"):format(meant or name)
  end
  return meant and ("; did you mean '%s'?"):format(meant) or "; see wolfssl.context"
end

local function check_option(name, value, known, role)
  local kind = known[name]
  if not kind then
    name = tostring(name)
    error(("unknown option '%s' of a %s context%s"):format(name, role, hint(name, known, role)), 0)
  end
  if kind ~= "any" and type(value) ~= kind then
    error(("option '%s': %s expected, got %s"):format(name, kind, type(value)), 0)
  end
end

local function check_identity(identity, i)
  local where = ("option 'certificates', number %d"):format(i)
  if type(identity) ~= "table" then
    error(("%s: table expected, got %s"):format(where, type(identity)), 0)
  end
  for name in pairs(identity) do
    if not IDENTITY[name] then
      error(("%s: unknown field '%s'"):format(where, tostring(name)), 0)
    end
  end
  if identity.certificate == nil or identity.key == nil then
    error(where .. ": 'certificate' and 'key' expected", 0)
  end
end

local function check_identities(options)
  if options.certificates and (options.certificate or options.key) then
    error("option 'certificates' stands instead of 'certificate' and 'key'", 0)
  end
  for i, identity in ipairs(options.certificates or {}) do check_identity(identity, i) end
  if (options.certificate == nil) ~= (options.key == nil) then
    error("options 'certificate' and 'key' go together", 0)
  end
  if options.password ~= nil and options.key == nil then
    error("option 'password' is that of a 'key', and there is none", 0)
  end
end

-- What of a store every handshake may ask for.
local function check_store(store)
  for _, method in ipairs { "get", "put" } do
    if store[method] == nil then
      error(("option 'sessions': a store with the method '%s' expected"):format(method), 0)
    end
  end
end

--- Raises, with the text alone, for options that cannot be meant.
-- @tparam table options
-- @tparam string role "client" or "server"
function M.check(options, role)
  if type(options) ~= "table" then error("options: table expected, got " .. type(options), 0) end
  local known = known_options(role)
  for name, value in pairs(options) do check_option(name, value, known, role) end
  check_identities(options)
  if options.sessions then check_store(options.sessions) end
end

--- What the core says of an argument, said of the option that it was.
-- @param message what was raised
-- @return the same, if it was no text or nothing of the kind
function M.told(message)
  if type(message) ~= "string" then return message end
  local number, name, why = message:match "bad argument #(%d+) to '([%w_]+)' %((.*)%)$"
  local option = OF_CORE[name] and OF_CORE[name][tonumber(number)]
  return option and ("option '%s': %s"):format(option, why) or message:match "wolfSSL refused .*"
    or message
end

return M
