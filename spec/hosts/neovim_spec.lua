-- The contract of all transports inside Neovim, which is a LuaJIT: only there does the core fit.

local helper = require "helper"
local inside = require "hosts.inside"
local matrix = require "hosts.matrix"

if _VERSION == "Lua 5.1" then
  describe("A transport in Neovim", function()
    if not helper.have "nvim" then
      pending("needs package neovim")
      return
    end

    local output = helper.run(("LUA_PATH=%s LUA_CPATH=%s timeout -k 1 60 nvim --headless -u NONE"
      .. " -c 'luafile spec/hosts/neovim.lua'"):format(helper.quote(package.path),
      helper.quote(package.cpath)))
    local facts = inside.facts(output)
    for _, fact in ipairs(facts) do
      it(fact[1], function()
        assert.is_true(fact[2], output)
        matrix.note("Neovim", fact[3])
      end)
    end

    it("is put to every test", function()
      assert.equal(inside.count(), #facts, output)
    end)
  end)
end
