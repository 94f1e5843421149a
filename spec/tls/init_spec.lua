local helper = require "helper"
local rfc8448 = require "tls.rfc8448"
local tls = require "wolfssl.tls"

describe("wolfssl.tls", function()
  it("loads where no wolfSSL is", function()
    local output, status = helper.run("LUA_CPATH= " .. helper.quote(helper.interpreter())
      .. " -e " .. helper.quote('package.path = "lua/?.lua;lua/?/init.lua" package.cpath = "" '
      .. 'assert(require("wolfssl.tls").decode_handshake(string.char(14, 0, 0, 0)))'))
    assert.equal(0, status, output)
  end)

  it("gives every registry by its name", function()
    for name, registry in pairs(tls.registry) do
      assert.is_string(registry.title, name)
      assert.is_string(registry:name(0))
    end
    assert.equal(0x001D, tls.registry.named_group:value("x25519"))
  end)

  it("leaves no globals behind", function()
    local output, status = helper.run(helper.quote(helper.interpreter()) .. " -e " .. helper.quote(
      'package.path = "lua/?.lua;lua/?/init.lua" local before = {} '
      .. 'for k in pairs(_G) do before[k] = true end require "wolfssl.tls" '
      .. 'for k in pairs(_G) do assert(before[k], k) end'))
    assert.equal(0, status, output)
  end)

  it("decodes a ClientHello in less than a hundredth of the time of a fixed loop", function()
    local bytes = helper.unhex(rfc8448[1][1][3])
    local took = helper.loops(function()
      for _ = 1, 1000 do tls.decode_handshake(bytes) end
    end, 10)
    assert.is_true(took < 10, took)
  end)
end)
