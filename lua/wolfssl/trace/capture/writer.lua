--- Writer of pcapng (draft-ietf-opsawg-pcapng): bytes dressed as TCP over IP over Ethernet, and the
-- secrets that open them.
-- @module wolfssl.trace.capture.writer

local frame = require "wolfssl.trace.capture.frame"
local address = require "wolfssl.trace.capture.address"
local int = require "wolfssl.trace.capture.int"

local put16, put32 = int.little.put16, int.little.put32

local SECTION_HEADER, INTERFACE, PACKET, SECRETS = 0x0a0d0d0a, 1, 6, 10
local BYTE_ORDER_MAGIC, TLS_KEY_LOG = 0x1a2b3c4d, 0x544c534b
local ETHERNET = 1
-- Half of what the peer's window allows, so that no reader sees the window full.
local ACKNOWLEDGE_AFTER = 32768

local FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16

local M = {}
local Writer = {}
Writer.__index = Writer
local Connection = {}
Connection.__index = Connection

local function block(kind, body)
  local padding = ("\0"):rep(-#body % 4)
  local length = put32(12 + #body + #padding)
  return put32(kind) .. length .. body .. padding .. length
end

local function option(code, value)
  return put16(code) .. put16(#value) .. value .. ("\0"):rep(-#value % 4)
end

local function file_header()
  local application = option(4, "lua-wolfssl") .. option(0, "")
  return block(SECTION_HEADER, put32(BYTE_ORDER_MAGIC) .. put16(1) .. put16(0)
      .. ("\255"):rep(8) .. application)
    .. block(INTERFACE, put16(ETHERNET) .. put16(0) .. put32(0))
end

--- A writer.
--
-- Without a sink the file grows in memory until `bytes` gives it out, secrets first wherever they
-- were added: programs that read a file once need them before the packets they open. With a sink
-- each block goes out as it is made, so secrets are to be added first.
-- @tparam[opt] table options `sink`: function(bytes), which may return nil, message when it fails
-- @treturn table writer with the methods `connection`, `secrets` and `bytes`
function M.new(options)
  local sink = options and options.sink
  if sink ~= nil and type(sink) ~= "function" then error("sink must be a function", 2) end
  local self = setmetatable({ sink = sink, opening = {}, packets = {} }, Writer)
  self:emit(self.opening, file_header())
  return self
end

--- Hands bytes to the sink, or keeps them in their part of the file. After a failure of the sink
-- nothing goes out any more.
function Writer:emit(part, bytes)
  if self.failure then return end
  if not self.sink then
    part[#part + 1] = bytes
    return
  end
  local ok, message = self.sink(bytes)
  if not ok and message then self.failure = tostring(message) end
end

function Writer:status()
  if self.failure then return nil, self.failure, "file_error" end
  return true
end

--- Adds TLS secrets.
-- @param lines key log lines: a list, or one string
-- @return true, or nil, message, "file_error" when the sink fails
function Writer:secrets(lines)
  local text = type(lines) == "table" and table.concat(lines, "\n") or lines
  if type(text) ~= "string" then error("secrets must be a list of lines or a string", 2) end
  if text ~= "" and text:sub(-1) ~= "\n" then text = text .. "\n" end
  self:emit(self.opening, block(SECRETS, put32(TLS_KEY_LOG) .. put32(#text) .. text))
  return self:status()
end

--- The whole file; only without a sink.
-- @treturn string
function Writer:bytes()
  if self.sink then error("the writer has handed its bytes to the sink", 2) end
  return table.concat(self.opening) .. table.concat(self.packets)
end

function Writer:packet(bytes, time)
  local ticks = math.floor(time * 1000000 + 0.5)
  local stamp = put32(ticks / 4294967296) .. put32(ticks % 4294967296)
  local length = put32(#bytes)
  self:emit(self.packets, block(PACKET, put32(0) .. stamp .. length .. length .. bytes))
end

local function endpoint(given, default, what)
  given = given or default
  local raw = address.parse(given.address)
  if not raw then error(("%s: not an IP address: %s"):format(what, tostring(given.address)), 3) end
  local port = given.port or default.port
  if type(port) ~= "number" or port % 1 ~= 0 or port < 0 or port > 65535 then
    error(("%s: not a port: %s"):format(what, tostring(port)), 3)
  end
  return { raw = raw, port = port, sequence = 0, unacknowledged = 0 }
end

local function seconds(time)
  if type(time) ~= "number" or not (time >= 0 and time < 2 ^ 33) then
    error("time must be in seconds since 1970", 4)
  end
  return time
end

--- Adds a connection and its three-way handshake.
-- @tparam[opt] table options
--   `client`, `server`: {address, port}; 192.0.2.1:49152 and 192.0.2.2:443;
--   `time`: seconds since 1970, now; `segment`: most bytes of payload in a packet, 1..65475, 1460;
--   `isn`: {client, server}, the initial sequence numbers, 0
-- @treturn table connection with the methods `send`, `finish` and `reset`
-- @return or nil, message, "file_error" when the sink fails
function Writer:connection(options)
  options = options or {}
  local client = endpoint(options.client, { address = "192.0.2.1", port = 49152 }, "client")
  local server = endpoint(options.server, { address = "192.0.2.2", port = 443 }, "server")
  if #client.raw ~= #server.raw then error("client and server differ in IP version", 2) end
  local segment = options.segment or 1460
  if segment % 1 ~= 0 or segment < 1 or segment > 65475 then
    error("segment must be between 1 and 65475 bytes", 2)
  end
  local isn = options.isn or {}
  client.sequence, server.sequence = isn.client or 0, isn.server or 0
  client.mac, server.mac = "\2\0\0\0\0\1", "\2\0\0\0\0\2"
  client.peer, server.peer = server, client
  local connection = setmetatable({
    writer = self, segment = segment, time = 0, packets = 0,
    client = client, server = server,
  }, Connection)
  connection:advance(options.time or os.time())
  connection:put(client, SYN)
  connection:put(server, SYN + ACK)
  connection:put(client, ACK)
  if self.failure then return self:status() end
  return connection
end

--- Writes one segment and moves its sender's sequence number on.
function Connection:put(from, flags, payload)
  payload = payload or ""
  self.packets = self.packets + 1
  local bytes = frame.tcp(from, from.peer, flags, payload, self.packets)
  local consumed = #payload + (flags % 4 > 0 and 1 or 0)
  from.sequence = (from.sequence + consumed) % 4294967296
  if flags >= ACK then from.peer.unacknowledged = 0 end
  from.unacknowledged = from.unacknowledged + #payload
  self.writer:packet(bytes, self.time)
end

--- Time never runs backwards within a connection.
function Connection:advance(time)
  self.time = math.max(self.time, seconds(time or self.time))
end

function Connection:side(name)
  if name ~= "client" and name ~= "server" then
    error(('side must be "client" or "server", not %s'):format(tostring(name)), 3)
  end
  if self.finished then error("the connection is finished", 3) end
  return self[name]
end

--- Adds bytes that one side sends; the other acknowledges them.
-- @tparam string side "client" or "server"
-- @tparam string bytes
-- @tparam[opt] number time seconds since 1970; the time of the last packet
-- @return true, or nil, message, "file_error" when the sink fails
function Connection:send(side, bytes, time)
  local from = self:side(side)
  self:advance(time)
  local segment = self.segment
  for i = 1, #bytes, segment do
    local last = i + segment > #bytes
    self:put(from, last and ACK + PSH or ACK, bytes:sub(i, i + segment - 1))
    if last or from.unacknowledged >= ACKNOWLEDGE_AFTER then self:put(from.peer, ACK) end
  end
  return self.writer:status()
end

--- Ends the connection with a FIN from each side.
-- @tparam[opt] number time seconds since 1970
-- @tparam[opt="client"] string side who closes first
-- @return true, or nil, message, "file_error" when the sink fails
function Connection:finish(time, side)
  local from = self:side(side or "client")
  self:advance(time)
  self.finished = true
  self:put(from, FIN + ACK)
  self:put(from.peer, FIN + ACK)
  self:put(from, ACK)
  return self.writer:status()
end

--- Ends the connection with a reset.
-- @tparam string side who resets
-- @tparam[opt] number time seconds since 1970
-- @return true, or nil, message, "file_error" when the sink fails
function Connection:reset(side, time)
  local from = self:side(side)
  self:advance(time)
  self.finished = true
  self:put(from, RST + ACK)
  return self.writer:status()
end

return M
