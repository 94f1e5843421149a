-- Runs the contract of all transports inside Neovim, on its own libuv loop, and reports in lines
-- "ok TITLE<tab>COLUMNS", or "not ok TITLE" and what went wrong:
--
--   nvim --headless -u NONE -c "luafile THIS FILE"

local vim = vim -- luacheck: ignore 113
local contract = require "transport.contract"
local hosts = require "transport.hosts"

assert(require "luv" == vim.loop, "Neovim's loop is not luv's")
local lines = {}
for _, fact in ipairs(contract(hosts.luv.new())) do
  local ok, err = xpcall(fact[2], debug.traceback)
  lines[#lines + 1] = (ok and "ok " or "not ok ") .. fact[1] .. (ok and "\t" .. fact[3]
    or "\n" .. tostring(err))
end
io.stdout:write(table.concat(lines, "\n"), "\n")
vim.cmd "qa!"
