--- LuaSocket's receive patterns over a buffer that is filled as needed.
--
-- Each function returns the text, or `nil, message, code, detail` and the text so far as fifth
-- value: that text is taken out of the buffer, as LuaSocket does, and can be given back as prefix.
-- @module wolfssl.stream.pattern

local M = {}

local Buffer = {}
Buffer.__index = Buffer

--- An empty buffer.
-- @tparam function more `more()`: one byte or more, or nil, message, code, detail
-- @treturn buffer
function M.buffer(more)
  return setmetatable({ text = "", at = 1, more = more }, Buffer)
end

--- How many bytes are there.
-- @treturn int
function Buffer:length()
  return #self.text - self.at + 1
end

--- Takes up to max bytes.
-- @tparam ?int max nil takes all
-- @treturn string
function Buffer:take(max)
  local last = max and self.at + max - 1 or #self.text
  local text = self.text:sub(self.at, last)
  self.at = self.at + #text
  if self.at > #self.text then
    self.text, self.at = "", 1
  end
  return text
end

--- Puts bytes at the end.
-- @tparam string bytes
function Buffer:append(bytes)
  self.text, self.at = self:take() .. bytes, 1
end

local function fill(self)
  local bytes, message, code, detail = self.more()
  if bytes then
    self:append(bytes)
  end
  return bytes, message, code, detail
end

--- A line without its end; every carriage return in it is dropped.
function Buffer:line(prefix)
  local parts = { prefix }
  while true do
    local stop = self.text:find("\n", self.at, true)
    local piece = self:take(stop and stop - self.at + 1)
    parts[#parts + 1] = piece:gsub("[\r\n]", "")
    if stop then
      return table.concat(parts)
    end
    local ok, message, code, detail = fill(self)
    if not ok then
      return nil, message, code, detail, table.concat(parts)
    end
  end
end

--- Everything up to the peer's close_notify.
function Buffer:all(prefix)
  local parts = { prefix }
  while true do
    parts[#parts + 1] = self:take()
    local ok, message, code, detail = fill(self)
    if not ok then
      local text = table.concat(parts)
      if code == "closed" and #text > #prefix then
        return text
      end
      return nil, message, code, detail, text
    end
  end
end

--- So many bytes, the prefix counted in. 0 waits until there is something to read.
function Buffer:bytes(count, prefix)
  local parts, missing = { prefix }, count - #prefix
  if missing <= 0 and prefix ~= "" then
    return prefix
  end
  while true do
    local piece = self:length() > 0 and missing > 0 and self:take(missing) or ""
    parts[#parts + 1] = piece
    missing = missing - #piece
    if missing <= 0 and (count > 0 or self:length() > 0) then
      return table.concat(parts)
    end
    local ok, message, code, detail = fill(self)
    if not ok then
      return nil, message, code, detail, table.concat(parts)
    end
  end
end

--- Receives by LuaSocket's pattern.
-- @tparam ?string|number pattern "*l" (default), "*a", each with or without the star, or a count
-- @tparam ?string prefix
function Buffer:receive(pattern, prefix)
  pattern, prefix = pattern or "*l", prefix or ""
  local count = tonumber(pattern)
  if count and count >= 0 then
    return self:bytes(math.floor(count), prefix)
  elseif pattern == "*l" or pattern == "l" then
    return self:line(prefix)
  elseif pattern == "*a" or pattern == "a" then
    return self:all(prefix)
  end
  error("invalid receive pattern: " .. tostring(pattern), 3)
end

return M
