-- lua fingerprint_proxy.lua PORT HOST HOST_PORT: passes connections on to a server, byte for byte,
-- and prints each client's address, JA4 and JA3. It needs no key: hellos are there for all to see.
local cqueues = require "cqueues"
local fingerprint = require "wolfssl.fingerprint"
local socket = require "cqueues.socket"
local tls = require "wolfssl.tls"

local port, host, host_port = ...

-- Takes what a client sends; true when it has seen enough.
local function watcher(address)
  local records, messages = tls.record_reader(), tls.handshake_reassembler()
  return function(bytes)
    records:push(bytes)
    local record, _, wrong = records:next()
    while record do
      messages:push(record.fragment)
      record, _, wrong = records:next()
    end
    local hello = messages:next()
    local prints = hello and hello:byte() == 1 and fingerprint.client(hello)
    if prints then
      print(address, prints.ja4, prints.ja3)
      io.stdout:flush()
    end
    return hello or wrong
  end
end

local function pass(from, to, watch)
  local bytes = from:read(-16384) -- what is there
  while bytes and to:write(bytes) do
    if watch and watch(bytes) then watch = nil end
    bytes = from:read(-16384)
  end
  to:shutdown "w"
end

local queue = cqueues.new()
socket.onerror(function(_, _, code) return code end) -- an error ends what it is on, and no more
socket.setmode("bn", "bn")
local listener = socket.listen("127.0.0.1", tonumber(port))
print("listening on " .. select(3, listener:localname()))
io.stdout:flush()
queue:wrap(function()
  while true do
    local client, server = listener:accept(), socket.connect(host, host_port)
    queue:wrap(pass, client, server, watcher(select(2, client:peername())))
    queue:wrap(pass, server, client)
  end
end)
assert(queue:loop())
