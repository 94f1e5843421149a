--- A connection to Redis that waits as the loop that runs the caller does: its protocol, RESP 2.
-- @module wolfssl.probe.fleet.client
local call = require "wolfssl.connection.call"
local deadline = require "wolfssl.transport.deadline"
local harmless = require "wolfssl.trace.render.harmless"

local M = {}

local READ_MAX = 65536
local DEPTH = 8
local LINE = 65536        -- bytes
local REPLY = 268435456   -- bytes of a whole reply: a hundred results are some megabytes

--- @type Client
local Client = {}
Client.__index = Client

local function encoded(words)
  local parts = { ("*%d\r\n"):format(#words) }
  for i, argument in ipairs(words) do
    local text = type(argument) == "number" and ("%.0f"):format(argument) or argument
    parts[i + 1] = ("$%d\r\n%s\r\n"):format(#text, text)
  end
  return table.concat(parts)
end

local function fail(message)
  error({ message = message }, 0)
end

-- What a read brings goes behind what is there; a failure ends the command.
local function fill(self)
  local left = deadline.left(self.moment)
  local bytes, reason = nil, "timeout"
  if left ~= 0 then bytes, reason = self.transport:read(READ_MAX, left) end
  if not bytes then fail("reading from Redis: " .. reason) end
  self.buffer = self.buffer:sub(self.at) .. bytes
  self.at = 1
  self.room = self.room - #bytes
  if self.room < 0 then fail "a reply of Redis without end" end
end

local function line_of(self)
  while true do
    local first, last = self.buffer:find("\r\n", self.at, true)
    if first then
      local line = self.buffer:sub(self.at, first - 1)
      self.at = last + 1
      return line
    end
    if #self.buffer - self.at >= LINE then fail "this is no Redis" end
    fill(self)
  end
end

local function bulk(self, length)
  local parts, missing = {}, length + 2
  while true do
    local part = self.buffer:sub(self.at, self.at + missing - 1)
    parts[#parts + 1] = part
    self.at, missing = self.at + #part, missing - #part
    if missing == 0 then return table.concat(parts):sub(1, length) end
    fill(self)
  end
end

-- A reply: a string, a number, a list, false for nothing; `{error =}` in a list for an error.
local function reply(self, depth)
  local line = line_of(self)
  local kind, rest = line:sub(1, 1), line:sub(2)
  if kind == "+" then return rest end
  if kind == "-" then return { error = harmless.text(rest) } end
  local number = rest:find "^%-?%d+$" and tonumber(rest)
  if not number or depth > DEPTH then fail "this is no Redis" end
  if kind == ":" then return number end
  if number < 0 then return false end
  if kind == "$" then return bulk(self, number) end
  if kind ~= "*" then fail "this is no Redis" end
  local list = {}
  for i = 1, number do list[i] = reply(self, depth + 1) end
  return list
end

--- A value of a reply; one of another type raises: that is no Redis as one knows it.
-- @param value
-- @tparam string kind as of `type`
-- @return value
function M.expect(value, kind)
  if type(value) ~= kind or kind == "table" and value.error then
    error("Redis: a reply that makes no sense", 0)
  end
  return value
end

local function fields_of(flat)
  local fields = {}
  for i = 1, #M.expect(flat, "table"), 2 do
    fields[M.expect(flat[i], "string")] = M.expect(flat[i + 1], "string")
  end
  return fields
end

--- Entries of a stream.
-- @tparam table list as a reply has them
-- @treturn {table,...} list of `{id, fields}`, without those that were deleted
function M.entries(list)
  local entries = {}
  for _, entry in ipairs(M.expect(list, "table")) do
    if entry and M.expect(entry, "table")[2] then
      entries[#entries + 1] = { id = M.expect(entry[1], "string"), fields = fields_of(entry[2]) }
    end
  end
  return entries
end

--- Entries that the one stream which was read has.
-- @tparam table|boolean answer false: none came in time
-- @treturn {table,...} as of `entries`
function M.read(answer)
  if not answer then return {} end
  return M.entries(M.expect(M.expect(answer, "table")[1], "table")[2])
end

--- Begins to talk.
-- @tparam table transport
-- @tparam number timeout seconds for a command
-- @treturn Client
function M.new(transport, timeout)
  return setmetatable({ transport = transport, timeout = timeout, buffer = "", at = 1 }, Client)
end

--- A command.
-- @tparam table words command and arguments, strings and numbers
-- @tparam ?number patience seconds that Redis itself may wait with its reply, 0
-- @treturn[1] string|number|table|boolean reply, false for none
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] boolean true when Redis said so: it understood, and the connection can go on
function Client:command(words, patience)
  self.moment, self.room = deadline.after(self.timeout + (patience or 0)), REPLY
  local ok, reason = self.transport:write(encoded(words), self.timeout)
  if not ok then return nil, "writing to Redis: " .. reason end
  local fine, answer = call.pcall(reply, self, 0)
  if not fine then return nil, type(answer) == "table" and answer.message or tostring(answer) end
  if type(answer) == "table" and answer.error then return nil, answer.error, true end
  return answer
end

--- Ends it.
function Client:close()
  self.transport:close()
end

return M
