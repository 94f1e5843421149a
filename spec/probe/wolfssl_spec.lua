-- Whole conversations with wolfSSL, in every suite that a context of ours can be told to use.

local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local field = require "attack.field"
local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"
local probe = require "wolfssl.probe"
local suites = require "wolfssl.probe.suites"
local wolfssl = require "wolfssl"

local PSK = { identity = "somebody", key = helper.unhex "00112233445566778899aabbccddeeff" }
local VALUES = { ["TLS 1.2"] = 0x0303, ["TLS 1.3"] = 0x0304 }
local STRANGE = { DSS = true, SRP = true, ECCPWD = true }

-- Suites that are good enough, and refused all the same.
local NAMED = {
  ["wolfSSL has it not"] = {
    "TLS_DHE_RSA_WITH_AES_128_CCM", "TLS_DHE_RSA_WITH_AES_256_CCM",
    "TLS_DHE_RSA_WITH_AES_128_CCM_8", "TLS_DHE_RSA_WITH_AES_256_CCM_8",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CCM", -- 5.5.4 knows the name, and has no code for it
    "TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA", "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA",
    "TLS_ECDHE_PSK_WITH_AES_256_CBC_SHA384", "TLS_ECDHE_PSK_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256", "TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256",
    "TLS_DHE_PSK_WITH_AES_128_CBC_SHA", "TLS_DHE_PSK_WITH_AES_256_CBC_SHA",
    "TLS_PSK_DHE_WITH_AES_128_CCM_8", "TLS_PSK_DHE_WITH_AES_256_CCM_8",
  },
  ["DHE with a key is for GCM and ChaCha20-Poly1305"] = {
    "TLS_DHE_PSK_WITH_AES_128_CBC_SHA256", "TLS_DHE_PSK_WITH_AES_256_CBC_SHA384",
    "TLS_DHE_PSK_WITH_AES_128_CCM", "TLS_DHE_PSK_WITH_AES_256_CCM",
  },
}

local why = {}
for reason, names in pairs(NAMED) do
  for _, name in ipairs(names) do why[name] = reason end
end

-- Why a context takes no such suite; nil where it does.
local function reason(suite)
  if suite.key_exchange and not suite.forward_secrecy then return "no forward secrecy" end
  if suite.weaknesses[1] then return table.concat(suite.weaknesses, ", ") end
  if suite.unregistered then return "of a draft" end
  for _, way in ipairs { suite.key_exchange, suite.authentication } do
    if STRANGE[way] then return "wolfSSL has nothing of " .. way end
  end
  return why[suite.name]
end

-- What a probe can do of TLS 1.2 and 1.3.
local taken, refused = { ["TLS 1.2"] = {}, ["TLS 1.3"] = {} }, {}
for _, suite in ipairs(cipher_suite.list) do
  for version, value in pairs(VALUES) do
    local fits = suites.fits(suite, value)
    if fits and reason(suite) then refused[#refused + 1] = suite
    elseif fits then table.insert(taken[version], suite) end
  end
end

local function new_context(role, suite, version)
  local options = peers.at(version, { cipher_suites = { suite.name } })
  if suite.authentication ~= "PSK" then
    local kind = suite.authentication == "ECDSA" and "secp256r1" or "rsa"
    return role == "server" and pki.server(options, kind) or pki.client(options)
  end
  if role == "server" then options.psks = { [PSK.identity] = PSK.key } else options.psk = PSK end
  return assert(wolfssl[role](options))
end

local made = {} -- wolfSSL takes its time to see that a prime is one

local function context(role, suite, version)
  local name = role .. suite.name
  made[name] = made[name] or new_context(role, suite, version)
  return made[name]
end

local ETM = { extension_type = "encrypt_then_mac", extension_data = "" }

-- A word each way; both ends as they understood it.
local function with_server(suite, version, encrypt_then_mac)
  local agreed, said, answered
  local server = context("server", suite, version)
  field.run(function(transport)
    local c = probe.over(transport, { server_name = "localhost", psks = { PSK } })
    agreed = assert(c:handshake { identity = PSK.identity,
      hello = { versions = { version }, cipher_suites = { suite.name },
        add = encrypt_then_mac and { ETM } or nil } })
    assert(c:write "hello\n")
    answered = assert(c:read())
    c:close()
  end, function(transport)
    local stream = server:wrap(transport)
    assert(stream:handshake())
    said = stream:receive "*l"
    stream:send "good bye\n"
    stream:close()
  end)
  return agreed, said, answered
end

local function with_client(suite, version, encrypt_then_mac)
  local agreed, said, answered
  local client = context("client", suite, version)
  local chain, key = pki.leaf(suite.authentication == "ECDSA" and "secp256r1" or "rsa")
  field.run(function(transport)
    local stream = client:wrap(transport, { server_name = "localhost" })
    assert(stream:handshake())
    stream:send "hello\n"
    answered = stream:receive "*l"
    stream:close()
  end, function(transport)
    local c = probe.accept(transport, { psks = { PSK } })
    agreed = assert(c:handshake { certificate = chain, key = key, cipher_suite = suite.name,
      encrypt_then_mac = encrypt_then_mac })
    said = assert(c:read())
    assert(c:write "good bye\n")
    c:close()
  end)
  return agreed, said, answered
end

-- All suites of a version, those of CBC with the MAC of the plaintext and of the ciphertext.
local function meet(talk, version)
  for _, suite in ipairs(taken[version]) do
    for _, encrypt_then_mac in ipairs { false, suite.mode == "CBC" or nil } do
      local agreed, said, answered = talk(suite, version, encrypt_then_mac)
      assert.same({ suite.name, encrypt_then_mac, "hello", "good bye" },
        { agreed.cipher_suite.name, agreed.encrypt_then_mac or false, (said:gsub("\n", "")),
          (answered:gsub("\n", "")) })
    end
  end
end

describe("a probe and wolfSSL", function()
  for _, version in ipairs(peers.VERSIONS) do
    it("complete every suite of " .. version, function() meet(with_server, version) end)

    it(("complete every suite of %s the other way round"):format(version), function()
      meet(with_client, version)
    end)
  end

  it("have 30 suites of TLS 1.2 in common, and 5 of TLS 1.3", function()
    assert.same({ 30, 5 }, { #taken["TLS 1.2"], #taken["TLS 1.3"] })
  end)
end)

describe("a context", function()
  it("refuses every other suite that a probe can do", function()
    local named = 0
    for _, suite in ipairs(refused) do
      if why[suite.name] then named = named + 1 end
      for _, role in ipairs { "client", "server" } do
        local ok, message = pcall(context, role, suite, "TLS 1.2")
        assert.is_false(ok, ("%s: %s"):format(suite.name, reason(suite)))
        assert.matches("cipher.suites", message)
      end
    end
    assert.equal(19, named)
  end)
end)
