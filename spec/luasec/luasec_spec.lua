-- What is better than in LuaSec: its defects, and what it would leave to chance.

local helper = require "helper"
local luasec = require "wolfssl.luasec"
local peers = require "interop.peers"
local socket = require "socket"
local suites = require "wolfssl.luasec.suites"

local context = require "wolfssl.luasec.context"

describe("wolfssl.luasec", function()
  local server, client

  setup(function()
    local chain, key = peers.files("secp256r1")
    server = { mode = "server", protocol = "any", certificate = chain, key = key }
    client = { mode = "client", protocol = "any", cafile = peers.trust(), verify = "peer" }
  end)
  teardown(peers.cleanup)

  local function with(options, more)
    local all = {}
    for name, value in pairs(options) do all[name] = value end
    for name, value in pairs(more) do all[name] = value end
    return all
  end

  local function tcp()
    local listener = assert(socket.bind("127.0.0.1", 0))
    local _, port = listener:getsockname()
    local a = assert(socket.connect("127.0.0.1", port))
    local b = assert(listener:accept())
    listener:close()
    return a, b
  end

  local function wrapped(server_options, client_options)
    local a, b = tcp()
    local c = assert(luasec.wrap(a, with(client, client_options or {})))
    local s = assert(luasec.wrap(b, with(server, server_options or {})))
    c:settimeout(0)
    s:settimeout(0)
    return c, s
  end

  local function connected(...)
    local c, s = wrapped(...)
    local left, right
    repeat
      left, right = left or c:dohandshake(), right or s:dohandshake()
    until left and right
    return c, s
  end

  it("answers after close", function()
    local c, s = connected()
    c:close()
    assert.are.same({ false, "closed" }, { c:dohandshake() })
    assert.are.same({ nil, "closed", 0 }, { c:send("x") })
    assert.are.same({ nil, "closed", "" }, { c:receive() })
    assert.is_nil(c:getalpn())
    assert.is_nil(c:getsniname())
    assert.is_nil(c:sni("x"))
    assert.are.same({ nil, "closed" }, { c:getpeerfinished() })
    assert.are.same({ nil, "closed" }, { c:exportkeyingmaterial("x", 1) })
    assert.are.equal(-1, c:getfd())
    c:close()
    s:close()
  end)

  it("stays failed when the handshake has failed", function()
    local c, s = wrapped(nil, { protocol = "tlsv1_2", ciphers = "ECDHE-RSA-AES128-GCM-SHA256" })
    local message
    repeat
      c:dohandshake()
      local _, why = s:dohandshake()
      message = why
    until message ~= "wantread"
    assert.are.equal("no shared cipher", message)
    assert.are.same({ false, "no shared cipher" }, { s:dohandshake() })
    s:close()
    c:close()
  end)

  it("ends at once where the peer has gone without a close_notify", function()
    for option, expected in pairs { all = "unexpected eof while reading",
      ignore_unexpected_eof = "closed" } do
      local a, b = tcp()
      local c = assert(luasec.wrap(a, with(client, { options = option })))
      local hidden = { getfd = function() return b:getfd() end, setfd = function() end }
      local s = assert(luasec.wrap(hidden, server))
      c:settimeout(0)
      s:settimeout(0)
      local left, right
      repeat
        left, right = left or c:dohandshake(), right or s:dohandshake()
      until left and right
      s:send("part")
      b:shutdown("send")
      c:settimeout(50)
      assert.are.same({ nil, expected, "part" }, { c:receive(10) })
      assert.are.same({ nil, expected, "" }, { c:receive(10) })
      c:close()
      b:setfd(-1)
      s:close()
    end
  end)

  it("tells a timeout from what would block", function()
    local c, s = connected()
    assert.are.same({ nil, "wantread", "" }, { c:receive(1) })
    assert.are.equal("read", c:want())
    c:settimeout(0.01)
    assert.are.same({ nil, "timeout", "" }, { c:receive(1) })
    c:close()
    s:close()
  end)

  it("lets a callback of the handshake yield, and raise", function()
    local c, s = wrapped({ alpn = function(list) return coroutine.yield(list) end },
      { alpn = { "a", "b" } })
    c:dohandshake()
    local thread = coroutine.create(function() return s:dohandshake() end)
    local _, list = coroutine.resume(thread)
    assert.are.same({ "a", "b" }, list)
    assert.are.same({ true, false, "wantread" }, { coroutine.resume(thread, "b") })
    c:dohandshake()
    assert.is_true(s:dohandshake())
    assert.are.equal("b", s:getalpn())
    c:close()
    s:close()
    c, s = wrapped({ alpn = function() error "oops" end }, { alpn = { "a" } })
    c:dohandshake()
    assert.is_false(s:dohandshake())
    c:close()
    s:close()
  end)

  it("has no certificate where there is none", function()
    local c, s = connected()
    assert.are.same({}, s:getpeerchain())
    assert.is_nil(s:getpeercertificate())
    assert.are.equal(2, #s:getlocalchain())
    assert.are.equal(c:getpeercertificate():pem(), s:getlocalcertificate():pem())
    c:close()
    s:close()
  end)

  it("takes what was not sent again, as OpenSSL does", function()
    local c, s = connected()
    local data, at, received = ("0123456789"):rep(400000), 0, {}
    while true do
      local last, message, sent = c:send(data, at + 1)
      if last then break end
      assert.are.equal("wantwrite", message)
      assert.is_true(sent >= at and sent < #data)
      at = sent
      assert.are.same({ nil, "bad write retry", 0 }, { c:send(("x"):rep(20000)) })
      local piece, _, partial = s:receive(#data)
      received[#received + 1] = piece or partial
    end
    c:close()
    s:settimeout(50)
    received[#received + 1] = s:receive("*a")
    assert.is_true(data == table.concat(received))
    s:close()
  end)

  it("does not lose what LuaSocket has read ahead", function()
    local a, b = tcp()
    local c = assert(luasec.wrap(a, client))
    c:settimeout(0)
    c:dohandshake()
    b:settimeout(50)
    local first = assert(b:receive(1)) -- the rest of the ClientHello is in LuaSocket's hands now
    assert.are.equal("\22", first)
    assert.is_true(b:dirty())
    local s = assert(luasec.wrap(b, server))
    assert.are.equal(-1, b:getfd())
    s:settimeout(0)
    assert.is_false(s:dohandshake())
    assert.are_not.equal("wantread", (select(2, s:dohandshake()))) -- a hello without its first byte
    c:close()
    s:close()
  end)

  it("refuses what it cannot do", function()
    for options, expected in pairs {
      [{ mode = "zz" }] = "invalid mode (zz)",
      [{ protocol = "tlsv1" }] = "invalid protocol (tlsv1): TLS 1.2 is the oldest that is there",
      [{ dane = true }] = "DANE is not supported",
      [{ dhparam = print }] = "dhparam is not supported: DHE uses the group ffdhe2048 (RFC 7919)",
      [{ options = "enable_ktls" }] = "invalid option (enable_ktls)",
      [{ psk = { hint = "x", callback = print } }] =
        "hints for pre-shared keys are not supported",
      [{ psk = 1 }] = "invalid PSK configuration",
      [{ certificate = "/nonexistent" }] = "error loading certificate (No such file or directory)",
      [{ key = "/dev/null" }] = "error loading private key (no start line)",
      [{ ciphers = "DES-CBC3-SHA" }] = "error setting cipher list (no cipher match)",
    } do
      assert.are.same({ nil, expected }, { luasec.newcontext(with(server, options)) })
    end
    assert.are.same({ nil, "no protocols available" }, { luasec.wrap((tcp()), with(server,
      { options = { "no_tlsv1_2", "no_tlsv1_3" } })) })
  end)

  it("does pre-shared keys by callbacks", function()
    local secret = ("k"):rep(32)
    for _, protocol in ipairs { "tlsv1_2", "tlsv1_3" } do
      local identity
      local c, s = connected({ protocol = protocol, psk = function(name)
        identity = name
        return secret
      end }, { protocol = protocol, psk = function() return "me", secret end })
      assert.are.equal("me", identity)
      assert.is_nil(c:getpeercertificate())
      c:close()
      s:close()
    end
  end)

  it("is what require finds", function()
    local loaded = package.loaded.ssl
    assert.are.equal(luasec, luasec.install())
    assert.are.equal(luasec, require "ssl")
    assert.are.equal(context, require "ssl.context")
    assert.are.equal(luasec.config, require "ssl.config")
    assert.are.equal(luasec.loadcertificate, require("ssl.x509").load)
    assert.is_function(require("ssl.https").request)
    assert.are.equal(-1, require("ssl.core").SOCKET_INVALID)
    package.loaded.ssl = loaded
  end)
end)

describe("wolfssl.luasec.suites", function()
  local registry = require "wolfssl.tls.registry.cipher_suite"

  local function names(text)
    local list = {}
    for _, name in ipairs(assert(suites.expand(text))) do
      list[#list + 1] = suites.describe({ value = registry:value(name) }).cipher
    end
    return list
  end

  local known = {}
  for _, name in ipairs(names "ALL:!PSK") do known[name] = true end

  -- OpenSSL's expansion, as far as there are such suites here.
  local function openssl(text)
    local list = {}
    for name in helper.run("openssl ciphers " .. helper.quote(text)):gmatch("[^:%s]+") do
      if known[name] then list[#list + 1] = name end
    end
    return list
  end

  for _, text in ipairs { "ALL", "HIGH+kEECDH:HIGH+kEDH:HIGH:!PSK:!SRP:!3DES:!aNULL",
    "AES128:AES256", "ALL:-AES128:CHACHA20", "ALL:!AESGCM:+ECDHE", "ECDHE+AESGCM:DHE+CHACHA20",
    "ALL:@STRENGTH", "ECDHE-RSA-AES256-GCM-SHA384,ECDHE-RSA-AES128-GCM-SHA256", "aECDSA:aRSA",
    "TLSv1.2:!SHA256", "ALL:-ECDHE:ECDHE+AES128", "kEECDH+SHA1:unknown:AESCCM8" } do
    it("expands " .. text .. " like OpenSSL", function()
      assert.are.same(openssl(text .. ":!PSK"), names(text .. ":!PSK"))
    end)
  end
end)
