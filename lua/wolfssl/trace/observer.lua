--- Follows a TLS connection from its bytes: records, messages, keys, and what can be checked.
--
--     local observer = require("wolfssl.trace.observer").new { secrets = secrets }
--     observer:feed("client", bytes, time)    -- both directions, in the order of time
--     for _, entry in ipairs(observer.entries) do print(entry.from, entry.name) end
--
-- It takes no side, and never raises for what is on the wire. An entry is plain data:
--
-- - `time`, `from` ("client", "server"), `kind` ("handshake", "alert", "change_cipher_spec",
--   "application_data", "heartbeat", "unreadable", "problem"), `name` (of the message, or `kind`);
-- - `epoch`: 0 without protection; TLS 1.3: 1 early data, 2 handshake, 3 application data and one
--   more for each KeyUpdate; TLS 1.2: one more for each handshake;
-- - `record`: `{type, legacy_record_version, length, offset, fragment, content, protected,
--   sequence, padding, secret}`, the first one that carries it; `records` when there are more;
--   `offset`: where it begins in the content of the first;
-- - `message` (decoded; alerts too), `bytes` (of the message with its header, or the content),
--   `context` (of the codec); `spans(entry)` gives the place of every field;
-- - `decrypted`: true, false, or nil where nothing is encrypted; `secrets`: names of those used;
-- - `checks`: "finished", "signature", "binders", "order", "boundary", "protection" to true or
--   false; `reasons` says why one is false or could not be made;
-- - `problem`: `{message, code, detail}`, when it could not be decoded or decrypted.
-- @module wolfssl.trace.observer
local alert = require "wolfssl.tls.alert"
local direction = require "wolfssl.trace.observer.direction"
local entry_list = require "wolfssl.trace.observer.entries"
local handshake = require "wolfssl.tls.handshake"
local hellos = require "wolfssl.trace.observer.hello"
local messages = require "wolfssl.trace.observer.messages"
local secret_store = require "wolfssl.trace.secrets"
local sequence = require "wolfssl.tls.sequence"
local tls12 = require "wolfssl.trace.observer.tls12"
local wire = require "wolfssl.tls.wire"

local M = {}

local TLS13, MOST_DISORDER = 0x0304, 64

local observer = {}
observer.__index = observer

--- Makes an observer.
-- @tparam ?table options `secrets` (`wolfssl.trace.secrets`; may be shared by connections),
-- `application_data` (bytes of it kept; default 65536), `entries` (most entries; default 4096),
-- `take` (function that gets each entry instead of the list), `trusting` (true: signatures and
-- Finished are not checked, because somebody else has), `lazy` (true: what TLS 1.3's hellos agree
-- on is derived when it is first needed)
-- @treturn table observer with
--
-- - `entries`, and `omitted`, `{entries =, bytes =}`, for what the limits left out;
-- - `summary`: `version`, `cipher_suite`, `group`, `server_name`, `protocol` (ALPN), `resumed`,
--   `complete`, `client_random` …;
-- - `schedules`: the key schedule of each handshake, with `rows`.
function M.new(options)
  options = options or {}
  local secrets = options.secrets or secret_store.new()
  local list = entry_list.new(options, options.take)
  return setmetatable({
    secrets = secrets, list = list, entries = list.list, omitted = list.omitted,
    directions = { client = direction.new("client"), server = direction.new("server") },
    context = {}, summary = {}, schedules = {}, tracker = sequence.tracker(),
    handshake = hellos.handshake(secrets), disorder = 0, trusting = options.trusting,
    lazy = options.lazy,
  }, observer)
end

--- Notes the result of a check.
-- @tparam table entry
-- @tparam string name
-- @tparam ?boolean ok nil when it could not be made
-- @tparam ?string reason why not, or why it failed
function observer:check(entry, name, ok, reason)
  entry.checks[name] = ok
  if not ok then entry.reasons[name] = reason end
  self.failed = self.failed or ok == false
end

local function new_entry(self, from, kind, record)
  return {
    time = self.time, from = from, kind = kind, name = kind, record = record,
    epoch = record and record.epoch, checks = {}, reasons = {},
    decrypted = record and record.protected and record.content ~= nil,
    secrets = record and record.secret and { record.secret } or {},
  }
end

local function problem(self, from, message, code, detail, record)
  local entry = new_entry(self, from, "problem", record)
  entry.problem = { message = message, code = code, detail = detail }
  return self.list:add(entry)
end

-- Order means nothing once some message could not be read, or nobody keeps to it.
local function check_order(self, entry)
  if self.blind or self.disorder >= MOST_DISORDER then return end
  local version = entry.name == "server_hello" and self.version or nil
  local ok, message = self.tracker:advance(entry.from, entry.name, version)
  self:check(entry, "order", ok or false, message)
  if not ok then self.disorder = self.disorder + 1 end
end

local function unreadable(self, side, record, reason)
  local entry = new_entry(self, side.from, "unreadable", record)
  entry.decrypted = false
  entry.problem = { message = reason, code = "decode_error" }
  local current = side:current()
  local early = current and current.name == "client_early_traffic_secret"
  if not self.handshake.complete and not early then
    self.handshake.blind, self.blind = true, true
  end
  self.list:add(entry)
end

-- A message must end with the record when keys change behind it.
local function check_boundary(self, side, entry, keys)
  if side:current() ~= keys and side.reassembler.pending > 0 then
    self:check(entry, "boundary", false, "bytes follow in the record, under the keys before it")
  end
end

local function check_protection(self, side, entry)
  local current = side:current()
  if current and current.epoch >= 2 and not entry.record.protected and self.version >= TLS13 then
    self:check(entry, "protection", false, "sent without protection where keys are agreed")
  end
end

local function take_message(self, side, bytes, records, offset)
  local entry = new_entry(self, side.from, "handshake", records[1])
  entry.bytes, entry.offset, entry.context = bytes, offset, self.context
  entry.records = #records > 1 and records or nil
  local message, text, code, detail = handshake.decode(bytes, self.context)
  if message then
    entry.message, entry.name = message, handshake.name(message)
    local keys = side:current()
    check_protection(self, side, entry)
    messages.take(self, entry, check_order)
    check_boundary(self, side, entry, keys)
  else
    entry.problem = { message = text, code = code, detail = detail }
    self.handshake.blind, self.blind = true, true
  end
  self.list:add(entry)
end

local takers = {}

function takers.handshake(self, side, record)
  side:push(record)
  while not side.dead do
    local bytes, records, offset, detail = side:next()
    if not bytes then
      if records then
        side.dead = records
        problem(self, side.from, records, offset, detail, record)
      end
      return
    end
    take_message(self, side, bytes, records, offset)
  end
end

local function decoded(self, side, record, kind, form)
  local entry = new_entry(self, side.from, kind, record)
  entry.bytes = record.content
  local message, text, code, detail = wire.decode(form, record.content)
  entry.message = message
  if not message then entry.problem = { message = text, code = code, detail = detail } end
  return entry
end

function takers.alert(self, side, record)
  self.list:add(decoded(self, side, record, "alert", alert.type))
end

function takers.heartbeat(self, side, record)
  self.list:add(decoded(self, side, record, "heartbeat", alert.heartbeat))
end

function takers.change_cipher_spec(self, side, record)
  local entry = decoded(self, side, record, "change_cipher_spec", alert.change_cipher_spec)
  check_order(self, entry)
  local keys = side:current()
  if self.version and self.version < TLS13 then
    tls12.change_cipher_spec(self, self.handshake, side.from)
    check_boundary(self, side, entry, keys)
  end
  self.list:add(entry)
end

function takers.application_data(self, side, record)
  local entry = new_entry(self, side.from, "application_data", record)
  entry.bytes = record.content
  self.list:add(entry)
end

local NAMES = { [20] = "change_cipher_spec", [21] = "alert", [22] = "handshake",
  [23] = "application_data", [24] = "heartbeat" }

local function take_sslv2(self, side, record)
  local entry = new_entry(self, side.from, "handshake", record)
  entry.name, entry.bytes, entry.message = "sslv2_client_hello", record.fragment,
    record.sslv2_client_hello
  messages.sslv2(self, record)
  self.list:add(entry)
end

local function take_record(self, side, record)
  record.length = #record.fragment
  if record.sslv2_client_hello then return take_sslv2(self, side, record) end
  local kind, reason = side:open(record, self.version)
  if not kind then return unreadable(self, side, record, reason) end
  local take = takers[NAMES[kind]]
  if not take then
    return problem(self, side.from, ("records of type %d are not known"):format(kind),
      "decode_error", nil, record)
  end
  take(self, side, record)
end

--- Takes bytes of one direction, for `step` to follow.
-- @tparam string from "client" or "server"
-- @tparam string bytes
-- @tparam ?number time seconds
function observer:push(from, bytes, time)
  local side = self.directions[from]
  if not side then error("from: \"client\" or \"server\" expected", 2) end
  if side.dead then return end
  side.time = time
  side.reader:push(bytes)
end

--- Follows one direction by a record.
-- @tparam string from
-- @treturn boolean whether there was one
function observer:step(from)
  local side = self.directions[from]
  if side.dead then return false end
  self.time = side.time
  local record, text, code, detail = side.reader:next()
  if record then take_record(self, side, record) end
  if text then
    side.dead = text
    problem(self, from, text, code, detail)
  end
  return (record or text) ~= nil
end

--- Takes bytes of one direction and follows them; both directions in the order of time.
-- @tparam string from "client" or "server"
-- @tparam string bytes any number
-- @tparam ?number time seconds
function observer:feed(from, bytes, time)
  self:push(from, bytes, time)
  while self:step(from) do end
end

--- Says that bytes of one direction are missing: what follows cannot be followed any more.
-- @tparam string from
-- @tparam number length bytes
function observer:gap(from, length)
  local side = self.directions[from]
  if side.dead then return end
  side.dead = ("%.0f bytes were not captured"):format(length)
  self.blind, self.handshake.blind = true, true
  problem(self, from, side.dead, "truncated")
end

--- Says that no more bytes come: what is unfinished becomes an entry.
function observer:finish()
  for _, from in ipairs { "client", "server" } do
    local side = self.directions[from]
    local size = side.reader.waiting.size
    if not side.dead and size > 0 then
      problem(self, from, ("%d bytes of a record that is not complete"):format(size), "truncated")
    elseif not side.dead and side.reassembler.pending > 0 then
      problem(self, from, ("%d bytes of a handshake message that is not complete")
        :format(side.reassembler.pending), "truncated")
    end
    side.dead = side.dead or "finished"
  end
end

--- Keying material for the application.
-- @tparam string label
-- @tparam ?string context
-- @tparam number length bytes
-- @treturn string; nil when the secret it is made from is not known
-- @see RFC 5705 section 4
-- @see RFC 8446 section 7.5
function observer:exporter(label, context, length)
  local schedule = self.handshake.schedule
  if not schedule then return nil end
  if self.version >= TLS13 then context = context or "" end
  return schedule:exporter(label, context, length)
end

--- The places of all fields of an entry's message: see `wolfssl.trace.observer.entries.spans`.
M.spans = entry_list.spans

return M
