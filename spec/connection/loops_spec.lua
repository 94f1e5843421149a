-- Handlers wait on whatever loop the connection is on.

local hosts = require "transport.hosts"
local pki = require "pki"

-- Answers each question with itself in brackets.
local function serve(transport, count)
  for _ = 1, count do
    local question = assert(transport:read(100, 5))
    assert(transport:write("[" .. question .. "]", 5))
  end
end

describe("handlers", function()
  local puc51 = _VERSION == "Lua 5.1" and not rawget(_G, "jit")

  for _, name in ipairs(hosts.names) do
    -- luv goes on with the coroutine that waits, which is not who yielded: see context.handlers.
    local run = puc51 and name == "luv" and function() end or it
    run("wait for others on " .. name, function()
      local host = hosts[name]
      if not pcall(require, host.library) then return pending("needs " .. host.package) end
      local loop = host.new()
      local pairs_of = loop.open(2)
      local near, far = pairs_of[1][1], pairs_of[1][2]
      local question, service = pairs_of[2][1], pairs_of[2][2]
      local answers = {}
      local function ask(what)
        assert(question:write(what, 5))
        answers[#answers + 1] = assert(question:read(100, 5))
      end
      local other = pki.server({}, "secp256r1", { subject = "Other" })
      local server = pki.server {
        on_client_hello = function(hello)
          ask(hello.server_name)
          return { context = other }
        end,
      }
      local client = pki.client {
        on_server_certificate = function(chain) ask(chain[1]:subject()[1].value) end,
      }
      loop.run(function()
        local stream = client:wrap(near, { server_name = "localhost", timeout = 5 })
        assert(stream:send("hello\n"))
        assert.equal("olleh", stream:receive("*l"))
        stream:close()
        question:close() -- inside of the loop: luv ends a handle there
      end, function()
        local stream = server:wrap(far, { timeout = 5 })
        assert.equal("hello", stream:receive("*l"))
        assert(stream:send("olleh\n"))
        stream:receive("*a")
        stream:close()
      end, function()
        serve(service, 2)
        service:close()
      end)
      assert.same({ "[localhost]", "[Other]" }, answers)
    end)
  end

  it("are covered by the deadline of the handshake", function()
    local core = require("wolfssl.core").fd
    local memory = require "wolfssl.transport.memory"
    local near, far = memory.pair()
    local asked = 0
    local server = pki.server {
      on_client_hello = function()
        asked = asked + 1
        local over = core.monotime() + 0.02
        repeat coroutine.yield() until core.monotime() >= over
      end,
    }
    local first
    memory.run(function()
      local stream = pki.client():wrap(near, { server_name = "localhost" })
      assert(stream:handshake())
    end, function()
      local stream = server:wrap(far)
      first = { stream:handshake(0.01) }
      assert(stream:handshake())
    end)
    assert.same({ nil, "a handler did not return in time", "timeout" }, first)
    assert.equal(1, asked)
  end)
end)
