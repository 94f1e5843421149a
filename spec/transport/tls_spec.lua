-- TLS over TLS, in memory.

local memory = require "wolfssl.transport.memory"
local pki = require "pki"
local tls = require "wolfssl.transport.tls"
local transports = require "wolfssl.transport"

local client, server = pki.client(), pki.server({}, "secp256r1")

local function outer(capacity)
  local near, far = memory.pair(capacity)
  return client:wrap(near, { server_name = "localhost" }), server:wrap(far), near
end

describe("wolfssl.transport.tls", function()
  it("is what a stream becomes when it is wrapped", function()
    local stream = outer()
    assert.is_true(tls.fits(stream))
    assert.is_false(tls.fits(memory.pair()))
    assert.is_false(tls.fits {})
    assert.equal(stream, transports.of(stream).stream)
  end)

  it("carries a connection within a connection, both ways at once", function()
    local a, b = outer(5000)
    local inner_a, inner_b = client:wrap(a, { server_name = "localhost" }), server:wrap(b)
    local sent, received = ("x"):rep(300000), {}
    local function writer(stream)
      return function()
        assert(stream:handshake())
        assert.equal(#sent, stream:write(sent))
      end
    end
    local function reader(stream, name)
      return function()
        while not stream.loop.flushed do coroutine.yield() end
        received[name] = stream:receive(#sent)
      end
    end
    memory.run(writer(inner_a), writer(inner_b), reader(inner_a, "a"), reader(inner_b, "b"))
    assert.is_true(received.a == sent and received.b == sent)
    assert.is_true(a:info().ciphertext_received > inner_a:info().ciphertext_received)
    memory.run(function() inner_a:close() end, function()
      assert.equal("closed", (select(3, inner_b:read())))
    end)
    assert.is_true(a.closed)
  end)

  it("speaks the words of the contract", function()
    local a, b, near = outer()
    local t, u, late = tls.new(a), tls.new(b), false
    memory.run(function()
      assert.is_true(t:write "hello")
      assert.same({ nil, "timeout" }, { t:read(10, 0.01) })
      late = true
      assert.equal("world", t:read(10))
      near:close()
      assert.is_nil((t:read(10)))
      t:close()
      assert.is_true(t:close())
      assert.same({ nil, "closed" }, { t:read(10) })
      assert.same({ nil, "closed" }, { t:write "x" })
      assert.same({ nil, "closed" }, { t:getpeername() })
    end, function()
      assert.equal("he", u:read(2))
      assert.equal("llo", u:read(100))
      while not late do coroutine.yield() end
      u:write "world"
      assert.same({ nil, "eof" }, { u:read(10) })
    end)
  end)

  it("is parked where the transport below can be", function()
    local a, b, near = outer()
    assert.is_nil(tls.new(a).park)
    local calls = {}
    function near.park(_, seconds) calls[1] = seconds return true end
    function near.unpark(_, timeout) calls[2] = timeout return true end
    local t = tls.new(a)
    memory.run(function() assert(a:handshake()) end, function() assert(b:handshake()) end)
    assert.is_true(t:park(30))
    assert.is_true(t:unpark(5))
    assert.same({ 30, 5 }, calls)
    memory.run(function() b:write "x" end, function() a.loop.pump:fill() end)
    assert.is_nil((t:park(30)))
  end)

  it("goes on after a write that timed out, at any byte", function()
    local a, b = outer(700)
    local inner_a, inner_b = client:wrap(a, { server_name = "localhost" }), server:wrap(b)
    local sent, received, at = ("0123456789"):rep(2000), "", 1
    local timeouts = 0
    memory.run(function()
      assert(inner_a:handshake())
      inner_a:settimeout(0)
      repeat
        local last, _, code, _, taken = inner_a:write(sent, at)
        if last then break end
        assert.equal("timeout", code)
        timeouts, at = timeouts + 1, taken + 1
        coroutine.yield()
      until false
    end, function()
      assert(inner_b:handshake())
      while #received < #sent do
        received = received .. assert(inner_b:read(1000))
        coroutine.yield()
      end
    end)
    assert.equal(sent, received)
    assert.is_true(timeouts > 5)
  end)
end)
