local core = require("wolfssl.core").fd
local helper = require "helper"
local issue = require "wolfssl.issue"
local matrix = require "hosts.matrix"
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
