-- What the requests of nginx_spec and nginx_server_spec do. Arguments come in the query.

local ngx = ngx -- luacheck: ignore 113
local semaphore = require "ngx.semaphore"

local pool = require "wolfssl.stream.pool"
local probe = require "wolfssl.probe"
local probe_file = require "wolfssl.probe.file"
local redis_store = require "wolfssl.session_store.redis"
local wolfssl = require "wolfssl"

local M = {}

local function options(more)
  local all = { trust = ngx.var.trust, server_name = "localhost", timeout = 50 }
  for name, value in pairs(more or {}) do all[name] = value end
  return all
end

--- Connects, and says what to; see stalling.lua.
function M.connect()
  local stream, message = wolfssl.connect("127.0.0.1", tonumber(ngx.var.arg_port), options())
  ngx.say(stream and stream:receive() or message)
  if stream then stream:close() end
end

local streams = pool.new()

--- Asks a server of HTTP, over a connection that another request has left if there is one.
function M.pooled()
  local port = tonumber(ngx.var.arg_port)
  local stream = streams:take("upstream")
  local taken = stream ~= nil
  stream = stream or assert(wolfssl.connect("127.0.0.1", port, options()))
  assert(stream:send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"))
  local length
  for line in function() return assert(stream:receive()) end do
    if line == "" then break end
    length = length or tonumber(line:match "^Content%-Length: (%d+)")
  end
  ngx.say(taken and "taken: " or "new: ", stream:receive(length))
  if ngx.var.arg_rest then stream:send("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n") end
  streams:give("upstream", stream)
end

--- The same by nginx's own TLS.
function M.openssl()
  local socket = ngx.socket.tcp()
  assert(socket:connect("127.0.0.1", tonumber(ngx.var.arg_port)))
  assert(socket:sslhandshake(nil, "localhost", false))
  socket:send("GET / HTTP/1.0\r\nHost: localhost\r\n\r\n")
  ngx.print(socket:receive "*a")
end

--- What a timer gets from the same place.
function M.timer()
  local answered, answer = semaphore.new(), nil
  local port, given = tonumber(ngx.var.arg_port), options()
  ngx.timer.at(0, function()
    local stream, message = wolfssl.connect("127.0.0.1", port, given)
    answer = stream and stream:info().version.name or message
    if stream then stream:close() end
    answered:post()
  end)
  answered:wait(50)
  ngx.say(answer)
end

--- Runs a probe file, and says what it found.
function M.probe()
  local target = probe.target("127.0.0.1", tonumber(ngx.var.arg_port), {
    server_name = "localhost", timeout = 50 })
  local result = probe.run(assert(probe_file.load(ngx.var.arg_file)), target)
  if result.error then ngx.say(result.error.message) end
  for _, finding in ipairs(result.findings) do ngx.say(finding.message) end
end

-- Behind an upgrade.

local function redis()
  local client = assert(require(ngx.var.redis_client):new())
  assert(client:connect("127.0.0.1", tonumber(ngx.var.redis_port)))
  return client
end

-- Handlers wait for Redis, in every handshake.
local function release(client)
  client:set_keepalive(10000, 10)
end

-- A handler waits for Redis, in every handshake.
local greeting

local function on_client_hello()
  local client = redis()
  greeting = client:get "greeting"
  release(client)
end

local context

local function server()
  if context then return context end
  local given = { certificate = ngx.var.chain, key = ngx.var.key }
  if ngx.var.redis_port ~= "" then
    local store = redis_store.new { connect = redis, release = release, secret = ("s"):rep(32) }
    given.sessions, given.ticket_keys = store, assert(store:ticket_keys())
    given.on_client_hello = on_client_hello
  end
  context = assert(wolfssl.server(given))
  return context
end

local function both_ways(stream, size)
  local thread = ngx.thread.spawn(function() return assert(stream:receive(size)) end)
  assert(stream:send(("s"):rep(size)))
  local _, received = ngx.thread.wait(thread)
  assert(stream:send(#received .. received:sub(-1) .. "\n"))
end

-- How a connection ended, for another request to ask.
local done, code = semaphore.new(), nil

function M.ended()
  done:wait(50)
  ngx.say(code)
end

local function read_to_end(stream)
  code = select(3, stream:read())
  done:post()
end

local flooded

--- What the one that is flooded was sent, and what is held for it, a while later.
function M.flooding()
  ngx.sleep(0.1)
  ngx.say(flooded and flooded.loop.sent or 0, " ", flooded and flooded.conn:unsent() or 0)
end

local ANSWERS = {
  who = function() return ("%d %s"):format(ngx.worker.pid(), greeting) end,
  wait = function(stream)
    stream:settimeout(0.02)
    local _, err = stream:receive()
    stream:settimeout(50)
    stream:send(err .. "\n")
    return stream:receive()
  end,
  ["end"] = read_to_end,
  cancel = function(stream)
    local thread = ngx.thread.spawn(read_to_end, stream)
    while not stream.loop.reading do ngx.sleep(0.005) end
    stream:close()
    ngx.thread.wait(thread)
  end,
  flood = function(stream)
    flooded = stream
    return ("s"):rep(16 * 2 ^ 20)
  end,
}

--- RFC 2817: the request's connection goes on in TLS.
function M.upgraded()
  local socket = assert(ngx.req.socket(true))
  assert(socket:send("HTTP/1.1 101 Switching Protocols\r\n"
    .. "Connection: Upgrade\r\nUpgrade: TLS/1.2, HTTP/1.1\r\n\r\n"))
  local stream = server():wrap(socket, { timeout = 50 })
  for line in function() return (stream:receive()) end do
    local size = line:match "^both ways (%d+)"
    if size then
      both_ways(stream, tonumber(size))
    else
      local answer = ANSWERS[line]
      answer = answer and answer(stream) or line:reverse()
      if stream.closed then return end
      stream:send(answer .. "\n")
    end
  end
  stream:close()
end

return M
