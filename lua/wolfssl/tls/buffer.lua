--- Bytes that arrive in pieces of any size and leave in pieces of the size asked for.
-- Work is linear in the bytes however small the pieces are.
-- @module wolfssl.tls.buffer
local M = {}

local methods = {}
methods.__index = methods

--- Makes an empty buffer.
-- @treturn table buffer; `size` is the number of bytes held
function M.new()
  return setmetatable({ head = "", pos = 1, tail = {}, size = 0 }, methods)
end

--- Adds bytes behind the others.
-- @tparam string bytes
function methods:append(bytes)
  if bytes ~= "" then
    self.tail[#self.tail + 1] = bytes
    self.size = self.size + #bytes
  end
end

-- Makes the first `count` bytes lie in `head`; a count not reached yet costs nothing.
local function gather(self, count)
  if #self.head - self.pos + 1 < count then
    self.head = self.head:sub(self.pos) .. table.concat(self.tail)
    self.pos, self.tail = 1, {}
  end
end

--- The first bytes, left where they are.
-- @tparam number count
-- @treturn string exactly so many bytes, or nil when fewer are there
function methods:peek(count)
  if count > self.size then return nil end
  gather(self, count)
  return self.head:sub(self.pos, self.pos + count - 1)
end

--- Takes the first bytes away.
-- @tparam number count
-- @treturn string exactly so many bytes, or nil when fewer are there
function methods:take(count)
  local bytes = self:peek(count)
  if bytes then
    self.pos, self.size = self.pos + count, self.size - count
  end
  return bytes
end

return M
