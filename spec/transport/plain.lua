-- A sans-IO connection without cryptography, for specs of what is above and below the real one:
-- each side opens with "H", then frames "D" + length + text, "A" (an alert), "C" (close_notify).

local M = {}

local Plain = {}
Plain.__index = Plain

function M.new()
  return setmetatable({ input = "", output = "", eof = false }, Plain)
end

local function frame(kind, text)
  return ("%s%05d%s"):format(kind, #text, text)
end

local function fail(self, message, code)
  self.failure = { message, code }
  return nil, message, code
end

-- The next whole frame, or nil, message, code.
local function next_frame(self)
  local kind, length = self.input:match("^(.)(%d%d%d%d%d)")
  if kind and #self.input >= 6 + tonumber(length) then
    local text = self.input:sub(7, 6 + tonumber(length))
    self.input = self.input:sub(7 + #text)
    return kind, text
  elseif self.eof then
    return fail(self, "the peer closed the connection without close_notify", "truncated")
  end
  return nil, "more bytes are needed", "want_read"
end

local function take(self, expected)
  if self.failure then
    return nil, self.failure[1], self.failure[2]
  end
  local kind, text, code = next_frame(self)
  if kind == expected then
    return text
  elseif kind == "C" then
    return fail(self, "the peer closed the connection", "closed")
  elseif kind == "A" then
    return fail(self, "the peer sent the alert " .. text, "alert_received")
  elseif kind then
    self.output = self.output .. frame("A", "unexpected_message")
    return fail(self, "the peer sent " .. kind, "peer_misbehaved")
  end
  return nil, text, code
end

function Plain:receive_data(bytes)
  self.input = self.input .. bytes
  return true
end

function Plain:receive_eof()
  self.eof = true
  return true
end

function Plain:data_to_send(max)
  local bytes = self.output:sub(1, max)
  self.output = self.output:sub(#bytes + 1)
  return bytes
end

function Plain:handshake()
  if not self.greeted then
    self.greeted = true
    self.output = self.output .. frame("H", "")
  end
  if not self.open then
    local text, message, code = take(self, "H")
    if not text then
      return nil, message, code
    end
    self.open = true
  end
  return true
end

function Plain:read(max)
  local text = self.rest
  if not text then
    local message, code
    text, message, code = take(self, "D")
    if not text then
      return nil, message, code
    end
  end
  self.rest = max and #text > max and text:sub(max + 1) or nil
  return text:sub(1, max)
end

function Plain:write(bytes, i, j)
  if self.close_sent then
    return nil, "close_notify was sent", "closed"
  elseif self.failure and self.failure[2] ~= "closed" then
    return nil, self.failure[1], self.failure[2]
  end
  self.output = self.output .. frame("D", bytes:sub(i or 1, j or -1))
  return j or #bytes
end

-- A control record, as a key update or a ticket would be.
function Plain:alert(name)
  self.output = self.output .. frame("A", name)
end

function Plain:shutdown()
  if not self.close_sent then
    self.close_sent = true
    self.output = self.output .. frame("C", "")
  end
  return true
end

function Plain:info() -- luacheck: no self
  return { version = "none" }
end

function Plain:close()
  self.is_closed = true
end

return M
