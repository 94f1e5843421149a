--- Primes of finite fields, which come along where a server is asked for its suites.
-- @module wolfssl.probe.enumerate.primes
-- @see RFC 5246 section 7.4.3
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local expect_all = require("wolfssl.probe.play.steps").expect_all

local M = {}

local function find(list, prime)
  for _, known in ipairs(list) do
    if known.prime == prime then return known end
  end
end

local function note(list, prime, suite, witness)
  local known = find(list, prime)
  if not known then
    known = { prime = prime, suites = {}, witness = witness }
    list[#list + 1] = known
  end
  if not known.suites[suite.value] then
    known.suites[suite.value] = true
    table.insert(known.suites, suite)
  end
end

--- Reads on behind a ServerHello, to the prime of its suite, if that has one. A server that once
-- did not say it is not waited for again.
-- @tparam Target target
-- @tparam Conversation c
-- @tparam table hello message
function M.listen(target, c, hello)
  local suite = cipher_suite:entry(hello.body.cipher_suite.value)
  if suite.key_exchange ~= "DHE" or target.choices.primeless then return end
  local got = expect_all(c, "?certificate", "?certificate_status", "server_key_exchange")
  local body = got and got.server_key_exchange.body
  local params = type(body) == "table" and body.params
  if params and params.dh_p then
    target:said(c, "server_key_exchange")
    target.choices.primes = target.choices.primes or {}
    note(target.choices.primes, (params.dh_p:gsub("^%z+", "")), suite, target.witness)
  else
    target.choices.primeless = true
  end
  target:said(c, "server_hello")   -- on which the suite rests
end

--- Those that were heard so far.
-- @tparam Target target
-- @treturn {table,...} `{prime = bytes, suites = list of registry entries, witness}`, see `said` of
-- a target
function M.of(target)
  return target.choices.primes or {}
end

return M
