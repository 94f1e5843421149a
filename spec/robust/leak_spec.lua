-- Memory stays flat over many connections: good ones, failed ones, abandoned ones.
-- WOLFSSL_SPEC_CONNECTIONS=10000 makes many more of them.

local memory = require "robust.memory"
local pair = require "robust.pair"
local wolfssl = require "wolfssl"

local CONNECTIONS = tonumber(os.getenv("WOLFSSL_SPEC_CONNECTIONS")) or 200
local MAY_GROW = 100 * 1024 -- of Lua's own heap, which is never quite the same

local function measure()
  collectgarbage()
  collectgarbage()
  local blocks = memory.live()
  return blocks, memory.heap()
end

-- Runs f many times; whatever it takes is given back, but for so many bytes of blocks there were.
local function stays_flat(f, kept)
  for _ = 1, 100 do f() end
  local blocks, heap = measure()
  for _ = 1, CONNECTIONS do f() end
  local blocks_after, heap_after = measure()
  assert.equal(blocks, blocks_after)
  local grown = heap_after - heap
  assert(grown < MAY_GROW + CONNECTIONS * (kept or 0), grown .. " bytes more on the heap")
  if os.getenv("WOLFSSL_SPEC_CONNECTIONS") then print(CONNECTIONS, grown .. " bytes more") end
end

local function start(client, server, name)
  return client:connection { server_name = name or "localhost" }, server:connection()
end

describe("memory", function()
  for _, kind in ipairs { "TLS 1.2", "TLS 1.3", "TLS 1.3 mutual",
    "TLS 1.3 with a pre-shared key" } do
    it("stays flat over connections: " .. kind, function()
      local client, server = assert(pair.contexts(kind))
      stays_flat(function() assert(pair.converse(client, server)) end)
    end)
  end

  for _, kind in ipairs { "TLS 1.2", "TLS 1.3" } do
    it("stays flat over resumed connections: " .. kind, function()
      local client, server = assert(pair.contexts(kind))
      local session = pair.session(client, server)
      stays_flat(function() assert(pair.converse(client, server, session)) end)
    end)

    it("stays flat over handshakes that fail: " .. kind, function()
      local client, server = assert(pair.contexts(kind))
      local stranger = assert(wolfssl.client { trust = pair.client_certificate })
      stays_flat(function()
        local a, b = start(client, server, "wrong.example")
        assert.is_nil(pair.handshake(a, b))
        local c, d = start(stranger, server)
        assert.is_nil(pair.handshake(c, d))
        local e, f = start(client, server)
        e:handshake()
        local hello = e:data_to_send()
        f:receive_data(hello:sub(1, 60) .. string.char((hello:byte(61) + 1) % 256) .. hello:sub(62))
        assert.is_nil(pair.handshake(e, f))
        for _, connection in ipairs { a, b, c, d, e, f } do connection:close() end
      end)
    end)

    it("stays flat over connections that nobody closes: " .. kind, function()
      local client, server = assert(pair.contexts(kind))
      stays_flat(function()
        local a, b = start(client, server)
        assert(pair.handshake(a, b))
        a:write("left in the queue")
      end)
    end)
  end

  it("stays flat over certificates that one client shows one after the other", function()
    local shown, requests = {}, 0
    for i, kind in ipairs { "ed25519", "ed448", "secp256r1" } do
      shown[i] = pair.certificate(kind)
    end
    local options, server_options = pair.options("TLS 1.3")
    options.post_handshake_auth, server_options.trust = true, pair.ca
    options.on_certificate_request = function()
      requests = requests + 1
      return shown[requests % #shown + 1]
    end
    local a, b = start(assert(wolfssl.client(options)), assert(wolfssl.server(server_options)))
    assert(pair.handshake(a, b))
    stays_flat(function()
      for _ = 1, #shown do
        assert(pair.request_certificate(a, b))
        assert(pair.send(a, b, "data, as not everything may be a question"))
      end
    end, #shown * 1024) -- wolfSSL keeps the messages, as long as there is the connection
    a:close()
    b:close()
  end)

  it("stays flat over contexts", function()
    stays_flat(function()
      local client, server = assert(pair.contexts("TLS 1.3 mutual"))
      client:close()
      server:close()
    end)
  end)
end)
