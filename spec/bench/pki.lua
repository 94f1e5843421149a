-- Certificates and keys of all programs, as DER, and as PEM for LuaSec: lua pki.lua DIRECTORY

local issue = require "wolfssl.issue"
local wolfssl = require "wolfssl"

local directory = ...

local function write(name, bytes)
  local file = assert(io.open(directory .. "/" .. name, "wb"))
  assert(file:write(bytes))
  assert(file:close())
end

for kind, key_kind in pairs { ecdsa = "secp256r1", rsa = "rsa" } do
  local root_key = issue.key(key_kind)
  local root = issue.certificate { subject = "Root", key = root_key, ca = true }
  write("root-" .. kind .. ".crt", root)
  write("root-" .. kind .. ".pem", wolfssl.certificate(root):pem())
  for _, who in ipairs { "server", "client" } do
    local key = issue.key(key_kind)
    local certificate = issue.certificate {
      subject = who, key = key, issuer = { certificate = root, key = root_key },
      subject_alt_names = { "dns:localhost" },
    }
    write(who .. "-" .. kind .. ".crt", certificate)
    write(who .. "-" .. kind .. ".key", key:der())
    write(who .. "-" .. kind .. ".pem", wolfssl.certificate(certificate):pem() .. key:pem())
  end
end
