--- Writes certificate extensions (RFC 5280 section 4.2): one function per option of
-- issue.certificate. Each takes the option's value and its name, and returns DER.
-- @module wolfssl.issue.extension

local der = require "wolfssl.issue.der"
local name = require "wolfssl.issue.name"

local M = {}

local function fail(option, ...)
  error(option .. ": " .. string.format(...), 0)
end

local function check(value, kind, option)
  if type(value) ~= kind then fail(option, "%s expected, got %s", kind, type(value)) end
  return value
end

local function sequence_of(list, option, write)
  local values = {}
  for i, item in ipairs(check(list, "table", option)) do values[i] = write(item, option) end
  if #values == 0 then fail(option, "empty list") end
  return der.value(0x30, table.concat(values))
end

-- section 4.2.1.3
local usages = {
  digital_signature = 0, content_commitment = 1, non_repudiation = 1, key_encipherment = 2,
  data_encipherment = 3, key_agreement = 4, key_cert_sign = 5, crl_sign = 6, encipher_only = 7,
  decipher_only = 8,
}

local function key_usage(list, option)
  local bits = {}
  for _, usage in ipairs(check(list, "table", option)) do
    if not usages[usage] then fail(option, "unknown usage '%s'", tostring(usage)) end
    bits[usages[usage]] = true
  end
  return der.named_bits(bits)
end

-- section 4.2.1.12
local purposes = {
  any = "2.5.29.37.0", server_auth = "1.3.6.1.5.5.7.3.1", client_auth = "1.3.6.1.5.5.7.3.2",
  code_signing = "1.3.6.1.5.5.7.3.3", email_protection = "1.3.6.1.5.5.7.3.4",
  time_stamping = "1.3.6.1.5.5.7.3.8", ocsp_signing = "1.3.6.1.5.5.7.3.9",
}

local function oid(text, option)
  return type(text) == "string" and der.oid(text) or fail(option, "'%s' is no OID", tostring(text))
end

local function purpose(text, option)
  return oid(purposes[text] or text, option)
end

-- section 4.2.1.9
local function basic_constraints(value, option)
  check(value, "table", option)
  local length = value.path_length
  if length and (type(length) ~= "number" or length < 0 or length % 1 ~= 0) then
    fail(option, "path_length is no number of certificates")
  end
  return der.sequence(value.ca and der.boolean(true) or "", length and der.integer(length) or "")
end

-- section 4.2.1.10
local function subtrees(number, list, option)
  if not list then return "" end
  local values = {}
  for i, item in ipairs(check(list, "table", option)) do
    values[i] = der.sequence(name.general(item, option, true))
  end
  return der.explicit(number, table.concat(values))
end

local function name_constraints(value, option)
  check(value, "table", option)
  return der.sequence(subtrees(0, value.permitted, option .. ".permitted"),
    subtrees(1, value.excluded, option .. ".excluded"))
end

local function url(text, option)
  return name.general({ type = "uniform_resource_identifier", value = text }, option)
end

-- section 4.2.1.13
local function distribution_point(text, option)
  return der.sequence(der.explicit(0, der.explicit(0, url(text, option))))
end

-- section 4.2.2.1
local function authority_information_access(value, option)
  local methods = { { "ocsp", "1.3.6.1.5.5.7.48.1" }, { "ca_issuers", "1.3.6.1.5.5.7.48.2" } }
  local descriptions = {}
  check(value, "table", option)
  for _, method in ipairs(methods) do
    for _, text in ipairs(check(value[method[1]] or {}, "table", option)) do
      descriptions[#descriptions + 1] = der.sequence(der.oid(method[2]), url(text, option))
    end
  end
  if #descriptions == 0 then fail(option, "neither ocsp nor ca_issuers") end
  return der.value(0x30, table.concat(descriptions))
end

-- RFC 7633 section 4: TLS extension numbers; 5 (status_request) is "must staple"
local function feature(number, option)
  return der.integer(check(number, "number", option))
end

local function list_of(write)
  return function(value, option) return sequence_of(value, option, write) end
end

--- What each option writes: OID, whether critical by default, and the writer. In the order of the
-- certificate.
M.known = {
  { option = "basic_constraints", oid = "2.5.29.19", critical = true, write = basic_constraints },
  { option = "key_usage", oid = "2.5.29.15", critical = true, write = key_usage },
  { option = "extended_key_usage", oid = "2.5.29.37", write = list_of(purpose) },
  { option = "subject_alt_names", oid = "2.5.29.17", write = list_of(name.general) },
  { option = "name_constraints", oid = "2.5.29.30", critical = true, write = name_constraints },
  { option = "certificate_policies", oid = "2.5.29.32",
    write = list_of(function(text, option) return der.sequence(oid(text, option)) end) },
  { option = "crl_distribution_points", oid = "2.5.29.31", write = list_of(distribution_point) },
  { option = "authority_information_access", oid = "1.3.6.1.5.5.7.1.1",
    write = authority_information_access },
  { option = "tls_features", oid = "1.3.6.1.5.5.7.1.24", write = list_of(feature) },
  { option = "subject_key_identifier", oid = "2.5.29.14", write = der.octet_string },
  { option = "authority_key_identifier", oid = "2.5.29.35",
    write = function(id) return der.sequence(der.implicit(0, id)) end },
}

--- One extension.
-- @tparam string id OID
-- @tparam boolean critical
-- @tparam string value DER
-- @tparam string option named in errors
-- @treturn string Extension, DER
function M.write(id, critical, value, option)
  return der.sequence(oid(id, option), critical and der.boolean(true) or "",
    der.octet_string(check(value, "string", option)))
end

return M
