-- A client's sessions in memory, and how connections use a store.

local core = require "wolfssl.core"
local helper = require "helper"
local memory = require "wolfssl.session_store.memory"
local peers = require "interop.peers"
local pki = require "pki"
local wolfssl = require "wolfssl"

local visit = pki.visit

local BOTH = { "TLS 1.2", "TLS 1.3" }

-- What stands for a session where none is resumed.
local function session(version, lifetime)
  return { info = function()
    return { version = version, lifetime = lifetime or 100, single_use = version == "TLS 1.3" }
  end }
end

local function at(version, options)
  local all = { min_version = version, max_version = version }
  for name, value in pairs(options or {}) do all[name] = value end
  return all
end

describe("session_store.memory", function()
  it("has room for one session at least", function()
    for _, name in ipairs { "limit", "per_key" } do
      for _, value in ipairs { 0, -1, 0 / 0, "four", false } do
        assert.error_matches(function() memory.new { [name] = value } end,
          "^option '" .. name .. "': a number from 1 on expected, got ")
      end
      local store = memory.new { [name] = 1 }
      for _ = 1, 3 do store:put("k", session "TLS 1.3") end
      assert.equal(1, store:size())
    end
    assert.has_error(function() memory.new { limits = 5 } end,
      "unknown option 'limits' of a store of sessions; did you mean 'limit'?")
  end)

  it("gives a session of TLS 1.2 out again and again, the newest only", function()
    local store, one, two = memory.new(), session "TLS 1.2", session "TLS 1.2"
    store:put("k", one)
    store:put("k", two)
    assert.equal(1, store:size())
    for _ = 1, 3 do assert.equal(two, store:get "k") end
    assert.is_nil(store:get "other")
  end)

  it("gives each ticket of TLS 1.3 out once, the newest first", function()
    local store, one, two = memory.new(), session "TLS 1.3", session "TLS 1.3"
    store:put("k", one)
    store:put("k", two)
    assert.equal(two, store:get "k")
    assert.equal(one, store:get "k")
    assert.is_nil(store:get "k")
    assert.equal(0, store:size())
  end)

  it("gives tickets out again when told so", function()
    local store, one = memory.new { reuse_tickets = true }, session "TLS 1.3"
    store:put("k", one)
    assert.equal(one, store:get "k")
    assert.equal(one, store:get "k")
  end)

  it("keeps so many of one server, and so many in all, the least recently used going", function()
    local store, list = memory.new { limit = 3, per_key = 2 }, {}
    for i = 1, 3 do
      list[i] = session "TLS 1.3"
      store:put("a", list[i])
    end
    assert.equal(2, store:size())
    local b, c = session "TLS 1.2", session "TLS 1.2"
    store:put("b", b)
    store:put("c", c)
    assert.equal(3, store:size())
    assert.equal(list[3], store:get "a")
    assert.is_nil(store:get "a")
    assert.equal(b, store:get "b")
    store:put("d", session "TLS 1.2")
    store:put("e", session "TLS 1.2")
    assert.is_nil(store:get "c")
    assert.equal(b, store:get "b")
  end)

  it("honours lifetimes: a week at most for tickets, a day for ids", function()
    local now = 1000
    local store = memory.new { clock = function() return now end }
    local short, long = session("TLS 1.3", 10), session("TLS 1.3", 1e9)
    store:put("k", long)
    store:put("k", short)
    store:put("id", session("TLS 1.2", 1e9))
    now = now + 10
    assert.equal(long, store:get "k")
    store:put("k", long)
    now = now + 86400 - 10
    assert.is_nil(store:get "id")
    now = now + 604800 - 86400 + 10
    assert.is_nil(store:get "k")
    assert.equal(0, store:size())
  end)

  it("forgets", function()
    local store = memory.new()
    for _ = 1, 3 do store:put("k", session "TLS 1.3") end
    store:put("l", session "TLS 1.3")
    store:remove "k"
    store:remove "none"
    assert.equal(1, store:size())
    assert.is_nil(store:get "k")
  end)

  it("stays whole whatever is done to it", function()
    math.randomseed(7)
    local store = memory.new { limit = 20, per_key = 3 }
    for _ = 1, 3000 do
      local key, what = "k" .. math.random(12), math.random(5)
      if what == 1 then store:remove(key)
      elseif what == 2 then store:get(key)
      else store:put(key, session(BOTH[math.random(2)])) end
      local count, entry = 0, store.newer
      while entry ~= store do
        count, entry = count + 1, entry.newer
      end
      assert.equal(count, store:size())
      assert.is_true(count <= 20)
      local listed = 0
      for _, list in pairs(store.lists) do
        assert.is_true(#list >= 1 and #list <= 3)
        listed = listed + #list
      end
      assert.equal(count, listed)
    end
  end)
end)

describe("a client with a store of sessions", function()
  for _, version in ipairs(BOTH) do
    it("resumes of its own accord with " .. version, function()
      local store = memory.new()
      local client, server = pki.client(at(version, { sessions = store })), pki.server(at(version))
      for i = 1, 4 do
        local a, b = visit(client, server)
        assert.equal(i > 1, a:info().resumed)
        assert.equal(i > 1, b:info().resumed)
        assert.equal(1, store:size())
      end
    end)

    it("finds sessions of the same host, port and policy only, with " .. version, function()
      local store, server = memory.new(), pki.server(at(version))
      local function client(more)
        local options = at(version, more)
        options.sessions = store
        return pki.client(options)
      end
      local plain = client()
      visit(plain, server, { port = 443 })
      for what, other in pairs {
        ["another port"] = { plain, { port = 8443 } },
        ["another name"] = { plain, { port = 443, server_name = "127.0.0.1" } },
        ["a key"] = { plain, { session_key = "mine" } },
        ["other trust"] = { client { trust = { pki.root, pki.middle } }, { port = 443 } },
        ["other protocols"] = { client { alpn = { "h2" } }, { port = 443 } },
        ["less depth"] = { client { depth = 3 }, { port = 443 } },
        ["no verification"] = { client { insecure_accept_invalid = true }, { port = 443 } },
      } do
        assert.is_false(visit(other[1], server, other[2]):info().resumed, what)
      end
      assert.is_true(visit(plain, server, { port = 443 }):info().resumed)
      assert.is_true(visit(plain, server, { session_key = "mine" }):info().resumed)
    end)

    it("does not meet what an unverified connection left there, with " .. version, function()
      local store, server = memory.new(), pki.server(at(version))
      local lax = pki.client(at(version, { sessions = store, insecure_accept_invalid = true }))
      visit(lax, server, { session_key = "k" })
      local unverified = next(store.lists)
      assert.is_false(visit(pki.client(at(version, { sessions = store })), server,
        { session_key = "k" }):info().resumed)
      -- not even when the store mixes them up
      local mixed = { put = function() end, get = function()
        return assert(store:get(unverified))
      end }
      assert.is_false(visit(pki.client(at(version, { sessions = mixed })), server):info().resumed)
    end)

    it("tells each new session once, with " .. version, function()
      local told = {}
      local client = pki.client(at(version, { on_session = function(s, c)
        told[#told + 1] = { s, c }
      end }))
      local server = pki.server(at(version))
      local a = visit(client, server)
      assert.equal(1, #told)
      assert.equal(a, told[1][2])
      local info = told[1][1]:info()
      assert.equal(version, info.version)
      assert.equal(version == "TLS 1.3", info.single_use)
      assert.is_true(math.abs(info.created - os.time()) < 60)
      assert.is_true(info.lifetime > 0)
      assert.is_true(visit(client, server, { session = told[1][1] }):info().resumed)
    end)
  end

  it("does not offer a session again with which a handshake failed", function()
    local store, server = memory.new(), pki.server()
    local client = pki.client(at("TLS 1.2", { sessions = store }))
    visit(client, server)
    local a = client:connection { server_name = "localhost" }
    a:handshake()
    a:receive_data "\21\3\3\0\2\2\40"
    assert.equal("alert_received", select(3, a:handshake()))
    assert.is_false(visit(client, server):info().resumed)
    assert.is_true(visit(client, server):info().resumed)
  end)

  it("takes the session it is given rather than one of the store", function()
    local asked = 0
    local store = { get = function() asked = asked + 1 end, put = function() end }
    local server = pki.server()
    local given = visit(pki.client(), server):session()
    local a = visit(pki.client { sessions = store }, server, { session = given })
    assert.is_true(a:info().resumed)
    assert.equal(0, asked)
  end)

  it("fails with what the store or the handler raises", function()
    for _, options in ipairs {
      { sessions = { get = function() error("no get", 0) end, put = error } },
      { sessions = { get = function() end, put = function() error("no put", 0) end } },
      { on_session = function() error("no ear", 0) end },
    } do
      options.max_version = "TLS 1.2"
      local left = pki.handshake(pki.pair(pki.client(options), pki.server()))
      assert.equal("rejected", left.code)
      assert.matches("^no ", left.detail)
    end
  end)
end)

describe("several tickets of TLS 1.3", function()
  local function server_of(count)
    local process = peers.openssl_server(("-www -num_tickets %d %s"):format(count,
      peers.identity("openssl", "secp256r1")))
    finally(function()
      process:stop()
      peers.cleanup()
    end)
    return process
  end

  local function fetch(stream)
    assert(stream:send "GET / HTTP/1.0\r\n\r\n")
    assert(stream:receive "*a")
    local resumed = stream:info().resumed
    stream:close()
    return resumed
  end

  it("are kept one by one, each good for a connection", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local process, store = server_of(3), memory.new()
    local context = pki.client(at("TLS 1.3", { sessions = store }))
    assert.is_false(fetch(assert(peers.connect(process, context))))
    assert.equal(3, store:size())
    local tickets, key = {}, next(store.lists)
    for i = 1, 3 do tickets[i] = store:get(key) end
    for i = 1, 3 do
      store:put(key, tickets[i])
      assert.is_true(fetch(assert(peers.connect(process, context))), "ticket " .. i)
      store:remove(key)
    end
  end)

  it("wait for whoever takes them: the last eight", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local stream = assert(peers.connect(server_of(12), pki.client(at "TLS 1.3")))
    local c = stream:connection()
    c:keep_sessions()
    assert(stream:send "GET / HTTP/1.0\r\n\r\n")
    assert(stream:receive "*l")
    local count = 0
    for _ in c.new_session, c do count = count + 1 end
    assert.equal(8, count)
    stream:close()
  end)
end)

describe("an expired session", function()
  it("leads to a full handshake", function()
    local key = ("k"):rep(32)
    local client, server = pki.client(), pki.server()
    local sealed = visit(client, server):session():export(key)
    local plain = core.crypto.open("aes-256-gcm", key, sealed:sub(5, 16), sealed:sub(1, 4),
      sealed:sub(33) .. sealed:sub(17, 32))
    assert.is_string(plain)
    -- Policy, the length of wolfSSL's part, in that the side and the time.
    local old = plain:sub(1, 32 + 4 + 1) .. "\0\0\0\1" .. plain:sub(32 + 4 + 1 + 4 + 1)
    local box = core.crypto.seal("aes-256-gcm", key, sealed:sub(5, 16), sealed:sub(1, 4), old)
    local session_ = assert(wolfssl.session(sealed:sub(1, 16) .. box:sub(-16) .. box:sub(1, -17),
      key))
    assert.equal(1, session_:info().created)
    assert.is_false(visit(client, server, { session = session_ }):info().resumed)
  end)
end)
