-- The recordings of others as lists of {side, bytes} in the order of the wire, and their
-- unencrypted messages.

local helper = require "helper"
local tls = require "wolfssl.tls"

local M = {}

local function base(path) return path:match("([^/]+)$") end

-- Go's transcripts: hex dumps under ">>> Flow 1 (client to server)".
function M.transcript(path)
  local events, event = {}, nil
  for line in io.lines(path) do
    local side = line:match("^>>> Flow %d+ %((%l+) to")
    if side then
      event = { side = side, bytes = "" }
      events[#events + 1] = event
    elseif event then
      event.bytes = event.bytes .. helper.unhex(line:match("^%x+%s+([%x ]-)%s+|") or "")
    end
  end
  return { name = base(path), events = events }
end

-- All TLS connections of a capture; what comes before TLS (STARTTLS) is left out.
function M.capture(path)
  local capture = require "wolfssl.trace.capture"
  local result = assert(capture.read(helper.read(path)))
  local list = {}
  for i, connection in ipairs(result.connections) do
    local events = {}
    for _, side in ipairs { "client", "server" } do
      local stream = connection.streams[side]
      local start = capture.tls_start(stream)
      local packet = 0   -- of the last byte before, where packets came out of order
      for _, chunk in ipairs(start and stream.chunks or {}) do
        packet = math.max(packet, chunk.packet)
        if chunk.offset + #chunk.bytes > start then
          local bytes = chunk.bytes:sub(math.max(1, start - chunk.offset + 1))
          events[#events + 1] = {
            side = side, bytes = bytes, packet = packet, order = #events,
          }
        end
      end
    end
    table.sort(events, function(a, b)
      return a.packet < b.packet or a.packet == b.packet and a.order < b.order
    end)
    if #events > 0 then
      list[#list + 1] = { name = base(path) .. " " .. i, events = events }
    end
  end
  return list, result.datagrams
end

-- Every recording over TCP below `root`.
function M.all(root)
  local list = {}
  for _, path in ipairs(helper.find(root .. "/go-transcripts", "-name 'Server-TLS*'")) do
    list[#list + 1] = M.transcript(path)
  end
  for _, path in ipairs(helper.find(root .. "/go-transcripts", "-name 'Client-TLS*'")) do
    list[#list + 1] = M.transcript(path)
  end
  for _, path in ipairs(helper.find(root, "-name '*.pcap'")) do
    for _, recording in ipairs(M.capture(path)) do list[#list + 1] = recording end
  end
  return list
end

local function side_state()
  return { reader = tls.record_reader(), messages = tls.handshake_reassembler(1048576) }
end

-- Hands every record and every unencrypted handshake message to `visit`, which has functions
-- record(record, side), message(bytes, context, side, message), change_cipher_spec(side),
-- encrypted(side) for each protected handshake record up to TLS 1.2, and sslv2(record).
function M.walk(recording, visit)
  local sides = { client = side_state(), server = side_state() }
  local context = {}

  local function handshake(side, state, record)
    state.messages:push(record.fragment)
    for bytes in function() return state.messages:next() end do
      local message = assert(tls.decode_handshake(bytes, context))
      tls.handshake.observe(context, message)
      visit.message(bytes, context, side, message)
    end
  end

  local function one(side, state, record)
    if record.sslv2_client_hello then return visit.sslv2(record, side) end
    visit.record(record, side)
    local kind = record.type.name
    if kind == "change_cipher_spec" then
      local tls13 = context.version and context.version >= 0x0304
      state.encrypted = not tls13
      visit.change_cipher_spec(side)
    elseif kind == "handshake" and state.encrypted then
      visit.encrypted(side)
    elseif kind == "handshake" then
      handshake(side, state, record)
    end
  end

  for _, event in ipairs(recording.events) do
    local state = sides[event.side]
    state.reader:push(event.bytes)
    while not state.failed do
      local record, message = state.reader:next()
      if not record then
        state.failed = message
        break
      end
      one(event.side, state, record)
    end
  end
  return { client = sides.client.failed, server = sides.server.failed }
end

return M
