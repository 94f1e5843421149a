-- A server whose sessions are in a store of the application's.

local attacker = require "attacker"
local core = require "wolfssl.core"
local guest = require "guest"
local pki = require "pki"
local wolfssl = require "wolfssl"

local visit = pki.visit

local OLD, NEW = ("o"):rep(48), ("n"):rep(48)
local BOTH = { "TLS 1.2", "TLS 1.3" }

local function merge(...)
  local all = {}
  for _, options in ipairs { ... } do
    for name, value in pairs(options) do all[name] = value end
  end
  return all
end

local function at(version, ...)
  return merge({ min_version = version, max_version = version }, ...)
end

-- A store as an application may have it; counts what is asked of it.
local Shelf = {}
Shelf.__index = Shelf

function Shelf:get(id)
  self.got = self.got + 1
  return self.bytes[id]
end

function Shelf:put(id, bytes, lifetime)
  self.put_count = self.put_count + 1
  self.bytes[id], self.lifetimes[id] = bytes, lifetime
end

function Shelf:remove(id)
  self.removed = self.removed + 1
  self.bytes[id] = nil
end

local function shelf()
  return setmetatable({ bytes = {}, lifetimes = {}, got = 0, put_count = 0, removed = 0 }, Shelf)
end

local function flipped(bytes, i)
  return bytes:sub(1, i - 1) .. string.char((bytes:byte(i) + 1) % 256) .. bytes:sub(i + 1)
end

describe("a server with a store of the application's", function()
  local only12 = pki.client { max_version = "TLS 1.2" }

  it("resumes sessions of TLS 1.2 that another server made", function()
    local store = shelf()
    local options = { sessions = store, ticket_keys = { OLD }, session_lifetime = 77 }
    local session = visit(only12, pki.server(options)):session()
    local id, bytes = next(store.bytes)
    assert.equal(32, #id)
    assert.equal(77, store.lifetimes[id])
    assert.equal(1, store.put_count)
    assert.equal(OLD:sub(1, 16), bytes:sub(1, 16))
    for _ = 1, 3 do
      local a, b = visit(only12, pki.server(options), { session = session })
      assert.is_true(a:info().resumed)
      assert.is_true(b:info().resumed)
    end
    assert.equal(1, store.put_count)
  end)

  it("asks nothing when there is nothing to ask for", function()
    local store = shelf()
    local server = pki.server { sessions = store, ticket_keys = { OLD } }
    visit(only12, server)
    visit(pki.client(), server)
    local ticket = visit(pki.client(), server):session()
    assert.is_true(visit(pki.client(), server, { session = ticket }):info().resumed)
    assert.equal(0, store.got)
    assert.equal(1, store.put_count)
  end)

  it("keeps secrets from the store", function()
    local store = shelf()
    local _, b = visit(only12, pki.server { sessions = store, ticket_keys = { OLD } })
    local _, bytes = next(store.bytes)
    local master = b:secrets()[1]:match("%x+$"):gsub("%x%x", function(pair)
      return string.char(tonumber(pair, 16))
    end)
    assert.equal(48, #master)
    assert.is_nil(bytes:find(master, 1, true))
    assert.is_nil(bytes:find("localhost", 1, true))
  end)

  it("believes nothing that the store changed, cut, or put under another id", function()
    local store = shelf()
    local server = pki.server { sessions = store, ticket_keys = { OLD } }
    local session = visit(only12, server):session()
    local id, good = next(store.bytes)
    local garbage = { "", "x", good .. "x", good:sub(1, -2), ("\0"):rep(#good), ("g"):rep(200000) }
    for i = 1, #good do garbage[#garbage + 1] = flipped(good, i) end
    for i = 1, #good - 1, 7 do garbage[#garbage + 1] = good:sub(1, i) end
    local held = server:connection()
    held:hold(true)
    for i, bytes in ipairs(garbage) do
      assert.is_false(held:offer_session(id, bytes), i)
      assert.is_false(held:offer_session(flipped(id, 1), good))
    end
    assert.is_true(held:offer_session(id, good))
    for i = 1, 6 do
      store.bytes[id] = garbage[i]
      assert.is_false(visit(only12, server, { session = session }):info().resumed)
    end
    store.bytes[id] = good
    assert.is_true(visit(only12, server, { session = session }):info().resumed)
  end)

  it("believes nothing that the keys of another context have opened", function()
    local store = shelf()
    local first = pki.server { sessions = store, ticket_keys = { OLD } }
    local session = visit(only12, first):session()
    local id, good = next(store.bytes)
    for _, changed in ipairs { false, true } do
      local second = pki.server { sessions = shelf(), ticket_keys = { changed and NEW or OLD } }
      local a = only12:connection { server_name = "localhost", session = session }
      local b = core.connection(first.core) -- that nobody drives
      b:hold(true, true)
      a:handshake()
      pki.exchange(a, b)
      assert.equal("held", select(3, b:handshake()))
      assert.is_true(b:offer_session(id, good))
      b:use_context(second.core)
      b:release()
      assert.equal("held", select(3, b:handshake()))
      assert.equal(not changed, b:offer_session(id, good))
      b:release()
      b:hold(false)
      pki.handshake(a, b)
      assert.equal(not changed, b:info().resumed)
    end
  end)

  it("does not take one session for another, whose id the client did not name", function()
    local store = shelf()
    local server = pki.server { sessions = store, ticket_keys = { OLD } }
    local session = visit(only12, server):session()
    local wanted = next(store.bytes)
    visit(only12, server)
    store.bytes[wanted] = nil
    local other, good = next(store.bytes)
    local a = only12:connection { server_name = "localhost", session = session }
    local b = core.connection(server.core) -- that nobody drives
    b:hold(true, true)
    a:handshake()
    pki.exchange(a, b)
    assert.equal("held", select(3, b:handshake()))
    assert.is_false(b:wanted_session())
    b:release()
    assert.equal("held", select(3, b:handshake()))
    assert.equal(wanted, b:wanted_session())
    assert.is_true(b:offer_session(other, good))
    b:release()
    b:hold(false)
    local left, right = pki.handshake(a, b)
    assert.is_true(left.ok, left.message)
    assert.is_true(right.ok, right.message)
    assert.is_false(b:info().resumed)
  end)

  it("makes a full handshake of an answer that is no string", function()
    for _, answer in ipairs { false, 7, {}, true } do
      local store = shelf()
      local server = pki.server { sessions = store, ticket_keys = { OLD } }
      local session = visit(only12, server):session()
      store.get = function() return answer end
      assert.is_false(visit(only12, server, { session = session }):info().resumed)
    end
  end)

  it("opens with every key it has, and seals with the first", function()
    local store = shelf()
    local function server(...)
      return pki.server { sessions = store, ticket_keys = { ... } }
    end
    local session = visit(only12, server(OLD)):session()
    assert.is_true(visit(only12, server(NEW, OLD), { session = session }):info().resumed)
    assert.is_false(visit(only12, server(NEW), { session = session }):info().resumed)
  end)

  it("binds sessions to policy and server name also there", function()
    local store = shelf()
    local function server(more)
      return pki.server(merge({ sessions = store, ticket_keys = { OLD } }, more))
    end
    local session = visit(only12, server()):session()
    local a = visit(only12, server(), { session = session, send_server_name = false })
    assert.is_false(a:info().resumed)
    a = visit(only12, server { alpn = { "h2" } }, { session = session })
    assert.is_false(a:info().resumed)
    local strict = server { verify = "required", trust = pki.root }
    local _, right = pki.handshake(pki.pair(only12, strict, { session = session }))
    assert.equal("certificate_invalid", right.code)
  end)

  for _, version in ipairs(BOTH) do
    it("knows the certificate of a client that another server saw, with " .. version, function()
      local store = shelf()
      local options = at(version, { sessions = store, ticket_keys = { OLD }, verify = "required",
        trust = pki.root })
      local chain, key = pki.leaf()
      local client = pki.client(at(version, { certificate = chain, key = key }))
      local session = visit(client, pki.server(options)):session()
      local a, b = visit(client, pki.server(options), { session = session })
      assert.is_true(a:info().resumed)
      assert.equal(wolfssl.certificate(chain[1]):der(), b:peer_certificates()[1]:der())
      assert.is_true(b:verdict().ok)
      store.bytes = {}
      a, b = visit(client, pki.server(options), { session = session })
      assert.is_false(a:info().resumed)
      assert.is_true(b:verdict().ok)
    end)

    it("does without a client's certificate where none was shown, with " .. version, function()
      local store = shelf()
      local options = at(version, { sessions = store, ticket_keys = { OLD }, verify = "optional",
        trust = pki.root })
      local client = pki.client(at(version))
      local session = visit(client, pki.server(options)):session()
      local a, b = visit(client, pki.server(options), { session = session })
      assert.is_true(a:info().resumed)
      assert.same({}, b:peer_certificates())
    end)
  end

  it("does not resume what is older than its own lifetime allows", function()
    local store = shelf()
    local server = pki.server { sessions = store, ticket_keys = { OLD } }
    local session = visit(only12, server):session()
    local id, sealed = next(store.bytes)
    local hmac = core.crypto.hmac("sha256", OLD:sub(17), "lua-wolfssl stored session")
    local aad, nonce = OLD:sub(1, 16) .. id, sealed:sub(17, 28)
    local plain = assert(core.crypto.open("chacha20-poly1305", hmac, nonce, aad,
      sealed:sub(45) .. sealed:sub(29, 44)))
    local function stored(bytes)
      local box = core.crypto.seal("chacha20-poly1305", hmac, nonce, aad, bytes)
      return OLD:sub(1, 16) .. nonce .. box:sub(-16) .. box:sub(1, -17)
    end
    assert.equal(sealed, stored(plain))
    store.bytes[id] = stored(plain:sub(1, 33) .. "\0\0\0\1" .. plain:sub(38))
    assert.is_false(visit(only12, server, { session = session }):info().resumed)
  end)

  it("may be asked by a coroutine that waits", function()
    local store = shelf()
    local server = pki.server { sessions = store, ticket_keys = { OLD } }
    local session = visit(only12, server):session()
    local get, put = store.get, store.put
    function store:get(id)
      coroutine.yield "get"
      return get(self, id)
    end
    function store:put(...)
      coroutine.yield "put"
      return put(self, ...)
    end
    for resumed, expected in pairs { [true] = { "get" }, [false] = { "put" } } do
      local a, b = pki.pair(only12, server, { session = resumed and session or nil })
      local seen = {}
      local co = coroutine.create(function() return pki.handshake(a, b) end)
      while coroutine.status(co) ~= "dead" do
        local ok, what = coroutine.resume(co)
        assert.is_true(ok, what)
        if coroutine.status(co) ~= "dead" then seen[#seen + 1] = what end
      end
      assert.same(expected, seen)
      assert.equal(resumed, a:info().resumed)
    end
  end)

  it("fails the handshake when the store raises: that is no way to say no", function()
    local store = shelf()
    local server = pki.server { sessions = store, ticket_keys = { OLD } }
    local session = visit(only12, server):session()
    store.get = function() error("a bug", 0) end
    local left, right = pki.handshake(pki.pair(only12, server, { session = session }))
    assert.equal("rejected", right.code)
    assert.equal("a bug", right.detail)
    assert.equal("internal_error", left.detail.name)
  end)

  for _, where in ipairs { "memory", "store" } do
    it("forgets the session of a connection that failed, in its " .. where, function()
      local store = shelf()
      local server = pki.server(where == "store" and { sessions = store, ticket_keys = { OLD } }
        or nil)
      local client = pki.client { max_version = "TLS 1.2" }
      local session = visit(client, server):session()
      local a, b = visit(client, server, { session = session })
      assert.is_true(a:info().resumed)
      b:receive_eof() -- a cut is no failure of the session
      assert.equal("truncated", select(3, b:read()))
      a, b = visit(client, server, { session = session })
      assert.is_true(a:info().resumed)
      b:receive_data("\23\3\3\0\32" .. ("x"):rep(32))
      assert.equal("peer_misbehaved", select(3, b:read()))
      assert.is_nil(next(store.bytes))
      for _ = 1, 3 do b:read() end -- and is told so once
      assert.equal(where == "store" and 1 or 0, store.removed)
      assert.is_false(visit(client, server, { session = session }):info().resumed)
    end)
  end

  it("needs ticket keys", function()
    assert.has_error(function() pki.server { sessions = shelf() } end,
      "option 'sessions' of a server needs 'ticket_keys': with them it seals what it stores")
  end)
end)

describe("context:set_ticket_keys", function()
  for _, version in ipairs(BOTH) do
    it("rotates on a live context, with " .. version, function()
      local client = pki.client(at(version))
      local server = pki.server(at(version, { ticket_keys = { OLD }, sessions = shelf() }))
      local session = visit(client, server):session()
      server:set_ticket_keys { NEW, OLD }
      local a = visit(client, server, { session = session })
      assert.is_true(a:info().resumed)
      local fresh = version == "TLS 1.3" and a:session() or visit(client, server):session()
      server:set_ticket_keys { NEW }
      assert.is_false(visit(client, server, { session = session }):info().resumed)
      assert.is_true(visit(client, server, { session = fresh }):info().resumed)
    end)
  end

  it("raises for what are no keys, and leaves those there are", function()
    local client, server = pki.client(), pki.server { ticket_keys = { OLD } }
    local session = visit(client, server):session()
    local nine = {}
    for i = 1, 9 do nine[i] = NEW end
    for _, keys in ipairs { {}, { "short" }, { NEW, 7 }, nine, "x" } do
      assert.has_error(function() server:set_ticket_keys(keys) end)
      assert.has_error(function() pki.server { ticket_keys = keys } end)
    end
    assert.has_error(function() server.core:set_ticket_keys "short" end)
    assert.has_error(function() pki.client():set_ticket_keys { NEW } end)
    assert.is_true(visit(client, server, { session = session }):info().resumed)
  end)
end)

describe("a ticket of TLS 1.3", function()
  local function assert_full(server, identity)
    local thief, connection = guest.of(server)
    assert(thief:handshake { hello = { psks = { { identity = identity } } } })
    assert.is_false(connection:info().resumed)
  end

  it("that is replayed leads to nothing: there is no early data", function()
    local server = pki.server()
    local visitor, ticket = guest.with_ticket(server)
    for _ = 1, 2 do -- whoever has the secret may come again
      local again, connection = guest.of(server, { secrets = visitor.secrets })
      assert(again:handshake { hello = { psks = { ticket } } })
      assert.is_true(connection:info().resumed)
    end
    local client = pki.client()
    local session = visit(client, server):session()
    local a, b = pki.pair(client, server, { session = session })
    a:handshake()
    local first_flight = a:data_to_send()
    b:receive_data(first_flight)
    b:handshake()
    local replayed = server:connection() -- whoever only has the hello gets no further
    replayed:receive_data(first_flight)
    local ok, _, code = replayed:handshake()
    assert.is_nil(ok)
    assert.equal("want_read", code)
    assert.is_nil((replayed:read()))
    assert.is_false(replayed:info().open)
  end)

  it("is not taken without a fresh exchange of keys, even by who would do without", function()
    local server = pki.server()
    local visitor = attacker.new(server:connection())
    assert.is_true(visitor:handshake())
    local ticket = assert(visitor:ticket())
    for modes, resumed in pairs { ["\1"] = true, ["\0\1"] = true, ["\0"] = false } do
      local again = attacker.new(server:connection())
      local extensions = again:extensions()
      assert.equal(45, extensions[5][1])
      extensions[5][2] = string.char(#modes) .. modes
      assert.is_true(again:handshake({ ticket }, { extensions = extensions }))
      assert.equal(resumed, again.peer:info().resumed)
    end
  end)

  it("cut short or drawn out leads to a full handshake, and is not read past its end", function()
    local server = pki.server { verify = "optional", trust = pki.root, sessions = shelf(),
      ticket_keys = { OLD } }
    local _, ticket = guest.with_ticket(server)
    local whole = ticket.body.ticket
    for cut = -40, 40 do
      assert_full(server, cut < 0 and whole .. ("x"):rep(-cut) or whole:sub(1, #whole - cut))
    end
  end)

  it("under foreign keys, or of garbage, leads to a full handshake", function()
    for _, more in ipairs { {}, { verify = "optional", trust = pki.root, sessions = shelf() } } do
      local server = pki.server(merge({ ticket_keys = { OLD } }, more))
      local other = pki.server(merge({ ticket_keys = { NEW } }, more))
      local session = visit(pki.client(), other):session()
      assert.is_false(visit(pki.client(), server, { session = session }):info().resumed)
      for _, identity in ipairs { "x", OLD:sub(1, 16), OLD:sub(1, 16) .. ("\0"):rep(300),
        OLD:sub(1, 16) .. ("\255"):rep(65), OLD:sub(1, 16) .. ("z"):rep(1500) } do
        assert_full(server, identity)
      end
    end
  end)
end)
