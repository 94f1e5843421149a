-- Connections that all wait on Redis in their handshakes do not wait for each other.

local redis_server = require "session_store.redis_server"

describe("a hundred connections at once", function()
  for _, version in ipairs { "TLS 1.2", "TLS 1.3" } do
    it("each wait on Redis in one process, and nothing is lost, with " .. version, function()
      if redis_server.missing() then return pending(redis_server.missing()) end
      if not pcall(require, "cqueues") then return pending("needs package lua-cqueues") end
      local tally = require("session_store.flood").run(100, 0.05, version)
      assert.equal("heard 100, resumed 0\nheard 100, resumed 100\n", tally.told)
      assert.equal(100, tally.most_open)
      assert.equal(200, tally.waits)
      assert.is_true(tally.most_waiting > 10, tally.most_waiting)
      assert.equal(100, tally.resumed)
      assert.equal(0, tally.errors)
    end)
  end
end)
