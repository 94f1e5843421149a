--- What is known besides the bytes on the wire: key logs, private keys, pre-shared keys, and what
-- one connection teaches about the next (sessions, tickets).
-- @module wolfssl.trace.secrets
local crypto = require "wolfssl.trace.crypto"
local keylog = require "wolfssl.trace.keylog"

local M = {}

local MAX_REMEMBERED = 4096
local MAX_PRIVATE_KEYS = 64
local PREMASTER_LENGTH = 48
local OPTIONS = { keylog = true, source = true, rsa_keys = true, private_keys = true, psks = true }

local secrets = {}
secrets.__index = secrets

local function bounded()
  return { values = {}, order = {}, first = 1, last = 0 }
end

local function remember(map, key, value)
  if map.values[key] == nil then
    map.last = map.last + 1
    map.order[map.last] = key
    if map.last - map.first >= MAX_REMEMBERED then
      map.values[map.order[map.first]] = nil
      map.order[map.first] = nil
      map.first = map.first + 1
    end
  end
  map.values[key] = value
end

local function add_entry(self, entry)
  if entry.client_random then
    local labels = self.log[entry.client_random] or {}
    labels[entry.label] = entry.secret
    self.log[entry.client_random] = labels
  elseif entry.session_id then
    remember(self.sessions, entry.session_id, entry.secret)
  elseif entry.encrypted_premaster then
    self.premasters[entry.encrypted_premaster] = entry.secret
  end
end

--- Adds lines of a key log.
-- @param lines text, list of lines, or list of entries as `wolfssl.trace.keylog` reads them;
-- malformed lines are left out
function secrets:add(lines)
  if type(lines) == "string" then lines = keylog.read(lines) end
  for _, line in ipairs(lines) do
    local entry = line
    if type(line) == "string" then entry = keylog.parse_line(line) end
    if entry then add_entry(self, entry) end
  end
end

local function with_public(key)
  if type(key) ~= "table" or type(key.group) ~= "string" or type(key.private) ~= "string" then
    error("private_keys: a list of {group =, private =} expected", 3)
  end
  local public = key.public or key.group ~= "dh"
    and assert(crypto.public_from_private(key.group, key.private))
  return { group = key.group, private = key.private, public = public }
end

local function external(psk)
  if type(psk) ~= "table" or type(psk.identity) ~= "string" or type(psk.key) ~= "string" then
    error("psks: a list of {identity =, key =} expected", 3)
  end
  return { key = psk.key, hash = psk.hash or "sha256", kind = "external" }
end

--- Gathers what is known.
-- @tparam ?table options
--
-- - `keylog`: text of an NSS key log, a list of its lines, or a list of entries;
-- - `source`: function that returns such lines, asked whenever a secret is missing (a live
--   connection: `function() return connection:secrets(true) end`, which knows a secret once it
--   has dealt with the bytes before: feed an observer after that);
-- - `rsa_keys`: list of servers' RSA keys, PEM or DER, for RSA key exchange;
-- - `private_keys`: list of `{group =, private =}`, ephemeral keys of either side; `group` is
--   "x25519", "secp256r1" …, or "dh" for the finite-field exchange of TLS 1.2;
-- - `psks`: list of `{identity =, key =, hash =}`; `hash` for TLS 1.3, default "sha256".
-- @treturn table secrets, to be shared by all connections between the same parties
function M.new(options)
  options = options or {}
  for name in pairs(options) do
    if not OPTIONS[name] then error("unknown option: " .. tostring(name), 2) end
  end
  local self = setmetatable({
    log = {}, premasters = {}, sessions = bounded(), tickets = bounded(), psks = {},
    private_keys = {}, rsa_keys = {}, source = options.source,
  }, secrets)
  self:add(options.keylog or {})
  for i, key in ipairs(options.rsa_keys or {}) do self.rsa_keys[i] = key end
  for i, key in ipairs(options.private_keys or {}) do self.private_keys[i] = with_public(key) end
  for _, psk in ipairs(options.psks or {}) do self.psks[psk.identity] = external(psk) end
  return self
end

--- A secret of the key log.
-- @tparam string client_random
-- @tparam string label "CLIENT_RANDOM", "SERVER_TRAFFIC_SECRET_0" …
-- @treturn string secret, or nil
function secrets:logged(client_random, label)
  local labels = self.log[client_random]
  if not (labels and labels[label]) and self.source then
    self:add(self.source() or {})
    labels = self.log[client_random]
  end
  return labels and labels[label]
end

--- The premaster secret of an RSA key exchange.
-- @tparam string encrypted
-- @treturn string secret; or nil, message
-- @treturn string where it comes from
function secrets:rsa_premaster(encrypted)
  local logged = self.premasters[encrypted:sub(1, 8)]
  if logged then return logged, "key log" end
  for _, key in ipairs(self.rsa_keys) do
    local premaster = crypto.rsa_decrypt(key, encrypted)
    if premaster and #premaster == PREMASTER_LENGTH then return premaster, "RSA key" end
  end
  return nil, #self.rsa_keys == 0 and "the server's RSA key is not known"
    or "none of the RSA keys decrypts the premaster secret"
end

--- Adds an ephemeral private key of either side; the oldest of 64 go.
-- @tparam table key `{group =, private =}`, as among the options; `public`, where it is known
function secrets:add_private_key(key)
  table.insert(self.private_keys, 1, with_public(key))
  self.private_keys[MAX_PRIVATE_KEYS + 1] = nil
end

--- Adds a server's RSA key.
-- @param key object, PEM or DER
function secrets:add_rsa_key(key)
  for _, known in ipairs(self.rsa_keys) do
    if known == key then return end
  end
  self.rsa_keys[#self.rsa_keys + 1] = key
end

--- The secret that two key shares agree on, by the private keys that are known now.
-- @tparam string group
-- @tparam string one key share
-- @tparam string other key share
-- @treturn function that gives the secret and where it comes from; or nil, message
function secrets:agreement(group, one, other)
  for _, key in ipairs(self.private_keys) do
    local peer = key.group == group and (key.public == one and other or key.public == other and one)
    if peer then
      return function()
        local secret, message = crypto.shared_secret(group, key.private, peer)
        return secret, secret and "private key" or message
      end
    end
  end
  return function()
    return nil, ("no private key is known for these shares of %s"):format(group)
  end
end

--- The secret that two key shares agree on.
-- @tparam string group
-- @tparam string one key share
-- @tparam string other key share
-- @treturn string secret; or nil, message
-- @treturn string where it comes from
function secrets:shared(group, one, other)
  return self:agreement(group, one, other)()
end

--- The secret of a Diffie-Hellman exchange in TLS 1.2.
-- @tparam string p
-- @tparam string g
-- @tparam string one public value
-- @tparam string other public value
-- @treturn string secret; or nil, message
-- @treturn string where it comes from
function secrets:dh_shared(p, g, one, other)
  local size = #p:gsub("^%z+", "")
  for _, key in ipairs(self.private_keys) do
    local fits = key.group == "dh" and #key.private <= size
    local public = fits and crypto.dh_shared(p, g, key.private, g)
    local peer = public and (public == one:gsub("^%z+", "") and other
      or public == other:gsub("^%z+", "") and one)
    if peer then
      local secret, message = crypto.dh_shared(p, g, key.private, peer)
      return secret, secret and "private key" or message
    end
  end
  return nil, "no private key is known for these Diffie-Hellman values"
end

--- The pre-shared key of an identity: given, or that of a ticket seen before.
-- @tparam string identity
-- @treturn table `{key =, hash =, kind = "external" or "resumption", suite =}`, or nil
function secrets:psk(identity)
  return self.psks[identity] or self.tickets.values[identity]
end

--- Remembers the PSK that a NewSessionTicket of TLS 1.3 stands for.
-- @tparam string ticket
-- @tparam table psk `{key =, hash =, suite =}`
function secrets:remember_ticket(ticket, psk)
  psk.kind = "resumption"
  remember(self.tickets, ticket, psk)
end

--- The master secret of a session of TLS 1.2.
-- @tparam ?string id session id or ticket
-- @treturn string secret, or nil
function secrets:session(id)
  return id and id ~= "" and self.sessions.values[id] or nil
end

--- Remembers the master secret of a session of TLS 1.2.
-- @tparam ?string id session id or ticket; nil and "" name no session
-- @tparam string master
function secrets:remember_session(id, master)
  if id and id ~= "" then remember(self.sessions, id, master) end
end

return M
