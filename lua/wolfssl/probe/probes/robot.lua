--- ROBOT: whether a server shows how it decrypted an RSA key exchange.
--
-- Five blocks are encrypted, one right and four wrong in different ways, and each is followed by
-- a Finished that cannot be read: a server must do the same to all. If it does, all are sent once
-- more with nothing behind them: some servers complain at once of a block that is wrong, and wait
-- for the rest behind a right one. Where it does not, the same is done again, and only what comes
-- out the same twice is an oracle.
-- @module wolfssl.probe.probes.robot
-- @see RFC 5246 section 7.4.7.1
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local core = require("wolfssl.core").fd
local crypto = require "wolfssl.trace.crypto"
local everything = require "wolfssl.probe.everything"
local probe = require "wolfssl.probe"
local reply = require "wolfssl.probe.reply"
local rsa = require "wolfssl.probe.rsa"
local versions = require "wolfssl.tls.registry.version"

local MOST_SUITES = 64
local LEAST_WAIT, SLOWER = 0.2, 8   -- seconds for a complaint that comes at once; times the usual
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
  if reply.last(c, { server_hello_done = true }) ~= "server_hello_done" then return false end
  local suite = c:seen().summary.cipher_suite   -- a server may choose what was not offered
  return suite ~= nil and suite.key_exchange == "RSA" and c
end

local function encrypted(c, variant)
  local seen = c:seen().handshake
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
-- Also whether it asked for a certificate, and the seconds it took. With `wait`, so many seconds,
-- nothing follows the block.
local function try(target, version, variant, wait)
  local c, message, code = begin(target, version)
  if not c then return c, message, code end
  local secret
  secret, message, code = encrypted(c, variant)
  if not secret then return nil, message, code end
  local asked = answer_request(target, c)
  c:send({ msg_type = "client_key_exchange", body = { encrypted_pre_master_secret = secret } },
    { hold = not wait })
  if not wait then
    c:change_cipher_spec { hold = true }
    c:send(FINISHED, { secret = false })
  end
  local before = core.monotime()
  local word = reply.last(c, nil, wait or target.patience)
  local seconds = core.monotime() - before
  if word:find "^alert" then word = word .. ", " .. reply.last(c, nil, wait or target.patience) end
  return word, asked, seconds
end

-- The answers to all blocks, whether a certificate was asked for, and the seconds of the slowest.
local function signature(target, version, wait)
  local words, asked, slowest = {}, nil, 0
  for _, variant in ipairs(VARIANTS) do
    local word, message, code = try(target, version, variant, wait)
    if not word then return word, message, code end
    words[variant], asked, slowest = word, message, math.max(slowest, code)
  end
  return words, asked, slowest
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

-- Whether it is the same again.
local function confirm(target, version, words, wait)
  local again, text, code = signature(target, version, wait)
  if again == nil then return nil, text, code end
  return { verdict = again and same(words, again) and strength(words) or "unknown",
    oracle = words, flow = wait and "short" or nil }
end

local function judge(target, version)
  local words, asked, seconds = signature(target, version)
  if words == nil then return nil, asked, seconds end
  if not words then return { verdict = "not applicable", oracle = {} } end
  if not is_tried(words, asked) then return { verdict = "unknown", oracle = words } end
  if not is_flat(words) then return confirm(target, version, words) end
  local short, text, code = signature(target, version,
    math.min(target.patience, LEAST_WAIT + SLOWER * seconds))
  if short == nil then return nil, text, code end
  if short and not is_flat(short) then return confirm(target, version, short, target.patience) end
  return { verdict = "not vulnerable", oracle = words }
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
      .. "RSA key exchange; `oracle`: the answers by variant: " .. table.concat(VARIANTS, ", ")
      .. "; `flow`: \"short\" where these are to a ClientKeyExchange with nothing behind it",
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
