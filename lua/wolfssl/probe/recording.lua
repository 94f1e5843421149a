--- What a conversation keeps of itself: bytes with their times, secrets, and how it failed.
-- @module wolfssl.probe.recording
local keylog = require "wolfssl.trace.keylog"

local M = {}

-- Bytes kept for captures; the entries of the trace have limits of their own.
local LIMIT = 1048576

-- Names of secrets in key logs.
local LABELS = {
  { "client_early_traffic_secret", "CLIENT_EARLY_TRAFFIC_SECRET" },
  { "client_handshake_traffic_secret", "CLIENT_HANDSHAKE_TRAFFIC_SECRET" },
  { "server_handshake_traffic_secret", "SERVER_HANDSHAKE_TRAFFIC_SECRET" },
  { "client_application_traffic_secret_0", "CLIENT_TRAFFIC_SECRET_0" },
  { "server_application_traffic_secret_0", "SERVER_TRAFFIC_SECRET_0" },
  { "exporter_master_secret", "EXPORTER_SECRET" },
  { "master_secret", "CLIENT_RANDOM" },
}

local Recording = {}
Recording.__index = Recording

--- Begins a recording.
-- @tparam Conversation conversation
-- @tparam ?number bytes kept at most, default 1 MB
-- @treturn table
function M.new(conversation, bytes)
  local clock = require("wolfssl.core").fd.monotime
  return setmetatable({ conversation = conversation, clock = clock, zero = clock(),
    began = os.time(), chunks = {}, room = bytes or LIMIT, omitted = 0 }, Recording)
end

--- The time, by a clock that nobody sets.
-- @treturn number seconds since 1970
function Recording:now()
  return self.began + self.clock() - self.zero
end

--- Keeps bytes.
-- @tparam string from "client" or "server"
-- @tparam string bytes
-- @treturn number the time, in seconds since 1970
function Recording:keep(from, bytes)
  local time = self:now()
  if #bytes <= self.room then
    self.room = self.room - #bytes
    self.chunks[#self.chunks + 1] = { from = from, bytes = bytes, time = time }
  else
    self.room, self.omitted = 0, self.omitted + #bytes
  end
  return time
end

local function label_of(name, tls13)
  for _, row in ipairs(LABELS) do
    if row[1] == name and (row[2] == "CLIENT_RANDOM") == not tls13 then return row[2] end
  end
end

--- The secrets as lines of a key log.
-- @treturn {string,...}
function Recording:keylog()
  local seen, lines = self.conversation:seen(), {}
  for _, schedule in ipairs(seen.schedules) do
    local tls13 = schedule.size ~= nil
    local random = schedule.randoms and schedule.randoms:sub(1, 32) or seen.summary.client_random
    for _, row in ipairs(schedule.rows) do
      local label = label_of(row.name, tls13)
      if label then
        lines[#lines + 1] = keylog.format { label = label, client_random = random,
          secret = row.secret }
      end
    end
  end
  return lines
end

--- Explains what was recorded.
-- @tparam ?table options see `wolfssl.trace.explain`
-- @treturn table explanation
function Recording:explain(options)
  local conversation, all = self.conversation, {}
  for name, value in pairs(options or {}) do all[name] = value end
  all.sides = all.sides or { [conversation.role] = { lines = self:keylog(),
    message = self.message, code = self.code } }
  all.server_name = all.server_name or conversation.server_name
  return require("wolfssl.trace.explain").explain(conversation:seen(), all)
end

local FIRST_PORT = 49152

--- Conversations as one capture with their secrets.
-- @tparam {Conversation,...} conversations
-- @treturn string pcapng
function M.capture(conversations)
  local file = require("wolfssl.trace.capture.writer").new()
  for i, c in ipairs(conversations) do
    local recording = c.recording
    file:secrets(recording:keylog())
    local connection = file:connection { time = recording.began,
      client = { address = "192.0.2.1", port = FIRST_PORT + (i - 1) % (65536 - FIRST_PORT) } }
    for _, chunk in ipairs(recording.chunks) do
      connection:send(chunk.from, chunk.bytes, chunk.time)
    end
    connection:finish()
  end
  return file:bytes()
end

--- The recording as a capture with its secrets.
-- @treturn string pcapng
function Recording:capture()
  return M.capture { self.conversation }
end

return M
