-- Alerts are told.

local parked = require "connection.parked"
local pki = require "pki"

local function told(list)
  local lines = {}
  for i, alert in ipairs(list) do lines[i] = alert.from .. " " .. alert.name end
  return lines
end

-- A pair of both versions' contexts, and the alerts that each side hears of.
local function listening(version, client, server)
  local heard = { {}, {} }
  local function log(i)
    return function(alert, connection)
      assert.equal("userdata", type(connection))
      table.insert(heard[i], alert)
    end
  end
  local left, right = parked.at(version, client), parked.at(version, server)
  left.on_alert, right.on_alert = log(1), log(2)
  return pki.client(left), pki.server(right), heard
end

describe("on_alert", function()
  it("leaves the connection its failure, whatever is asked of it", function()
    for _, version in ipairs(parked.VERSIONS) do
      local client, server = listening(version)
      local a, b = pki.connected(client, server)
      b:write("spoilt")
      a:receive_data((b:data_to_send():gsub(".$", function(c)
        return string.char((c:byte() + 1) % 256)
      end)))
      local failure = { a:read() }
      assert.equal("peer_misbehaved", failure[3])
      for _, call in ipairs { "handshake", "read", "shutdown" } do
        assert.same(failure, { a[call](a) }, call)
      end
      assert.same(failure, { a:write("x") })
    end
  end)

  for _, version in ipairs(parked.VERSIONS) do
    it("is told the alerts of both directions, once each, in " .. version, function()
      local client, server, heard = listening(version)
      local a, b = pki.connected(client, server)
      assert.same({ {}, {} }, heard)
      a:shutdown()
      pki.exchange(a, b)
      b:read()
      b:read()
      b:shutdown()
      pki.exchange(a, b)
      a:read()
      for i = 1, 2 do
        assert.same({ "client close_notify", "server close_notify" }, told(heard[i]))
      end
    end)

    it("is told why a handshake of " .. version .. " failed", function()
      local client, server, heard = listening(version, { trust = pki.middle })
      local left = parked.pair(client, server, { server_name = "elsewhere.example" })
      assert.equal("certificate_invalid", left.code)
      assert.equal(1, #heard[1])
      assert.same(told(heard[1]), told(heard[2]))
      assert.equal("client", heard[1][1].from)
    end)

    it("is told the alert that another handler of " .. version .. " made", function()
      local client, server, heard = listening(version, nil, {
        on_client_hello = function() return nil, "access_denied" end,
      })
      parked.pair(client, server)
      assert.same({ "server access_denied" }, told(heard[1]))
      assert.same({ "server access_denied" }, told(heard[2]))
    end)
  end

  it("leaves the failure of another handler what it is when it raises about its alert", function()
    local why = {}
    local left = parked.pair(pki.client {
      on_message = function() error(why, 0) end, on_alert = function() error("no", 0) end,
    })
    assert.equal("rejected", left.code)
    assert.matches("^on_message raised: ", left.message)
    assert.equal(why, left.detail)
  end)
end)
