--- How each program is told what its model says (see `farm.model`): each starts one.

local pki = require "pki"
local servers = require "farm.servers"
local wolfssl = require "wolfssl"

local M = {}

local OPENSSL = { ["TLS 1.3"] = "-no_tls1_3", ["TLS 1.2"] = "-no_tls1_2",
  ["TLS 1.1"] = "-no_tls1_1", ["TLS 1.0"] = "-no_tls1" }
local NGINX = { ["TLS 1.3"] = "TLSv1.3", ["TLS 1.2"] = "TLSv1.2" }

local function root()
  return servers.file(wolfssl.certificate(pki.root):pem())
end

-- Words that are joined; false for none.
local function words(list, between)
  local out = {}
  for i = 1, list.n do out[#out + 1] = list[i] or nil end
  return table.concat(out, between)
end

local function pack(...) return { n = select("#", ...), ... } end

-- A format with a value, where there is one.
local function with(format, value)
  return value and format:format(type(value) == "table" and table.concat(value, ":") or value)
    or false
end

local function without(versions)
  local list = { n = 0 }
  for version, option in pairs(versions and OPENSSL or {}) do
    local left = false
    for _, other in ipairs(versions) do left = left or other == version end
    list.n = list.n + 1
    list[list.n] = not left and option
  end
  return words(list, " ")
end

local function for_name(told)
  local other = told.for_name
  return other and ("-servername %s %s -cert2 %s -key2 %s"):format(other.name,
    other.fatal and "-servername_fatal" or "", other.identity.leaf, other.identity.key)
end

local REQUESTS = { required = "-Verify 3 -CAfile ", optional = "-verify 3 -CAfile " }

--- `openssl s_server`: its page about the connection, or, where that is silent, nothing.
function M.s_server(told)
  return servers.openssl(words(pack(
    without(told.versions), with("-cipher %s", told.ciphers),
    with("-ciphersuites %s", told.ciphersuites), told.server_order and "-serverpref",
    with("-groups %s", told.groups), with("-sigalgs %s", told.schemes),
    told.tickets == false and "-no_ticket", told.cache == false and "-no_cache",
    with("-num_tickets %d", told.tickets13),
    with("-early_data -max_early_data %d", told.early_data),
    with("-alpn %s", told.alpn and table.concat(told.alpn, ",")),
    told.encrypt_then_mac == false and "-no_etm", told.renegotiation and "-client_renegotiation",
    told.cookie and "-stateless",
    told.staple and "-status_file " .. servers.file(told.staple.der),
    told.request and REQUESTS[told.request] .. root(), for_name(told)), " "),
    told.identity, told.second, told.silent and "-naccept 10000")
end

--- nginx, which answers any request.
function M.nginx(told)
  local protocols = {}
  for i, version in ipairs(told.versions) do protocols[i] = NGINX[version] end
  return servers.nginx(words(pack(
    "ssl_protocols " .. table.concat(protocols, " "),
    with("ssl_ciphers %s", told.ciphers), with("ssl_ecdh_curve %s", told.groups),
    "ssl_prefer_server_ciphers " .. (told.server_order and "on" or "off"),
    told.cache and "ssl_session_cache shared:farm:1m",
    told.tickets == false and "ssl_session_tickets off",
    told.early_data and "ssl_early_data on"), ";\n") .. ";", told.identity,
    told.alpn[1] == "h2" and "http2")
end

--- stunnel in front of `cat`.
function M.stunnel(told)
  return servers.stunnel(words(pack(
    told.versions and "sslVersion = " .. NGINX[told.versions[1]],
    with("ciphers = %s", told.ciphers), with("curves = %s", told.groups),
    told.request and "verifyChain = yes\nCAfile = " .. root()), "\n"), told.identity)
end

--- `gnutls-serv`, as a server of HTTP.
function M.gnutls(told)
  return servers.gnutls(words(pack(
    with("--priority '%s'", told.priority), told.tickets == false and "--noticket",
    told.database == false and "--nodb",
    with("--alpn %s", told.alpn and table.concat(told.alpn, " --alpn ")),
    told.only_alpn and "--alpn-fatal", told.heartbeat and "--heartbeat",
    with("--earlydata --maxearlydata %d", told.early_data),
    told.request and "--require-client-cert --x509cafile " .. root()), " "), told.identity)
end

--- Ours.
function M.wolfssl(told)
  return servers.wolfssl(with("--role %s", told.role) or "", told.identity)
end

return M
