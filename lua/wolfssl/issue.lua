--- Makes keys, certificates and revocation lists: for demonstrations, tests and test farms, so also
-- wrong ones on purpose (expired, weak, with contradicting extensions).
--
--    local issue = require "wolfssl.issue"
--    local ca_key, key = issue.key "secp256r1", issue.key "secp256r1"
--    local ca = issue.certificate { subject = "Root", key = ca_key, ca = true }
--    local leaf = issue.certificate { subject = "Server", key = key,
--      issuer = { certificate = ca, key = ca_key }, subject_alt_names = { "dns:localhost" } }
-- @module wolfssl.issue

local core = require "wolfssl.core"
local algorithm = require "wolfssl.issue.algorithm"
local der = require "wolfssl.issue.der"
local extension = require "wolfssl.issue.extension"
local issuer_certificate = require "wolfssl.issue.issuer"
local name = require "wolfssl.issue.name"

local M = {}

--- Makes a private key. See core.issue.key.
-- @function key
M.key = core.issue.key

--- Reads a private key. See core.issue.load_key.
-- @function load_key
M.load_key = core.issue.load_key

local HOUR, DAY = 3600, 86400

local function fail(option, ...)
  error(option .. ": " .. string.format(...), 0)
end

local function check_options(options, known)
  if type(options) ~= "table" then fail("options", "table expected, got %s", type(options)) end
  for option in pairs(options) do
    if not known[option] then fail(tostring(option), "unknown option") end
  end
end

local function open_key(key, option)
  if tostring(key):match("^wolfssl%.key") then return key end
  if type(key) ~= "string" then
    fail(option, "key object, PEM or DER expected, got %s", type(key))
  end
  local loaded, message = M.load_key(key)
  return loaded or fail(option, "%s", message)
end

-- Hex string or number -> INTEGER
local function serial_number(serial, option)
  if type(serial) == "number" and serial >= 0 and serial % 1 == 0 then
    return der.integer(serial)
  end
  local hex = type(serial) == "string" and serial:gsub(":", "") or ""
  if hex == "" or hex:find("%X") then fail(option, "number or hexadecimal string expected") end
  if #hex % 2 == 1 then hex = "0" .. hex end
  return der.integer((hex:gsub("%x%x", function(pair)
    return string.char(tonumber(pair, 16))
  end)))
end

-- 127 bits: positive, and never likely to come twice (RFC 5280 section 4.1.2.2)
local function random_serial()
  local octets = assert(core.crypto.random(16))
  return der.integer(string.char(64 + octets:byte() % 64) .. octets:sub(2))
end

local function time(seconds, option)
  local encoded = type(seconds) == "number" and der.time(seconds)
  return encoded or fail(option, "Unix seconds expected")
end

local function open_issuer(issuer, option)
  if type(issuer) ~= "table" then fail(option, "table {certificate=, key=} expected") end
  local opened = issuer_certificate.read(issuer.certificate, option .. ".certificate")
  opened.key = open_key(issuer.key, option .. ".key")
  return opened
end

local function sequence_of(values)
  return der.value(0x30, table.concat(values))
end

-- Certificates and revocation lists are signed alike: what is signed holds the algorithm, too.
local function signed(key, signature, to_be_signed)
  local identifier, scheme = algorithm.choose(key, signature)
  local tbs = to_be_signed(identifier)
  local bits, message = key:sign(scheme, tbs)
  if not bits then error(message, 0) end
  return der.sequence(tbs, identifier, der.bit_string(bits))
end

-- Additions of the caller: {{oid=, critical=, value=}, …}
local function append_extensions(list, extensions)
  for i, item in ipairs(extensions or {}) do
    local option = ("extensions[%d]"):format(i)
    if type(item) ~= "table" then fail(option, "table {oid=, critical=, value=} expected") end
    list[#list + 1] = extension.write(item.oid, item.critical, item.value, option)
  end
end

local certificate_options = {
  subject = true, key = true, public_key = true, issuer = true, serial = true, version = true,
  not_before = true, not_after = true, signature = true, ca = true, path_length = true,
  extensions = true, critical = true,
}
for _, known in ipairs(extension.known) do certificate_options[known.option] = true end

-- What certificates have when nothing else is said.
local function defaults(options, key, own_id, issuer)
  local rsa = key and key:algorithm() == "rsa"
  local leaf = rsa and { "digital_signature", "key_encipherment" } or { "digital_signature" }
  return {
    basic_constraints = { ca = options.ca, path_length = options.path_length },
    key_usage = options.ca and { "key_cert_sign", "crl_sign" } or leaf,
    subject_key_identifier = own_id,
    authority_key_identifier = options.issuer and issuer.id or nil,
  }
end

local NO_NAME = der.sequence()

local function write_extensions(options, default, subject)
  local list = {}
  local critical = options.critical or {}
  for _, known in ipairs(extension.known) do
    local option, value = known.option, options[known.option]
    if value == nil then value = default[option] end
    local is_critical = critical[option]
    if is_critical == nil then
      is_critical = known.critical or option == "subject_alt_names" and subject == NO_NAME
    end
    if value then
      list[#list + 1] = extension.write(known.oid, is_critical, known.write(value, option), option)
    end
  end
  append_extensions(list, options.extensions)
  return list
end

local function build_certificate(options)
  check_options(options, certificate_options)
  local key = options.key and open_key(options.key, "key")
  local spki = options.public_key or key and key:public() or fail("key", "missing")
  local own_id = issuer_certificate.key_identifier(spki, "public_key")
  local subject = name.distinguished(options.subject or {}, "subject")
  local issuer = options.issuer and open_issuer(options.issuer, "issuer")
    or { name = subject, key = key or fail("key", "missing, and there is no issuer"), id = own_id }
  local now = os.time()
  local version = options.version or 3
  local extensions = write_extensions(options, defaults(options, key, own_id, issuer),
    subject)
  return signed(issuer.key, options.signature, function(identifier)
    return der.sequence(
      version > 1 and der.explicit(0, der.integer(version - 1)) or "",
      options.serial and serial_number(options.serial, "serial") or random_serial(),
      identifier,
      issuer.name,
      der.sequence(time(options.not_before or now - HOUR, "not_before"),
        time(options.not_after or now + 90 * DAY, "not_after")),
      subject,
      spki,
      version > 2 and #extensions > 0 and der.explicit(3, sequence_of(extensions)) or "")
  end)
end

-- RFC 5280 section 5.3.1
local reasons = {
  unspecified = 0, key_compromise = 1, ca_compromise = 2, affiliation_changed = 3, superseded = 4,
  cessation_of_operation = 5, certificate_hold = 6, remove_from_crl = 8, privilege_withdrawn = 9,
  aa_compromise = 10,
}

local function revocation(item, option, default_date)
  if type(item) ~= "table" then fail(option, "table {serial=, date=, reason=} expected") end
  local extensions = ""
  if item.reason ~= nil then
    local reason = reasons[item.reason]
    if not reason then fail(option, "unknown reason '%s'", tostring(item.reason)) end
    local enumerated = der.value(0x0a, string.char(reason))
    extensions = der.sequence(extension.write("2.5.29.21", false, enumerated, option))
  end
  return der.sequence(serial_number(item.serial, option .. ".serial"),
    time(item.date or default_date, option .. ".date"), extensions)
end

local crl_options = {
  issuer = true, revoked = true, this_update = true, next_update = true, number = true,
  signature = true, extensions = true,
}

local function build_crl(options)
  check_options(options, crl_options)
  local issuer = open_issuer(options.issuer, "issuer")
  local now = os.time()
  local revoked, extensions = {}, {}
  for i, item in ipairs(options.revoked or {}) do
    revoked[i] = revocation(item, ("revoked[%d]"):format(i), now)
  end
  extensions[1] = extension.write("2.5.29.35", false, der.sequence(der.implicit(0, issuer.id)))
  extensions[2] = extension.write("2.5.29.20", false, serial_number(options.number or 1, "number"))
  append_extensions(extensions, options.extensions)
  return signed(issuer.key, options.signature, function(identifier)
    return der.sequence(
      der.integer(1),
      identifier,
      issuer.name,
      time(options.this_update or now - HOUR, "this_update"),
      options.next_update ~= false and time(options.next_update or now + 7 * DAY, "next_update")
        or "",
      #revoked > 0 and sequence_of(revoked) or "",
      der.explicit(0, sequence_of(extensions)))
  end)
end

-- Runs a builder; what it raises is the caller's mistake.
local function run(build, what, options)
  local ok, result = pcall(build, options)
  if not ok then error(what .. ": " .. tostring(result), 3) end
  return result
end

--- Makes an X.509 certificate. A wrong option raises an error that names it.
--
-- An extension option can be `false`: then the extension is left out although it has a default.
-- @tparam table options
-- @tparam[opt] string|table options.subject common name, or list of RDNs
-- {{"O", "Example"}, {"CN", "a"}}; an RDN of several values is a list of pairs
-- @param options.key the subject's key: key object, or private key in PEM or DER
-- @tparam[opt] string options.public_key SubjectPublicKeyInfo, DER, in place of key
-- @tparam[opt] table options.issuer {certificate = object, PEM or DER, key =}; without it the
-- certificate is self-signed
-- @tparam[opt] string|integer options.serial hexadecimal or a number; default 127 random bits
-- @tparam[opt=3] integer options.version 1 has no extensions
-- @tparam[opt] number options.not_before Unix seconds; default an hour ago
-- @tparam[opt] number options.not_after Unix seconds; default in 90 days
-- @tparam[opt] string options.signature hash ("sha256", also "md5", "sha1" …) or
-- "rsa_pss_sha256" …; default fits the issuer's key
-- @tparam[opt] boolean options.ca for basic_constraints and key_usage
-- @tparam[opt] integer options.path_length number of further CAs
-- @tparam[opt] table options.basic_constraints {ca=, path_length=}
-- @tparam[opt] {string,...} options.key_usage "digital_signature" … (names of RFC 5280, snake_case)
-- @tparam[opt] {string,...} options.extended_key_usage "server_auth", "client_auth" …, or OIDs
-- @tparam[opt] table options.subject_alt_names list of "dns:a.example", "ip:::1" or {type=, value=}
-- @tparam[opt] table options.name_constraints {permitted = list, excluded = list} of such names; IP
-- addresses are networks: "ip:10.0.0.0/8"
-- @tparam[opt] {string,...} options.certificate_policies OIDs
-- @tparam[opt] {string,...} options.crl_distribution_points URLs
-- @tparam[opt] table options.authority_information_access {ocsp = URLs, ca_issuers = URLs}
-- @tparam[opt] {integer,...} options.tls_features {5} is "must staple"
-- @tparam[opt] string options.subject_key_identifier octets
-- @tparam[opt] string options.authority_key_identifier octets
-- @tparam[opt] table options.extensions further ones: list of {oid=, critical=, value = DER}
-- @tparam[opt] table options.critical by option name: {extended_key_usage = true}
-- @treturn string DER
-- @see RFC 5280 section 4.1
function M.certificate(options)
  return run(build_certificate, "certificate", options)
end

--- Makes a certificate revocation list. A wrong option raises an error that names it.
-- @tparam table options
-- @tparam table options.issuer {certificate = object, PEM or DER, key =}
-- @tparam[opt] table options.revoked list of {serial=, date = Unix seconds, reason = of RFC 5280
-- section 5.3.1, snake_case}
-- @tparam[opt] number options.this_update Unix seconds; default an hour ago
-- @tparam[opt] number|boolean options.next_update default in 7 days; false leaves it out
-- @tparam[opt=1] string|integer options.number
-- @tparam[opt] string options.signature as for certificate
-- @tparam[opt] table options.extensions as for certificate
-- @treturn string DER
-- @see RFC 5280 section 5.1
function M.crl(options)
  return run(build_crl, "crl", options)
end

return M
