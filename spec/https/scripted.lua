--- A server in memory that says what a spec wants it to, and requests made to it.

local memory = require "wolfssl.transport.memory"
local https = require "wolfssl.https"
local pki = require "pki"
local transports = require "wolfssl.transport"
local wolfssl = require "wolfssl"

local M = {}

M.server = pki.server({ alpn = { "http/1.1" } }, "secp256r1")

--- Reads a request's head (and what Content-Length announces); nil when there is none.
function M.request(stream)
  local lines = {}
  local line = stream:receive "*l" -- not in an iterator: nothing yields from one in Lua 5.1
  while line and line ~= "" do
    lines[#lines + 1] = line
    line = stream:receive "*l"
  end
  if #lines == 0 then return nil end
  local head = table.concat(lines, "\n")
  local length = head:lower():match "content%-length: (%d+)"
  return head, length and stream:receive(tonumber(length)) or ""
end

--- A server that answers the nth request of a connection with the nth text, and then hangs up.
-- @tparam string ... texts
function M.says(...)
  local texts = { ... }
  return function(stream, log)
    for _, text in ipairs(texts) do
      local head, body = M.request(stream)
      if not head then break end
      log[#log + 1] = { head = head, body = body }
      stream:write(text)
    end
    stream:close()
  end
end

-- Runs coroutines in turn: the client, and whoever serves its connections.
local function run(client, threads)
  memory.run(client, function()
    while not threads.done do
      for i = #threads, 1, -1 do
        local ok, err = coroutine.resume(threads[i])
        if not ok then error(debug.traceback(threads[i], err), 0) end
        if coroutine.status(threads[i]) == "dead" then table.remove(threads, i) end
      end
      coroutine.yield()
    end
  end)
end

-- A request by its URL alone, which uses what a new copy of the module would by default.
local function simple(url, context, loop)
  local fresh, loaded, here, client = { "wolfssl.https.job", "wolfssl.https" }, {},
    transports.here, wolfssl.client
  for _, name in ipairs(fresh) do loaded[name], package.loaded[name] = package.loaded[name], nil end
  transports.here, wolfssl.client = function() return loop end, function() return context end
  local result = { require("wolfssl.https").request(url) }
  transports.here, wolfssl.client = here, client
  for _, name in ipairs(fresh) do package.loaded[name] = loaded[name] end
  return result[1] and 1, result[2], result[3], result[4], result[1]
end

--- Makes a world in which `serve(stream, log, host)` answers each connection.
-- @treturn table its `run(f)` runs f as the client; `get(options)` is a request; `log` has what the
--   server has heard; `hosts` whom the client has connected to
function M.world(serve, options)
  local world = { log = {}, hosts = {}, threads = {} }
  local context = pki.client { alpn = { "http/1.1" } }
  local server = options and options.server or M.server
  world.context = context
  local loop = {
    connect = function(host, port)
      local near, far = memory.pair()
      world.hosts[#world.hosts + 1] = host .. ":" .. port
      table.insert(world.threads, 1, coroutine.create(function()
        serve(options and options.raw and far or server:wrap(far), world.log, host)
      end))
      return near
    end,
  }

  function world.run(f)
    run(function()
      f()
      world.threads.done = true
    end, world.threads)
    world.threads.done = nil
  end

  function world.get(given)
    local parts, all = {}, { url = "https://localhost/", context = context, transport = loop }
    all.sink = function(bytes)
      parts[#parts + 1] = bytes
      return 1
    end
    for name, value in pairs(given or {}) do all[name] = value end
    if all.simple then return simple(all.url, context, loop) end
    if all.trust then all.context = nil end
    local ok, status, headers, line = https.request(all)
    return ok, status, headers, line, table.concat(parts)
  end

  return world
end

--- One request to a server that says this.
-- @treturn table `ok`, `status` (or message), `headers` (or code), `line`, `body`, `log`
function M.ask(text, options)
  local world, result = M.world(type(text) == "string" and M.says(text) or text), {}
  world.run(function()
    result.ok, result.status, result.headers, result.line, result.body = world.get(options)
  end)
  result.message, result.code, result.log = result.status, result.headers, world.log
  return result
end

return M
