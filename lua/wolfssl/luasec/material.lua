--- Files, with errors in the words that programs look for.
-- @module wolfssl.luasec.material

local wolfssl = require "wolfssl"
local core = require "wolfssl.core"

local M = {}

local NO_START = "no start line"
local CRL = "%-%-%-%-%-BEGIN X509 CRL%-%-%-%-%-.-%-%-%-%-%-END X509 CRL%-%-%-%-%-"

local function read(path)
  if type(path) ~= "string" then return nil, "a file name expected, got " .. type(path) end
  local file, message = io.open(path, "rb")
  if not file then return nil, message:match(": ([^:]*)$") or message end
  local bytes, why = file:read("*a")
  file:close()
  if not bytes then return nil, why:match(": ([^:]*)$") or why end
  return bytes
end

--- A chain.
-- @tparam string path of a PEM file
-- @treturn[1] {certificate,...}
-- @treturn[2] nil
-- @treturn[2] string reason
function M.certificates(path)
  local bytes, message = read(path)
  if not bytes then return nil, message end
  if not bytes:find("-----BEGIN ", 1, true) then return nil, NO_START end
  local list
  list, message = wolfssl.certificates(bytes)
  if not list then return nil, message end
  if not list[1] then return nil, NO_START end
  return list
end

local function secret(password)
  if type(password) == "function" then password = password() end
  return type(password) == "string" and password or nil
end

--- A private key.
-- @tparam string path of a PEM file
-- @tparam ?string|function password asked only when the key is encrypted
-- @treturn[1] key
-- @treturn[2] nil
-- @treturn[2] string reason
function M.key(path, password)
  local bytes, message = read(path)
  if not bytes then return nil, message end
  if not bytes:find("-----BEGIN [%u ]*PRIVATE KEY") then return nil, NO_START end
  if not bytes:find("ENCRYPTED", 1, true) then
    password = nil
  else
    password = secret(password)
    if not password then return nil, "bad password read" end
  end
  local key, why = core.issue.load_key(bytes, password)
  if not key then return nil, why end
  return key
end

--- Anchors.
-- @tparam string path of a PEM file of certificates and revocation lists
-- @treturn[1] {certificate,...}
-- @treturn[1] nil
-- @treturn[1] {crl,...}
-- @treturn[2] nil
-- @treturn[2] string reason
function M.anchors(path)
  local bytes, message = read(path)
  if not bytes then return nil, message end
  local crls = {}
  for block in bytes:gmatch(CRL) do
    crls[#crls + 1], message = wolfssl.crl(block)
    if message then return nil, message end
  end
  local list = {}
  if bytes:find("-----BEGIN CERTIFICATE", 1, true)
    or bytes:find("-----BEGIN TRUSTED CERTIFICATE", 1, true) then
    list, message = wolfssl.certificates(bytes)
    if not list then return nil, message end
  end
  if not list[1] and not crls[1] then return nil, "no certificate or crl found" end
  return list, nil, crls
end

-- Nobody has a key of that digest: whoever trusts it trusts nobody.
local NOBODY = { ("0"):rep(64) }

--- Whom to trust. As in OpenSSL, a directory that is not there has nobody in it.
-- @tparam {certificate,...} anchors
-- @tparam ?string directory
-- @treturn userdata trust
function M.trust(anchors, directory)
  if directory then
    local all = { directory }
    for _, anchor in ipairs(anchors) do all[#all + 1] = anchor end
    local trust = wolfssl.trust(all)
    if trust then return trust end
  end
  if anchors[1] then return assert(wolfssl.trust(anchors)) end
  return assert(wolfssl.trust({}, NOBODY))
end

return M
