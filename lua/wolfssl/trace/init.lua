--- TLS connections seen from outside: captures and live connections, decrypted and checked.
--
--     local trace = require "wolfssl.trace"
--     local capture = assert(trace.open_capture(io.open("x.pcapng", "rb"), { keylog = text }))
--     for _, entry in ipairs(capture.connections[1].entries) do print(entry.from, entry.name) end
-- @module wolfssl.trace
local capture = require "wolfssl.trace.capture"
local observer = require "wolfssl.trace.observer"
local options_of = require "wolfssl.options"
local recorder = require "wolfssl.trace.recorder"
local secrets = require "wolfssl.trace.secrets"
local source = require "wolfssl.trace.capture.source"

local M = {}

local argument = options_of.argument

local function is_optional_table(value)
  return value == nil or type(value) == "table"
end

--- What is known besides the bytes: key logs, private keys, pre-shared keys.
-- @tparam ?table options
-- @treturn table
-- @see wolfssl.trace.secrets.new
function M.secrets(options)
  argument(is_optional_table(options), "trace.secrets", 1, "table", options)
  return secrets.new(options)
end

--- Records a live connection.
-- @tparam Connection connection
-- @tparam ?table options
-- @treturn table recorder
-- @see wolfssl.trace.recorder.record
function M.record(connection, options)
  argument(type(connection) == "userdata", "trace.record", 1, "connection", connection)
  argument(is_optional_table(options), "trace.record", 2, "table", options)
  return recorder.record(connection, options)
end

--- Follows one connection.
-- @tparam ?table options
-- @treturn table observer
-- @see wolfssl.trace.observer.new
function M.observer(options)
  argument(is_optional_table(options), "trace.observer", 1, "table", options)
  return observer.new(options)
end

--- The places of all fields of an entry's message.
-- @tparam table entry
-- @return spans; or nil, message, "decode_error", detail
-- @see wolfssl.trace.observer.spans
function M.spans(entry)
  argument(type(entry) == "table", "trace.spans", 1, "entry", entry)
  return observer.spans(entry)
end

-- A chunk counts from when all before it had arrived: `{from, chunk, packet}` in that order.
local function in_time_order(streams)
  local list = {}
  for rank, from in ipairs { "client", "server" } do
    local latest = 0
    for i, chunk in ipairs(streams[from].chunks) do
      latest = math.max(latest, chunk.packet or 0)
      list[#list + 1] = { from = from, chunk = chunk, packet = latest, rank = rank, index = i }
    end
  end
  table.sort(list, function(a, b)
    if a.packet ~= b.packet then return a.packet < b.packet end
    if a.rank ~= b.rank then return a.rank < b.rank end
    return a.index < b.index
  end)
  return list
end

-- Where TLS starts in each stream. Who answers a ClientHello with something else is shown too.
local function starts(streams)
  local client, server = capture.tls_start(streams.client), capture.tls_start(streams.server)
  if client == 0 then server = server or 0 end
  if server == 0 then client = client or 0 end
  return { client = client, server = server }
end

local function feed(seen, item, at)
  local from, chunk = item.from, item.chunk
  local position = at[from]
  if not position or chunk.offset + #chunk.bytes <= position then return end
  if chunk.offset > position then
    seen:gap(from, chunk.offset - position)
  end
  local skipped = math.max(position - chunk.offset, 0)
  seen:feed(from, skipped > 0 and chunk.bytes:sub(skipped + 1) or chunk.bytes, chunk.time)
  at[from] = chunk.offset + #chunk.bytes
end

local function follow(connection, known, options)
  local at = starts(connection.streams)
  local seen = observer.new {
    secrets = known, application_data = options.application_data, entries = options.entries,
  }
  for _, item in ipairs(in_time_order(connection.streams)) do feed(seen, item, at) end
  seen:finish()
  return {
    client = connection.client, server = connection.server, roles = connection.roles,
    tls = at.client ~= nil or at.server ~= nil, entries = seen.entries, omitted = seen.omitted,
    summary = seen.summary, schedules = seen.schedules, observer = seen,
  }
end

local SECRETS = { "keylog", "source", "rsa_keys", "private_keys", "psks" }

local function knowledge(options, lines)
  local own = {}
  for _, name in ipairs(SECRETS) do own[name] = options[name] end
  local known = secrets.new(own)
  known:add(lines)
  return known
end

local function followed(read, options)
  local known, connections = knowledge(options, read.secrets), {}
  for i, connection in ipairs(read.connections) do
    connections[i] = follow(connection, known, options)
  end
  return { connections = connections, datagrams = read.datagrams, errors = read.errors }
end

--- Reads a capture and follows every TCP connection in it; text before STARTTLS is skipped.
--
-- Connections share what is known: a resumed one is read with what the first one showed.
-- @param input string of bytes, or an open file: pcap or pcapng
-- @tparam ?table options those of `wolfssl.trace.secrets.new` (secrets inside a pcapng are used as
-- well), `application_data` and `entries` of `wolfssl.trace.observer.new`, and `limit` and
-- `connections` of `wolfssl.trace.capture.read`
-- @treturn table|nil `{connections, datagrams, errors}`; a connection is `{client, server, roles,
-- tls, entries, omitted, summary, schedules, observer}`
-- @treturn string message, when the file is damaged or not a capture
-- @treturn string "decode_error"
-- @treturn table `{offset, trace}`: where in the file, and the result up to there
function M.open_capture(input, options)
  argument(source.accepts(input), "trace.open_capture", 1, "string of bytes or open file", input)
  argument(is_optional_table(options), "trace.open_capture", 2, "table", options)
  options = options or {}
  local read, message, code, detail = capture.read(input,
    { limit = options.limit, connections = options.connections })
  if read then return followed(read, options) end
  return nil, message, code,
    { offset = detail.offset, trace = followed(detail.capture, options) }
end

return M
