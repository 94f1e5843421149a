-- Chains of more than wolfSSL reads: it gets the leaf, and the chain is judged as any other.

local field = require "attack.field"
local guest = require "guest"
local helper = require "helper"
local issue = require "wolfssl.issue"
local peers = require "interop.peers"
local pki = require "pki"
local wolfssl = require "wolfssl"

local function v16(s) return string.char(math.floor(#s / 256), #s % 256) .. s end

local VERSIONS = { ["TLS 1.2"] = 0x0303, ["TLS 1.3"] = 0x0304 }

-- A certificate of more than `size` bytes that belongs to nobody's path.
local function stranger(size)
  local names = {}
  for i = 1, math.ceil(size / 20) do names[i] = ("dns:n%06d.example.org"):format(i) end
  return issue.certificate { subject = "Stranger", key = pki.key "secp256r1",
    subject_alt_names = names }
end

local leaf, leaf_key = pki.leaf "secp256r1"
local LARGE, HUGE = stranger(17000), stranger(42000)

-- What comes between the leaf and its intermediate.
local function nine() local t = {} for i = 1, 9 do t[i] = pki.root end return t end
local CASES = { ["of eleven certificates"] = nine(), ["of 18 KB"] = { LARGE },
  ["of 63 KB"] = { LARGE, HUGE } }

local function chain_of(between)
  local chain = { leaf[1] }
  for _, certificate in ipairs(between) do chain[#chain + 1] = certificate end
  chain[#chain + 1] = leaf[2]
  return chain
end

local function der_of(chain)
  local list = {}
  for i, one in ipairs(chain) do list[i] = type(one) == "string" and one or one:der() end
  return list
end

-- A leaf of more than `size` bytes, with the kind of key of `leaf`.
local function large_leaf(size, kind, fields, name)
  local names = { "dns:" .. (name or "localhost") }
  for i = 1, math.ceil(size / 20) do names[i + 1] = ("dns:n%06d.example.org"):format(i) end
  local all = { subject_alt_names = names }
  for field_name, value in pairs(fields or {}) do all[field_name] = value end
  return pki.leaf(kind or "secp256r1", all)
end

local function attack(version, chain, options, of_client)
  local all = { version = VERSIONS[version], chain = der_of(chain), key = leaf_key }
  for name, value in pairs(options or {}) do all[name] = value end
  local shown
  local client = { on_server_certificate = function(list, verdict)
    shown = { list = list, verdict = verdict }
    return true
  end }
  for name, value in pairs(of_client or {}) do client[name] = value end
  local outcome, hostile = field.server(pki.client(client), all)
  return outcome, hostile, shown
end

local function talks(self)
  return self:handshake() and self:send(23, "hello") and self:send(21, "\1\0")
end

describe("a server's chain", function()
  for version in pairs(VERSIONS) do
    for what, between in pairs(CASES) do
      it(what .. " is taken in " .. version, function()
        for _, cut in ipairs { 16384, 3000 } do
          local chain = chain_of(between)
          local outcome, hostile, shown = attack(version, chain, { play = talks, cut = cut })
          assert.equal("hello", outcome.said, outcome.message)
          assert.equal(field.SECRET, hostile.data)
          assert.same(der_of(chain), der_of(shown.list))
          assert.is_true(shown.verdict.ok)
          assert.same({ leaf[1], leaf[2], pki.root },
            der_of(shown.verdict.path))
        end
      end)
    end

    it("may have a leaf of up to 64 KB in " .. version, function()
      local chain, key = large_leaf(58000)
      local outcome, hostile, shown = attack(version, chain, { key = key, play = talks })
      assert.equal("hello", outcome.said, outcome.message)
      assert.equal(field.SECRET, hostile.data)
      assert.same(der_of(chain), der_of(shown.list))
      assert.is_true(#der_of(shown.list)[1] > 58000)
      assert.same({ chain[1], chain[2], pki.root }, der_of(shown.verdict.path))
    end)

    it("with such a leaf gets no better in " .. version, function()
      local function refused(fields, reason, signer, name)
        local chain, key = large_leaf(19000, nil, fields, name)
        local outcome, hostile = attack(version, chain, { key = signer or key })
        assert.equal(reason and "certificate_invalid" or "peer_misbehaved", outcome.code,
          outcome.message)
        if reason then assert.equal(reason, outcome.detail[1].code) end
        assert.equal("", hostile.data)
      end
      refused({}, "wrong_name", nil, "other.example")
      refused({ not_before = os.time() - 2000, not_after = os.time() - 1000 }, "expired")
      refused({ extended_key_usage = { "client_auth" } }, "purpose")
      refused({}, nil, issue.key "secp256r1")
    end)

    it("that is long gets no better in " .. version, function()
      local other, key = pki.leaf("secp256r1", { subject_alt_names = { "dns:other.example" } })
      local outcome = attack(version, { other[1], LARGE, other[2] }, { key = key })
      assert.equal("certificate_invalid", outcome.code, outcome.message)
      assert.equal("wrong_name", outcome.detail[1].code)
      outcome = attack(version, { leaf[1], LARGE, HUGE })
      assert.equal("certificate_invalid", outcome.code, outcome.message)
      assert.equal("unknown_issuer", outcome.detail[1].code)
    end)

    it("that is long and comes twice is refused in " .. version, function()
      for _, first in ipairs { chain_of { LARGE }, leaf } do
        local outcome, hostile = attack(version, first, { after_certificate = function(self)
          return self:certificate(der_of(chain_of { LARGE }))
        end })
        assert.is_truthy(({ peer_misbehaved = true, decode_error = true })[outcome.code],
          outcome.message)
        assert.equal("", hostile.data)
      end
    end)

    it("that is long lends nothing to a leaf before it in its record, in " .. version, function()
      local key, names = issue.key "secp256r1", {}
      for i = 1, 130 do names[i] = ("dns:n%06d.example.org"):format(i) end
      local own = issue.certificate { subject = "Own", key = key, subject_alt_names = names }
      local outcome, hostile = attack(version, { own }, { key = key,
        after_certificate = function(self) return self:certificate(der_of(chain_of(nine()))) end,
        play = function(self)
          local say, kept = self.say, nil
          self.say = function(_, message)   -- two messages of 11, as one
            if message:byte(1) == 11 and not kept then kept = message return true end
            if message:byte(1) == 11 then message = kept .. message end
            return say(self, message)
          end
          return talks(self)
        end })
      assert.equal("peer_misbehaved", outcome.code, outcome.message)
      assert.equal("Certificate: the second one", outcome.message)
      assert.equal("", hostile.data)
    end)

    it("that is long needs the key of its leaf in " .. version, function()
      local outcome, hostile = attack(version, chain_of { LARGE },
        { key = issue.key "secp256r1" })
      assert.equal("peer_misbehaved", outcome.code, outcome.message)
      assert.equal("", hostile.data)
    end)

    it("that is long and malformed, or without end, is refused in " .. version, function()
      local function broken(change)
        local outcome = attack(version, chain_of { LARGE }, { play = function(self)
          local certificate = self.certificate
          self.certificate = function(...) return change(certificate(...)) end
          return self:handshake()
        end })
        return outcome.code
      end
      assert.equal("decode_error", broken(function(bytes)   -- one byte more than the list has
        return bytes:sub(1, 1) .. "\0" .. v16(bytes:sub(5) .. "\0")
      end))
      assert.equal("decode_error", broken(function(bytes)   -- a leaf that is longer than the list
        local at = version == "TLS 1.3" and 9 or 8
        return bytes:sub(1, at - 1) .. "\255\255\255" .. bytes:sub(at + 3)
      end))
      assert.equal("peer_incompatible", (attack(version, chain_of { HUGE, HUGE }).code))
      local many = { leaf[1] }
      for i = 2, 150 do many[i] = ("x"):rep(50) end
      assert.equal("decode_error", (attack(version, many).code))
    end)
  end

  it("that is long has no malformed extensions behind the leaf's", function()
    for extensions, good in pairs { ["\0\1x"] = false, ["\0\4\0\5\0\1"] = false,
      ["\0\5\0\5\0\0x"] = false, ["\0\4\254\254\0\0"] = true } do
      local outcome, hostile = attack("TLS 1.3", chain_of { LARGE }, { play = function(self)
        local certificate = self.certificate
        self.certificate = function(...)
          local bytes = certificate(...)   -- of the last entry, which has none
          local list = bytes:sub(9, -3) .. extensions
          local length = "\0" .. v16(list)
          return bytes:sub(1, 1) .. "\0" .. v16("\0" .. length)
        end
        return talks(self)
      end })
      assert.equal(good and "closed" or "decode_error", outcome.code, outcome.message)
      assert.equal(good and field.SECRET or "", hostile.data)
    end
  end)
end)

describe("our server's chain", function()
  it("may be longer than a record, whatever is in it", function()
    for shift = 0, 3 do   -- the second record looks like a ServerHello
      local filler = issue.certificate { subject = "Filler", key = pki.key "secp256r1",
        extensions = { { oid = "1.2.3.4", value = ("\2"):rep(shift) .. ("\2\0\0\1"):rep(4200) } } }
      for version in pairs(VERSIONS) do
        local a, b = pki.pair(pki.client(peers.at(version)), assert(wolfssl.server {
          certificate = { leaf[1], filler, leaf[2] }, key = leaf_key }))
        local left, right = pki.handshake(a, b)
        assert.is_true(left.ok, left.message)
        assert.is_true(right.ok, right.message)
        pki.talk(a, b)
      end
    end
  end)
end)

describe("a client's chain", function()
  local function server(options)
    local all = { verify = "required", trust = pki.root }
    for name, value in pairs(options or {}) do all[name] = value end
    return pki.server(all, "rsa")
  end

  for _, what in ipairs { "of 18 KB", "of 63 KB" } do   -- our client shows no more than ten
    it(what .. " is taken after the handshake", function()
      for _, mine in ipairs { chain_of(CASES[what]), leaf } do
        local a, b = pki.connected(pki.client(peers.at("TLS 1.3", { certificate = mine,
          key = leaf_key, post_handshake_auth = true })), server { verify = "none" })
        local asked, message
        repeat
          asked, message = b:request_certificate()
          pki.exchange(a, b)
          a:read()
          pki.exchange(a, b)
        until asked or b:info().alert_sent
        assert.is_true(asked, message)
        assert.same(der_of(mine), der_of(b:peer_certificates()))
        assert.is_true(b:verdict().ok)
        pki.talk(a, b)
      end
    end)
  end

  for what, between in pairs(CASES) do
    it(what .. " is taken in TLS 1.3", function()
      for _, cut in ipairs { 16384, 3000 } do
        local chain = chain_of(between)
        local context = server()
        local visitor, connection = guest.of(context)
        guest.greet(visitor)
        assert(visitor:send(visitor:certificate(chain), { fragment = cut }))
        assert(visitor:send(visitor:certificate_verify(leaf_key)))
        assert(visitor:send(visitor:finished()))
        local ticket = assert(visitor:expect "new_session_ticket")
        local again, resumed = guest.of(context, { secrets = visitor.secrets })
        assert(again:handshake { hello = { psks = { ticket } } })
        assert.is_true(resumed:info().resumed)
        for _, one in ipairs { connection, resumed } do
          assert.same(der_of(chain), der_of(one:peer_certificates()))
          assert.is_true(one:verdict().ok)
        end
      end
    end)
  end
end)

describe("a long chain of openssl's", function()
  if not helper.have "openssl" then return pending("needs package openssl") end

  local identity

  setup(function()
    identity = ("-cert %s -key %s -cert_chain %s"):format(
      peers.trust { leaf[1] }, helper.write(peers.path "long.key", leaf_key:pem()),
      peers.trust { LARGE, HUGE, leaf[2] })
  end)

  teardown(peers.cleanup)

  local function assert_taken(version, arguments, options)
    local process = peers.openssl_server(identity .. " -rev " .. (arguments or ""))
    local stream = assert(peers.connect(process, pki.client(peers.at(version, options))))
    assert(stream:send "word\n")
    assert.equal("drow", stream:receive "*l")
    assert.equal(4, #stream:peer_certificates())
    stream:close()
    process:stop()
  end

  for _, version in ipairs(peers.VERSIONS) do
    it("is taken by a client of " .. version, function()
      assert_taken(version)
    end)

    it("is taken by a server of " .. version, function()
      local count
      peers.serve(pki.server(peers.at(version, { verify = "required", trust = pki.root }), "rsa"),
        ("openssl s_client -connect 127.0.0.1:PORT %s %s"):format(peers.OPENSSL[version], identity),
        function(stream)
          assert(stream:handshake())
          count = #stream:peer_certificates()
          assert(stream:write "a word")
        end)
      assert.equal(4, count)
    end)
  end

  it("is taken after a HelloRetryRequest", function()
    assert_taken("TLS 1.3", "-groups P-384")
    assert_taken("TLS 1.3", "-groups P-384", { alpn = { "a" }, staple = "request" })
  end)

  it("is taken where a response is asked for, too", function()
    assert_taken("TLS 1.2", "", { staple = "request" })
  end)

  for _, suite in ipairs { "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384" } do
    it("is taken after the handshake, as often as a server asks, with " .. suite, function()
      local server = pki.server(peers.at("TLS 1.3", { trust = pki.root }), "rsa")
      local shown = {}
      peers.serve(server, ("openssl s_client -connect 127.0.0.1:PORT -tls1_3 -enable_pha "
        .. "-ciphersuites %s %s"):format(suite, identity), function(stream, process)
        assert(stream:handshake())
        local connection = stream:connection()
        for i = 1, 3 do
          assert.is_nil((connection:request_certificate()))
          assert(stream:send "a word\n")
          repeat
            process:send("more\n")
            assert.equal("more", stream:receive "*l")
          until connection:request_certificate()
          assert.is_true(connection:verdict().ok)
          shown[i] = #connection:peer_certificates()
        end
      end)
      assert.same({ 4, 4, 4 }, shown)
    end)
  end

  local KEY = ("k"):rep(32)

  -- A word each way, then the session.
  local function visited(process, context, session)
    local stream = assert(peers.connect(process, context, { session = session }))
    assert(stream:send "word\n")
    assert.equal("drow", stream:receive "*l")
    local all = { resumed = stream:info().resumed, verdict = stream:verdict(),
      chain = der_of(stream:peer_certificates()), session = assert(stream:session()) }
    stream:close()
    return all
  end

  -- One leaf of 19 KB and its intermediate, as openssl wants them.
  local function large(kind)
    local chain, key = large_leaf(19000, kind)
    return ("-cert %s -key %s -cert_chain %s"):format(peers.trust { chain[1] },
      helper.write(peers.path(kind .. "-large.key"), key:pem()), peers.trust { chain[2] })
  end

  for _, version in ipairs(peers.VERSIONS) do
    for _, kind in ipairs(peers.KINDS) do
      it(("may have a leaf of 19 KB with %s in %s"):format(kind, version), function()
        local process = peers.openssl_server(large(kind) .. " -rev")
        local context = pki.client(peers.at(version, { staple = "request" }))
        local first = visited(process, context)
        assert.same({ 2, true }, { #first.chain, first.verdict.ok })
        local again = visited(process, context, first.session)
        assert.is_true(again.resumed)
        assert.same(first.chain, again.chain)
        process:stop()
        local seen
        peers.serve(pki.server(peers.at(version, { verify = "required", trust = pki.root }), "rsa"),
          ("openssl s_client -connect 127.0.0.1:PORT %s %s"):format(peers.OPENSSL[version],
            large(kind)), function(stream)
            assert(stream:handshake())
            seen = { #stream:peer_certificates(), #stream:peer_certificates()[1]:der() > 19000 }
            assert(stream:write "a word")
          end)
        assert.same({ 2, true }, seen)
      end)
    end
  end

  for _, version in ipairs(peers.VERSIONS) do
    it("is known again when a client resumes in " .. version, function()
      local process = peers.openssl_server(identity .. " -rev")
      local context = pki.client(peers.at(version))
      local first = visited(process, context)
      assert.is_false(first.resumed)
      assert.equal(4, #first.chain)
      local session = first.session
      for _ = 1, 2 do
        local again = visited(process, context,
          assert(wolfssl.session(session:export(KEY), KEY)))
        assert.is_true(again.resumed)
        assert.same(first.chain, again.chain)
        assert.same(first.verdict.ok, again.verdict.ok)
        session = again.session
      end
      process:stop()
    end)

    it("is known again when our server resumes in " .. version, function()
      local server = pki.server(peers.at(version, { verify = "required", trust = pki.root,
        tickets = version == "TLS 1.3" }), "rsa")
      local file, seen = peers.path("session" .. version:sub(-1)), {}
      for i, how in ipairs { "-sess_out", "-sess_in" } do
        peers.serve(server, ("openssl s_client -connect 127.0.0.1:PORT %s %s %s %s"):format(
          peers.OPENSSL[version], identity, how, file), function(stream)
          assert(stream:handshake())
          seen[i] = { stream:info().resumed, der_of(stream:peer_certificates()) }
          assert(stream:write "a word")
        end)
      end
      assert.same({ false, true }, { seen[1][1], seen[2][1] })
      assert.equal(4, #seen[1][2])
      assert.same(seen[1][2], seen[2][2])
    end)
  end

  it("is what a client signs with EdDSA, of TLS 1.2 and over all messages, too", function()
    for _, kind in ipairs { "ed25519", "ed448" } do
      local chain, key = pki.leaf(kind)
      for _, staple in ipairs { "none", "request" } do
        assert_taken("TLS 1.2", "-Verify 3 -CAfile " .. peers.trust(),
          { certificate = chain, key = key, staple = staple })
      end
    end
  end)
end)
