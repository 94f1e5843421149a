-- Connections without I/O, two of them joined in memory.

local core = require "wolfssl.core"
local pki = require "pki"
local wolfssl = require "wolfssl"

local VERSIONS = { "TLS 1.2", "TLS 1.3" }

local function at(version)
  return { min_version = version, max_version = version }
end

local function send(from, to, text)
  assert.equal(#text, from:write(text))
  to:receive_data(from:data_to_send())
end

describe("wolfssl.connection", function()
  for _, version in ipairs(VERSIONS) do
    describe("of " .. version, function()
      local a, b

      before_each(function()
        a, b = pki.connected(pki.client(at(version)), pki.server(at(version)))
      end)

      it("carries bytes both ways", function()
        send(a, b, "hello")
        assert.equal("hello", b:read())
        send(b, a, ("x"):rep(50000))
        local parts = {}
        repeat
          local part = a:read()
          parts[#parts + 1] = part
        until not part
        assert.equal(("x"):rep(50000), table.concat(parts))
      end)

      it("reads at most what is asked for and loses nothing of the rest", function()
        send(a, b, "abcdef")
        assert.equal("ab", b:read(2))
        assert.equal("cdef", b:read())
        assert.same({ nil, "more ciphertext is needed", "want_read" }, { b:read() })
      end)

      it("writes a part of a string, with string.sub's positions", function()
        assert.equal(4, a:write("abcdef", 2, 4))
        assert.equal(6, a:write("abcdef", -2))
        assert.equal(0, a:write(""))
        assert.equal(3, a:write("ghi", 0 / 0))
        b:receive_data(a:data_to_send())
        assert.equal("bcd", b:read())
        assert.equal("ef", b:read())
        assert.equal("ghi", b:read())
      end)

      it("gives ciphertext in pieces of the size asked for", function()
        a:write("hello")
        local bytes = ""
        repeat
          local piece = a:data_to_send(3)
          assert.is_true(#piece <= 3)
          bytes = bytes .. piece
        until piece == ""
        b:receive_data(bytes)
        assert.equal("hello", b:read())
      end)

      it("ends one direction at a time", function()
        assert.is_true(a:shutdown())
        b:receive_data(a:data_to_send())
        assert.same({ nil, "the peer sent close_notify", "closed" }, { b:read() })
        send(b, a, "still here")
        assert.equal("still here", a:read())
        assert.equal("closed", select(3, a:write("no more")))
        assert.is_true(b:shutdown())
        a:receive_data(b:data_to_send())
        assert.equal("closed", select(3, a:read()))
      end)

      it("sends one close_notify only", function()
        assert.is_true(a:shutdown())
        assert.is_true(#a:data_to_send() > 0)
        assert.is_true(a:shutdown())
        assert.equal("", a:data_to_send())
      end)

      it("tells a cut from an end", function()
        send(a, b, "all of it")
        b:receive_eof()
        assert.equal("all of it", b:read())
        local expected = { nil, "the peer closed TCP without a close_notify", "truncated" }
        assert.same(expected, { b:read() })
        assert.same(expected, { b:write("x") })
        assert.same(expected, { b:read() })
      end)

      it("is truncated, too, by a FIN inside a record", function()
        a:write("hello")
        b:receive_data(a:data_to_send(7))
        b:receive_eof()
        assert.equal("truncated", select(3, b:read()))
      end)

      it("refuses a changed record, tells the peer, and stays refused", function()
        a:write("hello")
        local bytes = a:data_to_send()
        b:receive_data(bytes:sub(1, -2) .. string.char((bytes:byte(-1) + 1) % 256))
        local _, message, code = b:read()
        assert.equal("peer_misbehaved", code)
        assert.same({ nil, message, code }, { b:read() })
        assert.same({ nil, message, code }, { b:write("x") })
        assert.same({ nil, message, code }, { b:shutdown() })
        assert.equal("bad_record_mac", b:info().alert_sent.name)
        a:receive_data(b:data_to_send())
        local _, _, got, alert = a:read()
        assert.equal("alert_received", got)
        assert.equal("bad_record_mac", alert.name)
        assert.equal("alert_received", select(3, a:write("x")))
      end)

      it("counts bytes", function()
        local before = a:info()
        send(a, b, "12345")
        b:read()
        assert.equal(5, a:info().plaintext_sent)
        assert.equal(5, b:info().plaintext_received)
        assert.equal(a:info().ciphertext_sent, b:info().ciphertext_received)
        assert.is_true(a:info().ciphertext_sent > before.ciphertext_sent + 5)
      end)
    end)

    it(version .. " does its handshake with input cut into single bytes", function()
      local a, b = pki.pair(pki.client(at(version)), pki.server(at(version)))
      local left, right = pki.handshake(a, b, 1)
      assert.is_true(left.ok)
      assert.is_true(right.ok)
    end)

    it(version .. " notices the end of the stream during the handshake", function()
      local a, b = pki.pair(pki.client(at(version)), pki.server(at(version)))
      a:handshake()
      b:receive_data(a:data_to_send(20))
      b:receive_eof()
      assert.same({ nil, "the peer closed TCP during the handshake", "truncated" },
        { b:handshake() })
    end)

    it(version .. " reads and writes do the handshake where it was not done", function()
      local a, b = pki.pair(pki.client(at(version)), pki.server(at(version)))
      repeat
        local last = a:write("hello")
        b:read()
        pki.exchange(a, b)
      until last
      assert.equal("hello", b:read())
    end)

    it(version .. " knows what was negotiated, on both sides alike", function()
      local a, b = pki.connected(
        pki.client { min_version = version, max_version = version, alpn = { "h2", "http/1.1" } },
        pki.server({ min_version = version, max_version = version, alpn = { "http/1.1" } },
          "secp256r1"))
      for _, info in ipairs { a:info(), b:info() } do
        assert.equal(version, info.version.name)
        assert.truthy(info.cipher_suite.name:find("CHACHA20_POLY1305", 1, true))
        assert.equal("x25519", info.group.name)
        assert.equal("ecdsa_secp256r1_sha256", info.signature_scheme.name)
        assert.equal("http/1.1", info.alpn)
        assert.equal("localhost", info.server_name)
        assert.is_false(info.resumed)
        assert.is_true(info.extended_master_secret)
        assert.is_true(info.open)
      end
      assert.equal(1, b:info().identity)
    end)

    it(version .. " derives the same secrets on both sides, one line of key log each", function()
      local lines = { {}, {} }
      local function log(i)
        return function(line) table.insert(lines[i], line) end
      end
      pki.connected(
        pki.client { min_version = version, max_version = version, on_secret = log(1) },
        pki.server { min_version = version, max_version = version, on_secret = log(2) })
      assert.same(lines[1], lines[2])
      local labels = {}
      for i, line in ipairs(lines[1]) do
        labels[i] = line:match("^([A-Z_0-9]+) %x+ %x+$")
        assert.equal(64, #line:match(" (%x+) "))
      end
      assert.same(version == "TLS 1.2" and { "CLIENT_RANDOM" } or {
        "CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_HANDSHAKE_TRAFFIC_SECRET",
        "CLIENT_TRAFFIC_SECRET_0", "SERVER_TRAFFIC_SECRET_0", "EXPORTER_SECRET",
      }, labels)
    end)

    it(version .. " ends when on_secret raises, and says what it raised", function()
      local reason = { "why" }
      local a, b = pki.pair(
        pki.client { min_version = version, max_version = version, on_secret = function()
          error(reason)
        end },
        pki.server(at(version)))
      local left, right = pki.handshake(a, b)
      assert.equal("rejected", left.code)
      assert.equal(reason, left.detail)
      assert.is_true(right.ok)
      local _, _, code, alert = b:read()
      assert.equal("alert_received", code)
      assert.equal("internal_error", alert.name)
    end)

    it(version .. " exports the same keying material on both sides", function()
      local a, b = pki.connected(pki.client(at(version)), pki.server(at(version)))
      local first = assert(a:export("EXPORTER-spec", 40, "context"))
      assert.equal(40, #first)
      assert.equal(first, b:export("EXPORTER-spec", 40, "context"))
      assert.not_equal(first, a:export("EXPORTER-spec", 40, "other"))
      assert.not_equal(first, a:export("EXPORTER-else", 40, "context"))
    end)
  end

  describe("channel_binding", function()
    it("gives both sides the same bytes, of a kind that is safe here", function()
      for _, version in ipairs(VERSIONS) do
        local a, b = pki.connected(pki.client(at(version)), pki.server(at(version), "secp256r1"))
        for kind, length in pairs { ["tls-exporter"] = 32, ["tls-server-end-point"] = 48 } do
          assert.equal(length, #assert(a:channel_binding(kind)))
          assert.equal(a:channel_binding(kind), b:channel_binding(kind))
        end
      end
    end)

    it("has tls-unique in TLS 1.2 only, also when a session is resumed", function()
      local client, server = pki.client(at "TLS 1.2"), pki.server(at "TLS 1.2")
      local a, b = pki.connected(client, server)
      assert.equal(12, #assert(a:channel_binding("tls-unique")))
      assert.equal(a:channel_binding("tls-unique"), b:channel_binding("tls-unique"))
      local c, d = pki.connected(client, server, { session = a:session() })
      assert.is_true(c:info().resumed)
      assert.equal(c:channel_binding("tls-unique"), d:channel_binding("tls-unique"))
      assert.not_equal(a:channel_binding("tls-unique"), c:channel_binding("tls-unique"))
      local e = pki.connected(pki.client(at "TLS 1.3"), pki.server(at "TLS 1.3"))
      assert.equal("peer_incompatible", select(3, e:channel_binding("tls-unique")))
    end)

    it("hashes the server's certificate with its own hash", function()
      local a = pki.connected(nil, pki.server({}, "secp256r1"))
      assert.equal(a:peer_certificates()[1]:fingerprint("sha384"),
        (a:channel_binding("tls-server-end-point"):gsub(".", function(c)
          return ("%02x"):format(c:byte())
        end)))
    end)

    it("raises for a kind that does not exist", function()
      local a = pki.connected()
      assert.has_error(function() a:channel_binding("tls-nonsense") end)
    end)
  end)

  it("shows the certificates of both sides", function()
    local chain, key = pki.leaf "secp256r1"
    local a, b = pki.connected(
      pki.client { certificate = chain, key = key },
        pki.server { verify = "required", trust = pki.root })
    assert.equal(2, #a:peer_certificates())
    assert.equal(2, #b:peer_certificates())
    for i = 1, 2 do
      assert.equal(a:peer_certificates()[i]:der(), b:local_certificates()[i]:der())
      assert.equal(b:peer_certificates()[i]:der(), a:local_certificates()[i]:der())
    end
    for _, verdict in ipairs { a:verdict(), b:verdict() } do
      assert.is_true(verdict.ok and verdict.anchored)
      assert.same({}, verdict.errors)
      assert.equal(3, #verdict.path)
      assert.equal(wolfssl.certificate(pki.root), verdict.path[3])
    end
    assert.equal("ecdsa_secp256r1_sha256", b:info().client_signature_scheme.name)
  end)

  it("says that the peer does not speak TLS, with what it sent", function()
    local a = pki.pair()
    a:handshake()
    a:receive_data("HTTP/1.1 400 Bad Request\r\n\r\n")
    local _, message, code = a:handshake()
    assert.equal("decode_error", code)
    assert.truthy(message:find('it sent "HTTP/1.1 400 Bad Request"', 1, true))
  end)

  it("is an object of the core, without Lua between it and its user", function()
    local a = pki.pair()
    assert.equal("userdata", type(a))
    for _, name in ipairs { "handshake", "read", "write", "receive_data", "data_to_send" } do
      assert.equal("C", debug.getinfo(a[name], "S").what, name)
    end
  end)

  it("has a table of its own once it is asked for, which comes before its methods", function()
    local a, b = pki.connected()
    local own = core.own(a)
    assert.equal(own, core.own(a))
    own.read = function() return "read by its own" end
    assert.equal("read by its own", a:read())
    assert.equal("want_read", select(3, b:read()))
    send(a, b, "still the same connection")
    assert.equal("still the same connection", b:read())
    assert.is_nil(a.nonsense)
    a:close()
    assert.equal("wolfssl.connection (closed)", tostring(a))
    assert.has_error(function() a:write("x") end)
    assert.has_error(function() core.own(a) end)
    assert.has_error(function() getmetatable(a).__index({}, "read") end)
  end)

  it("holds a large string that it was given as long as it needs it, and no longer", function()
    local function heap()
      collectgarbage()
      collectgarbage()
      return collectgarbage "count"
    end
    local a, b = pki.connected()
    b:receive_data(a:data_to_send())
    local data = ("0123456789abcdef"):rep(65536)
    for _, first in ipairs { 2^20 + 2^16, 100000, 4096, 3 } do
      a:write(data)
      local bytes = a:data_to_send()
      b:receive_data(bytes:sub(1, first))
      local got, before = {}
      if first < #bytes then
        got[1] = b:read()
        b:receive_data(bytes:sub(first + 1))
      end
      bytes = nil -- luacheck: ignore 311
      before = heap()
      repeat
        got[#got + 1] = b:read()
        if #got % 32 == 2 then collectgarbage() end
      until #table.concat(got) == #data
      assert.equal(data, table.concat(got))
      got = nil -- luacheck: ignore 311
      if first > 2^20 then assert.is_true(heap() < before - 900) end
    end
    a:write(data)
    b:receive_data(a:data_to_send())
    local before = heap()
    b:close()
    assert.is_true(heap() < before - 900)
  end)

  it("gives up a handshake by shutdown, and tells a peer that has heard of it", function()
    local function given_up(c)
      assert.is_true(c:shutdown())
      assert.is_true(c:shutdown())
      assert.equal("closed", select(3, c:handshake()))
      assert.equal("closed", select(3, c:write("x")))
    end
    local a = pki.pair()
    given_up(a)
    assert.equal("", a:data_to_send())
    assert.is_nil(a:info().alert_sent)
    for _, version in ipairs { "TLS 1.2", "TLS 1.3" } do
      local client, server = pki.pair(
        pki.client { min_version = version, max_version = version }, nil)
      client:handshake()
      server:receive_data(client:data_to_send())
      server:handshake()
      given_up(server)
      assert.equal("close_notify", server:info().alert_sent.name)
      client:receive_data(server:data_to_send())
      local _, text, code = client:read()
      assert.equal("closed", code, text)
      assert.equal("close_notify", client:info().alert_received.name)
    end
  end)

  it("takes the dot of the root off a server's name, for the wire and for the check", function()
    local a, b = pki.connected(nil, nil, { server_name = "localhost." })
    assert.equal("localhost", a:info().server_name)
    assert.equal("localhost", b:info().server_name)
    assert.has_error(function() pki.client():connection { server_name = "." } end)
  end)

  it("raises for options that do not exist or have the wrong type", function()
    local client = pki.client()
    assert.has_error(function() client:connection { server_name = "a", sesion = 1 } end,
      "unknown option 'sesion' of a connection; did you mean 'session'?")
    assert.has_error(function() client:connection { server_name = "a", colour = 1 } end,
      "unknown option 'colour' of a connection")
    assert.has_error(function() client:connection { server_name = 1 } end)
    assert.has_error(function() client:connection {} end)
    for _, name in ipairs { "a\0b", ("a"):rep(256), "a b", "b\195\188cher.example", "a\127" } do
      assert.error_matches(function() client:connection { server_name = name } end,
        "server_name: a host name .*A%-labels")
    end
  end)

  local function litter(finalize)
    local proxy = rawget(_G, "newproxy")
    if proxy then getmetatable(proxy(true)).__gc = finalize
    else setmetatable({}, { __gc = finalize }) end
  end

  it("keeps its plaintext to itself when a finalizer reads from another", function()
    local a, b = pki.connected()
    local c, d = pki.connected()
    local finalized = 0
    local function finalize()
      finalized = finalized + 1
      c:write(("c"):rep(16000))
      d:receive_data(c:data_to_send())
      d:read()
    end
    for _ = 1, 500 do litter(finalize) end
    local text = ("a"):rep(16000)
    repeat
      send(a, b, text)
      assert.is_true(b:read() == text)
    until finalized == 500
  end)

  it("outlives a finalizer that sends or closes it in the middle of a call", function()
    local text = ("a"):rep(16000)
    for name, finalize in pairs {
      send = function(a) a:data_to_send() end, close_a = function(a) a:close() end,
      close_b = function(_, b) b:close() end,
    } do
      for _ = 1, 20 do
        local a, b = pki.connected()
        local finalized = false
        litter(function()
          finalized = true
          finalize(a, b)
        end)
        repeat
          local talks = pcall(function()
            a:write(text)
            b:receive_data(a:data_to_send())
            assert(a:unsent() == 0)
            b:read()
          end)
          assert.is_true(talks or finalized, name)
        until finalized
      end
    end
  end)

  it("does not take ciphertext after the end", function()
    local a = pki.pair()
    a:receive_eof()
    assert.has_error(function() a:receive_data("x") end)
  end)
end)
