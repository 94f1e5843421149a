--- The one loop that waits: a TLS connection over a transport, used like a LuaSocket TCP object.
--
-- Calls look blocking; on an event loop they yield inside the transport. One coroutine may read
-- while another writes; a second reader or writer raises. What needs the connection raises on a
-- closed stream.
-- @module wolfssl.stream

local deadline = require "wolfssl.transport.deadline"
local loop = require "wolfssl.stream.loop"
local role = require "wolfssl.stream.role"

local M = {}

--- @type Stream
local Stream = {}
Stream.__index = Stream
for name, method in pairs(require "wolfssl.stream.tls") do Stream[name] = method end

local check, enter = role.check, role.enter

local function total(self)
  return self.timeout and self.loop:begin(self.timeout)
end

--- Does the handshake; reading and writing do it, too, when it has not been done.
-- @tparam ?number timeout seconds; default: what `settimeout` says
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code; after "timeout" it can go on
-- @treturn[2] ?table detail
function Stream:handshake(timeout)
  check(self)
  if self.loop.flushed then
    return true
  end
  enter(self, "reader")
  enter(self, "writer")
  local ok, message, code, detail = self.loop:handshake(self.loop:begin(timeout or self.timeout))
  self.reader, self.writer = nil, nil
  return ok, message, code, detail
end

--- Reads what is there, waiting for the first byte of it.
-- @tparam ?int max at most that many bytes
-- @treturn[1] string one byte or more
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string "closed" after the peer's close_notify, "truncated" without it, "timeout", ...
-- @treturn[2] ?table detail
function Stream:read(max)
  check(self)
  if not self.loop.flushed then
    local ok, message, code, detail = self:handshake()
    if not ok then
      return nil, message, code, detail
    end
  end
  enter(self, "reader")
  local data, message, code, detail
  if self.loop.inbox:length() > 0 then
    data = self.loop.inbox:take(max)
  else
    data, message, code, detail = self.loop:pull(max, total(self))
  end
  self.reader = nil
  return data, message, code, detail
end

local WORDS = { timeout = true, closed = true, truncated = true }

--- Receives like LuaSocket: after a timeout the partial text can be given back as prefix.
-- "closed" is only ever the peer's close_notify (or our own close), a cut is "truncated".
-- @tparam[opt="*l"] string|number what "*l" (a line without its end), "*a" (all up to the end),
-- both also without the star, or a number of bytes
-- @tparam ?string prefix put in front of the result, and counted by a number
-- @treturn[1] string
-- @treturn[2] nil
-- @treturn[2] string "timeout", "closed", "truncated", or a message
-- @treturn[2] string partial result
-- @treturn[2] string code
-- @treturn[2] ?table detail
function Stream:receive(what, prefix)
  check(self)
  local ok, message, code, detail = self:handshake()
  local text, partial = nil, prefix or ""
  if ok then
    enter(self, "reader")
    self.loop.total = total(self)
    text, message, code, detail, partial = self.loop.inbox:receive(what, prefix)
    self.reader = nil
  end
  if text then
    return text
  end
  return nil, WORDS[code] and code or message, partial, code, detail
end

-- LuaSocket's reading of i and j: string.sub's, made to lie in the data.
local function range(data, i, j)
  local length = #data
  i, j = i or 1, j or length
  i = i < 0 and length + i + 1 or i
  j = j < 0 and length + j + 1 or j
  return i < 1 and 1 or i, j > length and length or j
end

--- Writes data[i..j]. After "timeout" go on from the last index plus one, also when that is past
-- the end: then only what was taken but not yet sent goes out.
-- @tparam string data
-- @tparam[opt=1] int i
-- @tparam[opt=-1] int j
-- @treturn[1] int j, the index of the last byte
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
-- @treturn[2] ?table detail
-- @treturn[2] int index of the last byte that was taken
function Stream:write(data, i, j)
  check(self)
  if type(data) ~= "string" then error("data: string expected, got " .. type(data), 2) end
  i, j = range(data, i, j)
  if not self.loop.flushed then
    local ok, message, code, detail = self:handshake()
    if not ok then
      return nil, message, code, detail, i - 1
    end
  end
  enter(self, "writer")
  local ok, message, code, detail, last = self.loop:push(data, i, j, total(self))
  self.writer = nil
  if ok then
    return last
  end
  return nil, message, code, detail, last
end

--- Writes like LuaSocket's `send`; see `write` for what a timeout leaves.
-- @tparam string data
-- @tparam[opt=1] int i
-- @tparam[opt=-1] int j
-- @treturn[1] int the index of the last byte
-- @treturn[2] nil
-- @treturn[2] string "timeout", "closed", or a message
-- @treturn[2] int index of the last byte that was taken
-- @treturn[2] string code
function Stream:send(data, i, j)
  local last, message, code, _, taken = self:write(data, i, j)
  if last then
    return last
  end
  return nil, WORDS[code] and code or message, taken, code
end

--- Sends what an earlier timeout left behind.
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function Stream:flush()
  check(self)
  enter(self, "writer")
  local ok, message, code, detail = self.loop:flush(total(self))
  self.writer = nil
  return ok, message, code, detail
end

--- Sends close_notify and does not wait for the peer's. Reading goes on, writing is over.
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code; after "timeout" call it again
function Stream:shutdown()
  check(self)
  enter(self, "writer")
  local ok, message, code, detail = self.loop:shutdown(total(self))
  self.writer = nil
  return ok, message, code, detail
end

--- Sends close_notify (waiting a second at most), closes the transport, frees the connection. Calls
-- of other coroutines that wait on this stream return "closed". Closing twice is fine.
-- @treturn boolean true
function Stream:close()
  if not self.closed then
    self.closed = true
    self.loop:goodbye(total(self))
    self.transport:close()
    self.loop.pump:signal()
    self.conn:close()
  end
  return true
end

--- Sets the timeout of the calls that follow.
-- @tparam ?number seconds nil or negative: wait for ever; 0: never wait
-- @tparam ?string mode as in LuaSocket: "b" limits each wait, "t" (as well) a whole call. Without a
-- mode it is each wait, and no other limit stays, such as that of the options
-- @treturn boolean true
function Stream:settimeout(seconds, mode)
  if seconds ~= nil and type(seconds) ~= "number" then
    error("seconds expected, got " .. type(seconds), 2)
  end
  seconds = seconds and seconds >= 0 and seconds or nil
  if mode == nil then
    self.loop.block_timeout, self.timeout = seconds, nil
  elseif mode == "b" then
    self.loop.block_timeout = seconds
  elseif mode == "t" then
    self.timeout = seconds
  else
    error('the mode of a timeout is "b" or "t"', 2)
  end
  return true
end

--- What the last call that ended in "timeout" was waiting for.
-- @treturn ?string "want_read" or "want_write"
function Stream:wants()
  return self.loop.pump.waits
end

--- Whether plaintext can be read without waiting for the network.
-- @treturn boolean
function Stream:dirty()
  check(self)
  return self.loop:dirty()
end

--- Plaintext counted.
-- @treturn int bytes received
-- @treturn int bytes sent
-- @treturn number age in seconds
function Stream:getstats()
  return self.loop.received, self.loop.sent, deadline.after(0) - self.born
end

--- The connection under this stream.
-- @treturn connection
function Stream:connection()
  return self.conn
end

for _, name in ipairs { "getfd", "getpeername", "getsockname", "setoption" } do
  Stream[name] = function(self, ...)
    check(self)
    local method = self.transport[name]
    if not method then
      return nil, "this transport has no " .. name, "not_compiled_in"
    end
    return method(self.transport, ...)
  end
end

Stream.__close = Stream.close

function Stream:__tostring()
  return self.closed and "wolfssl.stream (closed)" or "wolfssl.stream over " .. tostring(self.conn)
end

local function check_options(options)
  for name, kind in pairs { timeout = "number", received = "string" } do
    local value = options[name]
    if value ~= nil and type(value) ~= kind then
      error(("option '%s': %s expected, got %s"):format(name, kind, type(value)), 4)
    end
  end
end

--- A stream over a connection and a transport; it owns both from now on.
-- @tparam connection connection
-- @tparam transport transport
-- @tparam ?table options `timeout` in seconds for each call; `received`: ciphertext that someone
-- else has already read from the network
-- @treturn stream
function M.new(connection, transport, options)
  if options then check_options(options) end
  local self = setmetatable({
    conn = connection,
    transport = transport,
    loop = loop.new(connection, transport),
    timeout = options and options.timeout,
    born = deadline.after(0),
  }, Stream)
  if options and options.received and options.received ~= "" then
    connection:receive_data(options.received)
  end
  return self
end

return M
