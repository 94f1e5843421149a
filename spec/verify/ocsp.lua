--- OCSP responses (RFC 6960 section 4.2.1), also such as no responder should make.

local algorithm = require "wolfssl.issue.algorithm"
local core = require "wolfssl.core"
local der = require "wolfssl.issue.der"
local issuer = require "wolfssl.issue.issuer"

local M = {}

local HASHES = { sha1 = "1.3.14.3.2.26", sha256 = "2.16.840.1.101.3.4.2.1" }
local BASIC = "1.3.6.1.5.5.7.48.1.1"
local STATUS = { good = "\128\0", unknown = "\130\0" }

local function time(seconds)
  return der.value(0x18, os.date("!%Y%m%d%H%M%SZ", seconds))
end

-- The octets of the key, out of SubjectPublicKeyInfo
local function key_octets(certificate)
  local spki = certificate:spki()
  local _, first = der.find(spki, 1)
  local _, _, algorithm_last = der.find(spki, first)
  local _, start, last = der.find(spki, algorithm_last + 1)
  return spki:sub(start + 1, last)
end

local function serial_of(certificate)
  local octets = certificate:serial():gsub("%x%x", function(pair)
    return string.char(tonumber(pair, 16))
  end)
  return der.value(0x02, octets)
end

local function certificate_id(o)
  local hash = o.hash or "sha1"
  local digest = core.crypto.digest
  local name = issuer.read(o.issuer.certificate, "issuer").name
  return der.sequence(der.sequence(der.oid(HASHES[hash]), "\5\0"),
    der.octet_string(digest(hash, name)),
    der.octet_string(digest(hash, key_octets(o.issuer.certificate))),
    serial_of(o.certificate))
end

local function single(o)
  local status = STATUS[o.status] or o.status == "revoked" and der.explicit(1, time(o.this_update))
    or o.status
  return der.sequence(certificate_id(o), status, time(o.this_update),
    o.next_update and der.explicit(0, time(o.next_update)) or "",
    o.single_extensions and der.explicit(1, der.sequence(o.single_extensions)) or "")
end

local function responder_id(o)
  local certificate = o.signer.certificate
  if o.by_name then return der.explicit(1, issuer.read(certificate, "signer").name) end
  return der.explicit(2, der.octet_string(core.crypto.digest("sha1", key_octets(certificate))))
end

--- A response as bytes.
-- @tparam table o certificate, issuer {certificate=, key=}; signer (the issuer), delegates (list of
--   certificates to send along), status "good" (or DER), this_update, next_update (false: none),
--   by_name, hash "sha1", nonce (DER), extensions, single_extensions (their elements),
--   response_status 0, response_type, version (DER), signature (hash)
function M.response(o)
  local fields = { signer = o.issuer, status = "good", this_update = os.time() - 60,
    next_update = os.time() + 3600 }
  for name, value in pairs(o) do fields[name] = value end
  local delegates = {}
  for i, certificate in ipairs(fields.delegates or {}) do delegates[i] = certificate:der() end
  local extensions = fields.extensions or fields.nonce and der.sequence(
    der.oid "1.3.6.1.5.5.7.48.1.2", der.octet_string(fields.nonce))
  local data = der.sequence(fields.version or "", responder_id(fields), time(fields.this_update),
    der.sequence(single(fields)), extensions and der.explicit(1, der.sequence(extensions)) or "")
  local identifier, scheme = algorithm.choose(fields.signer.key, fields.signature)
  local basic = der.sequence(data, identifier, der.bit_string(fields.signer.key:sign(scheme, data)),
    #delegates > 0 and der.explicit(0, der.sequence(table.concat(delegates))) or "")
  return der.sequence(der.value(0x0a, string.char(fields.response_status or 0)),
    der.explicit(0, der.sequence(der.oid(fields.response_type or BASIC), der.octet_string(basic))))
end

return M
