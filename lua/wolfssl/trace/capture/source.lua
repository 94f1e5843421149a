--- Where capture readers take bytes from: a string or a file, with the offset known.
-- Memory follows what is there, never what a length field claims.
-- @module wolfssl.trace.capture.source

local PIECE = 65536

local M = {}
local Source = {}
Source.__index = Source

local function string_reader(bytes)
  local at = 0
  return function(count)
    local piece = bytes:sub(at + 1, at + count)
    at = at + #piece
    return piece
  end
end

--- file:read reserves all it is asked for, so it is asked for small pieces.
local function file_reader(file)
  return function(count)
    local pieces = {}
    while count > 0 do
      local piece = file:read(math.min(count, PIECE))
      if not piece or piece == "" then break end
      pieces[#pieces + 1] = piece
      count = count - #piece
    end
    return table.concat(pieces)
  end
end

--- Whether `new` can read from a value.
function M.accepts(input)
  local kind = type(input)
  if kind == "userdata" then return io.type(input) == "file" end
  return kind == "string" or (kind == "table" and type(input.read) == "function")
end

--- Opens a source.
-- @param input string of bytes, or a file (anything with `read(self, count)`)
-- @treturn table source; `offset` is the number of bytes taken so far
function M.new(input)
  local read = type(input) == "string" and string_reader(input) or file_reader(input)
  return setmetatable({ offset = 0, read = read }, Source)
end

--- Takes up to `count` bytes; fewer only at the end of the input.
function Source:take(count)
  local bytes = self.read(count)
  self.offset = self.offset + #bytes
  return bytes
end

return M
