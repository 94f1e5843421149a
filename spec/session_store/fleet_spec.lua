-- Servers behind a balancer resume each other's sessions, through Redis.

local helper = require "helper"
local memory = require "wolfssl.session_store.memory"
local peers = require "interop.peers"
local pki = require "pki"
local redis = require "wolfssl.session_store.redis"
local redis_server = require "session_store.redis_server"

local SECRET = ("s"):rep(32)
local CASES = {
  { what = "ids of TLS 1.2", version = "TLS 1.2", tickets = false },
  { what = "tickets of TLS 1.2", version = "TLS 1.2", theirs = true },
  { what = "tickets of TLS 1.3", version = "TLS 1.3" },
}

local function missing()
  return redis_server.missing() or not helper.have "openssl" and "needs package openssl" or nil
end

describe("a fleet of three processes", function()
  local processes, store = {}, nil

  local function start()
    store = redis_server.start()
    processes[1] = store
    local words = { package.path, package.cpath, store.port, helper.hex(SECRET) }
    for _, path in ipairs { peers.files("secp256r1") } do words[#words + 1] = path end
    words[#words + 1] = peers.trust()
    for i, word in ipairs(words) do words[i] = helper.quote(word) end
    for i = 1, 3 do
      local process = helper.spawn(("exec %s spec/session_store/fleet_server.lua %s"):format(
        helper.interpreter(), table.concat(words, " ")))
      processes[#processes + 1] = process
      process.port = tonumber(process:wait_for "^port (%d+)")
      processes["server" .. i] = process
    end
  end

  local function stop()
    for _, process in ipairs(processes) do process:stop() end
    processes = {}
    peers.cleanup()
  end

  local function ask(context, i)
    local stream = assert(peers.connect(processes["server" .. i], context,
      { session_key = "fleet" }))
    local answer = assert(stream:receive "*l")
    stream:close()
    return answer
  end

  it("resumes what any of them gave, certificates of clients included", function()
    if missing() then return pending(missing()) end
    finally(stop)
    start()
    for _, kind in ipairs { false, "secp256r1" } do
      for _, version in ipairs(peers.VERSIONS) do
        local context = pki.client(peers.ours(kind, peers.at(version, { sessions = memory.new() })))
        local who = kind and "CN=Leaf" or "nobody"
        for round = 1, 6 do
          assert.equal((round == 1 and "new " or "resumed ") .. who, ask(context, round % 3 + 1))
        end
      end
    end
  end)

  it("goes on with full handshakes when Redis is killed", function()
    if missing() then return pending(missing()) end
    finally(stop)
    start()
    local context = pki.client { max_version = "TLS 1.2", sessions = memory.new() }
    assert.equal("new nobody", ask(context, 1))
    assert.equal("resumed nobody", ask(context, 2))
    store:stop()
    for i = 1, 3 do assert.equal("new nobody", ask(context, i)) end
  end)
end)

describe("a fleet of three contexts", function()
  teardown(peers.cleanup)

  -- What peers.serve takes for a context: each connection goes to the next one.
  local function round_robin(port, options)
    local contexts, turn = {}, 0
    for i = 1, 3 do
      local store = redis.new { port = port, secret = SECRET, timeout = 50 }
      local all = { sessions = store, ticket_keys = assert(store:ticket_keys()) }
      for name, value in pairs(options) do all[name] = value end
      contexts[i] = pki.server(all, "secp256r1")
    end
    return { wrap = function(_, ...)
      turn = turn % 3 + 1
      return contexts[turn]:wrap(...)
    end }
  end

  local function command(case, more)
    return ("openssl s_client -connect 127.0.0.1:PORT -servername localhost %s %s"):format(
      peers.OPENSSL[case.version], more)
  end

  for _, case in ipairs(CASES) do
    it(("resumes %s for openssl s_client -sess_in"):format(case.what), function()
      if missing() then return pending(missing()) end
      local process, path = redis_server.start(), peers.path "session"
      finally(function() process:stop() end)
      local fleet = round_robin(process.port, { tickets = case.tickets })
      for i, option in ipairs { "-sess_out ", "-sess_in ", "-sess_in ", "-sess_in " } do
        local resumed
        local told = peers.serve(fleet, command(case, option .. path), function(stream, client)
          assert(stream:handshake())
          resumed = stream:info().resumed
          assert(stream:send "hello\n")
          client:wait_for "^hello"
          client:send "Q\n"
          stream:shutdown()
          stream:receive "*a"
        end)
        assert.equal(i > 1, resumed)
        assert.matches(i > 1 and "Reused, TLS" or "New, TLS", told, 1, true)
      end
    end)
  end

  for _, case in ipairs { CASES[1], CASES[2] } do
    it(("resumes %s for openssl s_client -reconnect"):format(case.what), function()
      if missing() then return pending(missing()) end
      local process = redis_server.start()
      finally(function() process:stop() end)
      local resumed = {}
      peers.serve(round_robin(process.port, { tickets = case.tickets }),
        command(case, "-reconnect"), function(stream)
          assert(stream:handshake())
          resumed[#resumed + 1] = stream:info().resumed
          stream:shutdown()
          stream:receive "*a"
        end, 6)
      assert.same({ false, true, true, true, true, true }, resumed)
    end)
  end
end)
