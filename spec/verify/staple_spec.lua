-- What a server staples to its chain.

local der = require "wolfssl.issue.der"
local extension = require "wolfssl.tls.extension"
local farm = require "verify.farm"
local handshake = require "verify.handshake"
local helper = require "helper"
local memory = require "wolfssl.session_store.memory"
local ocsp = require "verify.ocsp"
local peers = require "interop.peers"
local pki = require "pki"
local staple = require "wolfssl.context.staple"
local wolfssl = require "wolfssl"

-- An extension of a request: OID, and the nonce as RFC 6066 section 8 has it.
local NONCE = "^0.0.\6\9%+\6\1\5\5\7\48\1\2\4.(\4.*)$"

local function staples(version)
  describe("a server of " .. version .. " with a staple", function()
    local chain, root, all = farm.chain()
    local now = os.time()

    lazy_teardown(peers.cleanup)
    after_each(function() staple.clock = os.time end)

    local function response(fields)
      local o = { certificate = chain[1], issuer = all[2] }
      for name, value in pairs(fields or {}) do o[name] = value end
      return ocsp.response(o)
    end

    local function server(what, options)
      local o = peers.at(version, { certificate = chain, key = all[1].key, staple = what })
      for name, value in pairs(options or {}) do o[name] = value end
      return wolfssl.server(o)
    end

    local function visit(context, options)
      options = options or {}
      options.trust, options.staple = root, "require"
      local client = assert(wolfssl.client(options))
      local a, b = pki.pair(client, context, { server_name = farm.NAME })
      local left = pki.handshake(a, b)
      return left.ok and "ok" or left.detail and left.detail[1].code or left.message
    end

    it("sends it to who asks", function()
      local context = assert(server(response()))
      for _ = 1, 3 do assert.equal("ok", visit(context)) end
      local a, b = pki.pair(wolfssl.client { trust = root }, context, { server_name = farm.NAME })
      assert.is_true(pki.handshake(a, b).ok)
    end)

    it("takes the one of a leaf that is more than wolfSSL reads", function()
      local names = { "dns:" .. farm.NAME }
      for i = 1, 1000 do names[i + 1] = ("dns:n%06d.example.org"):format(i) end
      local large = farm.leaf(all[2], { subject_alt_names = names })
      local shown = { large.certificate, chain[2] }
      local with = assert(wolfssl.server(peers.at(version, { certificate = shown, key = large.key,
        staple = ocsp.response { certificate = large.certificate, issuer = all[2] } })))
      assert.equal("ok", visit(with))
      local without = assert(wolfssl.server(peers.at(version, { certificate = shown,
        key = large.key })))
      assert.equal("no_staple", visit(without))
    end)

    it("is read by OpenSSL", function()
      if not helper.have "openssl" then return pending("needs package openssl") end
      local output = peers.serve(assert(server(response())),
        "openssl s_client -status -connect 127.0.0.1:PORT", function(stream, process)
          assert(stream:handshake())
          process:wait_for "Cert Status: good"
          stream:close()
        end)
      assert.truthy(output:find("OCSP Response Status: successful", 1, true), output)
    end)

    it("is read by GnuTLS", function()
      if not helper.have "gnutls-cli" then return pending("needs package gnutls-bin") end
      local output = peers.serve(assert(server(response())),
        "gnutls-cli --ocsp -p PORT --no-ca-verification localhost", function(stream, process)
          assert(stream:handshake())
          process:wait_for "Handshake was completed"
          stream:close()
        end)
      assert.truthy(output:find("Options: .*OCSP status request"), output)
    end)

    it("takes only one that is good for it", function()
      local stranger = farm.ca "Stranger"
      for _, fields in ipairs { { status = "revoked" }, { signer = stranger },
          { certificate = farm.leaf(all[2]).certificate },
          { this_update = now - 900, next_update = now - 600 } } do
        local nothing, message, code = server(response(fields))
        assert.is_nil(nothing)
        assert.truthy(message:find("^staple: "), message)
        assert.equal("decode_error", code)
      end
      local alone, message = server(response(), { certificate = chain[1] })
      assert.is_nil(alone)
      assert.truthy(message:find("neither in the chain nor trusted", 1, true), message)
      assert.is_not_nil(server(response(), { certificate = chain[1], trust = chain[2] }))
      assert.has_error(function() server(true) end)
    end)

    it("no longer sends it when its time is over", function()
      local context, ends
      repeat -- a second may end meanwhile
        ends = os.time()
        context = server(response { next_update = ends })
      until context
      repeat until os.time() > ends
      assert.equal("no_staple", visit(context))
    end)

    it("has a function asked, and again when half of the time is over", function()
      local asked, answers = {}, { response { this_update = now, next_update = now + 3600 },
        response { this_update = now + 200, next_update = now + 7200 } }
      local context = assert(server(function(certificate, connection)
        asked[#asked + 1] = { certificate, connection }
        return answers[#asked]
      end))
      assert.equal("ok", visit(context))
      assert.equal("ok", visit(context))
      assert.equal(1, #asked)
      assert.equal(chain[1], asked[1][1])
      assert.truthy(tostring(asked[1][2]):find "server")
      staple.clock = function() return now + 1801 end
      assert.equal("ok", visit(context))
      assert.equal("ok", visit(context))
      assert.equal(2, #asked)
      staple.clock = function() return now + 3701 end
      assert.equal("ok", visit(context))
      assert.equal(3, #asked)
    end)

    it("sends it after a HelloRetryRequest, too, and to who resumes", function()
      local context = assert(server(response(), { groups = { "secp384r1" } }))
      assert.equal("ok", visit(context, { groups = { "secp256r1", "secp384r1" } }))
      local store = memory.new()
      for _ = 1, 3 do
        assert.equal("ok", visit(context, { groups = { "secp384r1" }, sessions = store }))
      end
    end)

    it("has none for a certificate that a handler chose", function()
      local other = farm.leaf(all[2], { name = "Other" })
      local context = assert(server(response(), { on_client_hello = function()
        return { certificate = { other.certificate, chain[2] }, key = other.key }
      end }))
      assert.equal("no_staple", visit(context))
    end)

    it("does without when the function has none, and asks it again later", function()
      local count = 0
      local context = assert(server(function()
        count = count + 1
        return nil, "the responder is down"
      end))
      for _ = 1, 2 do assert.equal("no_staple", visit(context)) end
      assert.equal(1, count)
      staple.clock = function() return os.time() + 61 end
      assert.equal("no_staple", visit(context))
      assert.equal(2, count)
    end)

    it("says why it does not send what the function returned, and goes on", function()
      local stranger, answer = farm.ca "Stranger", nil
      local context = assert(server(function() return answer end))
      local later = now
      staple.clock = function() return later end
      local function refused(sends)
        later = later + 7200
        local a, b = pki.pair(wolfssl.client { trust = root, staple = "request" }, context,
          { server_name = farm.NAME })
        assert.is_true(pki.handshake(a, b).ok)
        assert.equal(sends, visit(context))
        return b:info().staple_refused
      end
      for _, sends in ipairs { "no_staple", "ok" } do
        for _, fields in ipairs { { signer = stranger },
            { certificate = farm.leaf(all[2]).certificate },
            { this_update = now - 900, next_update = now - 600 } } do
          answer = response(fields)
          assert.equal("staple: its OCSP response is not to be trusted", refused(sends))
        end
        answer = response { status = "revoked" }
        assert.equal("staple: the certificate was revoked", refused(sends))
        answer = response { next_update = now + 3600 }
        assert.is_nil(refused "ok")
      end
    end)

    it("lives on where the function returned what is no response", function()
      local good, answer = response(), nil
      for _, bytes in ipairs { "", "x", "<html>", good:sub(1, -2), good .. "x" } do
        local context = assert(server(function() return answer end))
        answer = bytes
        local a, b = pki.pair(wolfssl.client { trust = root }, context,
          { server_name = farm.NAME })
        assert.is_true(pki.handshake(a, b).ok)
        assert.matches("^staple: ", b:info().staple_refused)
        assert.equal("no_staple", visit(context))
      end
    end)

    it("has a function that may wait, and asks it once meanwhile", function()
      local count = 0
      local context = assert(server(function()
        count = count + 1
        coroutine.yield "waiting"
        return response()
      end))
      local first = coroutine.create(function()
        local connection = context:connection()
        connection:handshake()
      end)
      local _, word = coroutine.resume(first)
      assert.equal("waiting", word)
      assert.equal("no_staple", visit(context))
      assert.equal(1, count)
      assert.is_true(coroutine.resume(first))
      assert.equal("ok", visit(context))
    end)

    it("has the function of a context asked that a name or a handler chose", function()
      local asked = 0
      local chosen = assert(server(function()
        asked = asked + 1
        return response()
      end))
      assert.equal("ok", visit(assert(server(nil, { names = { [farm.NAME] = chosen } }))))
      assert.equal("ok", visit(assert(server(nil, { on_client_hello = function()
        return { context = chosen }
      end }))))
      assert.equal(1, asked)
    end)

    -- A server that makes a response for each client, with what `change` makes of its nonce.
    local function eager(change)
      local nonces = {}
      return assert(server(nil, { on_client_hello = function(hello)
        local request = extension.find(hello.extensions, "status_request").request
        local nonce = request.request_extensions:match(NONCE)
        nonces[#nonces + 1] = nonce or false
        return { context = assert(server(response { nonce = nonce and change(nonce) })) }
      end })), nonces
    end

    it("answers a client that wants a nonce, which then is its own", function()
      local context, nonces = eager(function(nonce) return nonce end)
      for _, mode in ipairs { "request", "require" } do
        assert.equal("ok", visit(context, { staple_nonce = mode }))
        assert.equal("ok", visit(context, { staple_nonce = mode,
          groups = { "secp384r1", "secp256r1" } }))
      end
      assert.equal("ok", visit(context))
      assert.is_false(table.remove(nonces))
      assert.equal(4, #nonces)
      assert.not_equal(nonces[1], nonces[2])
    end)

    it("is refused with the nonce of another", function()
      local context = eager(function() return der.octet_string(("n"):rep(16)) end)
      for _, mode in ipairs { "request", "require" } do
        assert.equal("bad_staple", visit(context, { staple_nonce = mode }))
      end
    end)

    it("may do without, unless the client requires one", function()
      local context = assert(server(response()))
      assert.equal("ok", visit(context, { staple_nonce = "request" }))
      assert.equal("bad_staple", visit(context, { staple_nonce = "require" }))
      assert.error_matches(function() wolfssl.client { staple_nonce = "require" } end,
        "option 'staple_nonce' needs 'staple'")
      assert.error_matches(function() wolfssl.client { staple = "require", staple_nonce = "x" } end,
        "option 'staple_nonce'")
    end)

    it("still verifies its clients", function()
      local context = assert(server(response(), { verify = "required", trust = pki.root }))
      local good, key = pki.leaf()
      local client = wolfssl.client { trust = root, staple = "require", certificate = good,
        key = key }
      for _ = 1, 2 do
        local a, b = pki.pair(client, context, { server_name = farm.NAME })
        local left, right = pki.handshake(a, b)
        assert.is_true(left.ok, left.message)
        assert.is_true(right.ok, right.message)
      end
      local said = handshake.says("server", version, chain, all[1].key, { trust = pki.root })
      assert.equal("1:unknown_issuer", said)
    end)
  end)
end

for _, version in ipairs(peers.VERSIONS) do staples(version) end
