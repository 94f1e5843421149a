--- Lists of all that there is to offer, what is usual first.
-- @module wolfssl.probe.everything
local alpn_protocol = require "wolfssl.tls.registry.alpn_protocol"
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local crypto = require "wolfssl.trace.crypto"
local hello = require "wolfssl.probe.hello"
local named_group = require "wolfssl.tls.registry.named_group"
local signature_scheme = require "wolfssl.tls.registry.signature_scheme"
local suites = require "wolfssl.probe.suites"
local versions = require "wolfssl.tls.registry.version"

local M = {}

local SSL3, TLS12, TLS13 = 0x0300, 0x0303, 0x0304
local HTTP = { "h2", "http/1.1", "http/1.0" }
local MOST_FRAGMENT = 4       -- 4096 bytes
local MOST_RECORD = 16384     -- what there is anyway, but for the type of the content in TLS 1.3

-- The usual values, then all others that fit.
local function ordered(registry, usual, fits)
  local list, seen = {}, {}
  for _, name in ipairs(usual) do
    local value = registry:value(name)
    if fits(registry:entry(value)) then list[#list + 1] = value end
    seen[value] = true
  end
  for _, entry in ipairs(registry.list) do
    if not seen[entry.value] and fits(entry) then list[#list + 1] = entry.value end
  end
  return list
end

local function suites_of(version)
  return ordered(cipher_suite, version > SSL3 and suites.list(version, version) or {},
    function(suite)
      return not suite.signalling and suite.min_version and version >= suite.min_version
        and version <= suite.max_version
    end)
end

local of_version = {}

--- Every cipher suite of a version.
-- @tparam int version
-- @treturn {int,...} to be read only
function M.suites(version)
  of_version[version] = of_version[version] or suites_of(version)
  return of_version[version]
end

--- Every group that a version can have: in TLS 1.3 those with shares, hybrids first as browsers
-- have them; before it those of ECDHE.
-- @tparam int version
-- @treturn {int,...}
function M.groups(version)
  if version < TLS13 then
    return ordered(named_group, hello.groups, function(group)
      return group.kind ~= "ff" and group.value < 0x100
    end)
  end
  local usual = { "X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024" }
  for _, name in ipairs(hello.groups) do usual[#usual + 1] = name end
  return ordered(named_group, usual, function(group) return group.client_share ~= nil end)
end

--- Every signature scheme.
-- @treturn {int,...}
function M.schemes()
  return ordered(signature_scheme, hello.schemes, function() return true end)
end

--- Every application protocol that IANA lists, those of HTTP first.
-- @treturn {string,...}
function M.protocols()
  local list, others = {}, {}
  for i, name in ipairs(HTTP) do list[i] = name end
  for name in pairs(alpn_protocol) do
    if name ~= "h2" and not name:find "^http/1" then others[#others + 1] = name end
  end
  table.sort(others)
  for _, name in ipairs(others) do list[#list + 1] = name end
  return list
end

local function ours(groups)
  local list = {}
  for _, value in ipairs(groups) do
    if crypto.group_supported(named_group:name(value)) then list[#list + 1] = value end
  end
  return list
end

--- A hello that asks for all that a server may answer, and which still can be carried through.
--
-- The only share of TLS 1.3 is one that few servers like best: those that tell which groups they
-- take do so when there are better ones.
-- @tparam string version
-- @treturn table options of `wolfssl.probe.hello.client`
function M.hello(version)
  local value = versions:value(version)
  local tls13 = value >= TLS13
  local add = {
    { extension_type = "signed_certificate_timestamp", extension_data = "" },
    { extension_type = "max_fragment_length",
      extension_data = { max_fragment_length = MOST_FRAGMENT } },
    { extension_type = "record_size_limit",
      extension_data = { record_size_limit = MOST_RECORD + (tls13 and 1 or 0) } },
    { extension_type = "heartbeat", extension_data = { mode = "peer_not_allowed_to_send" } },
  }
  if not tls13 then
    add[#add + 1] = { extension_type = "encrypt_then_mac", extension_data = "" }
  end
  return { versions = { version }, alpn = M.protocols(), session_ticket = not tls13 and "" or nil,
    status_request = true, add = add, signature_algorithms = value >= TLS12 and M.schemes() or nil,
    groups = ours(M.groups(value)), shares = tls13 and { "secp384r1" } or nil }
end

return M
