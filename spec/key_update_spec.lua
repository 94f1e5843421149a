-- KeyUpdate: fresh keys from either side, at any time, while both directions transfer.

local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"

local SUITES = peers.SUITES["TLS 1.3"].rsa
local TLS13, TLS12 = peers.at "TLS 1.3", peers.at "TLS 1.2"

local function drain(from, sink)
  while true do
    local bytes, _, code = from:read()
    if not bytes then
      assert.equal("want_read", code)
      return
    end
    sink[#sink + 1] = bytes
  end
end

-- Sends `text` both ways in pieces, and calls `between` after each.
local function transfer(a, b, text, between)
  local heard = { a = {}, b = {} }
  for i = 1, #text, 4096 do
    local piece = text:sub(i, i + 4095)
    assert(a:write(piece))
    assert(b:write(piece))
    between((i - 1) / 4096)
    while pki.exchange(a, b) do
      drain(a, heard.a)
      drain(b, heard.b)
    end
  end
  assert.equal(text, table.concat(heard.a))
  assert.equal(text, table.concat(heard.b))
end

local TEXT = ("0123456789abcdef"):rep(4096)

describe("connection:update_keys", function()
  for _, suite in ipairs(SUITES) do
    for _, request in ipairs { false, true } do
      it(("by either side, %s the peer, while 64 KiB go each way: %s"):format(
          request and "asking" or "not asking", suite), function()
        local a, b = pki.connected(pki.client { cipher_suites = { suite } },
          pki.server { cipher_suites = { suite } })
        transfer(a, b, TEXT, function(round)
          if round % 3 ~= 1 then assert.is_true(a:update_keys(request)) end
          if round % 3 ~= 2 then assert.is_true(b:update_keys(request)) end
        end)
      end)
    end
  end

  it("is seen by a recorder with what it asks, and what follows is read", function()
    local a, b = pki.connected(pki.client { min_version = "TLS 1.3", trace = true },
      pki.server { trace = true })
    assert(a:update_keys())
    assert(a:update_keys(true))
    assert(b:update_keys())
    pki.exchange(a, b)
    assert(a:write("from the client"))
    b:read()
    assert(b:write("from the server"))
    pki.exchange(a, b)
    b:read()
    a:read()
    for _, side in ipairs { a, b } do
      local requests, data = { client = {}, server = {} }, {}
      for _, entry in ipairs(side.recorder:entries()) do
        assert.is_nil(entry.problem)
        if entry.name == "key_update" then
          local list = requests[entry.from]
          list[#list + 1] = entry.message.body.request_update.name
        elseif entry.name == "application_data" then
          data[entry.from] = entry.bytes
        end
      end
      assert.same({ "update_not_requested", "update_requested" }, requests.client)
      assert.same({ "update_not_requested", "update_not_requested" }, requests.server)
      assert.same({ client = "from the client", server = "from the server" }, data)
    end
  end)

  it("leaves alerts readable", function()
    local a, b = pki.connected(pki.client(TLS13), pki.server(TLS13))
    assert(a:update_keys(true))
    pki.exchange(a, b)
    b:read()
    pki.exchange(a, b)
    a:read()
    a:receive_data("\23\3\3\0\20" .. ("x"):rep(20))
    local _, _, code = a:read()
    assert.equal("peer_misbehaved", code)
    pki.exchange(a, b)
    local _, _, received, alert = b:read()
    assert.equal("alert_received", received)
    assert.equal("bad_record_mac", alert.name)
  end)

  it("does the handshake first, and says when that is not complete", function()
    local a, b = pki.pair(pki.client(TLS13), pki.server(TLS13))
    local ok, _, code = a:update_keys()
    assert.same({ nil, "want_read" }, { ok, code })
    pki.handshake(a, b)
    assert.is_true(a:update_keys())
  end)

  it("is nothing that TLS 1.2 has, and the connection goes on", function()
    local a, b = pki.connected(pki.client(TLS12), pki.server(TLS12))
    local ok, _, code = a:update_keys()
    assert.same({ nil, "peer_incompatible" }, { ok, code })
    transfer(a, b, "ping", function() end)
  end)

  it("comes before close_notify or not at all", function()
    local a = pki.connected(pki.client(TLS13), pki.server(TLS13))
    assert(a:shutdown())
    local ok, _, code = a:update_keys()
    assert.same({ nil, "closed" }, { ok, code })
  end)
end)

-- Each says a line to our client when it has heard one.
local PEERS = {
  { name = "openssl s_server", program = "openssl", package = "openssl",
    start = function() return peers.openssl_server(peers.identity("openssl", "rsa")) end,
    answer = function(process, text)
      process:wait_for("^" .. text)
      process:send(text .. "\n")
    end },
  { name = "gnutls-serv", program = "gnutls-serv", package = "gnutls-bin",
    start = function()
      return peers.gnutls_server("--echo " .. peers.identity("gnutls", "rsa"))
    end,
    answer = function() end },
}

for _, peer in ipairs(PEERS) do
  describe("connection:update_keys and " .. peer.name, function()
    if not helper.have(peer.program) then return pending("needs package " .. peer.package) end

    teardown(peers.cleanup)

    it("go on after each, asked or not", function()
      local process = peer.start()
      finally(function() process:stop() end)
      for _, suite in ipairs(SUITES) do
        local stream = assert(peers.connect(process, pki.client { cipher_suites = { suite } }))
        for round = 1, 6 do
          assert.is_true(stream:connection():update_keys(round % 2 == 0))
          local text = ("round %d"):format(round)
          assert(stream:send(text .. "\n"))
          peer.answer(process, text)
          assert.equal(text, stream:receive("*l"))
        end
        stream:shutdown()
        stream:receive("*a")
        stream:close()
      end
    end)
  end)
end
