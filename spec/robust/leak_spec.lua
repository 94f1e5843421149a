-- Memory stays flat over many connections: good ones, failed ones, abandoned ones.
-- WOLFSSL_SPEC_CONNECTIONS=10000 makes many more of them.

local farm = require "verify.farm"
local memory = require "robust.memory"
local ocsp = require "verify.ocsp"
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
    server_options.signature_schemes = { "ed25519", "ed448", "ecdsa_secp256r1_sha256" }
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

  -- wolfSSL 5.5.4 would lose a decoded certificate and a response each time.
  describe("of staples in TLS 1.3", function()
    local chain, root, all = farm.chain()
    local response = ocsp.response { certificate = chain[1], issuer = all[2] }
    local client, server

    local function contexts(groups)
      client = assert(wolfssl.client { trust = root, staple = "require", groups = groups,
        min_version = "TLS 1.3", certificate = chain, key = all[1].key })
      server = assert(wolfssl.server { certificate = chain, key = all[1].key, staple = response,
        groups = { "secp256r1" }, trust = root, verify = "required", session_limit = 2 })
    end

    for name, groups in pairs {
      ["sent"] = { "secp256r1" }, ["sent after a HelloRetryRequest"] = { "x25519", "secp256r1" },
    } do
      it("stays flat: " .. name .. ", to who shows that very certificate", function()
        contexts(groups)
        stays_flat(function()
          local a, b = start(client, server, farm.NAME)
          assert(pair.handshake(a, b))
          a:close()
          b:close()
        end)
      end)
    end

    it("stays flat: to who sends both ClientHellos at once", function()
      contexts { "x25519", "secp256r1" }
      local a, b = start(client, server, farm.NAME)
      a:handshake()
      local hellos = a:data_to_send()
      b:receive_data(hellos)
      b:handshake()
      a:receive_data(b:data_to_send())
      a:handshake()
      hellos = hellos .. a:data_to_send()
      stays_flat(function()
        local c = server:connection()
        c:receive_data(hellos)
        assert.equal("want_read", select(3, c:handshake()))
        assert.is_true(#c:data_to_send() > #response)
        c:close()
      end)
    end)
  end)

  it("stays flat over contexts", function()
    stays_flat(function()
      local client, server = assert(pair.contexts("TLS 1.3 mutual"))
      client:close()
      server:close()
    end)
  end)
end)
