-- A server decides by the ClientHello.

local helper = require "helper"
local parked = require "connection.parked"
local peers = require "interop.peers"
local pki = require "pki"
local tls = require "wolfssl.tls"
local wolfssl = require "wolfssl"

local at, VERSIONS = parked.at, parked.VERSIONS

local function server(handler, options)
  local all = { on_client_hello = handler }
  for name, value in pairs(options or {}) do all[name] = value end
  return pki.server(all)
end

local function leaf_of(connection)
  return connection:peer_certificates()[1]:subject()[1].value
end

describe("on_client_hello", function()
  for _, version in ipairs(VERSIONS) do
    describe("of " .. version, function()
      it("is given the whole ClientHello as data, once", function()
        local hellos = {}
        local left, right = parked.pair(pki.client(at(version, { alpn = { "h2", "http/1.1" } })),
          server(function(hello, connection)
            hellos[#hellos + 1] = hello
            assert.equal("userdata", type(connection))
          end, { alpn = { "h2" } }))
        assert.is_true(left.ok and right.ok)
        assert.equal(1, #hellos)
        assert.equal("localhost", hellos[1].server_name)
        assert.same({ "h2", "http/1.1" }, hellos[1].alpn)
        assert.equal(32, #hellos[1].random)
        assert.is_table(tls.extension.find(hellos[1].extensions, "supported_groups"))
      end)

      it("may yield, and nobody can go on with the connection before it returns", function()
        local a, b = pki.pair(pki.client(at(version)), server(function()
          assert.equal("answered", coroutine.yield("asked"))
        end))
        a:handshake()
        b:receive_data(a:data_to_send())
        local thread = coroutine.create(function() return b:handshake() end)
        assert.same({ true, "asked" }, { coroutine.resume(thread) })
        for _, method in ipairs { "handshake", "read", "write" } do
          assert.error_matches(function() b[method](b, method == "write" and "x" or nil) end,
            "on_client_hello of this connection has not returned")
        end
        assert.equal("", b:data_to_send())
        local _, _, _, code = coroutine.resume(thread, "answered")
        assert.equal("want_read", code)
        local left, right = pki.handshake(a, b)
        assert.is_true(left.ok and right.ok)
      end)

      it("keeps its context's certificate when it was given none that is one", function()
        local chain, key = pki.leaf "secp384r1"
        for i, der in ipairs(chain) do chain[i] = assert(wolfssl.certificate(der)) end
        for _, bad in ipairs { {}, { chain[1], "nonsense" }, { "nonsense", chain[2] } } do
          local a, b = pki.pair(pki.client(at(version)), pki.server())
          assert.has_error(function() b:use_certificate(bad, key) end)
          assert.is_nil((b:use_certificate(chain, (select(2, pki.leaf "ed25519")))))
          local left, right = pki.handshake(a, b)
          assert.is_true(left.ok and right.ok)
          assert.equal(b:local_certificates()[1]:der(), a:peer_certificates()[1]:der())
          assert.not_equal(chain[1]:der(), a:peer_certificates()[1]:der())
        end
      end)

      it("may choose another context, with its handlers", function()
        local asked
        local other = pki.server(at(version, {
          verify = "optional", trust = pki.root,
          on_client_certificate = function(chain) asked = #chain end,
        }), "secp256r1", { subject = "Other" })
        local left, right, a = parked.pair(pki.client(), server(function()
          return { context = other }
        end))
        assert.is_true(left.ok and right.ok)
        assert.equal("Other", leaf_of(a))
        assert.equal(0, asked)
      end)

      it("may choose a context where its own could not serve the client", function()
        local other = pki.server(at(version))
        local wrong = version == "TLS 1.2" and "TLS 1.3" or "TLS 1.2"
        local left, right = parked.pair(pki.client(at(version)), server(function()
          return { context = other }
        end, at(wrong)))
        assert.is_true(left.ok and right.ok)
      end)

      for _, kind in ipairs { "rsa", "secp384r1", "ed25519" } do
        it("may choose the certificate, with a key of " .. kind, function()
          local chain, key = pki.leaf(kind, { subject = "Late" })
          local left, right, a, b = parked.pair(pki.client(at(version)), server(function()
            return { certificate = chain, key = key:pem() }
          end))
          assert.is_true(left.ok and right.ok, left.message or right.message)
          assert.equal("Late", leaf_of(a))
          assert.equal(chain[1], b:local_certificates()[1]:der())
          assert.is_nil(b:info().identity)
          assert.equal(a:info().signature_scheme.name, b:info().signature_scheme.name)
        end)
      end

      it("fails when the client cannot verify the certificate that was chosen", function()
        local chain, key = pki.leaf("secp384r1")
        local _, right = parked.pair(
          pki.client(at(version, { signature_schemes = { "rsa_pss_rsae_sha256" } })),
          server(function() return { certificate = chain, key = key } end))
        assert.equal("peer_incompatible", right.code)
      end)

      it("says what is wrong with a certificate that it chose", function()
        local chain = pki.leaf "secp256r1"
        local left, right = parked.pair(pki.client(at(version)), server(function()
          return { certificate = chain, key = pki.key "secp384r1" }
        end))
        assert.equal("rejected", right.code)
        assert.equal("on_client_hello: the private key does not belong to the certificate",
          right.message)
        assert.equal("internal_error", left.detail.name)
      end)

      it("may choose the protocols for this client", function()
        for _, alpn in ipairs { "b", { "c", "b" } } do
          local left, right, a, b = parked.pair(pki.client(at(version, { alpn = { "a", "b" } })),
            server(function() return { alpn = alpn } end, { alpn = { "a" } }))
          assert.is_true(left.ok and right.ok)
          assert.equal("b", a:info().alpn)
          assert.equal("b", b:info().alpn)
        end
        local left = parked.pair(pki.client(at(version, { alpn = { "a" } })),
          server(function() return { alpn = "other" } end, { alpn = { "a" } }))
        assert.equal("no_application_protocol", left.detail.name)
      end)

      it("may give a pre-shared key", function()
        local key = ("k"):rep(32)
        local left, right, a, b = parked.pair(
          pki.client(at(version, { psk = { identity = "me", key = key } })),
          server(function() return { psk = { identity = "me", key = key } } end,
            at(version, { psks = { other = ("o"):rep(32) } })))
        assert.is_true(left.ok and right.ok)
        assert.is_true(a:info().psk)
        assert.equal("me", b:info().psk_identity)
      end)

      it("may refuse the client with an alert", function()
        local left, right, _, b = parked.pair(pki.client(at(version)), server(function()
          return nil, "access_denied"
        end))
        assert.equal("rejected", right.code)
        assert.equal("access_denied", right.detail)
        assert.equal("alert_received", left.code)
        assert.equal("access_denied", left.detail.name)
        assert.equal("rejected", select(3, b:read()))
      end)
    end)
  end

  it("raises what it raises to nobody but the detail of the failure", function()
    local reason = { "why" }
    local left, right = parked.pair(nil, server(function() error(reason) end))
    assert.equal("rejected", right.code)
    assert.equal(reason, right.detail)
    assert.equal("internal_error", left.detail.name)
    left, right = parked.pair(nil, server(function()
      coroutine.yield()
      error("late", 0)
    end))
    assert.equal("on_client_hello raised: late", right.message)
    assert.equal("internal_error", left.detail.name)
    local odd = setmetatable({}, { __tostring = function() error "of its own" end })
    left, right = parked.pair(nil, server(function() error(odd) end))
    assert.equal("on_client_hello raised: table", right.message)
    assert.is_true(rawequal(odd, right.detail))
    assert.equal("internal_error", left.detail.name)
  end)

  for what, answer in pairs {
    ["a number"] = { 7 }, ["a context that is none"] = { { context = {} } },
    ["a client's context"] = { { context = pki.client() } },
    ["an unknown field"] = { { contxt = 1 } }, ["a certificate without its key"] =
      { { certificate = pki.leaf() } },
    ["a key without a certificate"] = { { key = pki.key "secp256r1" } },
    ["a certificate that is none"] = { { certificate = 1, key = 2 } },
    ["an alert that does not exist"] = { nil, "go_away" },
    ["close_notify"] = { nil, "close_notify" },
    ["a pre-shared key where there are none"] = { { psk = { identity = "me", key = "k" } } },
    ["ALPN with a comma"] = { { alpn = "a,b" } }, ["too much of ALPN"] =
      { { alpn = { ("a"):rep(200), ("b"):rep(200) } } },
  } do
    it("raises to the caller when it returns " .. what, function()
      local a, b = pki.pair(nil, server(function() return answer[1], answer[2] end))
      local _, right = parked.handshake(a, b)
      assert.matches("^on_client_hello returned .*; expected: ", right.raised)
      assert.equal("rejected", select(3, b:handshake()))
      a:receive_data(b:data_to_send())
      assert.equal("internal_error", select(4, a:handshake()).name)
    end)
  end

  it("may close the connection", function()
    local a, b = pki.pair(nil, server(function(_, connection) connection:close() end))
    a:handshake()
    b:receive_data(a:data_to_send())
    for _ = 1, 2 do
      assert.same({ nil, "the connection was closed by on_client_hello", "closed" },
        { b:handshake() })
    end
    assert.has_error(function() b:info() end)
  end)

  it("notices afterwards that the client has gone", function()
    local a, b
    a, b = pki.pair(nil, server(function() coroutine.yield() end))
    a:handshake()
    b:receive_data(a:data_to_send())
    local result = parked.call(b, "handshake", function() b:receive_eof() end)
    assert.equal("truncated", result.code)
  end)

  it("is collected with its connection when it never returns", function()
    local weak = setmetatable({}, { __mode = "k" })
    do
      local a, b = pki.pair(nil, server(function() coroutine.yield() end))
      a:handshake()
      b:receive_data(a:data_to_send())
      local thread = coroutine.create(function() return b:handshake() end)
      coroutine.resume(thread)
      weak[b], weak[thread] = true, true
    end
    for _ = 1, 4 do collectgarbage() end
    assert.is_nil(next(weak))
  end)

  local close = rawget(coroutine, "close")
  if close then -- before Lua 5.4 nobody can end one
    it("is asked again when the coroutine that waited in it has died", function()
      local count = 0
      local a, b = pki.pair(nil, server(function()
        count = count + 1
        if count == 1 then coroutine.yield() end
      end))
      a:handshake()
      b:receive_data(a:data_to_send())
      local thread = coroutine.create(function() return b:handshake() end)
      coroutine.resume(thread)
      close(thread)
      local left, right = pki.handshake(a, b)
      assert.is_true(left.ok and right.ok)
      assert.equal(2, count)
    end)
  end

  it("is asked once, too, when a HelloRetryRequest brings a second ClientHello", function()
    local count = 0
    local left, right = parked.pair(
      pki.client(at("TLS 1.3", { groups = { "x25519", "secp256r1" } })),
      server(function() count = count + 1 end, at("TLS 1.3", { groups = { "secp256r1" } })))
    assert.is_true(left.ok and right.ok)
    assert.equal(1, count)
  end)

  -- A ClientHello with as much padding, in records of so many bytes.
  local function hello_of(size, fragment)
    local hello = {
      msg_type = "client_hello", body = {
        legacy_version = "TLS 1.2", random = ("r"):rep(32), legacy_session_id = "",
        cipher_suites = { "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256" },
        legacy_compression_methods = { "null" },
        extensions = {
          { extension_type = "signature_algorithms",
            extension_data = { supported_signature_algorithms = { "ed25519" } } },
          { extension_type = "supported_groups",
            extension_data = { named_group_list = { "x25519" } } },
          { extension_type = "padding", extension_data = ("\0"):rep(size) },
        },
      },
    }
    local bytes, records = tls.handshake.encode(hello), {}
    for i = 1, #bytes, fragment do
      records[#records + 1] = tls.record.encode { type = "handshake",
        legacy_record_version = "TLS 1.0", fragment = bytes:sub(i, i + fragment - 1) }
    end
    return table.concat(records), #bytes - 4
  end

  it("sees a ClientHello whole, however it is cut into records and segments", function()
    for _, fragment in ipairs { 3, 1000, 16384 } do
      local seen
      local _, b = pki.pair(nil, server(function(hello)
        seen = tls.extension.find(hello.extensions, "padding")
        return nil, "access_denied"
      end))
      local bytes = hello_of(20000, fragment)
      for i = 1, #bytes, 1777 do
        assert.is_nil(seen)
        b:receive_data(bytes:sub(i, i + 1776))
        b:handshake()
      end
      assert.is_truthy(seen)
      assert.equal("access_denied", b:info().alert_sent.name)
    end
  end)

  it("takes ClientHellos of up to max_client_hello bytes", function()
    for _, limit in ipairs { false, 1000 } do
      for over = 0, 1 do
        local _, base = hello_of(0, 16384)
        local bytes, size = hello_of((limit or 65536) - base + over, 16384)
        local seen
        local _, b = pki.pair(nil, server(function() seen = true end,
          { max_client_hello = limit or nil }))
        b:receive_data(bytes)
        b:handshake()
        assert.equal((limit or 65536) + over, size)
        assert.equal(over == 0 or nil, seen)
        if over == 1 then assert.equal("decode_error", b:info().alert_sent.name) end
      end
    end
  end)

  it("is not gone round by a ClientHello that cannot be decoded", function()
    local _, b = pki.pair(nil, server(function() error "not called" end))
    b:receive_data("\22\3\1\0\9\1\0\0\5hello")
    local _, message, code = b:handshake()
    assert.equal("decode_error", code)
    assert.matches("^handshake message: ", message)
    assert.equal("decode_error", b:info().alert_sent.name)
  end)

  it("leaves what is no ClientHello to the guards", function()
    local _, b = pki.pair(nil, server(function() error "not called" end))
    b:receive_data("\22\3\1\0\4\16\0\0\0")
    assert.equal("peer_misbehaved", select(3, b:handshake()))
  end)

  it("is not fooled by bytes behind the ClientHello", function()
    local bytes = hello_of(0, 16384)
    for _, rest in ipairs { "\1", "\1\0", "\1\0\0", "\1\0\0\0", "\22\3\1" } do
      for _, fragment in ipairs { 20, 16384 } do
        local whole = bytes:sub(6) .. rest
        local _, b = pki.pair(nil, server(function() end))
        for i = 1, #whole, fragment do
          b:receive_data(tls.record.encode { type = "handshake", legacy_record_version = "TLS 1.0",
            fragment = whole:sub(i, i + fragment - 1) })
        end
        assert.equal("peer_misbehaved", select(3, b:handshake()))
      end
    end
  end)

  for _, version in ipairs(VERSIONS) do
    it("serves openssl s_client with " .. version .. " over a socket", function()
      if not helper.have "openssl" then return pending("needs package openssl") end
      local other = pki.server(at(version), "secp256r1", { subject = "Other" })
      local seen
      local told = peers.serve(server(function(hello)
        seen = hello.server_name
        return { context = other }
      end), ("openssl s_client -connect 127.0.0.1:PORT -CAfile %s -servername localhost "
        .. "-verify_return_error %s"):format(peers.trust(), peers.OPENSSL[version]),
        function(stream)
          assert.is_true(stream:handshake())
          stream:shutdown()
        end)
      assert.equal("localhost", seen)
      assert.matches("CN = Other", told)
      peers.cleanup()
    end)
  end
end)
