-- HAProxy's Lua is 5.3, whichever runs the specs: once is enough.

local core = require("wolfssl.core").fd
local blocking = require "wolfssl.transport.blocking"
local helper = require "helper"
local inside = require "hosts.inside"
local matrix = require "hosts.matrix"
local peers = require "interop.peers"
local pki = require "pki"
local redis_server = require "session_store.redis_server"

if _VERSION ~= "Lua 5.4" then return end

local CONFIGURATION = [[
global
  nbthread %d
  tune.lua.service-timeout 50s
  lua-load-per-thread %s
defaults
  mode tcp
  timeout client 50s
  timeout server 50s
  timeout connect 50s
]]

local FRONTEND = [[
frontend %s
  bind 127.0.0.1:%d
  tcp-request content use-service lua.%s
]]

local BUILD = "build/5.3"

describe("HAProxy:", function()
  if not helper.have "haproxy" then
    pending "needs package haproxy"
    return
  elseif not helper.exists(BUILD .. "/wolfssl/core.so") then
    pending "needs make build LUA=lua5.3"
    return
  end

  local started = helper.started(after_each)

  teardown(function()
    peers.cleanup()
    helper.cleanup()
  end)

  -- Ports by the names of services.
  local function start(threads, redis_port, file, services)
    local text, ports = CONFIGURATION:format(threads, file or "spec/hosts/haproxy.lua"), {}
    for _, name in ipairs(services or { "contract", "tls", "client" }) do
      ports[name] = helper.free_port()
      text = text .. FRONTEND:format(name, ports[name], name)
    end
    local chain, key = peers.files "secp256r1"
    local process = started(helper.spawn((
      "LUA_PATH='lua/?.lua;lua/?/init.lua;spec/?.lua;;' LUA_CPATH='%s/?.so;;' %s"
      .. " CHAIN=%s KEY=%s TRUST=%s exec haproxy -W -db -f %s"):format(BUILD,
      redis_port and "REDIS=" .. redis_port or "", chain, key, peers.trust(),
      helper.write(helper.tempdir() .. "/haproxy.cfg", text))))
    process:wait_for "Loading success"
    return ports
  end

  local function ask(port, line)
    local t = assert(blocking.connect("127.0.0.1", port, 50))
    assert(t:write(line .. "\n", 50))
    local answer = helper.read_all(t)
    t:close()
    return answer
  end

  local LIMITS = { one_coroutine = true, timeout_fatal = true, no_bulk = true } -- as in haproxy.lua

  it("sockets keep the contract of all transports, but for what HAProxy cannot", function()
    local ports = start(1)
    local relay, relay_port = inside.relay()
    started(relay)
    local report = ask(ports.contract, relay_port)
    local facts = inside.facts(report)
    for _, fact in ipairs(facts) do
      assert.is_true(fact[2], report)
      matrix.note("HAProxy, core.tcp", fact[3])
    end
    assert.equal(inside.count(LIMITS), #facts, report)
  end)

  local function connect(port, context)
    return context:wrap(assert(blocking.connect("127.0.0.1", port, 50)),
      { server_name = "localhost", timeout = 50 })
  end

  it("a service speaks TLS from the first byte, in both versions", function()
    local ports = start(1)
    for _, version in ipairs(peers.VERSIONS) do
      local stream = connect(ports.tls, pki.client(peers.at(version)))
      assert(stream:send "hello\n")
      assert.equal("olleh", stream:receive())
      local data = ("0123456789abcde\n"):rep(2 ^ 16)
      assert(stream:send(#data .. "\n" .. data))
      assert.is_true(data:reverse() .. "\n" == stream:receive(#data + 1))
      assert(stream:shutdown())
      assert.equal("closed", (select(3, stream:read())))
      stream:close()
    end
    matrix.note("HAProxy, applet", "server")
  end)

  it("each thread has a state of its own, and handlers wait in it", function()
    if not helper.have "redis-server" then return pending "needs package redis-server" end
    local store = started(redis_server.start())
    helper.run(("redis-cli -p %d set greeting hello"):format(store.port))
    local ports = start(2, store.port)
    local context, streams, threads = pki.client(), {}, {}
    for i = 1, 200 do
      streams[i] = connect(ports.tls, context)
      assert(streams[i]:send "who\n")
      local thread, greeting = streams[i]:receive():reverse():match "^(%d+) (.*)$"
      assert.equal("hello", greeting)
      threads[thread] = true
    end
    for _, stream in ipairs(streams) do stream:close() end
    assert.same({ ["1"] = true, ["2"] = true }, threads)
    matrix.note("HAProxy, applet", "yield in handler, 200 connections")
  end)

  it("the example works", function()
    local chain, key = peers.files "secp256r1"
    local code = helper.read "spec/examples/haproxy_echo.lua"
    code = code:gsub("server%-chain%.pem", chain):gsub("server%-key%.pem", key)
    local ports = start(1, nil, helper.write(helper.tempdir() .. "/app.lua", code), { "echo" })
    local stream = connect(ports.echo, pki.client())
    assert(stream:send "hello\n")
    assert.equal("hello", stream:receive())
    stream:close()
  end)

  it("wolfssl.connect waits in HAProxy, and its timeouts hold", function()
    local ports = start(2)
    assert.equal("TLS 1.3 olleh", ask(ports.client, ports.tls .. " 50"))
    local closed = helper.refused_port()
    assert.matches(("^network_error: cannot connect to 127.0.0.1:%d: "):format(closed),
      ask(ports.client, closed .. " 50"))
    -- It listens, and never answers.
    local listener, port = assert(core.listen("127.0.0.1", 0))
    assert.matches("^timeout: ", ask(ports.client, port .. " 0.2"))
    core.close(listener)
  end)
end)
