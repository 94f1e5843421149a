--- Keeps what goes over a connection, so that it can be looked at afterwards.
--
--     local recorder = require("wolfssl.trace").record(connection)    -- or trace = true
--     …
--     for _, entry in ipairs(recorder:entries()) do print(entry.from, entry.name) end
--     file:write(recorder:capture())                                  -- opens in Wireshark
--     local explain = require "wolfssl.trace.explain"
--     local html = require "wolfssl.trace.render.html"
--     page:write(html.render(explain.recording(recorder)))            -- opens in a browser
--
-- It puts methods of its own on the one connection; others stay as they are. Bytes, times and
-- secrets are kept, and decoding waits until someone asks. After `limit` bytes it waits no longer:
-- each record is decoded as it passes, and of application data only the beginning is kept, so that
-- memory is bounded and the alert that ends a long connection is still there.
-- @module wolfssl.trace.recorder
local errors = require "wolfssl.errors"
local observer = require "wolfssl.trace.observer"
local secrets = require "wolfssl.trace.secrets"
local writer = require "wolfssl.trace.capture.writer"

local M = {}

local LIMIT = 262144
local READ_MAX = 32768

local recorder = {}
recorder.__index = recorder

--- The time of the recording.
-- @treturn number seconds since 1970; it never runs backwards
function recorder:now()
  return self.began + self.clock() - self.zero
end

-- Loaded when needed: traces are read where no wolfSSL is installed.
local function loaded_core()
  return require "wolfssl.core"
end

local function keep(self, from, bytes)
  if bytes == "" then return end
  local time = self:now()
  self.room = self.room - #bytes
  if self.room >= 0 and not self.passing then
    self.chunks[#self.chunks + 1] = { from = from, bytes = bytes, time = time }
    self.seen = nil
    return
  end
  self.passing = self.passing or self:observe()
  self.passing:feed(from, bytes, time)
  self.omitted = self.omitted + #bytes
end

local function tap_bytes(self, connection, own)
  local receive, send = connection.receive_data, connection.data_to_send
  local unsent = connection.unsent
  function own.receive_data(c, bytes)
    keep(self, self.peer, bytes)
    return receive(c, bytes)
  end
  -- What a descriptor did not take comes first.
  function own.data_to_send(c, max)
    if self.unsent ~= "" then
      local bytes = self.unsent:sub(1, max or -1)
      self.unsent = self.unsent:sub(#bytes + 1)
      return bytes
    end
    local bytes = send(c, max)
    keep(self, self.role, bytes)
    return bytes
  end
  function own.unsent(c) return #self.unsent + unsent(c) end
end

local function network_error(doing, reason)
  return nil, ("the network failed while %s: %s"):format(doing, reason), "network_error"
end

-- pull and push of the core never show their bytes to Lua, so they are done here.
local function tap_descriptors(self, own)
  local fd = loaded_core().fd
  function own.pull(c, descriptor)
    local bytes, reason = fd.recv(descriptor, READ_MAX)
    if bytes then
      c:receive_data(bytes)
      return #bytes
    elseif reason == "eof" then
      c:receive_eof()
      return 0
    elseif reason == "again" then
      return nil, "nothing to read yet", "want_read"
    end
    return network_error("reading", reason)
  end
  function own.push(c, descriptor)
    while true do
      local bytes = c:data_to_send(READ_MAX)
      if bytes == "" then return 0 end
      local count, reason = fd.send(descriptor, bytes)
      self.unsent = bytes:sub((count or 0) + 1) .. self.unsent
      if not count then
        if reason == "again" then return nil, "no room to write now", "want_write" end
        return network_error("writing", reason)
      end
    end
  end
end

local function note_failure(self, result, message, code)
  local known = errors.codes[code]
  if result == nil and known and not known.retryable and code ~= "closed" and not self.code then
    self.message, self.code = message, code
  end
end

local CALLS = { "handshake", "read", "write", "shutdown" }

local function tap_calls(self, connection, own)
  for _, name in ipairs(CALLS) do
    local call = connection[name]
    own[name] = function(...)
      local result, message, code, detail = call(...)
      note_failure(self, result, message, code)
      return result, message, code, detail
    end
  end
end

-- What only the open connection can tell is taken along when it closes.
local function tap_close(self, connection, own)
  local close = connection.close
  function own.close(c)
    self:refresh()
    self.connection = nil
    return close(c)
  end
end

--- Takes what the connection itself knows: secrets, verdict, what was negotiated.
function recorder:refresh()
  local connection = self.connection
  if not connection or tostring(connection):find("(closed)", 1, true) then return end
  self.lines, self.inner_lines = connection:secrets(), connection:secrets(true)
  self.info = connection:info()
  self.verdict = connection:verdict()
end

local function role_of(connection)
  return tostring(connection):match("%f[%a]client%f[%A]") or "server"
end

--- Records a connection from now on; best before its first byte.
-- @tparam Connection connection see `wolfssl.connection`
-- @tparam ?table options `limit`: bytes kept for captures and for decoding later, default 262144;
-- `clock`: function that gives seconds, default `core.fd.monotime`
-- @treturn table recorder, with `role` ("client" or "server", whose side it is on), `chunks`
-- (`{from, bytes, time}`), `omitted` (bytes behind them), `secrets` (see `wolfssl.trace.secrets`),
-- `message` and `code` of a failure, and, after `refresh` or once the connection is closed,
-- `lines` (key log), `inner_lines` (with what the key schedule begins with), `info` and `verdict`
function M.record(connection, options)
  options = options or {}
  local clock = options.clock or loaded_core().fd.monotime
  local own, role = loaded_core().own(connection), role_of(connection)
  local self = setmetatable({
    connection = connection, role = role, peer = role == "client" and "server" or "client",
    clock = clock, zero = clock(), began = os.time(), chunks = {}, room = options.limit or LIMIT,
    omitted = 0, unsent = "", lines = {}, inner_lines = {},
  }, recorder)
  connection:keep_inner_secrets()
  self.secrets = secrets.new { source = function()
    self:refresh()
    return self.inner_lines
  end }
  tap_bytes(self, connection, own)
  tap_descriptors(self, own)
  tap_calls(self, connection, own)
  tap_close(self, connection, own)
  own.recorder = self
  return self
end

--- Follows what was recorded, as far as its bytes are kept.
-- @tparam ?table options `secrets`: known besides those of the connection, see
-- `wolfssl.trace.secrets`; `application_data`, `entries`: see `wolfssl.trace.observer.new`
-- @treturn table observer, with `entries`, `summary` and `schedules`
function recorder:observe(options)
  options = options or {}
  local seen = observer.new {
    secrets = options.secrets or self.secrets,
    application_data = options.application_data, entries = options.entries,
  }
  for _, chunk in ipairs(self.chunks) do seen:feed(chunk.from, chunk.bytes, chunk.time) end
  return seen
end

--- Every record and message up to now, both directions; see `wolfssl.trace.observer`.
-- @treturn {table,...}
function recorder:entries()
  local seen = self.seen
  if not seen or seen.blind then seen = self:observe() end    -- secrets may have come since
  self.seen = seen
  return (self.passing or seen).entries
end

--- The recording as a capture, as far as its bytes are kept: TCP and IP are made up, the secrets
-- are in it.
-- @tparam ?table options `client`, `server`: `{address =, port =}`
-- @treturn string pcapng
function recorder:capture(options)
  self:refresh()
  local file = writer.new()
  file:secrets(self.lines)
  options = options or {}
  local connection = file:connection {
    client = options.client, server = options.server, time = self.began,
  }
  for _, chunk in ipairs(self.chunks) do connection:send(chunk.from, chunk.bytes, chunk.time) end
  connection:finish()
  return file:bytes()
end

return M
