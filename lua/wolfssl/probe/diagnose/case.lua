--- What our side says in a diagnosis, and what it might say instead: offering more, or saying less.
--
-- A change is `{code, text, apply}`: `code` names the kind of cause that it stands for, `text` is
-- for people, `apply(case)` changes a case in place.
-- @module wolfssl.probe.diagnose.case
local attempt = require "wolfssl.probe.diagnose.attempt"
local crypto = require "wolfssl.trace.crypto"
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local extension_type = require "wolfssl.tls.registry.extension_type"
local named_group = require "wolfssl.tls.registry.named_group"
local signature_scheme = require "wolfssl.tls.registry.signature_scheme"
local suites = require "wolfssl.probe.suites"

local M = {}

-- What this library's own clients offer.
local OURS = {
  versions = { "TLS 1.3", "TLS 1.2" },
  cipher_suites = {
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
  },
  groups = { "x25519", "secp256r1", "secp384r1" },
  signature_algorithms = { "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384",
    "ecdsa_secp521r1_sha512", "ed25519", "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384",
    "rsa_pss_rsae_sha512", "rsa_pss_pss_sha256", "rsa_pss_pss_sha384", "rsa_pss_pss_sha512",
    "rsa_pkcs1_sha256", "rsa_pkcs1_sha384", "rsa_pkcs1_sha512" },
}

local function copy(list)
  local all = {}
  for name, value in pairs(list) do all[name] = value end
  return all
end

--- The case to begin with.
-- @tparam ?table options what to say instead of what this library's clients say
-- @treturn table case
function M.new(options)
  local case = copy(OURS)
  for name, value in pairs(options or {}) do case[name] = value end
  return case
end

--- A case with changes.
-- @tparam table case
-- @tparam {table,...} changes
-- @treturn table a new one
function M.changed(case, changes)
  local new = copy(case)
  for _, change in ipairs(changes) do change.apply(new) end
  return new
end

-- ------------------------------------------------------------------------------ offering more

local ALL = {}

function ALL.versions() return { "TLS 1.3", "TLS 1.2", "TLS 1.1", "TLS 1.0", "SSL 3.0" } end

function ALL.cipher_suites() return suites.list(0x0301, 0x0304) end

function ALL.groups()
  local list = {}
  for _, group in ipairs(named_group.list) do
    if group.client_share or group.kind == "ec" and group.value < 0x100 then
      list[#list + 1] = group.name
    end
  end
  return list
end

function ALL.signature_algorithms()
  local list = {}
  for _, scheme in ipairs(signature_scheme.list) do list[#list + 1] = scheme.name end
  return list
end

function ALL.alpn(case)
  return case.alpn and { "h2", "http/1.1", "http/1.0", "imap", "pop3", "mqtt", "ftp", "dot",
    "xmpp-client", "xmpp-server", "postgresql", "acme-tls/1", "ntske/1" } or {}
end

local LISTS = { "versions", "cipher_suites", "groups", "signature_algorithms", "alpn" }
local CODES = { versions = "version", cipher_suites = "cipher_suite", groups = "group",
  signature_algorithms = "signature_scheme", alpn = "alpn" }

local function extended(case, list, names)
  local longer = {}
  for i, name in ipairs(case[list] or {}) do longer[i] = name end
  for _, name in ipairs(names) do
    if not attempt.offers(case, list, { name = name }) then longer[#longer + 1] = name end
  end
  case[list] = #longer > 0 and longer or nil
end

--- Everything that we can offer.
-- @tparam table case
-- @treturn {table,...} changes
function M.more(case)
  local changes = {}
  for i, list in ipairs(LISTS) do
    local names = ALL[list](case)
    changes[i] = { code = CODES[list], list = list, text = "offer all of " .. list,
      apply = function(c) extended(c, list, names) end }
  end
  return changes
end

--- What a server chose of that, and the case does not offer.
-- @tparam table case
-- @tparam table chosen see `wolfssl.probe.diagnose.attempt`
-- @treturn {table,...} changes that add just this
function M.exactly(case, chosen)
  local changes = {}
  for _, list in ipairs(LISTS) do
    local entry = chosen[list]
    if entry and not attempt.offers(case, list, entry) then
      changes[#changes + 1] = { code = CODES[list], entry = entry, list = list,
        text = "offer " .. entry.name, apply = function(c) extended(c, list, { entry.name }) end }
    end
  end
  local curve = chosen.certificate_curve
  if curve and curve ~= chosen.groups and not attempt.offers(case, "groups", curve) then
    changes[#changes + 1] = { code = "group", curve = curve, list = "groups",
      text = "offer " .. curve.name, apply = function(c) extended(c, "groups", { curve.name }) end }
  end
  return changes
end

-- The suites that nobody should offer, in as many hellos as it takes.
local CHUNK = 64

--- Suites of TLS 1.2 and older that `more` leaves out: weak ones, anonymous ones, those with
-- pre-shared keys, and those that we know by name only.
-- @tparam table case
-- @treturn {table,...} changes, each one hello's worth
function M.rare_suites(case)
  local seen, changes, part = {}, {}, nil
  for _, name in ipairs(ALL.cipher_suites()) do seen[name] = true end
  for _, suite in ipairs(cipher_suite.list) do
    local ours = seen[suite.name] or attempt.offers(case, "cipher_suites", suite)
    if not (ours or suite.signalling) then
      if not part or #part == CHUNK then
        local names = {}
        part = names
        changes[#changes + 1] = { code = "cipher_suite", list = "cipher_suites",
          text = "offer rare suites", apply = function(c) extended(c, "cipher_suites", names) end }
      end
      part[#part + 1] = suite.name
    end
  end
  return changes
end

-- -------------------------------------------------------------------------------- saying less

local function older_only(c)
  local list = {}
  for _, version in ipairs(c.versions) do
    if version ~= "TLS 1.3" then list[#list + 1] = version end
  end
  c.versions = list
end

local function name_of(item)
  local kind = type(item) == "table" and item.extension_type or item
  local value = extension_type:value(kind)
  return value and extension_type:entry(value).name or kind
end

local function kept(list, name)
  if not list then return nil end
  local left = {}
  for _, item in ipairs(list) do
    if name_of(item) ~= name then left[#left + 1] = item end
  end
  return left
end

local function drop(name)
  return function(c)
    c.without = copy(c.without or {})
    table.insert(c.without, name)
    c.extensions, c.add = kept(c.extensions, name), kept(c.add, name)
  end
end

-- A group whose share makes a hello longer than one packet.
local function is_large(group)
  local entry = named_group:entry(named_group:value(group) or 0)
  return (entry.client_share or 0) > 512
end

local function small_groups(c)
  local groups = {}
  for _, group in ipairs(c.groups) do
    if not is_large(group) then groups[#groups + 1] = group end
  end
  c.groups, c.shares = groups, nil
end

local function has_large(case)
  for _, group in ipairs(case.groups) do
    if is_large(group) then return true end
  end
end

-- Code, text, whether it changes anything, change: the least of them first.
local LESS = {
  { "grease", "no GREASE", function(c) return c.grease end, function(c) c.grease = nil end },
  { "session_id", "no session id (compatibility mode)", function(c)
    return c.session_id ~= "" and attempt.offers(c, "versions", { name = "TLS 1.3" })
  end, function(c) c.session_id = "" end },
  { "alpn", "no ALPN", function(c) return c.alpn end, function(c) c.alpn = nil end },
  { "server_name", "no server name", function(c) return c.server_name end,
    function(c) c.server_name = false end },
  { "size", "no large key share", has_large, small_groups },
  { "version", "no TLS 1.3", function(c)
    return attempt.offers(c, "versions", { name = "TLS 1.3" }) and #c.versions > 1
  end, older_only },
}

-- Those that a handshake can do without.
local OPTIONAL = { "extended_master_secret", "renegotiation_info", "ec_point_formats" }

local NEEDED = {}
for name in ([[server_name supported_groups signature_algorithms key_share psk_key_exchange_modes
  supported_versions application_layer_protocol_negotiation grease]]):gmatch "%S+" do
  NEEDED[name] = true
end

local function optional(case)
  local names, seen = {}, {}
  local function see(item)
    local name = name_of(item)
    if not (seen[name] or NEEDED[name]) then
      seen[name], names[#names + 1] = true, name
    end
  end
  for _, item in ipairs(case.extensions or OPTIONAL) do see(item) end
  if case.session_ticket then see "session_ticket" end
  if case.status_request then see "status_request" end
  for _, item in ipairs(case.add or {}) do see(item) end
  return names
end

--- Everything that can be left out.
-- @tparam table case
-- @treturn {table,...} changes
function M.less(case)
  local changes = {}
  for _, name in ipairs(optional(case)) do
    changes[#changes + 1] = { code = "extension", text = "no " .. tostring(name), extension = name,
      apply = drop(name) }
  end
  for _, row in ipairs(LESS) do
    if row[3](case) then
      changes[#changes + 1] = { code = row[1], text = row[2], apply = row[4] }
    end
  end
  return changes
end

--- Other ways to say the same.
-- @tparam table case
-- @treturn {table,...} changes
function M.otherwise(case)
  local changes = {}
  if not case.fragment then
    changes[1] = { code = "split", text = "the ClientHello cut into records of 64 bytes",
      apply = function(c) c.fragment = 64 end }
  end
  changes[#changes + 1] = { code = "key_share", text = "a key share of each group",
    apply = function(c) c.shares = M.shareable(c.groups) end }
  if not case.before then
    changes[#changes + 1] = { code = "proxy_protocol", text = "a PROXY header ahead of the hello",
      apply = function(c) c.before = "PROXY UNKNOWN\r\n" end }
  end
  return changes
end

--- The groups that we can make a share of.
-- @tparam {string,...} groups
-- @treturn {string,...}
function M.shareable(groups)
  local list = {}
  for _, group in ipairs(groups) do
    local value = named_group:value(group)
    if value and crypto.group_supported(named_group:entry(value).name) then
      list[#list + 1] = group
    end
  end
  return list
end

return M
