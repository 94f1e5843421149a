--- What a context allows unless it is told otherwise.
-- @module wolfssl.context.defaults

local core = require "wolfssl.core"
local psk = require "wolfssl.context.psk"

local M = {}

-- With a certificate, and with a pre-shared key.
local SUITES = {
  chacha = {
    tls13 = { "TLS_CHACHA20_POLY1305_SHA256" },
    certificate = {
      "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
      "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    },
    psk = {
      "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", "TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256",
    },
  },
  aes = {
    tls13 = { "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384" },
    certificate = {
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
      "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    },
    psk = {
      "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256", "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256",
      "TLS_DHE_PSK_WITH_AES_256_GCM_SHA384",
    },
  },
}

local function append(list, order, part)
  for _, cipher in ipairs(order) do
    for _, name in ipairs(SUITES[cipher][part]) do list[#list + 1] = name end
  end
end

--- Names of the cipher suites: AEAD with (EC)DHE only, ChaCha20-Poly1305 first where wolfSSL has no
-- AES in hardware. Whoever has a key means to use it: its suites go first.
-- @tparam table options of the context
-- @tparam string role "client" or "server"
-- @treturn {string,...}
function M.suites(options, role)
  local order = core.capabilities.aesni and { "aes", "chacha" } or { "chacha", "aes" }
  local list = {}
  if psk.is_used(options) then append(list, order, "psk") end
  for _, cipher in ipairs(order) do
    append(list, { cipher }, "tls13")
    if psk.has_certificates(options, role) then append(list, { cipher }, "certificate") end
  end
  return list
end

-- As a client wolfSSL (5.5.4 at least) cannot read X25519 in the ServerKeyExchange of ECDHE_PSK.
local function lacks_x25519(options, role, min)
  return role == "client" and min == 0x0303 and psk.is_used(options)
end

-- A client that names finite fields takes no other (RFC 7919 section 4).
local function wants_field(options, role)
  for _, name in ipairs(role == "server" and options.cipher_suites or {}) do
    if tostring(name):find("^TLS_DHE_") then return true end
  end
  return false
end

--- Names of the groups.
-- @tparam table options of the context
-- @tparam string role "client" or "server"
-- @tparam int min the lowest version
-- @treturn {string,...}
function M.groups(options, role, min)
  local list = { "x25519", "secp256r1", "secp384r1" }
  if lacks_x25519(options, role, min) then table.remove(list, 1) end
  if core.capabilities.mlkem then table.insert(list, 1, "X25519MLKEM768") end
  if wants_field(options, role) then list[#list + 1] = "ffdhe2048" end
  return list
end

--- Names of the signature schemes.
M.SCHEMES = {
  "ed25519", "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512",
  "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512",
  "rsa_pkcs1_sha256", "rsa_pkcs1_sha384", "rsa_pkcs1_sha512",
}

return M
