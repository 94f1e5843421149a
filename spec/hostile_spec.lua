-- Peers that have the keys and misbehave under their protection, or before there are any.

local attacker = require "attacker"
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local decryptor = require "wolfssl.trace.decryptor"
local farm = require "verify.farm"
local helper = require "helper"
local issue = require "wolfssl.issue"
local ocsp = require "verify.ocsp"
local pki = require "pki"
local stream = require "wolfssl.stream"
local tls = require "wolfssl.tls"
local wolfssl = require "wolfssl"

local message, record = attacker.message, attacker.record

local UPDATE = message(24, "\1")
local RETRY = "\3\3" .. helper.unhex
  "cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c"

local function only13(options)
  local all = { min_version = "TLS 1.3" }
  for name, value in pairs(options or {}) do all[name] = value end
  return all
end

-- What a connection says of bytes: code, alert sent, message.
local function verdict(c, bytes)
  c:receive_data(bytes)
  local _, text, code = c:read()
  local alert = c:info().alert_sent
  return code, alert and alert.name, text
end

local function two_identities()
  local first, first_key = pki.leaf("ed25519")
  local second, second_key = pki.leaf("rsa")
  return assert(wolfssl.server { certificates = {
    { certificate = first, key = first_key }, { certificate = second, key = second_key },
  } })
end

describe("a server", function()
  local function open(options)
    local client = attacker.new(pki.server(only13(options)):connection())
    assert.is_true(client:handshake())
    client:receive()
    return client, client.peer
  end

  it("takes no alert before the ClientHello", function()
    local code, alert = verdict(two_identities():connection(), record(21, "\1\90"))
    assert.equal("peer_misbehaved", code)
    assert.equal("unexpected_message", alert)
    assert.equal("alert_received", (verdict(pki.server():connection(), record(21, "\2\40"))))
  end)

  it("wants the second ClientHello to be like the first", function()
    for _, change in ipairs {
      function(_, extensions) extensions[1][2] = "\0\6\0\0\3abc" end,
      function(client) client.random = ("r"):rep(32) end,
      function(_, extensions) extensions[4][2] = "\0\2\8\4" end, -- only RSA: another certificate
      function(_, extensions) table.remove(extensions, 2) end,   -- TLS 1.2
      function(_, extensions) table.remove(extensions, 5) end,   -- no PSK any more
      function(_, extensions) extensions[5][2] = "\2\1\0" end,
      function(_, extensions) table.insert(extensions, 1, { 49, "" }) end,
      function(_, extensions) table.insert(extensions, 1, { 5, "\1\0\0\0\0" }) end,
    } do
      local client = attacker.new(two_identities():connection(), { share = false })
      assert.equal("want_read", select(3, client:send(22, client:hello())))
      client:receive()
      client.share = true
      local extensions = client:extensions()
      change(client, extensions)
      local _, text, code = client:send(22, client:hello(nil, extensions))
      assert.equal("peer_misbehaved", code, text)
      assert.equal("illegal_parameter", client.peer:info().alert_sent.name)
    end
  end)

  -- RFC 8446 appendix D.4
  it("sends a ChangeCipherSpec after its first hello to a client with a session id", function()
    local function types(peer)
      local list, reader = {}, tls.record_reader()
      reader:push(peer:data_to_send())
      for r in function() return reader:next() end do list[#list + 1] = r.type.value end
      return table.concat(list, " ")
    end
    for id, change in pairs { [""] = "", [("s"):rep(32)] = " 20" } do
      local client = attacker.new(pki.server(only13()):connection(), { session_id = id })
      client:send(22, client:hello())
      assert.equal("22" .. change .. " 23 23 23 23", types(client.peer))
      client = attacker.new(pki.server(only13()):connection(), { session_id = id, share = false })
      client:send(22, client:hello())
      assert.equal("22" .. change, types(client.peer))
      client.share = true
      client:send(22, client:hello())
      assert.equal("22 23 23 23 23", types(client.peer))
    end
  end)

  it("takes no certificate that it did not ask for", function()
    local der = wolfssl.certificate(pki.leaf()[1]):der()
    local function vector(s) return "\0" .. attacker.u32(#s):sub(3) .. s end
    local client = attacker.new(pki.server(only13()):connection())
    local _, text, code = client:handshake(nil, {
      before_finished = { message(11, "\0" .. vector(vector(der) .. "\0\0")) },
    })
    assert.equal("peer_misbehaved", code, text)
    assert.equal("unexpected_message", client.peer:info().alert_sent.name)
    assert.is_false(client.peer:verdict().ok)
  end)

  -- RFC 8446 section 4.2.10
  it("reads over early data, which it never takes, to a limit", function()
    local core = require "wolfssl.core"
    local function early(count, options)
      local client = attacker.new(pki.server(only13()):connection(), options)
      local extensions, post = client:extensions(), client.post
      table.insert(extensions, { 42, "" })
      local function send()
        for _ = 1, count do client.peer:receive_data(record(23, core.crypto.random(16000))) end
      end
      function client:post(...)
        send()
        count = 0
        return post(self, ...)
      end
      return client, extensions, send
    end
    for count, expected in pairs { [0] = true, [1] = true, [8] = true, [9] = false } do
      local client, extensions = early(count)
      local ok, _, code = client:handshake(nil, { extensions = extensions })
      assert.equal(expected, ok or false)
      assert.equal(not expected and "peer_misbehaved" or nil, code)
    end
    local client, extensions, send = early(2, { share = false })
    client:send(22, client:hello(nil, extensions))
    client:receive()
    send()
    client.share = true
    assert.equal("want_read", select(3, client:send(22, client:hello())))
    assert.is_true(#client.peer:data_to_send() > 1000)
    send()
    assert.equal("peer_misbehaved", select(3, client.peer:handshake()))
  end)

  -- Taken out of there, it would leave another message than the one that the guards have seen.
  it("reads over no early data inside a message", function()
    local client = attacker.new(pki.server(only13()):connection(), { share = false })
    local extensions = client:extensions()
    table.insert(extensions, { 42, "" })
    client:send(22, client:hello(nil, extensions))
    client.share = true
    local hello = client:hello()
    local other = hello:gsub("localhost", "elsewhere")
    client.peer:receive_data(record(22, hello:sub(1, -2)))
    local code, alert = verdict(client.peer, record(23, record(22, other:sub(1, -2)))
      .. record(22, hello:sub(-1)))
    assert.same({ "peer_misbehaved", "unexpected_message" }, { code, alert })
  end)

  it("refuses a client that withdraws the key without which no certificate suits", function()
    local chain, _, all = farm.chain()
    local server = assert(wolfssl.server(only13 { certificate = chain, key = all[1].key,
      staple = ocsp.response { certificate = chain[1], issuer = all[2] },
      psks = { me = ("k"):rep(32) }, names = { ["a.example"] = pki.server() } }))
    local client = attacker.new(server:connection(), { share = false })
    client.binder_label = "ext binder"
    local extensions = client:extensions()
    extensions[4][2] = "\0\2\2\3" -- SHA-1
    local me = { identity = "me", key = ("k"):rep(32) }
    assert.equal("want_read", select(3, client:send(22, client:hello({ me }, extensions))))
    local _, text, code = client:send(22, client:hello(nil, extensions))
    assert.equal("peer_incompatible", code, text)
    assert.matches("no certificate", text)
  end)

  it("blames the client for a signature that is none", function()
    local chain, key = pki.leaf "rsa"
    local function vector(s) return "\0" .. attacker.u32(#s):sub(3) .. s end
    local der = wolfssl.certificate(chain[1]):der()
    local salted = key:sign("rsa_pss_rsae_sha512", "x") -- salt and hash of another scheme
    for _, signature in ipairs { ("x"):rep(256), ("\255"):rep(256), "\0", salted } do
      local client = attacker.new(pki.server(only13 { verify = "optional", trust = pki.root,
        insecure_accept_invalid = true }):connection())
      client.silent = true
      local _, text, code = client:handshake(nil, { before_finished = {
        message(11, "\0" .. vector(vector(der) .. "\0\0")),
        message(15, "\8\4" .. attacker.u32(#signature):sub(3) .. signature),
      } })
      assert.equal("peer_misbehaved", code, text)
    end
  end)

  describe("whose client resumes or has a key, and shows a certificate that is not its,", function()
    local function vector(s) return "\0" .. attacker.u32(#s):sub(3) .. s end
    local function stolen()
      local entries = {}
      for i, der in ipairs((pki.leaf())) do entries[i] = vector(der) .. "\0\0" end
      return message(11, "\0" .. vector(table.concat(entries)))
    end
    local function assert_nobody(client, psk)
      local ok, _, code = client:handshake({ psk }, { before_finished = { stolen() } })
      assert.is_true(client.resumed)
      assert.same({ nil, "peer_misbehaved" }, { ok, code })
      assert.equal("unexpected_message", client.peer:info().alert_sent.name)
      assert.is_false(client.peer:verdict().ok)
      assert.is_nil((client.peer:read()))
    end

    it("refuses it: wolfSSL would believe it", function()
      local server = pki.server(only13 { verify = "optional", trust = pki.root })
      local visitor = attacker.new(server:connection())
      assert.is_true(visitor:handshake())
      assert_nobody(attacker.new(server:connection()), assert(visitor:ticket()))
    end)

    it("refuses it with a pre-shared key, too", function()
      local key = ("k"):rep(32)
      for _, verify in ipairs { "optional", "required" } do
        local server = pki.server(only13 { verify = verify, trust = pki.root, psks = { me = key } })
        local client = attacker.new(server:connection())
        client.binder_label = "ext binder"
        assert_nobody(client, { identity = "me", key = key })
      end
    end)
  end)

  it("does without a certificate only when the client says that it has none", function()
    for _, mode in ipairs { "optional", "required" } do
      local server = pki.server(only13 { verify = mode, trust = pki.root })
      local client = attacker.new(server:connection())
      client.silent = true
      assert.equal("peer_misbehaved", select(3, client:handshake()))
    end
  end)

  it("reads on behind empty records and KeyUpdates", function()
    local client, server = open()
    local bytes = client.write:seal(23, "") .. client.write:seal(22, UPDATE)
    client.write:update()
    server:receive_data(bytes .. client.write:seal(23, "") .. client.write:seal(23, "hello"))
    assert.equal("hello", server:read())
  end)

  it("answers a KeyUpdate in the call that reads the data behind it", function()
    local client, server = open()
    local bytes, sent = client.write:seal(22, UPDATE), ""
    client.write:update()
    bytes = bytes .. client.write:seal(23, "hello")
    local s = stream.new(server, {
      read = function() return bytes end,
      write = function(_, more)
        sent = sent .. more
        return true
      end,
    })
    assert.equal("hello", s:read())
    assert.equal(5 + 5 + 1 + 16, #sent)
  end)

  local function updates(client, count)
    local list = {}
    for i = 1, count do
      list[i] = client.write:seal(22, UPDATE)
      client.write:update()
    end
    return table.concat(list)
  end

  it("takes 32 KeyUpdates between data, and not for ever more", function()
    local client, server = open()
    for _ = 1, 3 do
      server:receive_data(updates(client, 32) .. client.write:seal(23, "x"))
      assert.equal("x", server:read())
    end
    local code, alert = verdict(server, updates(client, 34))
    assert.equal("peer_misbehaved", code)
    assert.equal("unexpected_message", alert)
  end)

  it("refuses a second KeyUpdate in a record: its keys are no longer the right ones", function()
    local quiet = UPDATE:sub(1, -2) .. "\0"
    local client, server = open()
    local code, alert = verdict(server, client.write:seal(22, quiet .. UPDATE))
    assert.same({ "peer_misbehaved", "unexpected_message" }, { code, alert })
    assert.same({ { kind = 21, content = "\2\10" } }, client:receive())
    client, server = open()
    assert.equal("peer_misbehaved", (verdict(server, client.write:seal(22, UPDATE .. quiet))))
  end)

  -- RFC 8446 section 5.1: nothing may come between the pieces.
  describe("that gets a KeyUpdate in pieces", function()
    -- A piece of each of these sizes, the last as long as what is left.
    local function pieces(client, update, sizes)
      local list, at = {}, 1
      for _, size in ipairs(sizes) do
        list[#list + 1] = client.write:seal(22, update:sub(at, at + size - 1))
        at = at + size
      end
      list[#list + 1] = client.write:seal(22, update:sub(at))
      return list
    end
    it("goes on with the next keys, however it was cut", function()
      for _, sizes in ipairs { { 1 }, { 2 }, { 3 }, { 4 }, { 1, 1, 1, 1 }, { 2, 2 } } do
        local client, server = open()
        for round = 1, 3 do
          local before = ("%d"):format(round)
          server:receive_data(client.write:seal(23, before))
          assert.equal(before, server:read())
          for _, record_of_it in ipairs(pieces(client, UPDATE, sizes)) do
            server:receive_data(record_of_it)
            assert.same({ nil, "want_read" }, { server:read(), select(3, server:read()) })
          end
          client.write:update()
          server:receive_data(client.write:seal(23, "next"))
          assert.equal("next", server:read())
        end
      end
    end)

    it("takes all of it at once, and what comes behind it", function()
      local client, server = open()
      local all = table.concat(pieces(client, UPDATE, { 1, 1, 1, 1 }))
      client.write:update()
      server:receive_data(all .. client.write:seal(23, "next"))
      assert.equal("next", server:read())
      local heard = client:receive()
      assert.same({ kind = 22, content = UPDATE:sub(1, 4) .. "\0" }, heard[#heard])
    end)

    it("shows it to handlers once", function()
      local seen = {}
      local a, b = pki.connected(pki.client(only13()), pki.server(only13 {
        on_message = function(entry) seen[#seen + 1] = entry.from .. " " .. entry.name end }))
      local client = { write = decryptor.tls13(cipher_suite:entry(a:info().cipher_suite.value),
        helper.unhex(table.concat(a:secrets(), "\n"):match("CLIENT_TRAFFIC_SECRET_0 %x+ (%x+)"))) }
      seen = {}
      b:receive_data(table.concat(pieces(client, UPDATE, { 2, 2 })))
      assert.equal("want_read", select(3, b:read()))
      assert.same({ "client key_update", "server key_update" }, seen)
    end)

    it("refuses what is between the pieces", function()
      local others = { { 23, "x" }, { 23, ("x"):rep(100) }, { 22, UPDATE }, { 21, "\1\90" } }
      for _, other in ipairs(others) do
        for cut = 1, 4 do
          local client, server = open()
          server:receive_data(client.write:seal(22, UPDATE:sub(1, cut)))
          assert.equal("want_read", select(3, server:read()))
          local code, alert = verdict(server, client.write:seal(other[1], other[2]))
          assert.same({ "peer_misbehaved", "unexpected_message" }, { code, alert })
        end
      end
    end)

    it("refuses one under other keys, and a message that is none", function()
      local client, server, code, alert
      for _, behind in ipairs { "", UPDATE, ("x"):rep(100) } do
        client, server = open()
        server:receive_data(client.write:seal(22, UPDATE:sub(1, 2)))
        client.write:update()
        code, alert = verdict(server, client.write:seal(22, UPDATE:sub(3) .. behind))
        assert.same({ "peer_misbehaved", "bad_record_mac" }, { code, alert })
      end
      for _, piece in ipairs { "\4", "\24\1", "\24\0\0\2", "\11\0" } do
        client, server = open()
        code, alert = verdict(server, client.write:seal(22, piece))
        assert.same({ "peer_misbehaved", "unexpected_message" }, { code, alert })
      end
    end)
  end)

  it("takes a KeyUpdate without a body for malformed, and for nothing else", function()
    local client, server = open()
    local code, alert = verdict(server, client.write:seal(22, "\24\0\0\0"))
    assert.same({ "decode_error", "decode_error" }, { code, alert })
  end)

  it("does not read empty records for ever", function()
    local function empty(client, count)
      local list = {}
      for i = 1, count do list[i] = client.write:seal(23, "") end
      return table.concat(list)
    end
    local client, server = open()
    for _ = 1, 2 do
      server:receive_data(empty(client, 90) .. client.write:seal(23, "x"))
      assert.equal("x", server:read())
    end
    assert.equal("peer_misbehaved", (verdict(server, empty(client, 101))))
  end)

  it("reads nothing behind a close_notify", function()
    local client, server = open()
    server:receive_data(client.write:seal(23, "last") .. client.write:seal(21, "\1\0")
      .. client.write:seal(23, "more"))
    assert.equal("last", server:read())
    assert.equal("closed", select(3, server:read()))
    assert.equal("closed", select(3, server:read()))
  end)

  it("sends no alert after its close_notify", function()
    local client, server = open()
    server:shutdown()
    assert.is_true(#server:data_to_send() > 0)
    assert.equal("peer_misbehaved", (verdict(server, client.write:seal(99, "x"))))
    assert.equal("", server:data_to_send())
  end)

  it("tells a peer whose protected record is of unknown type that it was unexpected", function()
    local client, server = open()
    local code, alert = verdict(server, client.write:seal(99, "x"))
    assert.same({ "peer_misbehaved", "unexpected_message" }, { code, alert })
  end)

  it("ends with any alert of TLS 1.3 but two, whatever its level", function()
    local client, server = open()
    assert.equal("alert_received", (verdict(server, client.write:seal(21, "\1\112"))))
    client, server = open()
    server:receive_data(client.write:seal(21, "\1\90") .. client.write:seal(23, "x"))
    assert.equal("x", server:read())
  end)

  it("sends alerts that can be read after a KeyUpdate, too", function()
    local client, server = open()
    server:receive_data(client.write:seal(22, UPDATE))
    assert.equal("want_read", select(3, server:read()))
    assert.equal(UPDATE:sub(1, -2) .. "\0", client:receive()[1].content)
    client.read:update()
    assert.equal("peer_misbehaved", (verdict(server, "\23\3\3\65\1")))
    assert.same({ { kind = 21, content = "\2\22" } }, client:receive())
  end)

  for what, make in pairs {
    ["a second ClientHello"] = function(c) return c.write:seal(22, c:hello()) end,
    ["a Certificate"] = function(c) return c.write:seal(22, message(11, "\0\0\0\0")) end,
    ["a NewSessionTicket"] = function(c)
      return c.write:seal(22, message(4, "\0\0\0\1\0\0\0\0\0\0\1x\0\0"))
    end,
    ["a ChangeCipherSpec under protection"] = function(c) return c.write:seal(20, "\1") end,
    ["a record of nothing but padding"] = function(c) return c.write:seal(0, "") end,
    ["a KeyUpdate that asks for 2"] = function(c) return c.write:seal(22, message(24, "\2")) end,
  } do
    it("refuses, after the handshake, " .. what, function()
      local client, server = open()
      local code, alert, text = verdict(server, make(client))
      assert.equal("peer_misbehaved", code, text)
      assert.is_not_nil(alert)
    end)
  end
end)

describe("a client", function()
  -- A client that is connected, and the protection of its server's records.
  local function open(options)
    local secret
    options = only13(options)
    options.on_secret = function(line)
      secret = line:match("^SERVER_TRAFFIC_SECRET_0 %x+ (%x+)$") or secret
    end
    local client, server = pki.connected(pki.client(options), pki.server(only13 {
      tickets = false }))
    client:receive_data(server:data_to_send())
    return client, decryptor.tls13(cipher_suite:entry(client:info().cipher_suite.value),
      helper.unhex(secret))
  end

  it("shows its certificate to nobody who asks after the handshake", function()
    local chain, key = pki.leaf()
    for _, options in ipairs { { certificate = chain, key = key }, {} } do
      local client, write = open(options)
      local request = message(13, "\1x\0\8\0\13\0\4\0\2\8\7")
      local code, alert = verdict(client, write:seal(22, request))
      assert.equal("peer_misbehaved", code)
      assert.equal("unexpected_message", alert)
      assert.is_true(#client:data_to_send() < 32)
    end
  end)

  it("keeps no ticket that does not live at all", function()
    for lifetime, kept in pairs { ["\0\0\0\0"] = 0, ["\0\0\0\60"] = 1 } do
      local told = 0
      local client, write = open { on_session = function() told = told + 1 end }
      verdict(client, write:seal(22, message(4, lifetime .. "\0\0\0\0\1\0\0\4abcd\0\0")))
      assert.equal(kept, told)
    end
  end)

  it("refuses a ticket that lives for more than a week", function()
    local client, write = open()
    assert.equal("peer_misbehaved", (verdict(client, write:seal(22,
      message(4, "\255\255\255\255\0\0\0\0\1\0\0\4abcd\0\0")))))
  end)

  local function retry(client, extensions)
    client:handshake()
    local id = client:data_to_send():sub(44)
    id = id:sub(1, 1 + id:byte(1))
    return verdict(client, record(22, message(2, RETRY .. id .. "\19\3\0"
      .. string.char(0, #extensions) .. extensions)))
  end

  it("refuses a HelloRetryRequest that asks for nothing", function()
    local code, alert = retry(pki.pair(), "\0\43\0\2\3\4")
    assert.equal("peer_misbehaved", code)
    assert.equal("illegal_parameter", alert)
  end)

  it("refuses a HelloRetryRequest of another version", function()
    local code, alert = retry(pki.pair(), "")
    assert.equal("decode_error", code)
    assert.equal("missing_extension", alert)
  end)

  it("refuses a protocol that it did not offer", function()
    local client, server = pki.pair(pki.client { max_version = "TLS 1.2", alpn = { "aa" } },
      pki.server { max_version = "TLS 1.2", alpn = { "aa" } })
    client:handshake()
    server:receive_data(client:data_to_send())
    server:handshake()
    local flight, changed = server:data_to_send():gsub("\3\2aa", "\3\2bb", 1)
    assert.equal(1, changed)
    assert.equal("peer_incompatible", (verdict(client, flight)))
  end)

  it("tells a weak root from a weak namesake of it", function()
    local function handshake(chain, trust)
      local server = assert(wolfssl.server { certificate = chain, key = pki.key "ed25519" })
      return (pki.handshake(pki.pair(pki.client { trust = trust }, server)))
    end
    local function certificate(subject, key, issuer, ca, signature)
      return issue.certificate { subject = subject, key = pki.key(key), issuer = issuer, ca = ca,
        subject_alt_names = not ca and { "dns:localhost" } or nil, signature = signature }
    end
    local root = certificate("Old", "secp256r1", nil, true, "sha1")
    local of_root = { certificate = root, key = pki.key "secp256r1" }
    local leaf = certificate("Leaf", "ed25519", of_root)
    local namesake = certificate("Old", "secp384r1", of_root, true, "sha1")
    local below = certificate("Leaf", "ed25519",
      { certificate = namesake, key = pki.key "secp384r1" })
    local good, bad = handshake({ leaf, root }, root), handshake({ below, namesake }, root)
    assert.is_true(good.ok, good.message)
    assert.equal("certificate_invalid", bad.code)
    assert.equal("weak_signature", bad.detail[1].code)
  end)
end)
