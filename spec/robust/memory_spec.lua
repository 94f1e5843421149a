-- What happens when there is no memory: an error each time, no crash, nothing lost.
-- Every request for memory is refused, in a run of its own: alone ("once"), or with all that
-- follow ("for good").

local errors = require "wolfssl.errors"
local issue = require "wolfssl.issue"
local memory = require "robust.memory"
local pair = require "robust.pair"
local wolfssl = require "wolfssl"

-- wolfSSL 5.5.4 loses one block when a TLS 1.3 server has no memory to make its key share:
-- TLSX_KeyShare_Establish does not free the entry that it began. For x25519 these are two requests.
local LOST_BLOCKS = { ["TLS 1.2 mutual"] = 0, ["TLS 1.3 mutual"] = 2,
  ["TLS 1.3 with a pre-shared key"] = 2 }

local RAISED = { "out of memory", "not enough memory", "no memory" }

local function is_memory_error(message)
  for _, text in ipairs(RAISED) do
    if tostring(message):find(text, 1, true) then return true end
  end
  return false
end

local function check(n, ok, result, message, code)
  if not ok then
    assert(is_memory_error(result), ("request %d: raised %s"):format(n, tostring(result)))
  elseif not result then
    assert(type(message) == "string" and message ~= "", ("request %d: no message"):format(n))
    assert(errors.codes[code], ("request %d: %s: code %s"):format(n, message, tostring(code)))
    assert(code ~= "want_read", ("request %d: went unnoticed"):format(n))
  end
end

local live = memory.settled

-- Refuses request after request; returns how many there were and how many blocks were lost.
local function refuse(allocator, for_good, f)
  for _ = 1, 3 do assert(f()) end
  local before, n = live(), 1
  while true do
    local calls, ok, result, message, code = allocator(n, for_good, f)
    if calls < n then break end
    check(n, ok, result, message, code)
    n = n + 1
    if n % 50 == 0 then collectgarbage() end
  end
  assert(f())
  return n, live() - before
end

describe("out of memory", function()
  local compile_again

  setup(function() compile_again = memory.interpret() end)

  teardown(function() compile_again() end)

  for _, kind in ipairs { "TLS 1.2 mutual", "TLS 1.3 mutual", "TLS 1.3 with a pre-shared key" } do
    for _, for_good in ipairs { false, true } do
      local name = kind .. (for_good and ", for good" or ", once")

      it("in wolfSSL ends a connection with an error: " .. name, function()
        local client, server = assert(pair.contexts(kind))
        local requests, lost = refuse(memory.wolfssl, for_good, function()
          return pair.converse(client, server)
        end)
        assert(requests > 100)
        assert(lost <= LOST_BLOCKS[kind], lost .. " blocks lost")
      end)

      it("in wolfSSL is an error where contexts are made: " .. name, function()
        local requests, lost = refuse(memory.wolfssl, for_good, function()
          local client, server, code = pair.contexts(kind)
          if not client then return nil, server, code end
          client:close()
          server:close()
          return true
        end)
        assert(requests > 100)
        assert.equal(0, lost)
      end)
    end

    it("in Lua ends a connection with an error: " .. kind, function()
      local client, server = assert(pair.contexts(kind))
      local requests, lost = refuse(memory.lua, true, function()
        return pair.converse(client, server)
      end)
      assert(requests > 20)
      assert.equal(0, lost)
    end)

    it("in Lua is an error where contexts are made: " .. kind, function()
      local requests, lost = refuse(memory.lua, true, function()
        return (assert(pair.contexts(kind)))
      end)
      assert(requests > 20)
      assert.equal(0, lost)
    end)
  end

  -- Each returns true, or nil, message, code.
  local material = {
    ["making a key"] = function()
      local key, message, code = issue.key("secp256r1")
      return key and true, message, code
    end,
    ["loading a key"] = function()
      local key, message, code = issue.load_key(pair.server_key_pem)
      return key and true, message, code
    end,
    ["signing"] = function()
      local signature, message, code = pair.server_key:sign("ecdsa_secp256r1_sha256", "text")
      return signature and true, message, code
    end,
    ["reading a certificate"] = function()
      local certificate = assert(wolfssl.certificate(pair.server_certificate))
      return certificate:subject() and certificate:extensions() and true
    end,
  }

  for what, f in pairs(material) do
    it("is an error when " .. what, function()
      for _, allocator in ipairs { memory.wolfssl, memory.lua } do
        local requests, lost = refuse(allocator, true, f)
        assert(requests > 1)
        assert.equal(0, lost)
      end
    end)
  end

  it("in a resumed handshake is an error, or a full handshake", function()
    for _, kind in ipairs { "TLS 1.2", "TLS 1.3" } do
      local client, server = assert(pair.contexts(kind))
      local session = assert(pair.session(client, server))
      refuse(memory.wolfssl, true, function() return pair.converse(client, server, session) end)
    end
  end)

  it("never makes a bad server good", function()
    for _, kind in ipairs { "TLS 1.2", "TLS 1.3" } do
      local _, server = assert(pair.contexts(kind))
      local stranger = assert(wolfssl.client { trust = pair.client_certificate })
      local friend = assert(pair.contexts(kind))
      for _, case in ipairs { { stranger, "localhost" }, { friend, "wrong.example" } } do
        local n = 0
        repeat
          n = n + 1
          local calls, ok, result = memory.wolfssl(n, false, function()
            local a, b = case[1]:connection { server_name = case[2] }, server:connection()
            local done = pair.handshake(a, b)
            done = done or a:handshake()
            a:close()
            b:close()
            return done
          end)
          assert(not (ok and result), ("%s: request %d made %s good"):format(kind, n, case[2]))
        until calls < n
        assert(n > 100)
      end
    end
  end)

  it("in Lua is an error where the module is loaded", function()
    local path = package.cpath:match("[^;]*build/[^;?]*") .. "wolfssl/core.so"
    local load_core = ("assert(package.loadlib(%q, 'luaopen_wolfssl_core'))()"):format(path)
    local n = 0
    repeat
      n = n + 1
      local calls, ok, message = memory.state(n, true, load_core)
      if calls >= n then
        assert(not ok and is_memory_error(message), ("request %d: %s"):format(n, tostring(message)))
      else
        assert(ok, message)
      end
    until calls < n
    assert(n > 100)
  end)
end)
