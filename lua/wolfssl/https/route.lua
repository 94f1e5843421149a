--- The way to a server: straight, or through a proxy, with TLS at its end.
-- @module wolfssl.https.route
-- @see RFC 9110 section 9.3.6

local base64 = require "wolfssl.base64"
local deadline = require "wolfssl.transport.deadline"
local head = require "wolfssl.https.head"
local plain = require "wolfssl.https.plain"
local pools = require "wolfssl.stream.pool"
local tls = require "wolfssl.transport.tls"
local urls = require "wolfssl.https.url"
local wire = require "wolfssl.https.wire"
local wolfssl = require "wolfssl"

local M = {}

local IDLE = 30   -- seconds; servers mostly wait for a minute or more

--- Basic credentials as they stand in a header field.
-- @tparam table url with `user` and `password`
-- @treturn ?string nil without a user
-- @see RFC 7617 section 2
function M.credentials(url)
  return url.user and "Basic " .. base64.encode(url.user .. ":" .. url.password)
end

local function to_proxy(job, timeout)
  local proxy = job.proxy
  if proxy.scheme == "http" then return job.loop.connect(proxy.host, proxy.port, timeout) end
  local stream, message, code, detail = wolfssl.connect(proxy.host, proxy.port, {
    context = job.proxy_context or job.context, transport = job.loop, timeout = timeout,
  })
  if not stream then return nil, message, code, detail end
  return tls.new(stream)
end

-- Behind its go-ahead a proxy has nothing to say: the server waits for our ClientHello.
local function ask(job, asked, target)
  local credentials = M.credentials(job.proxy)
  local ok, message, code = asked:write(("CONNECT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n"):format(
    target, target, credentials and "Proxy-Authorization: " .. credentials .. "\r\n" or ""))
  local answer
  if ok then answer, message, code = head.read(asked) end
  if not answer then return nil, message, code end
  if answer.status >= 300 then return nil, answer.line, "network_error" end
  if asked:dirty() then return nil, "it says more than its go-ahead", "peer_misbehaved" end
  return true
end

-- What `wolfssl.connect` wants of a transport's module.
local function tunnel(job)
  local M_tunnel = {}

  function M_tunnel.connect(host, port, timeout)
    local moment = deadline.after(timeout)
    local transport, message, code, detail = to_proxy(job, timeout)
    if transport then
      local target = urls.authority({ host = host, port = port }, true)
      local ok
      ok, message, code = ask(job, wire.new(plain.new(transport)):begin(moment), target)
      if ok then return transport end
      transport:close()
    end
    return nil, ("proxy %s: %s"):format(urls.text(job.proxy), message), code, detail
  end

  return M_tunnel
end

local function secure(job, url, by)
  local stream, message, code, detail = wolfssl.connect(url.host, url.port, {
    context = job.context, transport = by, timeout = deadline.left(job.moment),
  })
  if not stream then return nil, message, code, detail end
  local protocol = stream:info().alpn
  if not protocol or protocol == "http/1.1" then return stream end
  stream:close()
  return nil, ("the server was offered and chose %s, which is not spoken here"):format(protocol),
    "peer_incompatible"
end

local function insecure(job, url, by)
  local transport, message, code, detail = by.connect(url.host, url.port, deadline.left(job.moment))
  if not transport then return nil, message, code, detail end
  return plain.new(transport)
end

local numbers, last_number = setmetatable({}, { __mode = "k" }), 0

-- Tells tables apart, unlike an address also from those that are gone.
local function number_of(thing)
  if not numbers[thing] then
    last_number = last_number + 1
    numbers[thing] = last_number
  end
  return numbers[thing]
end

-- Whose connection it is, where it leads to, and as whom.
local function name_of(job)
  local proxy = job.proxy
  return number_of(job.loop) .. " " .. urls.authority(job.url, true)
    .. (proxy and (" by %s %s %d"):format(urls.text(proxy), M.credentials(proxy) or "",
      number_of(job.proxy_context or job.context)) or "")
end

--- Connects.
-- @tparam table job
-- @treturn[1] Wire
-- @treturn[2] nil, message, code, detail
function M.open(job)
  local open = job.url.scheme == "https" and secure or insecure
  local by = job.proxy and tunnel(job) or job.loop
  local stream, message, code, detail = open(job, job.url, by)
  if not stream then return nil, message, code, detail end
  return wire.new(stream):begin(job.moment)
end

--- A connection that an earlier request has left in the context.
-- @tparam table job
-- @treturn ?Wire
function M.again(job)
  local idle = job:keeps() and job.context.idle
  local stream = idle and idle:take(name_of(job))
  return stream and wire.new(stream):begin(job.moment)
end

--- Leaves a connection to later requests; it goes with the context, at the latest.
-- @tparam table job
-- @tparam Wire used
function M.leave(job, used)
  local context = job.context
  context.idle = context.idle or pools.new { idle = IDLE }
  context.idle:give(name_of(job), used.stream)
end

return M
