-- What a store or on_session may do to the connection that asks it.

local memory = require "wolfssl.session_store.memory"
local pki = require "pki"

local KEYS = { ("k"):rep(48) }

-- A server whose store answers through this function, and a session that it would have to ask for.
local function server_that(get)
  local bytes = {}
  local store = { put = function(_, id, value) bytes[id] = value end }
  function store.get(_, id) return bytes[id] end
  local server = pki.server { sessions = store, ticket_keys = KEYS }
  local client = pki.client { max_version = "TLS 1.2" }
  local session = assert(pki.connected(client, server):session())
  store.get = function(_, id) return get(bytes[id], id) end
  return server, client, session
end

describe("a store that is asked by a server", function()
  it("may close the connection", function()
    local b
    local server, client, session = server_that(function() b:close() end)
    local a
    a, b = pki.pair(client, server, { session = session })
    a:handshake()
    b:receive_data(a:data_to_send())
    local ok, message, code = b:handshake()
    assert.is_nil(ok)
    assert.equal("closed", code)
    assert.matches("sessions", message)
  end)

  it("lets nobody else go on meanwhile", function()
    local server, client, session = server_that(coroutine.yield)
    local a, b = pki.pair(client, server, { session = session })
    a:handshake()
    b:receive_data(a:data_to_send())
    local waiting = coroutine.create(function() return b:handshake() end)
    local _, bytes = coroutine.resume(waiting)
    assert.has_error(function() b:handshake() end)
    assert.has_error(function() b:read() end)
    assert(coroutine.resume(waiting, bytes))
    assert.equal("dead", coroutine.status(waiting))
    assert.is_true(pki.handshake(a, b).ok)
    assert.is_true(b:info().resumed)
  end)

  it("is heard although the peer has gone, and then that is noticed", function()
    local server, client, session = server_that(coroutine.yield)
    local a, b = pki.pair(client, server, { session = session })
    a:handshake()
    b:receive_data(a:data_to_send())
    local result
    local waiting = coroutine.create(function() result = { b:handshake() } end)
    local _, bytes = coroutine.resume(waiting)
    b:receive_eof()
    assert(coroutine.resume(waiting, bytes))
    assert.equal("truncated", result[3])
  end)

  it("may never answer: what waits for it is collected", function()
    local server, client, session = server_that(coroutine.yield)
    local a = client:connection { server_name = "localhost", session = session }
    a:handshake()
    local hello, alive = a:data_to_send(), setmetatable({}, { __mode = "k" })
    for _ = 1, 20 do
      local b = server:connection()
      local waiting = coroutine.create(function() return b:handshake() end)
      b:receive_data(hello)
      assert(coroutine.resume(waiting))
      alive[b], alive[waiting] = true, true
    end
    for _ = 1, 3 do collectgarbage() end
    local left = 0
    for _ in pairs(alive) do left = left + 1 end
    assert.is_true(left <= 2, left) -- a register may still name the last ones
  end)
end)

describe("a store that is asked by a client", function()
  it("raises to the caller when its answer is no session", function()
    for _, answer in ipairs { "bytes", {}, 7, true } do
      local a = pki.client { sessions = { get = function() return answer end, put = error } }
        :connection { server_name = "localhost" }
      local ok, message = pcall(a.handshake, a)
      assert.is_false(ok)
      assert.matches("^sessions.get returned .*; expected: a session or nil$", message)
      assert.equal("rejected", select(3, a:handshake()))
    end
  end)

  it("has the methods that every handshake needs", function()
    for method, store in pairs { get = { put = error }, put = { get = error } } do
      for _, make in ipairs { pki.client, pki.server } do
        assert.error_matches(function() make { sessions = store, ticket_keys = make == pki.server
          and { ("k"):rep(48) } or nil } end,
          ("option 'sessions': a store with the method '%s' expected"):format(method))
      end
    end
  end)

  it("may have a session of another policy: it is not used", function()
    local server = pki.server()
    local other = assert(pki.connected(pki.client { max_version = "TLS 1.2", depth = 3 },
      server):session())
    local store = { get = function() return other end, put = function() end }
    local a = pki.connected(pki.client { max_version = "TLS 1.2", sessions = store }, server)
    assert.is_false(a:info().resumed)
  end)

  it("may be asked by a coroutine that waits, with both versions", function()
    local server = pki.server()
    for _, version in ipairs { "TLS 1.2", "TLS 1.3" } do
      local inner = memory.new()
      local waits = 0
      local store = {}
      for _, name in ipairs { "get", "put" } do
        store[name] = function(_, ...)
          waits = waits + 1
          coroutine.yield()
          return inner[name](inner, ...)
        end
      end
      local client = pki.client { max_version = version, sessions = store }
      for i = 1, 2 do
        local resumed
        local visit = coroutine.create(function()
          local a, b = pki.connected(client, server)
          b:write "x"
          a:receive_data(b:data_to_send())
          assert.equal("x", a:read())
          resumed = a:info().resumed
        end)
        while coroutine.status(visit) ~= "dead" do assert(coroutine.resume(visit)) end
        assert.equal(i == 2, resumed)
      end
      assert.equal(version == "TLS 1.2" and 3 or 4, waits)
    end
  end)
end)

describe("on_session", function()
  local function connected(on_session)
    local a, b = pki.connected(pki.client { min_version = "TLS 1.3", on_session = on_session })
    b:write "x"
    a:receive_data(b:data_to_send())
    return a
  end

  it("may close the connection in the middle of a read", function()
    local a = connected(function(_, c) c:close() end)
    assert.equal("x", a:read())
    assert.same({ nil, "the connection was closed by on_session", "closed" }, { a:read() })
    assert.has_error(function() a:info() end)
  end)

  it("may raise: what has been read is given, and then the connection is over", function()
    local a = connected(function() error({ "why" }) end)
    assert.equal("x", a:read())
    local _, message, code, detail = a:read()
    assert.equal("rejected", code)
    assert.matches("^on_session raised", message)
    assert.same({ "why" }, detail)
  end)
end)

describe("on_client_hello", function()
  local kept, asked
  local store = {
    put = function(_, id, bytes) kept[id] = bytes end,
    get = function() asked = asked + 1 end,
  }

  -- Resumes what a first handshake with `server` brought; false: nothing is resumed.
  local function resumes(client, server)
    local first = pki.connected(client, server)
    first:read()
    local _, b = pki.connected(client, server, { session = assert(first:session()) })
    return b:info().resumed
  end

  local function answering(session, options)
    options.on_client_hello = function(hello)
      if type(session) == "function" then return { session = session(hello) } end
      return { session = session }
    end
    return pki.server(options)
  end

  before_each(function() kept, asked = {}, 0 end)

  it("may say itself what the client resumes: then no store is asked", function()
    local server = answering(function(hello) return kept[hello.legacy_session_id] end,
      { sessions = store, ticket_keys = KEYS, max_version = "TLS 1.2" })
    assert.is_true(resumes(pki.client { max_version = "TLS 1.2" }, server))
    assert.is_true(asked <= 1)   -- for the first hello, to which it answered nothing
  end)

  it("may refuse all of them: ids, tickets, and those of the store", function()
    for _, version in ipairs { "TLS 1.2", "TLS 1.3" } do
      local client = pki.client { min_version = version, max_version = version }
      assert.is_true(resumes(client, pki.server {}), version)
      assert.is_false(resumes(client, answering(false, {})), version)
      assert.is_false(resumes(client, answering(false, { sessions = store, ticket_keys = KEYS })))
    end
    assert.equal(0, asked)
  end)

  it("may not give what is no session, or one where no store is", function()
    for _, case in ipairs { { 7, { sessions = store, ticket_keys = KEYS } }, { "bytes", {} } } do
      local a, b = pki.pair(pki.client {}, answering(case[1], case[2]))
      a:handshake()
      b:receive_data(a:data_to_send())
      assert.error_matches(function() b:handshake() end, "false, or a session's bytes")
    end
  end)

  it("gives bytes that are no session: a full handshake", function()
    local server = answering("garbage", { sessions = store, ticket_keys = KEYS })
    assert.is_false(resumes(pki.client { max_version = "TLS 1.2" }, server))
  end)
end)

describe("a store that is asked by a client", function()
  it("has a session only for a server that has a name or a key", function()
    local store = memory.new()
    local client = pki.client { sessions = store, insecure_no_name_check = true }
    local server = pki.server()
    local function size_after(options)
      local a, b = client:connection(options), server:connection()
      local left, right = pki.handshake(a, b)
      assert.is_true(left.ok and right.ok)
      b:write "x"
      a:receive_data(b:data_to_send())
      assert.equal("x", a:read())
      return store:size()
    end
    assert.equal(0, size_after {})
    assert.is_true(size_after { session_key = "here" } > 0)
  end)
end)
