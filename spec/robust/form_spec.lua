-- No memory while messages are given to wolfSSL in another form.

local attacker = require "attacker"
local errors = require "wolfssl.errors"
local issue = require "wolfssl.issue"
local memory = require "robust.memory"
local pki = require "pki"
local wolfssl = require "wolfssl"

local chain, key = pki.leaf "secp256r1"
local filler = issue.certificate { subject = "Filler", key = pki.key "secp256r1",
  extensions = { { oid = "1.2.3.4", value = ("x"):rep(18000) } } }

-- A server's long chain.
local function shown(version)
  local server = assert(wolfssl.server { certificate = { chain[1], filler, chain[2] }, key = key })
  local client = pki.client { min_version = version, max_version = version }
  return function()
    local a, b = pki.pair(client, server)
    local left, right = pki.handshake(a, b)
    a:close()
    b:close()
    local failed = left.ok and right or left
    return failed.ok, failed.message, failed.code
  end
end

-- A client's large hello.
local function greeted()
  local server = pki.server {}
  return function()
    local visitor = attacker.new(server:connection())
    local extensions = visitor:extensions()
    table.insert(extensions, 1, { 21, ("\0"):rep(20000) })
    local ok, message, code = visitor:handshake(nil, { extensions = extensions })
    visitor.peer:close()
    return ok, message, code
  end
end

describe("without memory", function()
  for what, make in pairs {
    ["a long chain of TLS 1.2"] = function() return shown "TLS 1.2" end,
    ["a long chain of TLS 1.3"] = function() return shown "TLS 1.3" end,
    ["a large ClientHello"] = greeted,
  } do
    it("ends a handshake with an error: " .. what, function()
      local meet = make()
      for _ = 1, 3 do assert(meet()) end
      local before, n = memory.settled(), 1
      while true do
        local calls, ok, result, message, code = memory.wolfssl(n, true, meet)
        if calls < n then break end
        assert(ok or tostring(result):find "out of memory",
          ("request %d: %s"):format(n, tostring(result)))
        assert(not ok or result or errors.codes[code],
          ("request %d: %s"):format(n, tostring(message)))
        n = n + 1
      end
      assert.is_true(n > 50)
      assert(meet())
      assert.is_true(memory.settled() - before <= 4)   -- as in connection/memory_spec
    end)
  end
end)
