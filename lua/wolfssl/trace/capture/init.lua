--- Captures as data: reads pcap and pcapng into TCP streams, UDP datagrams and TLS secrets, and
-- writes pcapng that Wireshark opens and decrypts. Pure Lua; needs no privileges.
-- @module wolfssl.trace.capture

local fragments = require "wolfssl.trace.capture.fragments"
local packet = require "wolfssl.trace.capture.packet"
local pcap = require "wolfssl.trace.capture.pcap"
local pcapng = require "wolfssl.trace.capture.pcapng"
local source = require "wolfssl.trace.capture.source"
local start = require "wolfssl.trace.capture.start"
local tcp = require "wolfssl.trace.capture.tcp"
local udp = require "wolfssl.trace.capture.udp"
local writer = require "wolfssl.trace.capture.writer"

local TCP, UDP = 6, 17
local MAX_BYTES = 268435456
local MAX_CONNECTIONS = 65536
local MAX_ERRORS = 1000

local M = {}

--- Finds the first TLS record of a stream: `offset, kind | nil`.
-- @function tls_start
-- @see wolfssl.trace.capture.start.find
M.tls_start = start.find

--- The bytes of a stream from an offset up to the next gap.
-- @function bytes
-- @see wolfssl.trace.capture.start.bytes
M.bytes = start.bytes

--- A writer of pcapng.
-- @function writer
-- @see wolfssl.trace.capture.writer.new
M.writer = writer.new

--- Opens the format that the first four bytes name: `next record | nil, message, offset`.
local function open(input)
  local magic = input:take(4)
  for _, format in ipairs { pcap, pcapng } do
    if format.recognises(magic) then return format.open(input, magic) end
  end
  if magic:sub(1, 2) == "\31\139" then
    return nil, "the file is compressed with gzip; unpack it first", 0
  end
  return nil, "neither a pcap nor a pcapng file", 0
end

local Reading = {}
Reading.__index = Reading

local function new_reading(options)
  local self = setmetatable({
    errors = {}, datagrams = {}, secrets = {}, links = {}, packets = 0, size = 0,
    limit = options.limit or MAX_BYTES,
  }, Reading)
  local function report(message, number) self:problem(message, number) end
  self.fragments = fragments.new(report)
  self.tcp = tcp.new(options.connections or MAX_CONNECTIONS, report)
  return self
end

function Reading:problem(message, number)
  local errors = self.errors
  if #errors < MAX_ERRORS then
    errors[#errors + 1] = { message = message, packet = number, offset = self.offset }
  else
    errors.more = (errors.more or 0) + 1
  end
end

function Reading:datagram(ip, time)
  local datagram, message = udp.decode(ip)
  if not datagram then return nil, message end
  datagram.time, datagram.packet = time, self.packets
  self.datagrams[#self.datagrams + 1] = datagram
  self.size = self.size + #datagram.bytes
  return true
end

function Reading:ip_packet(ip, time)
  if ip.fragment then ip = self.fragments:add(ip, self.packets) end
  if not ip then return end
  local ok, message = true, nil
  if ip.protocol == TCP then
    ok, message = self.tcp:add(ip, time, self.packets)
  elseif ip.protocol == UDP then
    ok, message = self:datagram(ip, time)
  end
  if not ok then self:problem(message, self.packets) end
end

function Reading:frame(record)
  self.packets = self.packets + 1
  if not packet.knows(record.link) then
    if not self.links[record.link] then
      self:problem(("link type %d is not known"):format(record.link), self.packets)
    end
    self.links[record.link] = true
    return
  end
  local ip, message = packet.decode(record.link, record.bytes)
  if ip then
    self:ip_packet(ip, record.time)
  elseif message then
    self:problem(message, self.packets)
  end
end

function Reading:key_log(bytes)
  for line in bytes:gmatch("[^\r\n]+") do self.secrets[#self.secrets + 1] = line end
  self.size = self.size + #bytes
end

--- Which side is the client, and how that is known.
local function client_side(connection)
  if connection.opener then return connection.opener, "syn" end
  local _, near = start.find(connection.near.stream)
  local _, far = start.find(connection.far.stream)
  if near == "client_hello" or near == "sslv2" or far == "server_hello" then
    return "near", "hello"
  elseif far == "client_hello" or far == "sslv2" or near == "server_hello" then
    return "far", "hello"
  end
  local near_port, far_port = connection.near.endpoint.port, connection.far.endpoint.port
  if near_port ~= far_port then return near_port > far_port and "near" or "far", "port" end
  return "near", "order"
end

local function with_roles(connection)
  local side, known_by = client_side(connection)
  local client, server = connection.near, connection.far
  if side == "far" then client, server = server, client end
  return {
    client = client.endpoint, server = server.endpoint, roles = known_by,
    packets = connection.packets,
    streams = { client = client.stream, server = server.stream },
  }
end

function Reading:result()
  self.offset = nil
  self.fragments:finish()
  local connections = {}
  for i, connection in ipairs(self.tcp:finish()) do connections[i] = with_roles(connection) end
  return {
    connections = connections, datagrams = self.datagrams, secrets = self.secrets,
    errors = self.errors, packets = self.packets,
  }
end

--- Reads records up to the end, to damage, or to the limit: nothing, or message and file offset.
function Reading:run(next_record)
  while true do
    local record, message, offset = next_record()
    if not record then return message, offset end
    self.offset = record.offset
    if record.kind == "packet" then self:frame(record) else self:key_log(record.bytes) end
    if self.size + self.tcp.size > self.limit then
      return ("more than %.0f bytes of payload"):format(self.limit), record.offset
    end
  end
end

--- Reads a capture.
--
-- The result: `{connections, datagrams, secrets, errors, packets}`.
--
-- - `connections`, in order of their first packets: `{client, server` ({address, port})`, roles`
--   (how they are known: "syn", "hello", "port" or "order")`, packets` (their number)`, streams =
--   {client, server}}`; `streams.client` holds what the client sent.
-- - A stream: `{chunks, gaps, conflicts, length, from_start, closed}`. `chunks` in stream order:
--   `{offset, bytes, time, packet}`. `gaps`: `{from, to}`, bytes that were not captured.
--   `conflicts`: `{from, to, packet, kept}`, a packet that sent other bytes than the packet `kept`
--   had sent there; the first are kept. `from_start`: the SYN was seen, or answered. `closed`:
--   "fin", "rst" or nil.
-- - `datagrams` (UDP): `{source, destination` ({address, port})`, bytes, missing, time, packet}`.
-- - `secrets`: lines of TLS key log found in the file; see `wolfssl.trace.keylog`.
-- - `errors`: `{message, packet, offset}` for each packet that could not be used.
-- - `packets`: how many there were.
--
-- Offsets count from 0, `to` is the first byte no longer meant; packets are numbered from 1, as in
-- Wireshark. Times are seconds since 1970, nil where the file has none.
-- @param input string of bytes, or an open file
-- @tparam[opt] table options `limit` (bytes of payload kept; 256 MiB), `connections` (65536)
-- @treturn table|nil result
-- @treturn string message, when the file is damaged or not a capture
-- @treturn string "decode_error"
-- @treturn table `{offset, capture}`: where in the file, and the result up to there
function M.read(input, options)
  if not source.accepts(input) then
    error("capture.read takes a string of bytes or an open file", 2)
  end
  local reading = new_reading(options or {})
  local next_record, message, offset = open(source.new(input))
  if next_record then message, offset = reading:run(next_record) end
  local result = reading:result()
  if not message then return result end
  message = ("%s (at byte %d of the capture)"):format(message, offset)
  return nil, message, "decode_error", { offset = offset, capture = result }
end

return M
