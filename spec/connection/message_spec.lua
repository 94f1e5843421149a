-- Every handshake message is told.

local parked = require "connection.parked"
local pki = require "pki"

local function log(list)
  return function(message, connection)
    assert.equal("userdata", type(connection))
    list[#list + 1] = message
  end
end

local function names(list)
  local lines = {}
  for i, message in ipairs(list) do lines[i] = message.from .. " " .. message.name end
  return lines
end

local FLIGHTS = {
  ["TLS 1.2"] = { "client client_hello", "server server_hello", "server certificate",
    "server server_key_exchange", "server server_hello_done", "client client_key_exchange",
    "client finished", "server new_session_ticket", "server finished" },
  ["TLS 1.3"] = { "client client_hello", "server server_hello", "server encrypted_extensions",
    "server certificate", "server certificate_verify", "server finished", "client finished" },
}

describe("on_message", function()
  for _, version in ipairs(parked.VERSIONS) do
    describe("of " .. version, function()
      local a, b, left, right

      before_each(function()
        left, right = {}, {}
        a, b = pki.connected(pki.client(parked.at(version, { on_message = log(left) })),
          pki.server(parked.at(version, { on_message = log(right), tickets = false })))
      end)

      it("tells both directions of a handshake, in order, on both sides alike", function()
        local expected = {}
        for _, name in ipairs(FLIGHTS[version]) do
          if name ~= "server new_session_ticket" then expected[#expected + 1] = name end
        end
        assert.same(expected, names(left))
        assert.same(expected, names(right))
      end)

      it("tells them decoded and decrypted; what wolfSSL checks is not checked again", function()
        for _, list in ipairs { left, right } do
          for _, message in ipairs(list) do
            assert.is_nil(message.problem)
            assert.is_table(message.message.body)
            for _, ok in pairs(message.checks) do assert.is_true(ok) end
          end
          assert.is_true(list[#list].checks.order)
          assert.is_nil(list[#list].checks.finished)
        end
      end)

      it("keeps nothing of what is sent and received afterwards", function()
        local before = #left
        for _ = 1, 3 do
          a:write(("x"):rep(16000))
          pki.exchange(a, b)
          assert.equal(16000, #b:read())
        end
        assert.equal(before, #left)
      end)
    end)
  end

  it("tells tickets and KeyUpdates after the handshake", function()
    local list = {}
    local a, b = pki.connected(pki.client { on_message = log(list) })
    a:read()
    assert.is_true(b:update_keys())
    assert.is_true(a:update_keys())
    a:write("under new keys")
    b:write("under new keys")
    pki.exchange(a, b)
    assert.equal("under new keys", a:read())
    assert.equal("under new keys", b:read())
    a:write("and on")
    local seen = {}
    for _, name in ipairs(names(list)) do seen[name] = true end
    assert.is_true(seen["server new_session_ticket"])
    assert.is_true(seen["server key_update"])
    assert.is_true(seen["client key_update"])
  end)

  it("tells what came before another handler said no", function()
    local list = {}
    parked.pair(nil, pki.server {
      on_message = log(list),
      on_client_hello = function() return nil, "access_denied" end,
    })
    assert.same({}, list)
    parked.pair(pki.client {
      on_message = log(list), on_server_certificate = function() return nil, "no" end,
    }, pki.server { max_version = "TLS 1.2" })
    assert.same({ "client client_hello", "server server_hello" }, names(list))
  end)
end)
