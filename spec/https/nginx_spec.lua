-- Real servers and proxies: nginx, tinyproxy, and HAProxy as the TLS in front of it; in every loop.

local helper = require "helper"
local hosts = require "transport.hosts"
local https = require "wolfssl.https"
local pki = require "pki"
local servers = require "https.servers"

describe("wolfssl.https with nginx", function()
  local nginx, context
  local missing = servers.missing "nginx"

  setup(function()
    if missing then return end
    servers.setup()
    nginx = servers.nginx()
  end)

  teardown(function()
    if nginx then nginx:stop() end
    helper.cleanup()
  end)

  before_each(function() context = pki.client { alpn = { "http/1.1" } } end)
  after_each(function() https.close_idle(context) end)

  local function fact(name, check)
    it(name, function()
      if missing then return pending(missing) end
      check()
    end)
  end

  local function get(path, options)
    local parts, all = {}, {
      url = ("https://localhost:%d%s"):format(nginx.port, path), context = context, timeout = 20,
    }
    all.sink = function(bytes)
      parts[#parts + 1] = bytes
      return 1
    end
    for name, value in pairs(options or {}) do all[name] = value end
    local ok, status, headers, line = https.request(all)
    return ok and status, table.concat(parts), headers, ok and line or status
  end

  -- Bytes that a source gives in pieces of their own sizes.
  local function source(bytes)
    local at, size = 1, 1
    return function()
      if at > #bytes then return nil end
      local piece = bytes:sub(at, at + size - 1)
      at, size = at + size, size * 3 % 30011
      return piece
    end
  end

  local big = {}
  for i = 1, 40000 do big[i] = ("%d "):format(i) end
  big = table.concat(big)

  fact("asks, and follows redirects", function()
    for path, body in pairs {
      ["/hello"] = "hello  ", ["/moved"] = "hello  ", ["/relative/page"] = "hello  ",
      ["/elsewhere"] = "hello  ", ["/empty"] = "",
    } do
      local status, text, headers = get(path)
      assert.equal(path == "/empty" and 204 or 200, status, headers)
      assert.equal(body, text)
    end
    local fields = { authorization = "secret", cookie = "crumb" }
    assert.equal("hello secret crumb", (select(2, get("/moved", { headers = fields }))))
    assert.equal("hello  ", (select(2, get("/elsewhere", { headers = fields }))))
    assert.is_nil((get "/forever"))
    local status, _, code = get "/plain"
    assert.same({ nil, "peer_misbehaved" }, { status, code })
    assert.equal("plain", (select(2, get("/plain", { insecure_http = true }))))
  end)

  fact("sends a body as a string, in chunks, and in an announced length; reads it back", function()
    for name, options in pairs {
      string = { body = big }, chunked = { source = source(big) },
      length = { source = source(big), headers = { ["content-length"] = #big } },
    } do
      options.method = "PUT"
      assert.is_true(get("/" .. name, options) < 205)
      local status, text, headers = get("/" .. name)
      assert.same({ 200, tostring(#big) }, { status, headers["content-length"] })
      assert.is_true(text == big)
      status, text, headers = get("/chunked/" .. name)
      assert.same({ 200, "chunked" }, { status, headers["transfer-encoding"] })
      assert.is_true(text == big)
      status, text, headers = get("/" .. name, { method = "HEAD" })
      assert.same({ 200, "", tostring(#big) }, { status, text, headers["content-length"] })
    end
    assert.equal(204, (get("/again", { method = "PUT", body = big })))
  end)

  fact("hears that a body is too large", function()
    assert.equal(413, (get("/small/x", { method = "PUT", body = big })))
    assert.equal(413, (get("/small/x", { method = "PUT", source = source(big:rep(20)) })))
  end)

  fact("keeps connections", function()
    local _, number = get "/connection"
    assert.matches("^%d+$", number)
    for _ = 1, 4 do assert.equal(number, (select(2, get "/connection"))) end
  end)

  fact("has a string form", function()
    local url = ("https://localhost:%d/hello"):format(nginx.port)
    local body, message, code = https.request(url)
    assert.same({ nil, "certificate_invalid" }, { body, code }, message)
  end)

  -- Three at a time, each three times, in one loop.
  local function in_loop(name)
    local library = hosts[name] and hosts[name].library
    if library and not pcall(require, library) then
      return pending("needs " .. hosts[name].package)
    end
    local host = hosts[name].new()
    local done = 0
    local function client()
      local transport = name == "luv" and "luv" or nil
      for _ = 1, 3 do
        local status, text, headers = get("/hello", { transport = transport })
        assert.equal(200, status, headers)
        assert.equal("hello  ", text)
        done = done + 1
      end
    end
    host.run(client, client, client)
    assert.equal(9, done)
    https.close_idle(context)
  end

  for _, name in ipairs { "cqueues", "copas", "luv" } do
    fact("works in a loop of " .. name, function() return in_loop(name) end)
  end

  -- The other of two requests goes on while one waits.
  fact("lets the loop go on", function()
    if not pcall(require, "cqueues") then return pending "needs package lua-cqueues" end
    local silent = assert(require "socket".bind("127.0.0.1", 0))
    local _, port = silent:getsockname()
    local order = {}
    hosts.cqueues.new().run(function()
      local _, _, code = https.request {
        url = ("https://localhost:%d/"):format(port), context = context, timeout = 50,
      }
      order[#order + 1] = code
    end, function()
      order[#order + 1] = get "/hello"
      silent:close()
    end)
    assert.same({ 200, "network_error" }, order)
  end)

  -- lua-http is there for Lua 5.1 only.
  local function lua_http()
    local lua = _VERSION == "Lua 5.1" and helper.interpreter() or "luajit"
    return ("LUA_PATH=%s LUA_CPATH='build/5.1/?.so;;' timeout 50 %s"):format(
      helper.quote "lua/?.lua;lua/?/init.lua;;", lua)
  end

  fact("lets lua-http speak HTTP/2, and HTTP/1.1, over a stream", function()
    local lua = lua_http()
    if select(2, helper.run(lua .. " -e 'require [[http.client]]'")) ~= 0 then
      return pending "needs luajit and package lua-http"
    elseif select(2, helper.run(lua .. " -e 'require [[wolfssl]]'")) ~= 0 then
      return pending "needs make build LUA=lua5.1"
    end
    helper.write(servers.path "www/index.html", big)
    for protocol, name in pairs { [""] = "HTTP/2", ["http/1.1"] = "HTTP/1.1" } do
      local output = helper.run(("%s spec/examples/lua_http.lua localhost %d %s %s"):format(lua,
        nginx.port, servers.path "ca.pem", protocol))
      assert.is_true(output == name .. "\t200\n" .. big .. "\n", output:sub(1, 500))
    end
  end)

  local INSIDE = [[
    location = /ask { content_by_lua_block {
      local loaded, https, wolfssl = package.loaded, require "wolfssl.https", require "wolfssl"
      loaded.client = loaded.client or wolfssl.client { trust = "%s", alpn = { "http/1.1" } }
      local ok, code = https.request {
        url = "https://127.0.0.1:%d/", context = loaded.client, timeout = 20,
        proxy = ngx.var.arg_proxy, sink = function(bytes) ngx.print(bytes or "") return 1 end,
      }
      ngx.say(tostring(ok), " ", code)
    } }
  ]]

  local OF_WORKER = [[
    server {
      listen 127.0.0.1:%d ssl;
      ssl_certificate %s; ssl_certificate_key %s;
      location / { return 200 "request $connection_requests, "; }
    }
  ]]

  -- nginx's Lua is a LuaJIT. The worker that asks is the one that answers.
  if _VERSION == "Lua 5.1" then
    fact("waits in a request of nginx, and keeps connections for others", function()
      local worker = require "hosts.nginx"
      if worker.missing() then return pending(worker.missing()) end
      local port = helper.free_port()
      local process = worker.start {
        server = INSIDE:format(servers.path "ca.pem", port),
        http = OF_WORKER:format(port, servers.path "chain.pem", servers.path "key.pem"),
      }
      finally(function() process:stop() end)
      for i = 1, 3 do
        assert.matches(("^request %d, 1 200\n$"):format(i), (worker.get(process.port, "/ask")))
      end
      local none = servers.missing("tinyproxy", "haproxy")
      if none then return pending(none) end
      local proxy = servers.tinyproxy()
      local front = servers.haproxy(proxy.port)
      finally(function()
        for _, each in ipairs { process, front, proxy } do each:stop() end
      end)
      local path = "/ask?proxy=https://127.0.0.1:" .. front.port
      for i = 1, 3 do
        assert.matches(("^request %d, 1 200\n$"):format(i), (worker.get(process.port, path)))
      end
    end)
  end

  describe("by a proxy", function()
    local function check(make, expected)
      return function()
        local none = servers.missing("tinyproxy", "haproxy")
        if none then return pending(none) end
        local processes = {}
        finally(function()
          for _, process in ipairs(processes) do process:stop() end
        end)
        local options = make(processes)
        local status, text, code, message = get("/moved", options)
        if expected then
          assert.is_false(status or false)
          assert.equal("network_error", code)
          assert.truthy(message:find(expected, 1, true), message)
        else
          assert.equal(200, status, message)
          assert.equal("hello  ", text)
          assert.equal(200, (get("/hello", options)))
        end
      end
    end

    local function started(processes, process)
      processes[#processes + 1] = process
      return process.port
    end

    fact("reached in plain text", check(function(processes)
      return { proxy = "http://localhost:" .. started(processes, servers.tinyproxy()) }
    end))

    fact("that asks for a password", check(function(processes)
      local port = started(processes, servers.tinyproxy "BasicAuth me secret")
      return { proxy = "http://me:secret@localhost:" .. port }
    end))

    fact("that asks for another password", check(function(processes)
      local port = started(processes, servers.tinyproxy "BasicAuth me secret")
      return { proxy = "http://me:sesame@localhost:" .. port }
    end, "401"))

    fact("that does not go there", check(function(processes)
      local port = started(processes, servers.tinyproxy "ConnectPort 1")
      return { proxy = "http://localhost:" .. port }
    end, "403"))

    fact("reached by TLS: TLS over TLS", check(function(processes)
      local port = started(processes, servers.tinyproxy())
      return { proxy = "https://localhost:" .. started(processes, servers.haproxy(port)) }
    end))

    fact("whose name is wrong", function()
      local none = servers.missing("tinyproxy", "haproxy")
      if none then return pending(none) end
      local proxy = servers.tinyproxy()
      local front = servers.haproxy(proxy.port)
      local options = { proxy = "https://localhost:" .. front.port,
        proxy_context = require "wolfssl".client() }
      local status, _, code, message = get("/hello", options)
      front:stop()
      proxy:stop()
      assert.same({ false, "certificate_invalid" }, { status or false, code })
      assert.truthy(message:find("proxy https://localhost", 1, true), message)
    end)
  end)
end)
