local blocking = require "wolfssl.transport.blocking"
local core = require("wolfssl.core").fd
local endpoints = require "transport.endpoints"
local helper = require "helper"
local issue = require "wolfssl.issue"
local matrix = require "hosts.matrix"
local stream = require "wolfssl.stream"
local wolfssl = require "wolfssl"

-- openssl s_server -rev sends every line back, reversed.
describe("wolfssl.transport.blocking, to another process,", function()
  local certificate, directory, server, port

  setup(function()
    directory = helper.tempdir()
    local key = issue.key "secp256r1"
    certificate = issue.certificate {
      subject = "localhost", key = key, subject_alt_names = { "ip:127.0.0.1" },
    }
    helper.write(directory .. "/server.pem", wolfssl.certificate(certificate):pem())
    helper.write(directory .. "/key.pem", key:pem())
  end)

  teardown(helper.cleanup)

  before_each(function()
    if not helper.have("openssl") then
      pending("needs package openssl")
    end
    local command = "openssl s_server -accept 127.0.0.1:0 -rev -cert %s/server.pem -key %s/key.pem"
    server = helper.spawn(command:format(directory, directory))
    port = tonumber(server:wait_for("^ACCEPT .*:(%d+)$"))
  end)

  after_each(function()
    if server then server:stop() end
  end)

  local function connect()
    return assert(wolfssl.connect("127.0.0.1", port, { trust = certificate, timeout = 20 }))
  end

  it("sends and receives lines", function()
    local s = connect()
    for _, line in ipairs { "hello", ("0123456789"):rep(500) } do
      assert(s:send(line .. "\n"))
      assert.equal(line:reverse(), s:receive())
    end
    assert.same({ "127.0.0.1", port }, { s:getpeername() })
    assert.is_true(s:getfd() > 0)
    s:close()
    matrix.note("blocking", "client")
  end)

  it("lets a read time out and go on", function()
    local s = connect()
    s:settimeout(0.02)
    local before = core.monotime()
    assert.same({ nil, "timeout", "", "timeout" }, { s:receive() })
    assert.is_true(core.monotime() - before >= 0.02)
    assert.equal("want_read", s:wants())
    s:settimeout(nil)
    assert(s:send("abc\n"))
    assert.equal("cb", s:receive(2))
    assert.same({ "a" }, { s:receive() })
    s:close()
    matrix.note("blocking", "timeout kept")
  end)

  it("notices that the peer's process died", function()
    local s = connect()
    assert(s:send("x\n"))
    assert.equal("x", s:receive())
    server:stop()
    local _, err, _, code = s:receive()
    assert.is_true(code == "truncated" or code == "closed" or code == "network_error", err)
    s:close()
  end)
end)

-- The contract of all transports, as far as it makes sense where a wait keeps the whole program
-- waiting: the other end is in another process, or both are asked in turn, and never wait.
describe("wolfssl.transport.blocking, one wait at a time,", function()
  local SIZE = 16 * 2 ^ 20
  local directory, chain, key

  setup(function()
    directory = helper.tempdir()
    local made = issue.key "secp256r1"
    chain, key = directory .. "/chain.pem", helper.write(directory .. "/key.pem", made:pem())
    helper.write(chain, wolfssl.certificate(issue.certificate {
      subject = "localhost", key = made, subject_alt_names = { "dns:localhost" } }):pem())
  end)

  teardown(helper.cleanup)

  -- Both ends in this process.
  local function pair()
    local a, b = assert(core.socketpair())
    local c, s = endpoints.pair()
    local client, server = stream.new(c, blocking.new(a)), stream.new(s, blocking.new(b))
    client:settimeout(0)
    server:settimeout(0)
    repeat
      local _, _, one = client:handshake()
      local _, _, two = server:handshake()
      assert.is_true((one or "timeout") == "timeout" and (two or "timeout") == "timeout")
    until not (one or two)
    return client, server
  end

  it("serves a client", function()
    if not helper.have "curl" then return pending "needs package curl" end
    local listener, port = assert(core.listen("127.0.0.1", 0))
    local process = helper.spawn(("exec curl -sS --max-time 50 --cacert %s https://localhost:%d/")
      :format(chain, port))
    local context = assert(wolfssl.server { certificate = chain, key = key })
    local s = context:wrap(assert(core.accept(listener, 50)), { timeout = 50 })
    assert.equal("GET / HTTP/1.1", s:receive())
    while assert(s:receive()) ~= "" do end
    assert(s:send "HTTP/1.0 200 OK\r\n\r\nfound")
    s:close()
    core.close(listener)
    assert.equal("found", process:finish())
    matrix.note("blocking", "server")
  end)

  it("tells a close_notify from a cut", function()
    for _, case in ipairs { { "shutdown", "closed" }, { "cut", "truncated" } } do
      local client, server = pair()
      assert(server:send "last words")
      if case[1] == "cut" then server.transport:close() else server:shutdown() end
      client:settimeout(50)
      assert.same({ "last words", case[2] }, { client:receive(10), (select(3, client:read())) })
      client:close()
      server:close()
    end
  end)

  it("takes little more from a writer than the network does", function()
    local client, server = pair()
    local data, arrived = ("0123456789abcde\n"):rep(SIZE / 16), {}
    local taken, size, passive = 0, 0, true
    local function write()
      local last, _, _, _, part = client:write(data, taken + 1)
      taken = last or part
    end
    for _ = 1, 20 do write() end
    assert.is_true(taken < SIZE and client:connection():unsent() <= 65536)
    repeat
      local bytes = server:read()
      arrived[#arrived + 1] = bytes
      size = size + #(bytes or "")
      if passive and not bytes then
        assert.is_true(taken - size <= 65536, "held: " .. taken - size)
        passive = false
      elseif not passive then
        write()
      end
    until size == SIZE
    assert.is_true(table.concat(arrived) == data)
    client:close()
    server:close()
    matrix.note("blocking", "back pressure")
  end)

  it("has 200 connections to a server, by turns", function()
    local server = helper.spawn(("LUA_PATH=%s LUA_CPATH=%s exec %s spec/examples/echo_server.lua 0"
      .. " %s %s"):format(helper.quote(package.path), helper.quote(package.cpath),
      helper.interpreter(), chain, key))
    local port = tonumber(server:wait_for "^listening on (%d+)")
    local context = assert(wolfssl.client { trust = chain })
    local streams = {}
    for i = 1, 200 do
      streams[i] = assert(wolfssl.connect("localhost", port, { context = context, timeout = 50 }))
      assert(streams[i]:send(("line %d\n"):format(i)))
    end
    for i, s in ipairs(streams) do
      assert.equal("line " .. i, s:receive())
      s:close()
    end
    server:stop()
    matrix.note("blocking", "200 connections")
  end)
end)
