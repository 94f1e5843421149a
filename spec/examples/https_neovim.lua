-- :luafile https_neovim.lua, then `:Get https://example.org/`: the page comes in a window of its
-- own, and editing goes on meanwhile. (g:trust: whom to trust instead of the system's roots.)
local https = require "wolfssl.https"

local vim = vim -- luacheck: ignore 113
local function get(url)
  local page = ""
  local ok, message = https.request {
    url = url, trust = vim.g.trust, timeout = 20, transport = "luv",
    sink = function(bytes)
      page = page .. (bytes or "")
      return 1
    end,
  }
  vim.schedule(function() -- in a callback of libuv nobody may touch a window
    vim.cmd "new"
    vim.api.nvim_buf_set_lines(0, 0, -1, true, vim.split(ok and page or message, "\r?\n"))
  end)
end

vim.api.nvim_create_user_command("Get", function(command)
  coroutine.wrap(get)(command.args)
end, { nargs = 1 })
