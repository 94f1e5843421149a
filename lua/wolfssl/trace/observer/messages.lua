--- Handshake messages on their way through an observer, whatever the version.
-- @module wolfssl.trace.observer.messages
local handshake = require "wolfssl.tls.handshake"
local hellos = require "wolfssl.trace.observer.hello"
local negotiated = require "wolfssl.tls.message.negotiated"
local psk = require "wolfssl.trace.observer.psk"
local tls12 = require "wolfssl.trace.observer.tls12"
local tls13 = require "wolfssl.trace.observer.tls13"

local M = {}

local TLS13 = 0x0304
local MOST_SCHEDULES = 16

-- A ClientHello begins a handshake, unless a HelloRetryRequest asked for it.
local function begin(observer)
  local hs = observer.handshake
  if hs.client_hello and not hs.retry then
    hs = hellos.handshake(observer.secrets)
    observer.handshake = hs
    observer.summary.renegotiated, observer.summary.resumed = true, nil
  end
  return hs
end

local function client_hello(observer, entry, check_order)
  local hs = begin(observer)
  hellos.client(hs, entry.message.body, observer.summary)
  check_order(observer, entry)
  psk.client_hello(observer, hs, entry)
  hs.transcript:add(entry.bytes)
  psk.after_client_hello(observer, hs)
end

local function settle(observer, entry)
  local context = {}
  handshake.observe(context, entry.message)
  observer.context, observer.version = context, negotiated.version(context)
  hellos.server(observer.handshake, entry.message.body, context, observer.summary)
  observer.handshake.retry = entry.name == "hello_retry_request"
  observer.summary.retry = observer.summary.retry or observer.handshake.retry or nil
end

local function keep_schedule(observer)
  local schedule = observer.handshake.schedule
  local list = observer.schedules
  if schedule and list[#list] ~= schedule and #list < MOST_SCHEDULES then
    list[#list + 1] = schedule
  end
end

--- Takes a decoded message: checks it, adds it to the transcript, changes keys.
-- @tparam table observer
-- @tparam table entry
-- @tparam function check_order
function M.take(observer, entry, check_order)
  local name = entry.name
  if name == "client_hello" then return client_hello(observer, entry, check_order) end
  if name == "server_hello" or name == "hello_retry_request" then settle(observer, entry) end
  check_order(observer, entry)
  local hs, version = observer.handshake, observer.version
  if not version then return end
  local rules = version >= TLS13 and tls13 or tls12
  local before, after = rules.before[name], rules.after[name]
  local known = type(entry.message.body) == "table"
  if before and known then before(observer, hs, entry) end
  rules.record(hs, entry)
  if after and known then after(observer, hs, entry) end
  keep_schedule(observer)
end

-- The same hello as a client without extensions says it in the format of TLS.
local function in_words_of_tls(hello, random)
  local suites = {}
  for _, spec in ipairs(hello.cipher_specs) do
    if spec.value < 0x10000 then suites[#suites + 1] = spec end
  end
  return { legacy_version = hello.version, random = random, legacy_session_id = "",
    cipher_suites = suites, legacy_compression_methods = { 0 } }
end

--- Takes a ClientHello in the format of SSL 2.0.
-- @tparam table observer
-- @tparam table record
-- @see RFC 5246 appendix E.2
function M.sslv2(observer, record)
  local hs, hello = observer.handshake, record.sslv2_client_hello
  local challenge = hello.challenge:sub(-32)
  hs.client_random = ("\0"):rep(32 - #challenge) .. challenge
  hs.client_hello = in_words_of_tls(hello, hs.client_random)
  observer.summary.client_random = hs.client_random
  hs.transcript:add(record.fragment)
  observer.tracker:advance("client", "client_hello")
end

return M
