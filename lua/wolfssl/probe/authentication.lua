--- Messages that both sides send to show who they are: Certificate, CertificateVerify, Finished.
-- @module wolfssl.probe.authentication
-- @see RFC 8446 section 4.4
-- @see RFC 5246 section 7.4
local Conversation = require("wolfssl.probe.conversation").Conversation
local crypto = require "wolfssl.trace.crypto"
local extension = require "wolfssl.tls.extension"
local signature_scheme = require "wolfssl.tls.registry.signature_scheme"

local M = {}

local TLS12, TLS13 = 0x0303, 0x0304
local DEFAULTS = { "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512",
  "ed25519", "ed448", "rsa_pss_rsae_sha256", "rsa_pss_pss_sha256", "rsa_pkcs1_sha256",
  "rsa_pkcs1_sha1", "ecdsa_sha1" }
local OLD = { "rsa_pkcs1_md5_sha1", "ecdsa_sha1" }

local function der_of(certificate)
  return type(certificate) == "string" and certificate or certificate:der()
end

--- A Certificate message.
-- @tparam ?table chain certificates (DER or objects), leaf first; nil or empty for none
-- @tparam ?string context of the CertificateRequest that this answers
-- @treturn table message
function Conversation:certificate(chain, context)
  local tls13, list = self:version() >= TLS13, {}
  for i, certificate in ipairs(chain or {}) do
    local der = der_of(certificate)
    list[i] = tls13 and { cert_data = der, extensions = {} } or der
  end
  return { msg_type = "certificate", body = { certificate_list = list,
    certificate_request_context = tls13 and (context or "") or nil } }
end

-- What the other side says that it can check.
local function offered(self)
  local hs = self:seen().handshake
  if self.role == "server" then
    local data = extension.find(hs.client_hello.extensions, "signature_algorithms")
    return data and data.supported_signature_algorithms
  end
  for _, entry in ipairs(self:entries()) do
    if entry.name == "certificate_request" and entry.message then
      local body = entry.message.body
      local data = extension.find(body.extensions, "signature_algorithms") or body
      return data.supported_signature_algorithms
    end
  end
end

-- wolfCrypt's name of a scheme, nil where the version has no such.
local function name_of(scheme, version)
  local entry = signature_scheme:entry(signature_scheme:value(scheme) or 0)
  if version < TLS12 then return scheme end
  if version >= TLS13 and (entry.algorithm == "rsa_pkcs1" or entry.hash == "SHA1") then
    return nil
  end
  if entry.algorithm == "ecdsa" and entry.hash and version < TLS13 then
    return "ecdsa_" .. entry.hash:lower()
  end
  return entry.name
end

local function try(scheme, key, data, version)
  local name = name_of(scheme, version)
  if not name then return nil end
  local fits, signature = pcall(crypto.sign, name, key, data)
  return fits and signature or nil
end

--- Signs as a version does it, under the first scheme that fits the key.
-- @tparam Conversation conversation
-- @param key object, PEM or DER
-- @tparam string data
-- @tparam ?string scheme instead of the first that the other side takes
-- @treturn table `{algorithm =, signature =}`, without algorithm before TLS 1.2; or nil, message,
-- "peer_incompatible"
function M.sign(conversation, key, data, scheme)
  local version = conversation:version()
  local schemes = version < TLS12 and OLD or scheme and { scheme }
    or offered(conversation) or DEFAULTS
  for _, one in ipairs(schemes) do
    local name = type(one) == "table" and one.name or one
    local signature = try(name, key, data, version)
    if signature then
      return { algorithm = version >= TLS12 and name or nil, signature = signature }
    end
  end
  return nil, "none of the signature schemes fits the key", "peer_incompatible"
end

-- What is signed: in TLS 1.3 a digest of it, or nil, message, code.
local function signed_data(self, hs)
  if self:version() < TLS13 then return hs.transcript:bytes() end
  local digest, text, code = (hs.answer or hs.transcript):digest(hs.schedule.hash)
  if not digest then return nil, text or "more was said than is hashed", code or "internal" end
  return (" "):rep(64) .. "TLS 1.3, " .. self.role .. " CertificateVerify\0" .. digest
end

--- A CertificateVerify message over all that was said.
-- @param key object, PEM or DER
-- @tparam ?string scheme default: the first that the other side takes and the key fits
-- @return message; or nil, message, "peer_incompatible" or, where there is no memory, "internal"
function Conversation:certificate_verify(key, scheme)
  local data, body, text, code
  data, text, code = signed_data(self, self:seen().handshake)
  if not data then return nil, text, code end
  body, text, code = M.sign(self, key, data, scheme)
  if not body then return nil, text, code end
  return { msg_type = "certificate_verify", body = body }
end

local function base_of(self, hs)
  if not hs.complete then return self.role .. "_handshake_traffic_secret" end
  local current = self:seen().directions[self.role]:current()
  return current and current.name
end

--- A Finished message over all that was said.
-- @return message; or nil, message, "internal" when there are no keys
function Conversation:finished()
  local hs, verify_data = self:seen().handshake
  self:protection()   -- the master secret of a resumed session is looked up with its first keys
  local schedule = hs.schedule
  local digest = schedule and (hs.answer or hs.transcript):digest(schedule.hash)
  if digest and self:version() >= TLS13 then
    verify_data = schedule:verify_data(base_of(self, hs), digest)
  elseif digest then
    verify_data = schedule:verify_data(self.role, digest)
  end
  if not verify_data then
    return nil, "Finished: " .. (hs.unsupported or hs.reasons.agreement or "no keys are known"),
      "internal"
  end
  return { msg_type = "finished", body = { verify_data = verify_data } }
end

--- Sends KeyUpdate: our keys change behind it.
-- @tparam ?boolean request whether the other side is to change its keys, too
-- @return true; or nil, message, code
-- @see RFC 8446 section 4.6.3
function Conversation:update_keys(request)
  return self:send { msg_type = "key_update", body = {
    request_update = request and "update_requested" or "update_not_requested" } }
end

--- The master secret of TLS 1.2 and older, or a secret of the TLS 1.3 key schedule.
-- @tparam string name see `wolfssl.trace.key_schedule.tls13`
-- @treturn string secret, or nil
function Conversation:secret(name)
  local schedule = self:seen().handshake.schedule
  return schedule and schedule.secrets[name]
end


return M
