--- Lines and bytes of a stream, until one moment for all of them.
-- @module wolfssl.https.wire

local deadline = require "wolfssl.transport.deadline"

local M = {}

--- @type Wire
local Wire = {}
Wire.__index = Wire

--- Over a stream, which it owns from now on.
-- @tparam stream stream
-- @treturn Wire
function M.new(stream)
  return setmetatable({ stream = stream, text = "", at = 1 }, Wire)
end

--- Begins a request.
-- @tparam ?number moment when all of it must be over, as of `wolfssl.transport.deadline`
-- @treturn Wire itself
function Wire:begin(moment)
  self.moment, self.heard, self.complete, self.failure = moment, false, false, nil
  return self
end

local function late()
  return nil, "the time for the request is over", "timeout"
end

-- Gives the next call what is left of the time; data that is there does not stop the clock.
local function hurry(self)
  local left = deadline.left(self.moment)
  self.stream:settimeout(left, "t")
  return left ~= 0
end

local function outcome(value, message, code, detail)
  if code == "timeout" then return late() end
  return value, message, code, detail
end

--- Sends bytes.
-- @tparam string bytes
-- @treturn[1] int
-- @treturn[2] nil, message, code, detail
function Wire:write(bytes)
  if not hurry(self) then return late() end
  return outcome(self.stream:write(bytes))
end

--- Whether bytes are here that nobody has read.
-- @treturn boolean
function Wire:dirty()
  return self.at <= #self.text or self.stream:dirty()
end

--- Reads what is there, waiting for the first byte of it.
-- @tparam int max
-- @treturn[1] string
-- @treturn[2] nil, message, code, detail
function Wire:read(max)
  if self.at <= #self.text then
    local bytes = self.text:sub(self.at, self.at + max - 1)
    self.at = self.at + #bytes
    return bytes
  end
  if not hurry(self) then return late() end
  return outcome(self.stream:read(max))
end

local function more(self)
  if not hurry(self) then return late() end
  local bytes, message, code, detail = outcome(self.stream:read())
  if not bytes then return nil, message, code, detail end
  self.text, self.at, self.heard = self.text:sub(self.at) .. bytes, 1, true
  return true
end

--- Reads a line that ends in CR LF.
-- @tparam int most bytes
-- @treturn[1] string without its end
-- @treturn[2] nil, message, code, detail
function Wire:line(most)
  while true do
    local stop = self.text:find("\n", self.at, true)
    if (stop or #self.text) - self.at + 1 > most + 2 then
      return nil, ("more than %d bytes of head"):format(most), "peer_misbehaved"
    elseif stop then
      local line = self.text:sub(self.at, stop - 1)
      self.at = stop + 1
      if line:sub(-1) ~= "\r" then
        return nil, "a line does not end in CR LF", "decode_error"
      end
      return line:sub(1, -2)
    end
    local ok, message, code, detail = more(self)
    if not ok then return nil, message, code, detail end
  end
end

--- Ends the connection, within what is left of the time.
function Wire:close()
  hurry(self)
  self.stream:close()
end

return M
