--- Certificates, keys and trust, from files, directories, PEM, DER or objects.
-- Errors name what was read: the option, and the file where there is one.
-- @module wolfssl.context.material

local core = require "wolfssl.core"

local M = {}

local EISDIR = 21
local PEM_BLOCK = ("%-%-%-%-%-BEGIN XCERTIFICATE%-%-%-%-%-.-%-%-%-%-%-END XCERTIFICATE%-%-%-%-%-")
  :gsub("X", "[%%w ]*")

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
local function add_lenient(context, bytes)
  local count = 0
  for block in bytes:gmatch(PEM_BLOCK) do
    local certificate = core.certificate(block)
    if certificate and context:add_trust(certificate) then count = count + 1 end
  end
  return count
end

local function add_directory(context, path)
  local names, message, code = core.directory(path)
  if not names then return nil, "trust: " .. message, code end
  table.sort(names)
  local count = 0
  for _, name in ipairs(names) do
    local bytes = read_file(path .. "/" .. name)
    if bytes then count = count + add_lenient(context, bytes) end
  end
  if count == 0 then return nil, "trust: " .. path .. ": no certificate in it", "file_error" end
  return true
end

local function add_system(context)
  local file, directory = os.getenv("SSL_CERT_FILE"), os.getenv("SSL_CERT_DIR")
  local tried = file and { file } or SYSTEM
  for _, path in ipairs(tried) do
    local bytes = read_file(path)
    if bytes and add_lenient(context, bytes) > 0 then return true end
  end
  if directory then return add_directory(context, directory) end
  return nil, "trust: no system store found, looked for " .. table.concat(tried, ", "), "file_error"
end

local function add_one(context, what)
  if what == "system" then return add_system(context) end
  local list = {}
  local ok, message, code, number = append(list, what, "trust")
  if not ok then
    if number == EISDIR then return add_directory(context, what) end
    return nil, message, code
  end
  for _, certificate in ipairs(list) do
    ok, message, code = context:add_trust(certificate)
    if not ok then return nil, "trust: " .. message, code end
  end
  return true
end

--- Trusts what an option names: `"system"`, files, directories, PEM, DER, certificates, or a list
-- of them.
-- @tparam userdata context
-- @tparam string|userdata|table what
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function M.add_trust(context, what)
  for _, item in ipairs(list_of(what)) do
    local ok, message, code = add_one(context, item)
    if not ok then return nil, message, code end
  end
  return true
end

return M
