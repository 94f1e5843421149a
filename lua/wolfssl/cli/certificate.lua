--- Everything that a certificate says, as data for JSON and as lines.
-- @module wolfssl.cli.certificate

local words = require "wolfssl.trace.explain.words"

local M = {}

local PLAIN = {
  "version", "serial", "subject", "issuer", "not_before", "not_after", "public_key",
  "signature_algorithm", "subject_alt_names", "issuer_alt_names", "basic_constraints", "key_usage",
  "extended_key_usage", "subject_key_identifier", "authority_key_identifier",
  "authority_information_access", "crl_distribution_points", "certificate_policies",
  "name_constraints", "signed_certificate_timestamps", "tls_features",
}

-- Bytes in JSON are hexadecimal.
local function plain(value)
  if type(value) == "string" then return words.printable(value) or words.hex(value) end
  if type(value) ~= "table" then return value end
  local copy = {}
  for key, item in pairs(value) do copy[key] = plain(item) end
  return copy
end

--- All of it.
-- @tparam userdata certificate
-- @treturn table a field for each method of a certificate; bytes as hexadecimal digits
function M.describe(certificate)
  local out = {
    subject_string = certificate:subject_string(), issuer_string = certificate:issuer_string(),
    self_issued = certificate:is_self_issued(),
    sha256 = certificate:fingerprint "sha256", sha1 = certificate:fingerprint "sha1",
    spki_sha256 = certificate:spki_digest(), extensions = {}, pem = certificate:pem(),
  }
  for _, name in ipairs(PLAIN) do out[name] = plain(certificate[name](certificate)) end
  for i, extension in ipairs(certificate:extensions()) do
    out.extensions[i] = { oid = extension.oid, name = extension.name,
      critical = extension.critical, value = words.hex(extension.value) }
  end
  return out
end

local function name_of(entry)
  if type(entry) ~= "table" then return tostring(entry) end
  local value = entry.value
  if type(value) == "string" then return (entry.type or "?") .. ":" .. value end
  return entry.name or entry.oid or entry.type or "?"
end

local function names(list)
  local parts = {}
  for i, entry in ipairs(list or {}) do parts[i] = name_of(entry) end
  return #parts > 0 and table.concat(parts, ", ") or nil
end

local function key_text(key)
  return key.algorithm .. (key.curve and " " .. key.curve
    or key.bits and (" %.0f bits"):format(key.bits) or "")
end

local function constraint_text(constraints)
  if not constraints then return nil end
  local length = constraints.path_length
  return (constraints.ca and "CA" or "no CA")
    .. (length and (", at most %.0f below it"):format(length) or "")
end

local function points(list)
  local urls = {}
  for _, point in ipairs(list or {}) do
    for _, name in ipairs(point.full_name or {}) do urls[#urls + 1] = tostring(name.value) end
  end
  return #urls > 0 and table.concat(urls, ", ") or nil
end

local function access(list, kind)
  return list and list[kind] and #list[kind] > 0 and table.concat(list[kind], ", ") or nil
end


local function critical(extensions)
  local list = {}
  for _, extension in ipairs(extensions) do
    if extension.critical then list[#list + 1] = extension.name or extension.oid end
  end
  return #list > 0 and table.concat(list, ", ") or nil
end

local function subtrees(constraints, kind)
  return constraints and names(constraints[kind])
end

--- The same for people.
-- @tparam table told by `describe`
-- @treturn {{string,string},...} titles and texts
function M.lines(told)
  local list = {}
  local function add(title, text)
    if text then list[#list + 1] = { title, text } end
  end
  add("subject", told.subject_string ~= "" and told.subject_string or "(empty)")
  add("issuer", told.issuer_string)
  add("serial", told.serial)
  add("valid", words.date(told.not_before) .. " to " .. words.date(told.not_after))
  add("names", names(told.subject_alt_names))
  add("key", key_text(told.public_key))
  add("signature", told.signature_algorithm.name or told.signature_algorithm.oid)
  add("constraints", constraint_text(told.basic_constraints))
  add("key usage", told.key_usage and table.concat(told.key_usage, ", "))
  add("purposes", names(told.extended_key_usage))
  add("permitted", subtrees(told.name_constraints, "permitted"))
  add("excluded", subtrees(told.name_constraints, "excluded"))
  add("policies", names(told.certificate_policies))
  add("OCSP", access(told.authority_information_access, "ocsp"))
  add("issuer at", access(told.authority_information_access, "ca_issuers"))
  add("CRL", points(told.crl_distribution_points))
  add("SCTs", told.signed_certificate_timestamps
    and ("%d"):format(#told.signed_certificate_timestamps))
  add("must-staple", told.tls_features and "yes")
  add("key id", told.subject_key_identifier)
  add("issuer's", told.authority_key_identifier and told.authority_key_identifier.key_identifier)
  add("critical", critical(told.extensions))
  add("fingerprint", "sha256 " .. told.sha256)
  add("pin", "sha256 " .. told.spki_sha256)
  return list
end

return M
