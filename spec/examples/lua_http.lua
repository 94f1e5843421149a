-- luajit lua_http.lua HOST PORT [TRUST [PROTOCOL]]: HTTP/2, or HTTP/1.1, by lua-http over our TLS
local cqueues = require "cqueues"
local h1 = require "http.h1_connection"
local h2 = require "http.h2_connection"
local headers = require "http.headers"
local socket = require "cqueues.socket"
local wolfssl = require "wolfssl"

local host, port, trust, protocol = ...
local queue = cqueues.new()

-- lua-http wants a socket of cqueues: one end of a pair. What is written there goes out by the
-- stream, and what comes in by the stream is read there.
local function bridge(stream)
  local near, far = assert(socket.pair())
  near:setmode("b", "bn")
  queue:wrap(function()
    local bytes = near:read(-16384)
    while bytes and stream:write(bytes) do bytes = near:read(-16384) end
    stream:close()
  end)
  queue:wrap(function()
    local bytes = stream:read()
    while bytes and near:write(bytes) do bytes = stream:read() end
    near:shutdown "w"
  end)
  return far
end

queue:wrap(function()
  local alpn = protocol and { protocol } or { "h2", "http/1.1" }
  local stream = assert(wolfssl.connect(host, port, { trust = trust, alpn = alpn, timeout = 10 }))
  stream:settimeout(nil)
  local two = stream:info().alpn == "h2"
  local far = bridge(stream)
  local connection = two and h2.new(far, "client") or h1.new(far, "client", 1.1)
  local request = headers.new()
  request:append(":method", "GET")
  request:append(":scheme", "https")
  request:append(":authority", host)
  request:append(":path", "/")
  local exchange = assert(connection:new_stream())
  assert(exchange:write_headers(request, true, 10))
  local response = assert(exchange:get_headers(10))
  print(two and "HTTP/2" or "HTTP/1.1", response:get ":status")
  print(assert(exchange:get_body_as_string(10)))
  connection:close()
end)
assert(queue:loop())
