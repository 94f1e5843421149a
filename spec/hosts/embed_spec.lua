-- A C program with an event loop of its own serves TLS (embed.c, embed.lua).

local compile = require "hosts.compile"
local helper = require "helper"
local hosts = require "transport.hosts"
local matrix = require "hosts.matrix"
local pki = require "pki"
local wolfssl = require "wolfssl"

describe("A C host with its own loop and several threads", function()
  local server, port

  setup(function()
    local directory = helper.tempdir()
    local chain, key = pki.leaf "secp256r1"
    helper.write(directory .. "/chain.pem",
      wolfssl.certificate(chain[1]):pem() .. wolfssl.certificate(chain[2]):pem())
    helper.write(directory .. "/key.pem", key:pem())
    server = helper.spawn(("DIRECTORY=%s LUA_PATH='lua/?.lua;lua/?/init.lua' %s 4"
      .. " spec/hosts/embed.lua"):format(directory, compile "embed"))
    port = tonumber(server:wait_for "^port (%d+)$")
  end)

  teardown(function()
    if server then server:stop() end
    helper.cleanup()
  end)

  local function connect()
    return assert(wolfssl.connect("127.0.0.1", port, {
      trust = pki.root, server_name = "localhost", timeout = 20,
    }))
  end

  it("answers", function()
    local s = connect()
    for _, line in ipairs { "hello", ("0123456789"):rep(10000) } do
      assert(s:send(line .. "\n"))
      assert.equal(line:reverse(), s:receive())
    end
    s:close()
    matrix.note("C host, poll(2)", "server")
  end)

  it("serves others while one is silent", function()
    local silent = assert(require("wolfssl.transport.blocking").connect("127.0.0.1", port, 20))
    local first, second = connect(), connect()
    assert(second:send("b\n"))
    assert.equal("b", second:receive())
    assert(first:send("a\n"))
    assert.equal("a", first:receive())
    first:close()
    second:close()
    silent:close()
  end)

  it("serves 200 connections at once", function()
    local poll = hosts.poll.new()
    local streams, jobs, answers = {}, {}, 0
    for i = 1, 200 do streams[i] = connect() end
    for i, s in ipairs(streams) do
      jobs[i] = function()
        assert(s:send(("line %d\n"):format(i)))
        assert.equal(("line %d"):format(i):reverse(), s:receive())
        answers = answers + 1
        s:close()
      end
    end
    poll.run((table.unpack or unpack)(jobs)) -- luacheck: ignore 113 143
    assert.equal(200, answers)
    matrix.note("C host, poll(2)", "200 connections")
  end)
end)
