-- The contract of all transports inside Neovim, which is a LuaJIT: only there does the core fit.

local helper = require "helper"
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
    local count = 0
    for line in output:gmatch "[^\n]+" do
      local verdict, title, columns = line:match "^(%l*%s?ok) ([^\t]+)\t?(.*)$"
      if verdict then
        count = count + 1
        it(title, function()
          assert.equal("ok", verdict, output)
          matrix.note("Neovim", columns)
        end)
      end
    end

    it("is put to every test", function()
      assert.equal(#require "transport.contract" { open = false, run = false }, count, output)
    end)
  end)
end
