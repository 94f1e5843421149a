-- ClientHellos of more than wolfSSL reads: it gets another form of them, and nothing else changes.

local attacker = require "attacker"
local core = require "wolfssl.core"
local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"
local tls = require "wolfssl.tls"

local LONGEST = 65536   -- with the padding that a length of two bytes allows, and more

local function u16(n) return string.char(math.floor(n / 256), n % 256) end
local function v16(s) return u16(#s) .. s end

-- Code points that nobody has, each once.
local function codes(count, from)
  local list = {}
  for i = 1, count do list[i] = u16(from + i) end
  return table.concat(list)
end

local Visitor = setmetatable({}, { __index = getmetatable(attacker.new()).__index })
Visitor.__index = Visitor

-- A client of TLS 1.3 whose hellos are `size` bytes long without their header, by padding. `fill`:
-- content by the number of its extension.
local function visitor(server, fields)
  local self = attacker.new((server or pki.server()):connection(), fields)
  for name, value in pairs(fields or {}) do self[name] = value end
  return setmetatable(self, Visitor)
end

function Visitor:hello(psks)
  local list = {}
  for kind, content in pairs(self.fill or {}) do list[#list + 1] = { kind, content } end
  for _, e in ipairs(self:extensions()) do
    if not (self.fill and self.fill[e[1]]) then list[#list + 1] = e end
  end
  local hello = getmetatable(Visitor).__index.hello
  local missing = (self.size or 0) - #hello(self, psks, list)
  for _, kind in ipairs { 21, 0x1234 } do   -- two, for one alone is not long enough
    local size = math.min(missing, 65000)
    if size >= 0 then table.insert(list, 1, { kind, ("\0"):rep(size) }) end
    missing = missing - size - 4
  end
  return hello(self, psks, list)
end

-- What one side writes arrives.
local function assert_talks(self)
  assert.equal(6, (self.peer:write("a word")))
  local heard
  for _, record in ipairs(self:receive()) do
    if record.kind == 23 then heard = record.content end
  end
  assert.equal("a word", heard)
  self.peer:receive_data(self.write:seal(23, "another"))
  assert.equal("another", (self.peer:read()))
end

local function assert_greeted(self, psks)
  local ok, message = self:handshake(psks)
  assert.is_true(ok, message)
  return self
end

-- A first hello without a share, upon which comes a HelloRetryRequest.
local function retried(self, size)
  local hello
  self.size, size = size, self.size
  hello = self:hello()
  assert.equal("want_read", select(3, self:send(22, hello)))
  local request = self:receive()[1].content
  assert.equal(2, request:byte(1))
  self.transcript = attacker.message(254, core.crypto.digest(self.hash, hello)) .. request
  self.share, self.size = true, size
  return self
end

describe("a ClientHello that is longer than wolfSSL reads", function()
  it("is answered like any other, whatever its size", function()
    for _, size in ipairs { 18461, 18462, 18463, 40000, LONGEST } do
      local self = visitor(nil, { size = size })
      assert.equal(size, #self:hello() - 4)
      assert_talks(assert_greeted(self))
    end
  end)

  it("may have any number of cipher suites, unknown ones first", function()
    for _, count in ipairs { 148, 149, 150, 151, 5000, 30000 } do
      local self = visitor(nil, { suites = codes(count, 0x1400) })
      assert_talks(assert_greeted(self))
      assert.equal("TLS_CHACHA20_POLY1305_SHA256", self.peer:info().cipher_suite.name)
    end
  end)

  it("may have any number of all that is listed in it", function()
    local protocols = ("\3abc"):rep(5000) .. "\2h2"
    for kind, content in pairs {
      [0] = v16("\1" .. v16(("x"):rep(20000)) .. "\0" .. v16 "localhost"),
      [5] = "\1" .. v16(v16(("r"):rep(20000))) .. "\0\0",
      [10] = v16(codes(10000, 0x2000) .. "\0\29"),
      [13] = v16(("\8\9"):rep(10000) .. "\8\7"),
      [16] = v16(protocols), [35] = ("t"):rep(20000), [50] = v16(("\8\9"):rep(10000)),
    } do
      local self = visitor(pki.server { alpn = { "h2" } }, { fill = { [kind] = content } })
      assert_talks(assert_greeted(self))
      local info = self.peer:info()
      assert.equal("localhost", info.server_name)
      assert.equal(kind == 16 and "h2" or nil, info.alpn)
    end
  end)

  -- To look for each share among all groups costs more than 200 of the small ones.
  it("costs about what it is long, also where it names groups and has shares of them", function()
    local groups, shares = codes(16000, 0x3000), {}
    for i = 1, 6500 do shares[i] = u16(0x3000 + 16001 - i) .. "\0\1x" end
    local function cost(fill)
      local least = math.huge
      for _ = 1, 5 do
        local self = visitor(nil, { share = false, fill = fill })
        local hello, before = self:hello(), os.clock()
        assert.equal("want_read", select(3, self:send(22, hello)))
        least = math.min(least, os.clock() - before)
      end
      return least
    end
    local small = cost()
    local large = cost { [10] = v16(groups .. "\0\29"), [51] = v16(table.concat(shares)) }
    assert.is_true(large < 50 * small, large / small)
    local self = visitor(nil, { fill = { [10] = v16(groups .. "\0\29"),
      [51] = v16(table.concat(shares) .. "\0\30\0\1x") } })
    assert.equal("peer_misbehaved", select(3, self:send(22, self:hello())))
    assert.equal("illegal_parameter", self.peer:info().alert_sent.name)
  end)

  it("may be as long as there can be one, where the server takes it", function()
    local server = pki.server { max_client_hello = 131396, on_message = function() end }
    assert_talks(assert_greeted(visitor(server, { suites = codes(32760, 0x1400), size = 131000 })))
    assert.error_matches(function() pki.server { max_client_hello = 131397 } end, "64 to 131396")
  end)

  it("may be cut into many records", function()
    assert_talks(assert_greeted(visitor(nil, { size = LONGEST, cut = 600 })))
  end)

  it("is seen by handlers and watchers as it came", function()
    local seen, watched, self
    self = visitor(pki.server {
      on_client_hello = function(hello) seen = hello end,
      on_message = function(message)
        watched = watched or message.body
      end,
    }, { size = 30000, suites = codes(300, 0x2000) })
    assert_greeted(self)
    for _, hello in ipairs { seen, watched } do
      assert.equal(301, #hello.cipher_suites)
      assert.is_truthy(tls.extension.find(hello.extensions, "padding"))
    end
  end)

  it("may be the first, the second or both around a HelloRetryRequest", function()
    for _, sizes in ipairs { { 300, 30000 }, { 30000, 300 }, { 30000, 40000 } } do
      local self = visitor(nil, { share = false, size = sizes[2] })
      assert_talks(assert_greeted(retried(self, sizes[1])))
    end
  end)

  it("fails where more than one cannot be told apart from another", function()
    local self = visitor(nil, { share = false, size = 30000 })
    retried(self, 30000).suites = codes(200, 0x2000)
    assert.same({ "peer_misbehaved", "illegal_parameter" },
      { select(3, self:handshake()), (self.peer:info().alert_sent or {}).name })
  end)

  describe("with a ticket", function()
    local server = pki.server()

    local function ticket()
      local self = assert_greeted(visitor(server))
      return assert(self:ticket())
    end

    it("resumes", function()
      for _, size in ipairs { 300, 30000 } do
        local self = assert_greeted(visitor(server, { size = size }), { ticket() })
        assert.is_true(self.peer:info().resumed)
        assert.is_true(self.resumed)
        assert_talks(self)
      end
    end)

    it("is refused for a binder over what wolfSSL is given", function()
      local psk, given = ticket(), nil
      local self, short = visitor(server, { size = 30000 }), visitor(server)
      short.random, short.public = self.random, self.public
      short.binder = function(_, key, head)
        given = head
        return Visitor.binder(short, key, head)
      end
      short:hello { psk }
      self.binder = function(_, key) return Visitor.binder(self, key, given) end
      local _, message, code = self:handshake { psk }
      assert.equal("peer_misbehaved", code, message)
    end)

    it("shakes hands anew where its tickets are what is long", function()
      local psk = ticket()
      local long = { identity = ("i"):rep(1500), age = "\0\0\0\0" }
      local list = {}
      for i = 1, 20 do list[i] = long end
      list[#list + 1] = psk
      local self = visitor(server)
      local ok, message = self:handshake(list)
      assert.is_true(ok, message)
      assert.is_false(self.peer:info().resumed)
      assert.is_false(self.resumed)
    end)
  end)

  it("is what the client must have sent", function()
    for _, version in ipairs(peers.VERSIONS) do
      local a, b = pki.pair(pki.client { min_version = version, max_version = version })
      a:handshake()
      local hello = assert(tls.decode_handshake(a:data_to_send():sub(6)))
      table.insert(hello.body.extensions, 1,
        { extension_type = "padding", extension_data = ("\0"):rep(20000) })
      local bytes = tls.encode_handshake(hello)
      for i = 1, #bytes, 16384 do
        b:receive_data(attacker.record(22, bytes:sub(i, i + 16383)))
      end
      local left, right = pki.handshake(a, b)
      assert.is_nil(left.ok)
      assert.is_nil(right.ok)
      assert.is_nil(b:info().version and b:read())
    end
  end)

  -- What a server of `kind` answers to our client's hello, with so much padding.
  local function answer(version, kind, size)
    local a, b = pki.pair(pki.client { min_version = version, max_version = version,
      alpn = { "a", "b" }, staple = "request" }, pki.server({ alpn = { "b" } }, kind))
    a:handshake()
    local hello = assert(tls.decode_handshake(a:data_to_send():sub(6)))
    if size > 0 then
      table.insert(hello.body.extensions, 1,
        { extension_type = "padding", extension_data = ("\0"):rep(size) })
    end
    local bytes = tls.encode_handshake(hello)
    for i = 1, #bytes, 16384 do b:receive_data(attacker.record(22, bytes:sub(i, i + 16383))) end
    assert.equal("want_read", select(3, b:handshake()))
    local sent = b:data_to_send()
    local size_sent = sent:byte(4) * 256 + sent:byte(5)
    local body = assert(tls.decode_handshake(sent:sub(6, 5 + size_sent))).body
    local extensions = {}
    for _, e in ipairs(body.extensions) do
      extensions[#extensions + 1] = e.extension_type.name
      local share = e.extension_data.server_share
      extensions[#extensions + 1] = share and share.group.name
    end
    return { body.cipher_suite.name, extensions }
  end

  it("is answered as it would be without what makes it long", function()
    for _, version in ipairs(peers.VERSIONS) do
      for _, kind in ipairs { "rsa", "secp256r1", "ed25519" } do
        assert.same(answer(version, kind, 0), answer(version, kind, 30000))
      end
    end
  end)

  describe("of openssl s_client", function()
    if not helper.have "openssl" then return pending("needs package openssl") end

    teardown(peers.cleanup)

    local function visit(version, client, options)
      options = options or {}
      options.alpn = { "here" }
      local result
      peers.serve(pki.server(peers.at(version, options), "rsa"),
        ("openssl s_client -connect 127.0.0.1:PORT %s -alpn %s,here %s"):format(
          peers.OPENSSL[version], ("a"):rep(250) .. (("," .. ("b"):rep(250)):rep(100)),
          client and peers.identity("openssl", client) or ""), function(stream)
          result = { stream:handshake() }
          if result[1] then
            result.info = stream:info()
            assert(stream:write "a word")
          end
        end)
      return result
    end

    for _, version in ipairs(peers.VERSIONS) do
      it("of " .. version .. " is answered, with a client's certificate, too", function()
        assert.equal("here", visit(version).info.alpn)
        local result = visit(version, "secp256r1", { verify = "required", trust = pki.root })
        assert.is_true(result[1], result[2])
      end)
    end

    it("is none for signature schemes behind the 19th that the server's key cannot make", function()
      local schemes = {}
      for _, hash in ipairs { "512", "384", "256" } do
        schemes[#schemes + 1] = "rsa_pss_rsae_sha" .. hash
        schemes[#schemes + 1] = "rsa_pss_pss_sha" .. hash
      end
      for _, kind in ipairs { "RSA", "ECDSA", "DSA" } do
        for _, hash in ipairs { "512", "384", "256", "224", "1" } do
          schemes[#schemes + 1] = kind .. "+SHA" .. hash
        end
      end
      local command = "openssl s_client -connect 127.0.0.1:PORT -tls1_2 -cipher DEFAULT@SECLEVEL=0 "
        .. "-sigalgs " .. table.concat(schemes, ":") .. ":ed25519 "
        .. peers.identity("openssl", "ed25519")
      for _, kind in ipairs { "rsa", "secp256r1", "ed25519" } do
        local seen, result
        peers.serve(pki.server(peers.at("TLS 1.2", { verify = "required", trust = pki.root,
          on_client_hello = function(hello)
            seen = tls.extension.find(hello.extensions, "signature_algorithms")
          end }), kind), command, function(stream) result = { stream:handshake() } end)
        assert.equal(22, #seen.supported_signature_algorithms)
        assert.is_true(result[1], result[2])
      end
    end)

    it("is what a client signs with EdDSA", function()
      for _, version in ipairs(peers.VERSIONS) do
        local result = visit(version, "ed25519", { verify = "required", trust = pki.root })
        assert.is_true(result[1], result[2])
        assert.equal("ed25519", result.info.client_signature_scheme.name)
      end
    end)
  end)
end)
