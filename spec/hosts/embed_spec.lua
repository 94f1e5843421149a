-- A C program with an event loop of its own serves TLS (embed.c, embed.lua).

local compile = require "hosts.compile"
local helper = require "helper"
local hosts = require "transport.hosts"
local inside = require "hosts.inside"
local matrix = require "hosts.matrix"
local pki = require "pki"
local wolfssl = require "wolfssl"

describe("A C host with its own loop and several threads", function()
  local program, server, port

  setup(function()
    local directory = helper.tempdir()
    local chain, key = pki.leaf "secp256r1"
    helper.write(directory .. "/chain.pem",
      wolfssl.certificate(chain[1]):pem() .. wolfssl.certificate(chain[2]):pem())
    helper.write(directory .. "/key.pem", key:pem())
    program = compile "embed"
    server = helper.spawn(("DIRECTORY=%s LUA_PATH='lua/?.lua;lua/?/init.lua' %s 4"
      .. " spec/hosts/embed.lua"):format(directory, program))
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

  if _VERSION == "Lua 5.1" and not jit then return end -- luacheck: ignore 113

  it("keeps the contract of all transports", function()
    local output = helper.spawn(("LUA_PATH='lua/?.lua;lua/?/init.lua;spec/?.lua;;' exec %s 1"
      .. " spec/hosts/embed_contract.lua"):format(program)):finish()
    local facts = inside.facts(output)
    for _, fact in ipairs(facts) do
      assert.is_true(fact[2], output)
      matrix.note("C host, poll(2)", fact[3])
    end
    assert.equal(inside.count(), #facts, output)
  end)
end)
