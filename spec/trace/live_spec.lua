-- An observer beside a real connection, one end of which it asks for secrets when it needs them.

local observer = require "wolfssl.trace.observer"
local pair = require "robust.pair"
local secret_store = require "wolfssl.trace.secrets"

-- Passes bytes on; the observer sees them when both ends have dealt with them, because a secret
-- is known only after the bytes that it follows from.
local function exchange(seen, client, server)
  local to_server, to_client = client:data_to_send(), server:data_to_send()
  if to_server ~= "" then server:receive_data(to_server) end
  if to_client ~= "" then client:receive_data(to_client) end
  local done = { client:handshake(), server:handshake() }
  seen:feed("client", to_server)
  seen:feed("server", to_client)
  return to_server ~= "" or to_client ~= "", done[1] and done[2]
end

local function handshake(seen, client, server)
  client:handshake()
  local moved, done
  repeat moved, done = exchange(seen, client, server) until done and not moved
end

local function say(seen, from, to, text)
  assert(from:write(text))
  exchange(seen, seen.client, seen.client == from and to or from)
  assert.equal(text, to:read())
end

local function observed(client_context, server_context, which, session)
  local client = client_context:connection { server_name = "localhost", session = session }
  local server = server_context:connection()
  local asked = which == "client" and client or server
  local seen = observer.new { secrets = secret_store.new {
    source = function() return asked:secrets() end } }
  seen.client = client
  handshake(seen, client, server)
  say(seen, client, server, "ping")
  say(seen, server, client, "pong")
  return seen, client, server
end

local function assert_right(seen)
  local finished = 0
  for _, entry in ipairs(seen.entries) do
    assert.is_nil(entry.problem, entry.problem and entry.name .. ": " .. entry.problem.message)
    for name, ok in pairs(entry.checks) do
      assert.is_true(ok, entry.name .. " " .. name .. ": " .. tostring(entry.reasons[name]))
      if name == "finished" then finished = finished + 1 end
    end
  end
  assert.equal(2, finished)
end

local function assert_same_exporter(seen, client)
  for _, context in ipairs { false, "context" } do
    local own = assert(client:export("EXPORTER-spec", 32, context or nil))
    assert.equal(own, seen:exporter("EXPORTER-spec", context or nil, 32))
  end
end

describe("trace.observer beside a live connection", function()
  for kind in pairs(pair.kinds) do
    for _, which in ipairs { "client", "server" } do
      it(("reads %s with the secrets of the %s"):format(kind, which), function()
        local client_context, server_context = pair.contexts(kind)
        local seen, client = observed(client_context, server_context, which)
        assert_right(seen)
        assert.is_true(seen.summary.complete)
        assert_same_exporter(seen, client)
      end)
    end
  end

  for _, kind in ipairs { "TLS 1.2", "TLS 1.3" } do
    it("reads a resumed connection of " .. kind, function()
      local client_context, server_context = pair.contexts(kind)
      local session = pair.session(client_context, server_context)
      local seen, client = observed(client_context, server_context, "client", session)
      assert_right(seen)
      assert.is_true(seen.summary.resumed)
      assert_same_exporter(seen, client)
    end)
  end
end)
