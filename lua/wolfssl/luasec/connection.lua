--- The object that `ssl.wrap` returns.
--
-- It has LuaSec's methods, and `shutdown`, `getpeername`, `getsockname` and `setoption` besides.
-- With a timeout of 0 calls return "wantread" and "wantwrite"; when another one is over they return
-- "timeout".
-- @module wolfssl.luasec.connection

local connections = require "wolfssl.connection"
local context = require "wolfssl.luasec.context"
local core = require "wolfssl.core"
local facts = require "wolfssl.luasec.facts"
local fd = require "wolfssl.transport.fd"
local reason = require "wolfssl.luasec.reason"
local server_hello = require "wolfssl.luasec.server_hello"
local stream = require "wolfssl.stream"

local M = {}

local CHUNK = 16384 -- what the stream encrypts at once
local CLOSED = -1

--- @type Connection
local Connection = {}
Connection.__name = "SSL:Connection"

--- Methods, as `ssl.core.setmethod` adds to them.
M.methods = facts.methods
Connection.__index = M.methods

function Connection:__tostring()
  return "SSL connection: " .. self.address .. (self.closed and " (closed)" or "")
end

--- Makes one that has no socket yet.
-- @tparam Context ctx
-- @treturn[1] Connection
-- @treturn[2] nil
-- @treturn[2] string message
function M.create(ctx)
  if not context.is(ctx) then
    error(("bad argument #2 to 'wrap' (SSL:Context expected, got %s)"):format(type(ctx)), 3)
  end
  if not ctx.mode then return nil, "invalid mode" end
  local built, message = context.build(ctx)
  if not built then return nil, message end
  local self = {
    context = ctx, built = built, descriptor = CLOSED, wants = "nothing", born = core.fd.monotime(),
    received = 0, sent = 0, owed = "",
  }
  self.address = tostring(self):match("0x%x+") or tostring(self)
  return setmetatable(self, Connection)
end

--- Gives it a socket, which it owns from now on.
-- @tparam Connection self
-- @tparam int descriptor
-- @tparam ?string first what was read from it already
function M.setfd(self, descriptor, first)
  self.descriptor = descriptor
  if descriptor < 0 then return end
  self.transport = fd.new(descriptor, { wait = core.fd.poll })
  self.transport.first = first
end

local function settle(self)
  self.stream:settimeout(self.block, "b")
  self.stream:settimeout(self.total, "t")
end

-- The connection is made when its names are known.
local function start(self)
  if self.stream then return true end
  if self.closed or not self.transport then return nil end
  local handlers, of_connection = self.built.handlers, nil
  if self.context.mode == "client" then
    of_connection = { server_name = self.name }
  elseif server_hello.decides(self) then
    handlers = connections.handlers(server_hello.options(self), "server")
  end
  local made = connections.new({ core = self.built.core, handlers = handlers }, of_connection)
  self.stream = stream.new(made, self.transport)
  settle(self)
  return true
end

-- What a call that failed returns.
local function failed(self, message, code, detail)
  if code == "timeout" then
    self.wants = self.stream:wants() == "want_write" and "write" or "read"
    if self.block ~= 0 and self.total ~= 0 then return "timeout" end
    return "want" .. self.wants
  end
  if code == "truncated" and self.context.options.ignore_unexpected_eof then return "closed" end
  if code == "rejected" then return self.refusal or "certificate verify failed" end
  local alert = self.stream:connection():facts().alert_sent
  return reason.of(message, code, detail, alert)
end

local Methods = M.methods

--- Does the handshake, or goes on with it.
-- @treturn boolean
-- @treturn ?string "wantread", "wantwrite", "timeout", "closed", or a reason, which stays
function Methods:dohandshake()
  if self.failure then return false, self.failure end
  if not start(self) or self.closed then return false, "closed" end
  self.wants = "nothing"
  local ok, message, code, detail = self.stream:handshake()
  if ok then
    self.open = true
    return true
  end
  local why = failed(self, message, code, detail)
  if code ~= "timeout" then self.failure = why end
  return false, why
end

local function range(data, i, j)
  i, j = i or 1, j or -1
  i = i < 0 and #data + i + 1 or i
  j = j < 0 and #data + j + 1 or j
  return math.max(i, 1), math.min(j, #data)
end

-- What was encrypted and could not be sent is not counted as sent: the caller gives it again, as
-- with OpenSSL, and it is left out then.
local function owe(self, data, from, taken)
  if taken < from then return from - #self.owed - 1 end
  local begin = from + math.floor((taken - from) / CHUNK) * CHUNK
  self.owed = data:sub(begin, taken)
  return begin - 1
end

--- Sends data[i..j].
-- @tparam string data
-- @tparam[opt=1] int i
-- @tparam[opt=-1] int j
-- @treturn[1] int index of the last byte
-- @treturn[2] nil
-- @treturn[2] string "wantwrite", "timeout", "closed", or a reason
-- @treturn[2] int index of the last byte sent; call again with what follows
function Methods:send(data, i, j)
  data = tostring(data)
  i, j = range(data, i, j)
  if not self.open or self.closed then return nil, "closed", i - 1 end
  local owed = self.owed
  if owed ~= "" and data:sub(i, math.min(i + #owed - 1, j)) ~= owed then
    return nil, "bad write retry", i - 1
  end
  self.wants = "nothing"
  local from = i + #owed
  local last, message, code, detail, taken = self.stream:write(data, from, j)
  if last then
    self.owed = ""
    return last, nil, nil
  end
  return nil, failed(self, message, code, detail), owe(self, data, from, taken)
end

--- Receives like LuaSocket.
-- @tparam[opt="*l"] string|number pattern
-- @tparam ?string prefix
-- @treturn[1] string
-- @treturn[2] nil
-- @treturn[2] string "wantread", "wantwrite", "timeout", "closed", or a reason
-- @treturn[2] string what there is by now
function Methods:receive(pattern, prefix)
  if not self.open or self.closed then return nil, "closed", prefix or "" end
  self.wants = "nothing"
  local text, message, partial, code, detail = self.stream:receive(pattern, prefix)
  if text then return text, nil, nil end
  local why = failed(self, message, code, detail)
  if why == "closed" and code == "truncated" and partial ~= ""
    and type(pattern) == "string" and pattern:find("a", 1, true) then
    return partial, nil, nil
  end
  return nil, why, partial
end

--- How long calls may wait.
-- @tparam ?number seconds nil or negative: for ever
-- @tparam[opt="b"] string mode "b": each wait, "t" or "r": the whole call
-- @treturn int 1
function Methods:settimeout(seconds, mode)
  mode = mode or "b"
  seconds = seconds and seconds >= 0 and seconds or nil
  if mode:sub(1, 1) == "b" then
    self.block = seconds
  elseif mode:sub(1, 1) == "t" or mode:sub(1, 1) == "r" then
    self.total = seconds
  else
    error("bad argument #3 to 'settimeout' (invalid timeout mode)", 2)
  end
  if self.stream and not self.closed then settle(self) end
  return 1
end

--- What the last call would have waited for.
-- @treturn string "nothing", "read" or "write"
function Methods:want()
  return self.wants
end

--- Whether something can be received at once.
-- @treturn boolean
function Methods:dirty()
  return self.open and not self.closed and self.stream:dirty() or false
end

--- The descriptor; -1 when there is none.
-- @treturn int
function Methods:getfd()
  return self.descriptor
end

--- Closes it, with a close_notify.
function Methods:close()
  if self.closed then return end
  self.closed = true
  self.descriptor = CLOSED
  if self.stream then
    self.stream:close()
  elseif self.transport then
    self.transport:close()
  end
end

Connection.__close = Methods.close

--- Sends close_notify; reading goes on.
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string "wantwrite", "timeout", "closed", or a reason
function Methods:shutdown()
  if not self.open or self.closed then return nil, "closed" end
  local ok, message, code, detail = self.stream:shutdown()
  if ok then return true end
  return nil, failed(self, message, code, detail)
end

--- Before the handshake: a client's name of its server, or a server's contexts by name.
-- @tparam string|table names
-- @tparam ?boolean strict other names are refused
function Methods:sni(names, strict)
  if type(names) ~= (self.context.mode == "server" and "table" or "string") then
    error(("bad argument #2 to 'sni' (%s expected, got %s)"):format(
      self.context.mode == "server" and "table" or "string", type(names)), 2)
  end
  if self.context.mode == "server" then
    self.names, self.strict = names, strict
  else
    self.name = names
  end
end

for _, name in ipairs { "getpeername", "getsockname", "setoption" } do
  Methods[name] = function(self, ...)
    if self.closed or not self.transport then return nil, "closed" end
    return self.transport[name](self.transport, ...)
  end
end

return M
