--- Certificates, keys, trust and revocation lists, from files, directories, PEM, DER or objects.
-- Errors name what was read: the option, and the file where there is one.
-- @module wolfssl.context.material

local core = require "wolfssl.core"

local M = {}

local EISDIR = 21
local LONGEST_PATH = 4096 -- Linux
local PEM_BLOCK = ("%-%-%-%-%-BEGIN XCERTIFICATE%-%-%-%-%-.-%-%-%-%-%-END XCERTIFICATE%-%-%-%-%-")
  :gsub("X", "[%%w ]*")

local PEM_CRL = ("%-%-%-%-%-BEGIN X%-%-%-%-%-.-%-%-%-%-%-END X%-%-%-%-%-"):gsub("X", "X509 CRL")

-- Where distributions keep the bundle of trusted roots.
local SYSTEM = {
  "/etc/ssl/certs/ca-certificates.crt", -- Debian, Alpine, Arch
  "/etc/pki/tls/certs/ca-bundle.crt",   -- Fedora, RHEL
  "/etc/ssl/ca-bundle.pem",             -- SUSE
  "/etc/ssl/cert.pem",                  -- BSDs, macOS
}

-- DER is a SEQUENCE: a long one, or a short one that begins with an INTEGER, as no file name does.
local function is_bytes(text)
  return text:find("^0[\128-\255]") ~= nil or text:find("^0.\2") ~= nil
    or text:find("-----BEGIN ", 1, true) ~= nil
end

local function read_file(path)
  local file, message, number = io.open(path, "rb")
  local bytes
  if file then
    bytes, message, number = file:read("*a")
    file:close()
  end
  if bytes then return bytes end
  if not message:find(path, 1, true) then message = path .. ": " .. message end
  return nil, message, "file_error", number
end

--- Bytes, or those of a file.
-- @tparam string what PEM, DER or a file name
-- @tparam string option its name, for messages
-- @treturn[1] string bytes
-- @treturn[1] string words for where they are from
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function M.read(what, option)
  if is_bytes(what) then return what, option end
  if #what > LONGEST_PATH then
    return nil, ("%s: %d bytes, neither PEM nor DER nor a file name"):format(option, #what),
      "decode_error"
  end
  local bytes, message, code, number = read_file(what)
  if not bytes then return nil, option .. ": " .. message, code, number end
  return bytes, option .. ": " .. what
end

local function is_object(what, class)
  return type(what) == "userdata" and tostring(what):find("^wolfssl%." .. class) ~= nil
end

local function list_of(what)
  return type(what) == "table" and what or { what }
end

local function append(list, what, option)
  if is_object(what, "certificate") then
    list[#list + 1] = what
    return true
  end
  if type(what) ~= "string" then
    error(option .. ": a file name, PEM, DER or a certificate expected, got " .. type(what), 0)
  end
  local bytes, where, code, number = M.read(what, option)
  if not bytes then return nil, where, code, number end
  local certificates, message
  if bytes:find("-----BEGIN ", 1, true) then
    certificates, message, code = core.certificates(bytes)
  else
    local one
    one, message, code = core.certificate(bytes)
    certificates = one and { one }
  end
  if not certificates then return nil, where .. ": " .. message, code end
  if #certificates == 0 then
    return nil, where .. ": there is no certificate in it", "decode_error"
  end
  for _, certificate in ipairs(certificates) do list[#list + 1] = certificate end
  return true
end

--- A chain: whatever order of files, bytes and objects gives it, the leaf first.
-- @tparam string|userdata|table what
-- @tparam string option its name, for messages
-- @treturn[1] {userdata,...}
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function M.certificates(what, option)
  local list = {}
  for _, item in ipairs(list_of(what)) do
    local ok, message, code = append(list, item, option)
    if not ok then return nil, message, code end
  end
  return list
end

--- A private key.
-- @tparam string|userdata what a file name, PEM, DER or a key
-- @tparam ?string|function password of an encrypted key, or a function that returns it
-- @treturn[1] userdata key
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function M.key(what, password)
  if is_object(what, "key") then return what end
  if type(what) ~= "string" then
    error("key: a file name, PEM, DER or a key expected, got " .. type(what), 0)
  end
  local bytes, where, code = M.read(what, "key")
  if not bytes then return nil, where, code end
  if type(password) == "function" and bytes:find("ENCRYPTED", 1, true) then
    password = password()
    if type(password) ~= "string" then
      error("password: the function must return a string, got " .. type(password), 0)
    end
  elseif type(password) == "function" then
    password = nil
  end
  local key, message
  key, message, code = core.issue.load_key(bytes, password)
  if not key then return nil, where .. ": " .. message, code end
  return key
end

-- In a store of many an unreadable one is no reason to trust none.
local function append_lenient(list, bytes)
  local before = #list
  for block in bytes:gmatch(PEM_BLOCK) do list[#list + 1] = core.certificate(block) end
  return #list > before
end

local function append_directory(list, path)
  local names, message, code = core.directory(path)
  if not names then return nil, "trust: " .. message, code end
  table.sort(names)
  local found = false
  for _, name in ipairs(names) do
    local bytes = read_file(path .. "/" .. name)
    if bytes and append_lenient(list, bytes) then found = true end
  end
  if not found then return nil, "trust: " .. path .. ": no certificate in it", "file_error" end
  return true
end

local function append_system(list)
  local file, directory = os.getenv("SSL_CERT_FILE"), os.getenv("SSL_CERT_DIR")
  local tried = file and { file } or SYSTEM
  for _, path in ipairs(tried) do
    local bytes = read_file(path)
    if bytes and append_lenient(list, bytes) then return true end
  end
  if directory then return append_directory(list, directory) end
  return nil, "trust: no system store found, looked for " .. table.concat(tried, ", "), "file_error"
end

local function append_trust(list, what)
  if what == "system" then return append_system(list) end
  local ok, message, code, number = append(list, what, "trust")
  if not ok and number == EISDIR then return append_directory(list, what) end
  return ok, message, code
end

local function digests(pins)
  local list = {}
  if pins ~= nil and type(pins) ~= "table" then
    error("pins: list expected, got " .. type(pins), 0)
  end
  if pins and #pins == 0 then error("pins: there is none in the list", 0) end
  for i, pin in ipairs(pins or {}) do
    if type(pin) ~= "string" or not pin:find("^" .. ("%x"):rep(64) .. "$") then
      error(("pins[%d]: 64 hexadecimal digits expected"):format(i), 0)
    end
    list[i] = (pin:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end))
  end
  return list
end

local function build_trust(what, pins)
  local anchors = {}
  for _, item in ipairs(list_of(what)) do
    local ok, message, code = append_trust(anchors, item)
    if not ok then return nil, message, code end
  end
  local keys = digests(pins)
  if #anchors + #keys == 0 then error("neither anchors nor pins to trust", 0) end
  return core.trust(anchors, keys)
end

-- The system's store is large and read once; by where the environment says that it is.
local system = {}

local function system_trust()
  local place = (os.getenv("SSL_CERT_FILE") or "") .. "\0" .. (os.getenv("SSL_CERT_DIR") or "")
  if system[place] and pcall(system[place].count, system[place]) then return system[place] end
  local trust, message, code = build_trust("system")
  system[place] = trust
  return trust, message, code
end

--- Whom to trust: what the `trust` of a context and `wolfssl.trust` take.
-- @tparam ?string|userdata|table what `"system"` (read once for all), file, directory, PEM, DER,
--   certificate, or a list of these; or trust that was built before
-- @tparam ?{string,...} pins SHA-256 digests of public keys, in hex
-- @treturn[1] userdata trust
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function M.trust(what, pins)
  if is_object(what, "trust") then
    if pins then error("pins belong to the trust that was built before", 0) end
    return what
  end
  if what == "system" and not pins then return system_trust() end
  return build_trust(what, pins)
end

--- Certificate policies.
-- @tparam ?string|table what an OID in dotted digits, or a list of these
-- @treturn ?{string,...}
function M.policies(what)
  local list = what ~= nil and list_of(what) or nil
  for i = 1, list and math.max(#list, 1) or 0 do
    if type(list[i]) ~= "string" or not list[i]:find "^[012]%.%d[%d.]*$" then
      error(("policy: an OID such as \"2.23.140.1.2.1\" expected, got %s"):format(
        tostring(list[i])), 0)
    end
  end
  return list
end

-- DER, or each block of PEM text.
local function crl_blocks(bytes)
  if bytes:sub(1, 1) == "\48" then return { bytes } end
  local blocks = {}
  for block in bytes:gmatch(PEM_CRL) do blocks[#blocks + 1] = block end
  return #blocks > 0 and blocks or { bytes }
end

local function append_crls(list, what)
  if is_object(what, "crl") then
    list[#list + 1] = what
    return true
  end
  if type(what) ~= "string" then
    error("crls: a file name, PEM, DER or a revocation list expected, got " .. type(what), 0)
  end
  local bytes, where, code = M.read(what, "crls")
  if not bytes then return nil, where, code end
  for _, block in ipairs(crl_blocks(bytes)) do
    local crl, message
    crl, message, code = core.crl(block)
    if not crl then return nil, where .. ": " .. message, code end
    list[#list + 1] = crl
  end
  return true
end

--- Revocation lists.
-- @tparam ?string|userdata|table what file, PEM, DER, what `wolfssl.crl` returns, or a list of
--   these, which raises when it is empty
-- @treturn[1] {userdata,...}
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function M.crls(what)
  if type(what) == "table" and #what == 0 then error("crls: there is none in the list", 0) end
  local list = {}
  for _, item in ipairs(list_of(what)) do
    local ok, message, code = append_crls(list, item)
    if not ok then return nil, message, code end
  end
  return list
end

return M
