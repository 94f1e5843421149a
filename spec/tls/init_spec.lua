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

  it("decodes a ClientHello in 60 us, in 20 us under LuaJIT", function()
    local bytes = helper.unhex(rfc8448[1][1][3])
    local function best_of(rounds, work)
      local best = math.huge
      for _ = 1, rounds do
        local start = os.clock()
        work()
        best = math.min(best, os.clock() - start)
      end
      return best
    end
    local decode = best_of(7, function()
      for _ = 1, 1000 do tls.decode_handshake(bytes) end
    end) / 1000 * 1e6
    local sum = 0
    local loop = best_of(7, function()
      for i = 1, 1000000 do sum = sum + i % 7 end
    end) * 1e6
    local limit = rawget(_G, "jit") and 20 or 60
    assert.is_true(decode <= limit,
      ("%.1f us; a million rounds of a loop take %.0f us: ratio %.5f"):format(decode, loop,
        decode / loop))
  end)
end)
