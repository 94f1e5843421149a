--- The talk with a server before TLS: lines and bytes, bounded in size and time.
-- @module wolfssl.starttls.dialogue

local deadline = require "wolfssl.transport.deadline"

local M = {}

local LINE = 8192     -- bytes
local REPLY = 1024    -- lines
local BLOCK = 65536   -- bytes
local MATCH = 64      -- bytes

--- @type Dialogue
local Dialogue = {}
Dialogue.__index = Dialogue

--- Begins one.
-- @tparam string protocol for messages
-- @tparam table transport
-- @tparam ?number timeout seconds for all of it
-- @treturn Dialogue
function M.new(protocol, transport, timeout)
  return setmetatable({ protocol = protocol, transport = transport, received = "",
    moment = deadline.after(timeout) }, Dialogue)
end

local CODES = { timeout = "timeout", eof = "truncated", reset = "truncated" }
local WORDS = {
  timeout = "the server is silent", eof = "the server hung up", reset = "the server hung up",
}

local function failed(err)
  return nil, WORDS[err] or err, CODES[err] or "network_error"
end

-- What a server says may steer a terminal; and it may be long.
local function quoted(text)
  return '"' .. text:sub(1, 120):gsub("[^\32-\126]", "?") .. '"'
end

--- Says something.
-- @tparam string bytes
-- @treturn[1] boolean true
-- @treturn[2] nil, message, code
function Dialogue:send(bytes)
  local ok, err = self.transport:write(bytes, deadline.left(self.moment))
  if ok then return true end
  return failed(err)
end

local function more(self)
  local bytes, err = self.transport:read(4096, deadline.left(self.moment))
  if not bytes then return failed(err) end
  self.received = self.received .. bytes
  return true
end

--- Reads up to and with the first match of a pattern.
-- @tparam string pattern of what is no longer than 64 bytes
-- @tparam int most bytes
-- @treturn[1] string
-- @treturn[2] nil, message, code
function Dialogue:up_to(pattern, most)
  local from = 1
  while true do
    local _, last = self.received:find(pattern, from)
    if last then
      local text = self.received:sub(1, last)
      self.received = self.received:sub(last + 1)
      return text
    end
    if #self.received > most then
      return nil, "no end after " .. quoted(self.received), "decode_error"
    end
    from = math.max(#self.received - MATCH + 2, 1)
    local ok, message, code = more(self)
    if not ok then return nil, message, code end
  end
end

--- Reads a line.
-- @treturn[1] string without its end
-- @treturn[2] nil, message, code
function Dialogue:line()
  local text, message, code = self:up_to("\n", LINE)
  if not text then return nil, message, code end
  return (text:gsub("\r?\n$", ""))
end

--- Reads so many bytes.
-- @tparam int count
-- @treturn[1] string
-- @treturn[2] nil, message, code
function Dialogue:bytes(count)
  if count > BLOCK then return nil, ("a message of %d bytes"):format(count), "decode_error" end
  while #self.received < count do
    local ok, message, code = more(self)
    if not ok then return nil, message, code end
  end
  local bytes = self.received:sub(1, count)
  self.received = self.received:sub(count + 1)
  return bytes
end

-- Which of several patterns a line matches.
local function matches(line, patterns)
  if type(patterns) == "string" then return line:find(patterns) ~= nil end
  for _, pattern in ipairs(patterns) do
    if line:find(pattern) then return true end
  end
  return false
end

--- Reads a reply of one line or more.
-- @tparam table form `last`: pattern, or list of patterns, of its last line; `ok`: of a last line
--   that means yes; `line`: of every line of this protocol; `offers`: a word that must be in it
-- @treturn[1] boolean true
-- @treturn[2] nil, message, code
function Dialogue:reply(form)
  local offered = not form.offers
  for _ = 1, REPLY do
    local line, message, code = self:line()
    if not line then return nil, message, code end
    if form.line and not line:find(form.line) then
      return nil, "the server does not speak it: " .. quoted(line), "decode_error"
    end
    offered = offered or line:upper():find("%f[%w]" .. form.offers .. "%f[%W]") ~= nil
    if matches(line, form.last) then
      if not matches(line, form.ok) then
        return nil, "the server will not: " .. quoted(line), "peer_incompatible"
      elseif not offered then
        return nil, "the server does not offer it", "peer_incompatible"
      end
      return true
    end
  end
  return nil, "a reply without end", "decode_error"
end

--- Goes through a script: strings are sent, tables are replies to read.
-- @tparam {string|table,...} steps
-- @treturn[1] boolean true
-- @treturn[2] nil, message, code
function Dialogue:follow(steps)
  for _, step in ipairs(steps) do
    local ok, message, code
    if type(step) == "string" then
      ok, message, code = self:send(step)
    else
      ok, message, code = self:reply(step)
    end
    if not ok then return nil, message, code end
  end
  return true
end

--- Ends the plain text: nothing may have come behind the go-ahead.
-- @treturn[1] boolean true
-- @treturn[2] nil, message, code
function Dialogue:finish()
  if self.received == "" then return true end
  return nil, ("%d bytes behind the go-ahead, %s"):format(#self.received, quoted(self.received)),
    "peer_misbehaved"
end

return M
