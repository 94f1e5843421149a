--- Where attacks take place: our side and the hostile one, each a coroutine, with TCP over
-- loopback between them.

local core = require("wolfssl.core").fd
local descriptor = require "wolfssl.transport.fd"
local scheduler = require "transport.scheduler"
local server = require "attack.server"

local M = {}

--- What our client would send if it got so far.
M.SECRET = "the password is swordfish"

local function sockets()
  local listener, port = assert(core.listen("127.0.0.1", 0))
  local client = assert(core.connect("127.0.0.1", port, 100))
  local accepted = assert(core.accept(listener, 100))
  core.close(listener)
  return client, accepted
end

--- Runs our side and theirs at once.
-- @func ours function(transport)
-- @func theirs function(transport)
function M.run(ours, theirs)
  local loop = scheduler.new()
  local a, b = sockets()
  a, b = descriptor.new(a, loop.loop), descriptor.new(b, loop.loop)
  loop:run(function() ours(a) a:close() end, function() theirs(b) b:close() end)
end

--- Our client sends the secret to a hostile server and reads.
-- @param context of our client
-- @tparam table options of `attack.server`; `play`: function(server) in place of a whole handshake;
--   `session`: that our client offers
-- @tparam ?string name whom the server should be: "localhost"
-- @treturn table `code`, `message`, `detail` of the client's failure, `again`: the code of the next
--   try; `said`: what it read; `info`; `session`
-- @treturn table the server: `alert` that it got, `data`: plaintext, `seen`: bytes
function M.server(context, options, name)
  local outcome, hostile = { said = "" }, nil
  M.run(function(transport)
    local stream = context:wrap(transport, { server_name = name or "localhost", timeout = 100,
      session = options.session })
    local ok, message, code, detail = stream:write(M.SECRET)
    if not ok then outcome.again = select(3, stream:write(M.SECRET)) end
    while ok do
      ok, message, code, detail = stream:read()
      outcome.said = outcome.said .. (ok or "")
    end
    outcome.message, outcome.code, outcome.detail = message, code, detail
    outcome.info, outcome.session = stream:info(), stream:session()
    stream:close()
  end, function(transport)
    hostile = server.new(transport, options)
    if (options.play or hostile.handshake)(hostile) then hostile:listen() end
    hostile:listen()
  end)
  return outcome, hostile
end

-- What a hostile client has of our server: the methods of a connection, at the end of a socket.
local Peer = {}
Peer.__index = Peer

local function is_idle(peer)
  if peer.outcome.code then return true end
  for task in pairs(peer.loop.poll.waiting) do
    if task.fd == peer.descriptor then return not core.poll(peer.descriptor, "r", 0) end
  end
end

-- Until our server has taken all that there is.
local function settle(peer)
  repeat peer.loop:sleep(0) until is_idle(peer)
end

function Peer:receive_data(bytes)
  self.transport:write(bytes, 100)
end

function Peer:handshake()
  settle(self)
  return self.outcome.code == nil, self.outcome.message, self.outcome.code
end

function Peer:data_to_send()
  settle(self)
  local parts = {}
  for bytes in function() return core.recv(self.transport:getfd(), 65536) end do
    parts[#parts + 1] = bytes
  end
  return table.concat(parts)
end

--- Our server sends the secret to a hostile client and reads.
-- @param context of our server
-- @func theirs function(peer): with `receive_data`, `data_to_send` and `handshake`
-- @treturn table as of `server`
function M.client(context, theirs)
  local outcome, loop = { said = "" }, scheduler.new()
  local a, b = sockets()
  local peer = setmetatable({ outcome = outcome, loop = loop, descriptor = a,
    transport = descriptor.new(b, loop.loop) }, Peer)
  loop:run(function()
    local stream = context:wrap(descriptor.new(a, loop.loop), { timeout = 100 })
    local ok, message, code, detail = stream:write(M.SECRET)
    while ok do
      ok, message, code, detail = stream:read()
      outcome.said = outcome.said .. (ok or "")
    end
    outcome.info = stream:info()
    outcome.message, outcome.code, outcome.detail = message, code, detail
    stream:close()
  end, function()
    theirs(peer)
    peer.transport:close()
  end)
  return outcome
end

return M
