--- CertificateVerify messages of TLS 1.3, good and bad, each with a signature that is right.

local crypto = require("wolfssl.core").crypto

local M = {}

local function u16(n) return string.char(math.floor(n / 256), n % 256) end

--- `{key =, name = what really signs, code = what the message says, late = wolfSSL's alert for it
-- after the handshake}`
M.HONEST = { key = "secp256r1", name = "ecdsa_secp256r1_sha256", code = 0x0403 }
M.RSA = { key = "rsa", name = "rsa_pss_rsae_sha256", code = 0x0804 }
M.GOOD = { M.HONEST, M.RSA,
  { key = "secp384r1", name = "ecdsa_secp384r1_sha384", code = 0x0503 },
  { key = "ed25519", name = "ed25519", code = 0x0807 },
}

M.SHA1 = { key = "secp256r1", name = "ecdsa_sha1", code = 0x0203 }
M.BAD = { M.SHA1,
  { key = "secp256r1", name = "ecdsa_sha384", code = 0x0503 }, -- another curve's
  { key = "secp384r1", name = "ecdsa_sha256", code = 0x0403 },
  { key = "rsa", name = "rsa_pkcs1_sha1", code = 0x0201 },
  { key = "rsa", name = "rsa_pkcs1_sha224", code = 0x0301 },
  { key = "rsa", name = "rsa_pkcs1_sha256", code = 0x0401 },
  { key = "ed25519", name = "ed25519", code = 0x0403, late = "decrypt_error" },
}

--- @tparam string role who signs
-- @tparam table scheme one of the above
-- @param key
-- @tparam string digest of the transcript
function M.verify(role, scheme, key, digest)
  local signature = assert(crypto.sign(scheme.name, key,
    (" "):rep(64) .. "TLS 1.3, " .. role .. " CertificateVerify\0" .. digest))
  return "\15\0" .. u16(4 + #signature) .. u16(scheme.code) .. u16(#signature) .. signature
end

local function v24(s) return string.char(math.floor(#s / 65536)) .. u16(#s % 65536) .. s end

--- A Certificate message.
-- @tparam table chain certificates, leaf first
-- @tparam ?string context with its length
-- @tparam ?string extensions of the last entry
function M.certificate(chain, context, extensions)
  local list = {}
  for i, one in ipairs(chain) do
    local mine = i == #chain and extensions or ""
    list[i] = v24(one) .. u16(#mine) .. mine
  end
  return "\11" .. v24((context or "\0") .. v24(table.concat(list)))
end

--- What ends a Certificate message in a record of its own, and looks like the head of a
-- CertificateVerify to who takes the padding of the record before for the end of the message.
M.FAKE = "\15\0\0\4\4\3"
M.DISGUISE = "\119\119\0\6" .. M.FAKE

return M
