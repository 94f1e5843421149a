-- Pre-shared keys: what is agreed, what is refused, and the same with other implementations.

local helper = require "helper"
local memory = require "wolfssl.transport.memory"
local peers = require "interop.peers"
local pki = require "pki"
local probe = require "wolfssl.probe"
local wolfssl = require "wolfssl"

local assert_talk = pki.talk

local KEY, OTHER = ("k"):rep(32), ("o"):rep(32)

local function u16(n) return string.char(math.floor(n / 256), n % 256) end

local function client(version, options)
  return assert(wolfssl.client(peers.at(version, options)))
end

local function server(version, options)
  return assert(wolfssl.server(peers.at(version, options)))
end

local function mine(fields)
  local psk = { identity = "me", key = KEY }
  for name, value in pairs(fields or {}) do psk[name] = value end
  return { psk = psk }
end

local function with_certificate(options)
  options.certificate, options.key = pki.leaf()
  return options
end

-- Both handshakes; each side's result, its facts in `info`.
local function meet(client_context, server_context, options)
  local a, b = client_context:connection(options), server_context:connection()
  local left, right = pki.handshake(a, b)
  left.info, right.info = a:info(), b:info()
  return left, right, a, b
end

local function assert_agreed(left, right, a, b)
  assert.is_nil(left.message)
  assert.is_nil(right.message)
  for _, side in ipairs { left, right } do
    assert.is_true(side.info.psk)
    assert.equal("me", side.info.psk_identity)
    assert.is_false(side.info.resumed)
  end
  assert.same({ {}, {} }, { a:peer_certificates(), b:peer_certificates() })
  assert.same({ {}, {} }, { a:local_certificates(), b:local_certificates() })
  assert_talk(a, b)
end

local function assert_refused(alert, code, refuser, refused)
  assert.equal(code, refuser.code, refuser.message)
  assert.equal("alert_received", refused.code, refused.message)
  assert.equal(alert, refused.detail.name)
end

-- What a conversation that offers the key so comes to, and the server's facts of it.
local function offered_to(context, hello, ...)
  local a, b = memory.pair()
  local psks, agreed, info = {}, nil, nil
  for i, name in ipairs { ... } do
    psks[i] = { identity = name, key = name == "me" and KEY or OTHER }
  end
  memory.run(function()
    local c = probe.over(a, { psks = psks, timeout = 50, server_name = "localhost" })
    hello.psks = psks
    agreed = assert(c:handshake { hello = hello })
    c:close()
  end, function()
    local stream = context:wrap(b, { timeout = 50 })
    stream:handshake()
    info = stream:info()
    stream:close()
  end)
  return agreed, info
end

local function offered(...)
  return offered_to(pki.server { psks = { me = KEY } }, ...)
end

describe("wolfssl, option psk,", function()
  for _, version in ipairs(peers.VERSIONS) do
    describe("in " .. version, function()
      it("needs neither certificates nor a name", function()
        assert_agreed(meet(client(version, mine()), server(version, { psks = { me = KEY } })))
      end)

      it("finds the key among many", function()
        local keys = {}
        for i = 1, 300 do keys[("device %d"):format(i)] = OTHER end
        keys.me = KEY
        assert_agreed(meet(client(version, mine()), server(version, { psks = keys })))
      end)

      it("goes before the certificate that a server has, too", function()
        assert_agreed(meet(client(version, mine()),
          server(version, with_certificate { psks = { me = KEY } })))
      end)

      it("does where a client certificate would be required", function()
        assert_agreed(meet(client(version, mine()), server(version, with_certificate {
          psks = { me = KEY }, verify = "required", trust = pki.root })))
      end)

      it("sends the name that is given", function()
        local left, right = meet(client(version, mine()), server(version, { psks = { me = KEY } }),
          { server_name = "a.example" })
        assert.is_true(left.ok)
        assert.equal("a.example", right.info.server_name)
      end)

      it("is not resumed: the key costs no more, and the identity stays known", function()
        local _, _, a, b = meet(client(version, mine()), server(version, { psks = { me = KEY } }))
        assert_talk(a, b)
        assert.is_nil(a:session())
      end)

      it("is given no ticket, and nothing is kept of it", function()
        local told, kept = {}, {}
        local from = client(version, { psk = mine().psk,
          on_message = function(message) told[message.name] = true end })
        local to = server(version, { psks = { me = KEY }, ticket_keys = { ("t"):rep(48) },
          sessions = { get = function() end, put = function(_, id) kept[#kept + 1] = id end } })
        local left, right, a, b = meet(from, to)
        assert.is_true(left.ok and right.ok, left.message)
        assert_talk(a, b)
        assert.is_true(told.finished)
        assert.is_nil(told.new_session_ticket)
        assert.same({}, kept)
      end)

      it("is refused by a server that does not know the identity", function()
        local left, right = meet(client(version, mine()), server(version, { psks = { you = KEY } }))
        assert_refused("unknown_psk_identity", "peer_incompatible", right, left)
      end)

      it("is refused where the keys differ", function()
        local left, right = meet(client(version, mine()),
          server(version, { psks = { me = OTHER } }))
        assert_refused(version == "TLS 1.3" and "decrypt_error" or "bad_record_mac",
          "peer_misbehaved", right, left)
        assert.is_false(left.info.psk)
      end)

      it("is not asked for in vain: a client without one is refused", function()
        local left, right = meet(pki.client(peers.at(version)),
          server(version, { psks = { me = KEY } }), { server_name = "localhost" })
        assert_refused("handshake_failure", "peer_incompatible", right, left)
      end)

      it("leaves a certificate to clients that offer no key", function()
        local left, right = meet(pki.client(peers.at(version)),
          server(version, with_certificate { psks = { me = KEY } }), { server_name = "localhost" })
        assert.is_true(left.ok and right.ok)
        assert.is_false(left.info.psk)
        assert.is_nil(left.info.psk_identity)
      end)

      it("has every handshake survive any cut of its bytes", function()
        local a = client(version, mine()):connection()
        local b = server(version, { psks = { me = KEY } }):connection()
        local left, right = pki.handshake(a, b, 1)
        assert.is_true(left.ok and right.ok)
        assert_talk(a, b)
      end)
    end)
  end

  it("is no word that a certificate could stand for", function()
    local left, right = meet(client("TLS 1.3", mine()), pki.server(peers.at "TLS 1.3"))
    assert_refused("handshake_failure", "peer_incompatible", left, right)
    left, right = meet(client("TLS 1.2", mine()), pki.server(peers.at "TLS 1.2"))
    assert_refused("handshake_failure", "peer_incompatible", right, left)
  end)

  it("falls back to the certificate in TLS 1.3 where the client has trust, too", function()
    for _, psks in ipairs { { you = KEY }, { me = { key = KEY, hash = "sha384" } } } do
      local options = mine { hash = "sha256" }
      options.trust, options.cipher_suites = pki.root, { "TLS_AES_128_GCM_SHA256" }
      local left, right, a = meet(client("TLS 1.3", options),
        server("TLS 1.3", with_certificate { psks = psks }), { server_name = "localhost" })
      assert.is_true(left.ok, left.message)
      assert.is_true(right.ok, right.message)
      assert.same({ false, false }, { left.info.psk, right.info.psk })
      assert.is_true(a:verdict().ok)
      assert.equal(2, #a:peer_certificates())
    end
  end)

  it("does not excuse the certificate that comes instead", function()
    local options = mine()
    options.trust = pki.root
    local left = meet(client("TLS 1.3", options),
      server("TLS 1.3", with_certificate { psks = { you = KEY } }), { server_name = "b.example" })
    assert.equal("certificate_invalid", left.code)
  end)

  it("goes with the suites of its hash", function()
    for hash, suite in pairs { sha256 = "TLS_CHACHA20_POLY1305_SHA256",
      sha384 = "TLS_AES_256_GCM_SHA384" } do
      local left, right, a, b = meet(client("TLS 1.3", mine { hash = hash }),
        server("TLS 1.3", { psks = { me = { key = KEY, hash = hash } } }))
      assert_agreed(left, right, a, b)
      assert.equal(suite, left.info.cipher_suite.name)
    end
  end)

  it("is taken with an exchange of keys only, whatever else the client would do", function()
    for mode, modes in pairs { psk_dhe_ke = { "psk_ke", "psk_dhe_ke" }, psk_ke = { "psk_ke" } } do
      local agreed, info = offered({ versions = { "TLS 1.3" }, psk_modes = modes }, "me")
      assert.equal(mode == "psk_dhe_ke", agreed.resumed)
      assert.equal(mode == "psk_dhe_ke", info.psk)
      assert.equal("x25519", agreed.group.name)
    end
  end)

  it("is found behind others that are not known", function()
    local agreed, info = offered({ versions = { "TLS 1.3" } }, "you", "he", "me", "she")
    assert.is_true(agreed.resumed)
    assert.equal("me", info.psk_identity)
  end)

  it("is told from those whose identities begin alike, or are as long", function()
    local psks = {}
    for _, name in ipairs { "1234a", "1234b", "1234", "1234aa" } do psks[name] = OTHER end
    psks["1234c"] = KEY
    for _, version in ipairs { "TLS 1.2", "TLS 1.3" } do
      local left, right = meet(client(version, mine { identity = "1234c" }),
        server(version, { psks = psks }))
      assert.is_true(left.ok and right.ok)
      assert.equal("1234c", right.info.psk_identity)
      left, right = meet(client(version, mine { identity = "1234d" }),
        server(version, { psks = psks }))
      assert_refused("unknown_psk_identity", "peer_incompatible", right, left)
    end
  end)

  it("is not offered beside a session", function()
    local options = mine()
    options.trust = pki.root
    local context, identities = client("TLS 1.3", options), nil
    local to = server("TLS 1.3", with_certificate { on_client_hello = function(hello)
      local list = probe.extension({ body = hello }, "pre_shared_key")
      identities = list and #list.identities
    end })
    local _, _, a, b = meet(context, to, { server_name = "localhost" })
    assert.equal(1, identities)
    assert_talk(a, b)
    local _, right = meet(context, to, { server_name = "localhost", session = assert(a:session()) })
    assert.is_true(right.info.resumed)
    assert.equal(1, identities)
  end)

  it("needs a ClientKeyExchange that has the length it names", function()
    local function with_length(octets)
      return function(message) return message:sub(1, 9) .. octets .. message:sub(12) end
    end
    for what, change in pairs {
      ["by one"] = function(message) return with_length(u16(#message - 10))(message) end,
      longer = with_length "\1\0",
      ["as long as can be"] = with_length "\255\255",
      ["one byte"] = function() return "\22\3\3\0\5\16\0\0\1\0" end,
      ["no byte"] = function() return "\22\3\3\0\4\16\0\0\0" end,
    } do
      local a = client("TLS 1.2", mine()):connection()
      local b = server("TLS 1.2", { psks = { me = KEY } }):connection()
      a:handshake()
      pki.exchange(a, b)
      b:handshake()
      pki.exchange(b, a)
      a:handshake()
      local flight = a:data_to_send()
      local size = 5 + flight:byte(4) * 256 + flight:byte(5)
      local message = flight:sub(1, size)
      assert.equal("\16\0\2me", message:sub(6, 6) .. message:sub(10, 13))
      b:receive_data(change(message) .. flight:sub(size + 1))
      assert.same({ nil, "decode_error" }, { (b:handshake()), (select(3, b:handshake())) }, what)
      a:receive_data(b:data_to_send())
      local _, _, code, detail = a:handshake()
      assert.same({ "alert_received", "decode_error" }, { code, detail.name }, what)
    end
  end)

  it("is not changed once it is chosen", function()
    local function refused(connection)
      assert.error_matches(function() connection:set_psk("me", OTHER) end, "is chosen already")
    end
    for _, version in ipairs(peers.VERSIONS) do
      local a = client(version, mine()):connection()
      local b = server(version, with_certificate { psks = { me = KEY } }):connection()
      a:handshake()
      refused(a)
      pki.exchange(a, b)
      b:handshake()
      if version == "TLS 1.3" then refused(b) end
      local left, right = pki.handshake(a, b)
      assert.is_true(left.ok and right.ok)
      refused(a)
      refused(b)
      -- nor where a certificate did
      a, b = pki.connected(pki.client(peers.at(version)),
        server(version, with_certificate { psks = { me = KEY } }))
      assert.is_false(b:info().psk)
      refused(b)
      assert_talk(a, b)
    end
  end)

  it("survives a HelloRetryRequest", function()
    local options = mine()
    options.groups = { "x25519", "secp384r1" }
    local left, right, a, b = meet(client("TLS 1.3", options),
      server("TLS 1.3", { psks = { me = KEY }, groups = { "secp384r1" } }))
    assert_agreed(left, right, a, b)
    assert.equal("secp384r1", right.info.group.name)
  end)

  it("has forward secrecy by default, and every such suite works", function()
    for _, suite in ipairs {
      "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256",
      "TLS_DHE_PSK_WITH_CHACHA20_POLY1305_SHA256", "TLS_DHE_PSK_WITH_AES_128_GCM_SHA256",
      "TLS_DHE_PSK_WITH_AES_256_GCM_SHA384",
    } do
      local options = mine()
      options.cipher_suites = { suite }
      local left, right, a, b = meet(client("TLS 1.2", options),
        server("TLS 1.2", { psks = { me = KEY } }))
      assert_agreed(left, right, a, b)
      assert.equal(suite, right.info.cipher_suite.name)
      assert.equal(suite:find "ECDHE" ~= nil, left.info.group ~= nil)
    end
  end)

  it("is checked, and the message names the option", function()
    local function refused(pattern, make, options)
      local ok, message = pcall(make, options)
      assert.is_false(ok)
      assert.matches(pattern, message)
    end
    refused("'psk'.*16 to 64 bytes", wolfssl.client, { psk = { identity = "me", key = "short" } })
    refused("'psk'.*16 to 64 bytes", wolfssl.client,
      { psk = { identity = "me", key = ("k"):rep(65) } })
    refused("'psk'.*no identity", wolfssl.client, { psk = { key = KEY } })
    refused("'psk'.*1 to 255 bytes", wolfssl.client, { psk = { identity = "", key = KEY } })
    refused("'psk'.*zero byte", wolfssl.client, { psk = { identity = "a\0b", key = KEY } })
    refused("'psk'.*no key", wolfssl.client, { psk = { identity = "me" } })
    refused("'psk'.*unknown field 'kee'", wolfssl.client, { psk = { identity = "me", kee = KEY } })
    refused("'psks'.*invalid option 'md5'", wolfssl.server,
      { psks = { me = { key = KEY, hash = "md5" } } })
    refused("'psks'.*identity", wolfssl.server, { psks = { KEY } })
    refused("unknown option 'psks'", wolfssl.client, { psks = { me = KEY } })
    refused("unknown option 'psk'", wolfssl.server, { psk = { identity = "me", key = KEY } })
  end)
end)

-- ------------------------------------------------------------------------------ on_psk

-- One step of each side, the server's in a coroutine of its own; yields are counted.
local function in_coroutines(a, b)
  local yields, results = 0, {}
  local function side(c, name)
    return coroutine.create(function()
      repeat
        local result = { c:handshake() }
        results[name] = { ok = result[1], message = result[2], code = result[3],
          detail = result[4] }
        if result[3] == "want_read" then coroutine.yield "network" end
      until result[3] ~= "want_read"
    end)
  end
  local left, right = side(a, "left"), side(b, "right")
  for _ = 1, 40 do
    for _, co in ipairs { left, right } do
      if coroutine.status(co) == "suspended" then
        local ok, why = coroutine.resume(co)
        assert(ok, why)
        if why == "handler" then yields = yields + 1 end
      end
    end
    pki.exchange(a, b)
  end
  results.left.info, results.right.info = a:info(), b:info()
  return results.left, results.right, yields
end

describe("wolfssl, option on_psk,", function()
  for _, version in ipairs(peers.VERSIONS) do
    describe("in " .. version, function()
      local function answering(answer, more)
        local asked = {}
        local options = { on_psk = function(identity, c)
          asked[#asked + 1] = identity
          return answer(identity, c)
        end }
        for name, value in pairs(more or {}) do options[name] = value end
        return server(version, options), asked
      end

      it("gives the key of the identity, and may wait for it", function()
        local context, asked = answering(function(identity)
          for _ = 1, 3 do coroutine.yield "handler" end
          return identity == "me" and KEY
        end)
        local a, b = client(version, mine()):connection(), context:connection()
        local left, right, yields = in_coroutines(a, b)
        assert_agreed(left, right, a, b)
        assert.same({ "me" }, asked)
        assert.equal(3, yields)
      end)

      it("is not asked for what psks has", function()
        local context, asked = answering(error, { psks = { me = KEY } })
        assert_agreed(meet(client(version, mine()), context))
        assert.same({}, asked)
      end)

      it("says with nil that the identity is unknown", function()
        local context = answering(function() end)
        local left, right = meet(client(version, mine()), context)
        assert_refused("unknown_psk_identity", "peer_incompatible", right, left)
      end)

      it("ends the handshake by raising, and says with what", function()
        local context = answering(function() error { reason = "down" } end)
        local left, right = meet(client(version, mine()), context)
        assert_refused("internal_error", "rejected", right, left)
        assert.same({ reason = "down" }, right.detail)
      end)

      it("must not return nonsense", function()
        for _, nonsense in ipairs { true, 7, "short", {}, { key = KEY, hash = "md5" } } do
          local a = client(version, mine()):connection()
          local b = (answering(function() return nonsense end)):connection()
          a:handshake()
          pki.exchange(a, b)
          local ok, message = pcall(function()
            for _ = 1, 4 do
              b:handshake()
              pki.exchange(a, b)
              a:handshake()
              pki.exchange(a, b)
            end
          end)
          assert.is_false(ok)
          assert.matches("on_psk returned", message)
        end
      end)

      it("can close the connection", function()
        local context = answering(function(_, c) c:close() end)
        local a, b = client(version, mine()):connection(), context:connection()
        local right
        for _ = 1, 4 do
          a:handshake()
          a:data_to_send(0)
          local bytes = a:data_to_send()
          if bytes ~= "" then b:receive_data(bytes) end
          right = { b:handshake() }
          if right[3] == "closed" then break end
          a:receive_data(b:data_to_send())
        end
        assert.equal("closed", right[3])
      end)

      it("gives a client its key before the handshake", function()
        local context = client(version, { on_psk = function(identity)
          assert.is_nil(identity)
          coroutine.yield "handler"
          return { identity = "me", key = KEY }
        end })
        local a, b = context:connection(), server(version, { psks = { me = KEY } }):connection()
        local left, right, yields = in_coroutines(a, b)
        assert_agreed(left, right, a, b)
        assert.equal(1, yields)
      end)

      it("leaves a client without a key and without trust where it is", function()
        local context = client(version, { on_psk = function() end })
        local ok, _, code = context:connection():handshake()
        assert.same({ nil, "rejected" }, { ok, code })
      end)
    end)
  end

  it("has nothing to say of a record that is held after the handshake", function()
    local a, b = pki.connected(nil, pki.server { min_version = "TLS 1.3", psks = { me = KEY } })
    b:hold(true)
    a:update_keys()
    b:receive_data(a:data_to_send())
    assert.equal("held", select(3, b:read()))
    assert.is_nil((b:wanted_psks()))
  end)

  it("is asked for one identity after the other, until there is a key", function()
    local asked = {}
    local context = pki.server { on_psk = function(identity)
      asked[#asked + 1] = identity
      return identity == "me" and KEY or identity == "she" and OTHER or nil
    end }
    local agreed, info = offered_to(context, { versions = { "TLS 1.3" } }, "you", "me", "she", "he")
    assert.is_true(agreed.resumed)
    assert.equal("me", info.psk_identity)
    assert.same({ "you", "me" }, asked)
  end)

  it("is not asked for session tickets", function()
    local asked = 0
    local to = server("TLS 1.3", with_certificate { on_psk = function() asked = asked + 1 end })
    local from = pki.client(peers.at "TLS 1.3")
    local a, b = pki.connected(from, to)
    assert_talk(a, b)
    a, b = pki.connected(from, to, { session = a:session() })
    assert.is_true(b:info().resumed)
    assert_talk(a, b)
    assert.equal(0, asked)
  end)

  it("falls back to the certificate in TLS 1.3", function()
    local options = mine()
    options.trust = pki.root
    local left, right = meet(client("TLS 1.3", options),
      server("TLS 1.3", with_certificate { on_psk = function() end }),
      { server_name = "localhost" })
    assert.is_true(left.ok, left.message)
    assert.is_false(right.info.psk)
  end)
end)

-- ------------------------------------------------------------------------------ others

local HEX = helper.hex(KEY)

local GNUTLS = { ["TLS 1.2"] = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-PSK:+DHE-PSK",
  ["TLS 1.3"] = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+ECDHE-PSK:+DHE-PSK" }

local function password_file()
  return helper.write(peers.path "psk.txt", "me:" .. HEX .. "\n")
end

local SERVERS = {
  openssl = function(version)
    return peers.openssl_server(("-rev -nocert -psk_identity me -psk %s %s -cipher PSK@SECLEVEL=2")
      :format(HEX, peers.OPENSSL[version]))
  end,
  gnutls = function(version)
    return peers.gnutls_server(("--echo --pskpasswd=%s --priority=%s"):format(password_file(),
      GNUTLS[version]))
  end,
}

local CLIENTS = {
  openssl = function(version)
    return ("openssl s_client -connect 127.0.0.1:PORT -psk_identity me -psk %s %s -cipher PSK")
      :format(HEX, peers.OPENSSL[version])
  end,
  gnutls = function(version)
    return peers.gnutls_psk_client("me", HEX, GNUTLS[version])
  end,
}

describe("a client that has offered", function()
  -- wolfSSL 5.5 would fail later, with a word about versions.
  local function assert_told(client_context, options)
    local left, right = meet(client_context,
      server("TLS 1.2", with_certificate { psks = { me = KEY } }), options)
    assert_refused("protocol_version", "peer_incompatible", left, right)
    assert.matches("set max_version", left.message)
  end

  it("a key of TLS 1.3 is told that the server speaks TLS 1.2 only", function()
    assert_told(assert(wolfssl.client(mine())))
  end)

  it("a session of TLS 1.3 is told so, too, and goes on without it", function()
    local context = pki.client()
    local a, b = pki.connected(context)
    pki.exchange(a, b)
    a:read()
    assert_told(context, { server_name = "localhost", session = assert(a:session()) })
    local left = meet(context, server("TLS 1.2", with_certificate {}),
      { server_name = "localhost" })
    assert.is_nil(left.message)
  end)
end)

for _, program in ipairs { "openssl", "gnutls" } do
  local package = program == "gnutls" and "gnutls-bin" or program
  describe("wolfssl, option psk, and " .. program, function()
    if not helper.have(program == "gnutls" and "gnutls-cli" or program) then
      return pending("needs package " .. package)
    end

    teardown(peers.cleanup)

    for _, version in ipairs(peers.VERSIONS) do
      it("agree in " .. version .. " when we are the client", function()
        local process = SERVERS[program](version)
        finally(function() process:stop() end)
        local stream = assert(peers.connect(process, client(version, mine())))
        assert.is_true(stream:connection():info().psk)
        assert(stream:send("ping\n"))
        assert.matches("ping", (stream:receive("*l"):gsub("gnip", "ping")))
        stream:close()
      end)

      it("agree in " .. version .. " when we are the server, who gives no ticket", function()
        local told = {}
        local context = server(version, { psks = { me = KEY }, ticket_keys = { ("t"):rep(48) },
          on_message = function(message) told[message.name] = true end })
        peers.serve(context, CLIENTS[program](version), function(stream, process)
          assert(stream:handshake())
          assert.equal("me", stream:connection():info().psk_identity)
          process:send("ping\n")
          assert.equal("ping", stream:receive("*l"))
          stream:shutdown()
          stream:receive("*a")
        end)
        assert.is_true(told.finished)
        assert.is_nil(told.new_session_ticket)
      end)

      it("disagree in " .. version .. " where the keys differ", function()
        local process = SERVERS[program](version)
        finally(function() process:stop() end)
        local context = client(version, mine { key = OTHER })
        local stream, _, code, detail = peers.connect(process, context)
        assert.is_nil(stream)
        assert.equal("alert_received", code)
        assert.is_truthy(({ decrypt_error = true, bad_record_mac = true, illegal_parameter = true })
          [detail.name], detail.name)
      end)
    end
  end)
end
