-- nginx's Lua is a LuaJIT: only there does the core fit.

local core = require("wolfssl.core").fd
local blocking = require "wolfssl.transport.blocking"
local helper = require "helper"
local inside = require "hosts.inside"
local matrix = require "hosts.matrix"
local memory = require "wolfssl.session_store.memory"
local nginx = require "hosts.nginx"
local peers = require "interop.peers"
local pki = require "pki"
local redis_server = require "session_store.redis_server"

if _VERSION ~= "Lua 5.1" then return end

describe("nginx:", function()
  if nginx.missing() then
    pending(nginx.missing())
    return
  end

  local SIZE = 16 * 2 ^ 20
  local LIMITS = { write_timeout_fatal = true } -- as in nginx/host.lua

  local relay, relay_port = inside.relay()
  local server = nginx.start {
    server = [[location /contract { content_by_lua_block {
      local host = require "hosts.nginx.host"(tonumber(ngx.var.arg_port))
      ngx.print(require("hosts.inside").report(host))
    } }]],
  }
  local report = nginx.get(server.port, "/contract?port=" .. relay_port)
  relay:stop()
  local log = server:stop()

  local facts = inside.facts(report)
  for _, fact in ipairs(facts) do
    it("a cosocket " .. fact[1], function()
      assert.is_true(fact[2], report)
      matrix.note("nginx, cosocket", fact[3])
    end)
  end

  it("is put to every test", function()
    assert.equal(inside.count(LIMITS), #facts, report .. log)
  end)

  -- ------------------------------------------------------------------ an application

  local started = helper.started(after_each)

  teardown(function()
    peers.cleanup()
    helper.cleanup()
  end)

  local function start(options)
    local process, chain, key = nginx.application(options)
    return started(process), chain, key
  end

  local function seconds(work)
    local before = core.monotime()
    work()
    return core.monotime() - before
  end

  -- How long requests for something else take, in the time that another worker takes for them now:
  -- medians of many, in turn.
  local function latency(port, other)
    local times, others = {}, {}
    local function ask(one)
      return seconds(function() assert.equal("here", (nginx.get(one, "/unrelated"))) end)
    end
    for i = 1, 41 do times[i], others[i] = ask(port), ask(other) end
    table.sort(times)
    table.sort(others)
    return times[21] / others[21]
  end

  it("a worker serves others while a hundred handshakes wait", function()
    local process, chain, key = start()
    local idle = start()
    local words = { package.path, package.cpath, chain, key, 100 }
    for i, word in ipairs(words) do words[i] = helper.quote(word) end
    local upstream = started(helper.spawn(("exec %s spec/hosts/stalling.lua %s"):format(
      helper.interpreter(), table.concat(words, " "))))
    local request = ("GET /connect?port=%s HTTP/1.0\r\n\r\n"):format(
      upstream:wait_for "^port (%d+)")
    local requests = {}
    for i = 1, 100 do
      requests[i] = assert(blocking.connect("127.0.0.1", process.port, 50))
      assert(requests[i]:write(request, 50))
    end
    upstream:wait_for "^waiting"
    local ratio = latency(process.port, idle.port)
    upstream:send "\n"
    for _, t in ipairs(requests) do
      assert.matches("\r\n\r\nat last\n$", helper.read_all(t))
      t:close()
    end
    assert.is_true(ratio < 5, "latency of others, in that of an idle worker: " .. ratio)
  end)

  -- nginx as a server of TLS, by OpenSSL, in the worker that is wolfSSL's client.
  local HTTPS = [[
    lua_ssl_protocols TLSv1.3;
    server {
      listen 127.0.0.1:${second} ssl;
      ssl_certificate %s; ssl_certificate_key %s; ssl_protocols TLSv1.3;
      location / { return 200 "$connection_requests by $ssl_protocol"; }
    }
  ]]

  local function with_https(more)
    local chain, key = peers.files "secp256r1"
    local process = start { http = HTTPS:format(chain, key), more = more }
    return process, process.second
  end

  it("a connection serves many requests, from a pool", function()
    local process, port = with_https()
    local path = "/pooled?port=" .. port
    assert.equal("new: 1 by TLSv1.3\n", (nginx.get(process.port, path)))
    assert.equal("taken: 2 by TLSv1.3\n", (nginx.get(process.port, path)))
    assert.equal("taken: 3 by TLSv1.3\n", (nginx.get(process.port, path)))
  end)

  it("a probe file runs as it is", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local peer = started(peers.openssl_server("-www -alpn http/1.1,h2 "
      .. peers.identity("openssl", "secp256r1")))
    assert.equal("speaks http/1.1\nspeaks h2\n", (nginx.get(start().port,
      ("/probe?file=%s/spec/examples/probe_alpn.lua&port=%d"):format(helper.run("pwd"):match "%S+",
        peer.port))))
  end)

  it("a pool keeps nothing that a late answer could spoil", function()
    local process, port = with_https()
    local path = "/pooled?port=" .. port
    for _ = 1, 3 do
      assert.equal("new: 1 by TLSv1.3\n", (nginx.get(process.port, path .. "&rest=1")))
    end
  end)

  it("OpenSSL and wolfSSL work in one worker, timers included", function()
    local process, port = with_https()
    for _ = 1, 2 do
      assert.matches("1 by TLSv1.3$", (nginx.get(process.port, "/openssl?port=" .. port)))
      assert.matches("1 by TLSv1.3\n$", (nginx.get(process.port, "/pooled?rest=1&port=" .. port)))
      assert.equal("TLS 1.3\n", (nginx.get(process.port, "/timer?port=" .. port)))
    end
  end)

  local STREAM = [[
    stream {
      lua_socket_log_errors off;
      lua_socket_buffer_size 17k;
      lua_package_path "%s";
      lua_package_cpath "%s";
      server {
        listen 127.0.0.1:${second};
        content_by_lua_block {
          local context = assert(require("wolfssl").server {
            certificate = "%s", key = "%s", on_client_hello = function() ngx.sleep(0.01) end,
          })
          local stream = context:wrap(assert(ngx.req.socket(true)), { timeout = 50 })
          stream:send(stream:receive():reverse() .. "\n")
          stream:receive()
          stream:close()
        }
      }
    }
  ]]

  it("TLS begins behind an upgrade, in both versions", function()
    local process = start()
    for _, version in ipairs(peers.VERSIONS) do
      local stream, t = nginx.upgrade(process.port, pki.client(peers.at(version)))
      assert(stream:send "hello\n")
      assert.equal("olleh", stream:receive())
      assert(stream:send "wait\n")
      assert.equal("timeout", stream:receive())
      assert(stream:send "gone on\n")
      assert.equal("gone on", stream:receive())
      -- The server writes all the time, and takes all of ours before we take any of its.
      assert(stream:send(("both ways %d\n"):format(SIZE)))
      assert(stream:send(("c"):rep(SIZE)))
      assert.is_true(stream:receive(SIZE) == ("s"):rep(SIZE))
      assert.equal(SIZE .. "c", stream:receive())
      assert(stream:shutdown())
      assert.equal("closed", (select(3, stream:read())))
      assert.same({ nil, "eof" }, { t:read(1, 50) })
      stream:close()
    end
    matrix.note("nginx, raw request socket", "server, full duplex, timeout kept")
  end)

  local function resumes_across_workers(redis_client)
    if not helper.have "redis-server" then return pending "needs package redis-server" end
    local store = started(redis_server.start())
    helper.run(("redis-cli -p %d set greeting hello"):format(store.port))
    local process = start { workers = 2, listen = "reuseport", redis_port = store.port,
      redis_client = redis_client }
    for _, version in ipairs(peers.VERSIONS) do
      local context = pki.client(peers.at(version, { sessions = memory.new() }))
      local workers, count, rounds = {}, 0, 0
      repeat -- the kernel chooses the worker, by our port
        local stream = nginx.upgrade(process.port, context)
        assert.equal(rounds > 0, stream:info().resumed)
        assert(stream:send "who\n")
        local pid, greeting = stream:receive():match "^(%d+) (.*)$"
        assert.equal("hello", greeting)
        stream:close()
        rounds = rounds + 1
        count = count + (workers[pid] and 0 or 1)
        workers[pid] = true
      until rounds > 2 and count == 2 or rounds == 100
      assert.equal(2, count)
    end
    matrix.note("nginx, raw request socket", "yield in handler")
  end

  -- Debian has no package of stream-lua; WOLFSSL_STREAM_LUA is a build of it for Debian's nginx.
  it("stream-lua serves TLS from the first byte", function()
    local module = os.getenv "WOLFSSL_STREAM_LUA"
    if not module then return pending "needs stream-lua, see WOLFSSL_STREAM_LUA" end
    local port = start({
      load = "load_module /usr/lib/nginx/modules/ngx_stream_module.so;\n"
        .. "load_module " .. module .. ";",
      main = STREAM:format(package.path, package.cpath, peers.files "secp256r1"),
    }).second
    for _, version in ipairs(peers.VERSIONS) do
      local t = assert(blocking.connect("127.0.0.1", port, 50))
      local stream = pki.client(peers.at(version)):wrap(t,
        { server_name = "localhost", timeout = 50 })
      assert(stream:send "hello\n")
      assert.equal("olleh", stream:receive())
      assert(stream:shutdown())
      assert.equal("closed", (select(3, stream:read())))
      stream:close()
    end
  end)

  it("the location that the transport's reference shows works", function()
    local code = helper.read "lua/wolfssl/transport/ngx.lua"
      :match "\n(%-%-     lua_socket_log_errors.-\n)%-%-\n":gsub("%-%-     ", "")
    for from, to in pairs {
      ['"10.0.0.5", 443'] = '"127.0.0.1", ${second}',
      ['"example.org"'] = '"localhost"',
      ["timeout = 10"] = ("timeout = 10, trust = %q"):format(peers.trust()),
    } do
      local first, last = code:find(from, 1, true)
      code = code:sub(1, first - 1) .. to .. code:sub(last + 1)
    end
    local process = with_https(code)
    assert.equal("HTTP/1.1 200 OK\n", (nginx.get(process.port, "/example")))
  end)

  it("workers resume each other's sessions, and handlers wait, in Redis", function()
    resumes_across_workers "hosts.nginx.redis"
  end)

  it("the same with resty.redis", function()
    if not nginx.finds "resty.redis" then
      return pending "needs lua-resty-redis, see WOLFSSL_RESTY"
    end
    resumes_across_workers "resty.redis"
  end)
end)
