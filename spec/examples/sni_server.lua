-- lua sni_server.lua PORT REDIS_PORT: a server with as many certificates as there are in Redis;
-- `redis-cli set tls:www.example.org "$(cat chain.pem key.pem)"` adds one. Port 0: a free one.
local cqueues = require "cqueues"
local socket = require "cqueues.socket"
local wolfssl = require "wolfssl"

local port, redis_port = ...

-- Only this handshake waits for the answer.
local function redis_get(name)
  local redis = socket.connect("127.0.0.1", redis_port)
  redis:setmode("b", "b")
  redis:write(("*2\r\n$3\r\nGET\r\n$%d\r\n%s\r\n"):format(#name, name))
  local size = redis:read("*l"):match "^%$(%d+)" -- "$-1": there is none
  local value = size and redis:read(tonumber(size))
  redis:close()
  return value
end

local context = assert(wolfssl.server {
  on_client_hello = function(hello)
    local pem = hello.server_name and redis_get("tls:" .. hello.server_name)
    if not pem then return nil, "unrecognized_name" end
    return { certificate = pem, key = pem }
  end,
})

local function serve(client)
  local stream = context:wrap(client, { timeout = 30 })
  if stream:receive() then stream:send("HTTP/1.0 200 OK\r\n\r\nThis is what you asked for.\n") end
  stream:close()
end

local queue = cqueues.new()
local listener = socket.listen("127.0.0.1", tonumber(port))
print("listening on " .. select(3, listener:localname()))
io.stdout:flush()
queue:wrap(function()
  while true do queue:wrap(serve, listener:accept()) end
end)
for message in queue:errors() do io.stderr:write(message, "\n") end
