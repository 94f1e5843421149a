--- Which extensions a server answers.
-- @module wolfssl.probe.probes.extensions
-- @see RFC 7627
-- @see RFC 7366
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local probe = require "wolfssl.probe"

local SHOWN = { "server_hello", "encrypted_extensions" }

-- In a whole handshake in which all were offered, in the order of the answers.
local function answered(target, c)
  local list = {}
  local function take(extensions)
    for _, one in ipairs(extensions or {}) do list[#list + 1] = one.extension_type end
  end
  local certificate = target:said(c, "certificate")
  local chain = certificate and certificate.body.certificate_list
  local leaf = chain and chain[1]
  for _, name in ipairs(SHOWN) do
    local message = target:said(c, name)
    take(message and message.body.extensions)
  end
  take(type(leaf) == "table" and leaf.extensions)
  return list
end

local function contains(list, name)
  for _, item in ipairs(list) do
    if item.name == name then return true end
  end
  return false
end

local function with_cbc(target, version)
  local list = {}
  for _, suite in ipairs(target.facts.suites[version].list) do
    if cipher_suite:entry(suite.value).mode == "CBC" then list[#list + 1] = suite.value end
  end
  return list
end

-- Which is answered only where it changes something.
local function encrypts_first(target, version, suites)
  local answer, how, code = target:ask({ versions = { version }, cipher_suites = suites,
    add = { { extension_type = "encrypt_then_mac", extension_data = "" } } }, "server_hello")
  if answer == nil then return nil, how, code end
  return answer and probe.extension(answer, "encrypt_then_mac") ~= nil
end

return probe.define {
  name = "extensions", summary = "Which extensions a server answers.",
  needs = { "versions", "suites" },
  findings = {
    no_extended_master_secret = { severity = "warning", reference = "RFC 7627",
      message = "%s: the master secret is not bound to the handshake" },
    no_encrypt_then_mac = { severity = "info", reference = "RFC 7366",
      message = "%s: CBC suites are taken, but not encrypt_then_mac" },
  },
  facts = {
    extensions = "by the name of a version, TLS 1.3 and the newest before it: extensions that are "
      .. "answered in ServerHello, EncryptedExtensions and with the leaf certificate",
    extended_master_secret = "whether it is answered; absent where TLS 1.3 is all that is spoken",
    encrypt_then_mac = "whether it is answered for a CBC suite; absent where none is taken",
  },
  run = function(target, report, fact)
    local by_version, older = {}, target:newest "TLS 1.2" or false
    for _, version in ipairs { target:newest(), older or nil } do
      local c, message, code = target:sample(version)
      if not c then return nil, message, code end
      if target:said(c, "server_hello") then by_version[version] = answered(target, c) end
    end
    if not next(by_version) then return end
    fact("extensions", by_version)
    if not by_version[older] then return end
    local bound = contains(by_version[older], "extended_master_secret")
    fact("extended_master_secret", bound)
    if not bound then report("no_extended_master_secret", older) end
    local suites = with_cbc(target, older)
    if not suites[1] then return end
    local first, message, code = encrypts_first(target, older, suites)
    if first == nil then return nil, message, code end
    fact("encrypt_then_mac", first)
    if not first then report("no_encrypt_then_mac", older) end
  end,
}
