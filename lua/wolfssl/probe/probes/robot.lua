--- ROBOT: whether a server shows how it decrypted an RSA key exchange.
--
-- Five blocks are encrypted, one right and four wrong in different ways, and each is followed by
-- a Finished that cannot be read: a server must do the same to all. Where it does not, all are sent
-- once more, and only what comes out the same twice is an oracle.
-- @module wolfssl.probe.probes.robot
-- @see RFC 5246 section 7.4.7.1
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local crypto = require "wolfssl.trace.crypto"
local everything = require "wolfssl.probe.everything"
local probe = require "wolfssl.probe"
local reply = require "wolfssl.probe.reply"
local rsa = require "wolfssl.probe.rsa"
local versions = require "wolfssl.tls.registry.version"

local MOST_SUITES = 64
local FINISHED = { content_type = "handshake", content = ("\0"):rep(64) }
local VARIANTS = { "right", "wrong_start", "short_secret", "no_zero", "wrong_version" }

-- `count` bytes without a zero.
local function padding(count)
  return (crypto.random(count):gsub("%z", "\1"))
end

-- Blocks of PKCS #1 for encryption, `size` bytes.
local BLOCKS = {}

local function block(start, secret)
  return function(size, version)
    local body = secret(version)
    return start .. padding(size - #start - 1 - #body) .. "\0" .. body
  end
end

local function premaster(version)
  return string.char(math.floor(version / 256), version % 256) .. crypto.random(46)
end

BLOCKS.right = block("\0\2", premaster)
BLOCKS.wrong_start = block("\65\23", premaster)
BLOCKS.short_secret = block("\0\2", function() return "\17" end)
BLOCKS.wrong_version = block("\0\2", function() return premaster(0x0202) end)

function BLOCKS.no_zero(size)
  return "\0\2" .. padding(size - 2)
end

local function rsa_suites(version)
  local list = {}
  for _, value in ipairs(everything.suites(version)) do
    local suite = cipher_suite:entry(value)
    if suite.key_exchange == "RSA" and suite.authentication == "RSA" and #list < MOST_SUITES then
      list[#list + 1] = value
    end
  end
  return list
end

-- A conversation that waits for our ClientKeyExchange; false where RSA is not taken.
local function begin(target, version)
  local word, c, message = reply.to_hello(target, { versions = { version },
    cipher_suites = rsa_suites(versions:value(version)) })
  if not word then return nil, c, message end
  if word ~= "server_hello" then return false end
  return reply.last(c, { server_hello_done = true }) == "server_hello_done" and c
end

local function encrypted(c, variant)
  local seen = c.observer.handshake
  local modulus, exponent = rsa.public_key(seen.public_keys.server or "")
  if not modulus then return nil, "its certificate has no RSA key", "peer_misbehaved" end
  return rsa.power(modulus, exponent,
    BLOCKS[variant](#modulus, seen.client_hello.legacy_version.value))
end

-- We have none to show.
local function answer_request(target, c)
  if not target:said(c, "certificate_request") then return false end
  target.witness = nil
  c:send(c:certificate(), { hold = true })
  return true
end

-- What the server does with one block, and whether it closes then; false where RSA is not taken.
-- Also whether it asked for a certificate.
local function try(target, version, variant)
  local c, message, code = begin(target, version)
  if not c then return c, message, code end
  local secret
  secret, message, code = encrypted(c, variant)
  if not secret then return nil, message, code end
  local asked = answer_request(target, c)
  c:send({ msg_type = "client_key_exchange", body = { encrypted_pre_master_secret = secret } },
    { hold = true })
  c:change_cipher_spec { hold = true }
  c:send(FINISHED, { secret = false })
  local word = reply.last(c, nil, target.patience)
  if word:find "^alert" then word = word .. ", " .. reply.last(c, nil, target.patience) end
  return word, asked
end

local function signature(target, version)
  local words, asked = {}, nil
  for _, variant in ipairs(VARIANTS) do
    local word, message, code = try(target, version, variant)
    if not word then return word, message, code end
    words[variant], asked = word, message
  end
  return words, asked
end

local function same(a, b)
  for _, variant in ipairs(VARIANTS) do
    if a[variant] ~= b[variant] then return false end
  end
  return true
end

local function is_flat(words)
  for _, variant in ipairs(VARIANTS) do
    if words[variant] ~= words.right then return false end
  end
  return true
end

-- Who can tell a wrong start from blocks that only begin well needs few questions to decrypt.
local function strength(words)
  local start = words.wrong_start
  return start == words.short_secret and start == words.no_zero and "weak oracle" or "strong oracle"
end

-- Who refuses clients without a certificate does not decrypt what they send.
local function is_tried(words, asked)
  return not asked or words.right:find("bad_record_mac", 1, true) ~= nil
end

local function judge(target, version)
  local words, asked, code = signature(target, version)
  if words == nil then return nil, asked, code end
  if not words then return { verdict = "not applicable", oracle = {} } end
  if not is_tried(words, asked) then return { verdict = "unknown", oracle = words } end
  if is_flat(words) then return { verdict = "not vulnerable", oracle = words } end
  local again, text, why = signature(target, version)
  if again == nil then return nil, text, why end
  return { verdict = again and same(words, again) and strength(words) or "unknown", oracle = words }
end

return probe.define {
  name = "robot", summary = "Does the server show how it decrypted an RSA key exchange?",
  findings = {
    oracle = { severity = "error", reference = "RFC 5246 section 7.4.7.1",
      message = "%s: its answers tell right from wrong paddings" },
    rsa = { severity = "info", message = "RSA key exchange is taken, which has no forward secrecy",
      reference = "RFC 9325 section 4.1" },
  },
  needs = { "versions" },
  facts = {
    robot = "`verdict`: \"not vulnerable\", \"weak oracle\", \"strong oracle\", \"unknown\" when "
      .. "answers change by themselves or it wants a certificate first, \"not applicable\" without "
      .. "RSA key exchange; `oracle`: the answers by variant: " .. table.concat(VARIANTS, ", "),
  },
  run = function(target, report, fact)
    if not target:newest() then return true end
    local version = target:newest "TLS 1.2"
    local told, message, code = { verdict = "not applicable", oracle = {} }, nil, nil
    if version then told, message, code = judge(target, version) end
    if not told then return nil, message, code end
    if told.verdict ~= "not applicable" then report "rsa" end
    if told.verdict:find "oracle" then report("oracle", told.verdict) end
    fact("robot", told)
    return true
  end,
}
