-- Who has no handlers does not pay for those of others.

local parked = require "connection.parked"
local pki = require "pki"

-- Instructions of Lua that a handshake and a few words take.
local function instructions(client, server)
  local jit = rawget(_G, "jit")
  local count = 0
  if jit then -- what is compiled, or was before, counts nothing
    jit.off()
    jit.flush()
  end
  debug.sethook(function() count = count + 1 end, "", 1)
  local a, b = pki.connected(client, server)
  a:write("ping")
  b:receive_data(a:data_to_send())
  b:read()
  a:shutdown()
  a:close()
  b:close()
  debug.sethook()
  if jit then jit.on() end
  return count
end

describe("handlers", function()
  for _, version in ipairs(parked.VERSIONS) do
    it("cost connections without any not one instruction of " .. version, function()
      local client, server = pki.client(parked.at(version)), pki.server(parked.at(version))
      instructions(client, server)
      local before = instructions(client, server)
      local called = 0
      local function handler() called = called + 1 end
      local with = { on_message = handler, on_alert = handler, on_secret = handler }
      local of_client = parked.at(version, with)
      of_client.on_server_certificate, of_client.on_certificate_request = handler, handler
      local of_server = parked.at(version, with)
      of_server.on_client_hello = handler
      of_server.names = { localhost = server }
      local driven = instructions(pki.client(of_client), pki.server(of_server))
      assert.is_true(called > 10)
      assert.is_true(driven > before)
      assert.equal(before, instructions(client, server))
    end)
  end
end)
