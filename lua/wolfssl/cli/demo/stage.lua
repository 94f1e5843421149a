--- A handshake between two contexts in memory, with every byte written down, and perhaps changed,
-- on its way.
-- @module wolfssl.cli.demo.stage

local observer = require "wolfssl.trace.observer"
local secrets = require "wolfssl.trace.secrets"
local recorder = require "wolfssl.trace.recorder"

local M = {}

local REQUEST = "GET / HTTP/1.0\r\nHost: demo.example\r\n\r\n"
local RESPONSE = "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 11\r\n\r\n"
  .. "It works.\r\n"

-- The bytes as they arrive: one of them inverted.
local function changed(wire, from, bytes)
  local start, byte = wire.size, wire.tamper
  wire.size = start + #bytes
  if not byte or byte < start or byte >= wire.size then return bytes end
  local at = byte - start + 1
  local value = bytes:byte(at)
  wire.changed = { byte = byte, from = from, offset = wire[from] + at - 1, before = value,
    after = 255 - value }
  return bytes:sub(1, at - 1) .. string.char(255 - value) .. bytes:sub(at + 1)
end

local function carry(wire, from, sender, receiver)
  local bytes = sender:data_to_send()
  if bytes == "" then return false end
  wire.log[#wire.log + 1] = { from = from, bytes = bytes, time = wire.clock:now() }
  receiver:receive_data(changed(wire, from, bytes))
  wire[from] = wire[from] + #bytes
  return true
end

local function exchange(wire, client, server)
  local there = carry(wire, "client", client, server)
  local back = carry(wire, "server", server, client)
  return there or back
end

local function handshakes(wire, client, server)
  repeat
    local a, b = client:handshake(), server:handshake()
    local moved = exchange(wire, client, server)
    if a and b and not moved then return true end
  until not moved
  return false
end

-- The other side's close_notify, behind whatever came before it.
local function is_closed(side)
  local bytes, code, _
  repeat bytes, _, code = side:read() until not bytes
  return code == "closed"
end

-- One request, one response, and a goodbye from each side: true if all of it arrives.
local function talk(wire, client, server)
  client:write(REQUEST)
  exchange(wire, client, server)
  server:read()
  server:write(RESPONSE)
  exchange(wire, client, server)
  client:read()
  client:shutdown()
  exchange(wire, client, server)
  local heard = is_closed(server)
  server:shutdown()
  exchange(wire, client, server)
  return is_closed(client) and heard
end

-- The secret under which a side writes is known best to that side.
local function written_by(lines, side)
  local other = side == "client" and "^SERVER_" or "^CLIENT_[HT]"
  local list = {}
  for _, line in ipairs(lines) do
    if not line:find(other) then list[#list + 1] = line end
  end
  return list
end

--- Plays a handshake.
-- @tparam Context client
-- @tparam Context server
-- @tparam ?table options `server_name`, `session`: see `wolfssl.connection`; `tamper`: number of
-- the byte that is inverted on the way, counted over both directions from 0
-- @treturn table `{log, client, server, size, complete, changed, session}`: `log` is a list of
-- `{from, bytes, time}` as sent, `size` their bytes, `client` and `server` are recorders,
-- `complete` tells whether all arrived, up to the goodbyes, `changed` is
-- `{byte, from, offset, before, after}`
function M.play(client, server, options)
  local wire = { log = {}, size = 0, client = 0, server = 0, tamper = options.tamper }
  local a = client:connection { server_name = options.server_name, session = options.session }
  local b = server:connection()
  local play = { log = wire.log, client = recorder.record(a), server = recorder.record(b) }
  wire.clock = play.client
  if handshakes(wire, a, b) then
    play.complete = talk(wire, a, b)
    play.session = a:session()
  end
  play.changed, play.size = wire.changed, wire.size
  a:close()
  b:close()
  return play
end

--- What was sent, observed; not what arrived, if a byte was changed: then the sides do not derive
-- the same from the same any more, and the secrets that each has used count.
-- @tparam table play
-- @treturn table observer
function M.observe(play)
  local known, lines = secrets.new {}, play.changed and "lines" or "inner_lines"
  for _, side in ipairs { "client", "server" } do known:add(written_by(play[side][lines], side)) end
  local seen = observer.new { secrets = known }
  for _, chunk in ipairs(play.log) do seen:feed(chunk.from, chunk.bytes, chunk.time) end
  seen:finish()
  return seen
end

return M
