-- Handlers for certificates that are asked for after the handshake, in TLS 1.3.

local helper = require "helper"
local issue = require "wolfssl.issue"
local parked = require "connection.parked"
local peers = require "interop.peers"
local pki = require "pki"
local wolfssl = require "wolfssl"

local assert_talk = pki.talk

local TLS13 = "TLS 1.3"

local function client(options, kind)
  local all = peers.at(TLS13, kind and peers.ours(kind) or {})
  all.post_handshake_auth = true
  for name, value in pairs(options or {}) do all[name] = value end
  return pki.client(all)
end

local function server(handler, options)
  local all = peers.at(TLS13, { trust = pki.root, on_client_certificate = handler })
  for name, value in pairs(options or {}) do all[name] = value end
  return pki.server(all)
end

-- The server asks, the client answers: the last result of each.
local function ask(a, b)
  local answer
  local asked = parked.call(b, "request_certificate")
  while asked.code == "want_read" and pki.exchange(a, b) do
    answer = parked.call(a, "read")
    pki.exchange(a, b)
    asked = parked.call(b, "request_certificate")
  end
  pki.exchange(a, b)
  if not asked.ok then answer = parked.call(a, "read") end
  return asked, answer
end

describe("on_client_certificate after the handshake", function()
  for _, kind in ipairs(peers.KINDS) do
    it("sees the chain of a client with " .. kind .. ", and its verdict", function()
      local calls = {}
      local a, b = pki.connected(client(nil, kind), server(function(chain, verdict, c)
        calls[#calls + 1] = { chain[1]:subject_string(), #chain, verdict.ok, c:info().open }
      end))
      assert.same({}, calls)
      for round = 1, 3 do
        local asked = ask(a, b)
        assert.is_true(asked.ok, asked.message)
        assert.equal(round, #calls)
        assert.same({ "CN=Leaf", 2, true, true }, calls[round])
        assert.equal("shown", b:info().late_certificate)
        assert_talk(a, b)
      end
    end)
  end

  it("is called in the handshake, too, where the server verifies", function()
    local calls = 0
    local a, b = pki.connected(client(nil, "rsa"), server(function() calls = calls + 1 end,
      { verify = "required" }))
    assert.equal(1, calls)
    assert.is_true(ask(a, b).ok)
    assert.equal(2, calls)
    assert_talk(a, b)
  end)

  it("refuses with the alert that it names, and no data passes", function()
    local a, b = pki.connected(client(nil, "rsa"), server(function()
      return nil, "not you", "access_denied"
    end))
    assert.is_nil((b:request_certificate()))
    pki.exchange(a, b)
    a:read()
    assert(a:write("from somebody refused"))
    pki.exchange(a, b)
    local data, _, code, detail = b:read()
    assert.same({ nil, "rejected", "not you" }, { data, code, detail })
    pki.exchange(a, b)
    local _, _, received, alert = a:read()
    assert.same({ "alert_received", "access_denied" }, { received, alert.name })
    assert.is_nil((b:write("more")))
    local _, _, again = b:read()
    assert.equal("rejected", again)
  end)

  it("cannot accept what verification refuses", function()
    local _, key = pki.leaf "rsa"
    local stranger = issue.certificate { subject = "Me", key = key }
    local ok
    local a, b = pki.connected(client { certificate = { stranger }, key = key },
      server(function(_, verdict)
        ok = verdict.ok
        return true
      end))
    local asked, answered = ask(a, b)
    assert.is_false(ok)
    assert.equal("certificate_invalid", asked.code)
    assert.equal("alert_received", answered.code)
  end)

  it("gets an empty chain from a client that declines", function()
    local count
    local a, b = pki.connected(client(), server(function(chain) count = #chain end))
    assert.is_nil((b:request_certificate("optional")))
    pki.exchange(a, b)
    a:read()
    pki.exchange(a, b)
    assert.is_true(b:request_certificate("optional"))
    assert.equal(0, count)
    assert.equal("declined", b:info().late_certificate)
    assert_talk(a, b)
  end)

  it("may yield, while reading as well, and nobody reads meanwhile", function()
    local a, b = pki.connected(client(nil, "secp256r1"), server(function()
      assert.equal("the answer", coroutine.yield("a question"))
    end))
    assert.is_nil((b:request_certificate()))
    pki.exchange(a, b)
    a:read()
    assert(a:write("after the answer"))
    pki.exchange(a, b)
    local reader = coroutine.create(function() return b:read() end)
    local _, question = coroutine.resume(reader)
    assert.equal("a question", question)
    assert.error_matches(function() b:read() end, "has not returned")
    assert(b:write("while it waits"))
    pki.exchange(a, b)
    assert.equal("while it waits", a:read())
    local _, data = coroutine.resume(reader, "the answer")
    assert.equal("after the answer", data)
    assert.is_true(b:request_certificate())
    assert_talk(a, b)
  end)

  it("ends the connection when it raises, or closes it", function()
    local a, b = pki.connected(client(nil, "rsa"), server(function() error("no", 0) end))
    local asked, answered = ask(a, b)
    assert.same({ "rejected", "no" }, { asked.code, asked.detail })
    assert.equal("internal_error", answered.detail.name)
    a, b = pki.connected(client(nil, "rsa"), server(function(_, _, c) c:close() end))
    b:request_certificate()
    pki.exchange(a, b)
    a:read()
    pki.exchange(a, b)
    local _, _, code = b:request_certificate()
    assert.equal("closed", code)
  end)

  it("raises to the caller when it returns nonsense", function()
    local a, b = pki.connected(client(nil, "rsa"), server(function() return 7 end))
    b:request_certificate()
    pki.exchange(a, b)
    a:read()
    pki.exchange(a, b)
    assert.error_matches(function() b:request_certificate() end,
      "^on_client_certificate returned 7; expected: ")
    local _, _, code = b:read()
    assert.equal("rejected", code)
  end)

  local close = rawget(coroutine, "close")   -- since Lua 5.4
  local it_if_closed = close and it or function() end

  it_if_closed("is asked again when the coroutine that it waited in is gone", function()
    for _, late in ipairs { false, true } do
      local calls = 0
      local a, b = pki.pair(client(nil, "rsa"), server(function(chain)
        if #chain == 0 then return end
        calls = calls + 1
        if calls == 1 then coroutine.yield() end
        return nil, "not you"
      end, { verify = not late and "required" or "none" }))
      local method = late and "request_certificate" or "handshake"
      if late then
        pki.handshake(a, b)
        b:request_certificate()
      end
      local reader
      repeat
        a:read()
        pki.exchange(a, b)
        reader = coroutine.create(function() return b[method](b) end)
        coroutine.resume(reader)
      until coroutine.status(reader) == "suspended"
      assert.equal(1, calls)
      close(reader)
      local ok, _, code = b[method](b)
      assert.same({ 2, nil, "rejected" }, { calls, ok, code })
    end
  end)

  it("lets application data pass that comes before the answer", function()
    local calls = 0
    local a, b = pki.connected(client(nil, "rsa"), server(function() calls = calls + 1 end))
    assert(a:write(("x"):rep(40000)))
    pki.exchange(a, b)
    assert.is_nil((b:request_certificate()))
    local size = 0
    while size < 40000 do size = size + #assert(b:read()) end
    assert.equal(0, calls)
    assert.is_true(ask(a, b).ok)
    assert.equal(1, calls)
    assert_talk(a, b)
  end)

  it("holds nothing when the client cannot be asked", function()
    local called = false
    local a, b = pki.connected(pki.client(peers.at(TLS13)), server(function() called = true end))
    local ok, _, code = b:request_certificate()
    assert.same({ nil, "peer_incompatible" }, { ok, code })
    assert_talk(a, b)
    assert.is_false(called)
  end)

  it("sees what openssl s_client shows", function()
    if not helper.have "openssl" then return pending "needs package openssl" end
    finally(peers.cleanup)
    local seen
    local context = server(function(chain, verdict)
      seen = { chain[1]:subject_string(), verdict.ok }
    end)
    peers.serve(context, "openssl s_client -connect 127.0.0.1:PORT -tls1_3 -enable_pha "
      .. peers.identity("openssl", "secp256r1"), function(stream, process)
        assert(stream:handshake())
        local connection = stream:connection()
        assert.is_nil((connection:request_certificate()))
        assert(stream:send("pong\n"))
        repeat
          process:send("more\n")
          assert.equal("more", stream:receive("*l"))
        until connection:request_certificate()
        assert.same({ "CN=Leaf", true }, seen)
      end)
  end)
end)

describe("on_certificate_request after the handshake", function()
  local function choose(kind, more)
    local chain, key = pki.leaf(kind)
    return function(...)
      if more then more(...) end
      return { certificate = chain, key = key }
    end
  end

  for _, kind in ipairs(peers.KINDS) do
    it("chooses a certificate with " .. kind, function()
      local requests = {}
      local a, b = pki.connected(client {
        on_certificate_request = choose(kind, function(request, c)
          requests[#requests + 1] = request
          assert.is_true(c:info().open)
          coroutine.yield("which?")
        end),
      }, server(nil))
      local asked, answered = ask(a, b)
      assert.is_true(asked.ok, asked.message)
      assert.same({ "which?" }, answered.yielded)
      assert.is_true(#requests[1].signature_schemes > 0)
      assert.equal("CN=Leaf", b:peer_certificates()[1]:subject_string())
      assert_talk(a, b)
    end)
  end

  it("is asked each time, also where the handshake had a request", function()
    local count = 0
    local function counted() count = count + 1 end
    local a, b = pki.connected(client { on_certificate_request = choose("rsa", counted) },
      server(nil, { verify = "required" }))
    assert.equal(1, count)
    for round = 2, 3 do
      assert.is_true(ask(a, b).ok)
      assert.equal(round, count)
      assert_talk(a, b)
    end
  end)

  it("may choose another each time, and each is verified", function()
    local kind, fields, shown
    local a, b = pki.pair(client { on_certificate_request = function()
      local chain, key = pki.leaf(kind, fields)
      shown = chain[1]
      return { certificate = chain, key = key }
    end }, server(nil, { verify = "required" }))
    kind = "rsa"
    local left, right = pki.handshake(a, b)
    assert.is_true(left.ok and right.ok)
    for _, next_kind in ipairs { "secp256r1", "ed25519", "rsa" } do
      kind = next_kind
      local asked = ask(a, b)
      assert.is_true(asked.ok, asked.message)
      assert.equal(wolfssl.certificate(shown):der(), b:peer_certificates()[1]:der())
      assert_talk(a, b)
    end
    fields = { not_before = os.time() - 99, not_after = os.time() - 9 }
    local asked = ask(a, b)
    assert.same({ "certificate_invalid", "expired" }, { asked.code, asked.detail[1].code })
    assert.is_false(b:verdict().ok)
  end)

  it("leaves the client its own certificate, or none", function()
    local a, b = pki.connected(client({ on_certificate_request = function() end }, "rsa"),
      server(nil))
    assert.is_true(ask(a, b).ok)
    a, b = pki.connected(client { on_certificate_request = function() end }, server(nil))
    local asked, answered = ask(a, b)
    assert.equal("certificate_invalid", asked.code)
    assert.equal("certificate_required", answered.detail.name)
  end)

  it("ends the connection when it raises", function()
    local a, b = pki.connected(client {
      on_certificate_request = function() error("no", 0) end,
    }, server(nil))
    assert.is_nil((b:request_certificate()))
    pki.exchange(a, b)
    local data, _, code, detail = a:read()
    assert.same({ nil, "rejected", "no" }, { data, code, detail })
    pki.exchange(a, b)
    local _, _, received, alert = b:request_certificate()
    assert.same({ "alert_received", "internal_error" }, { received, alert.name })
  end)

  it("is not called where the client has not agreed to be asked", function()
    local a, b = pki.connected(client {
      post_handshake_auth = false, on_certificate_request = function() error "called" end,
    }, server(nil))
    local ok, _, code = b:request_certificate()
    assert.same({ nil, "peer_incompatible" }, { ok, code })
    assert_talk(a, b)
  end)
end)
