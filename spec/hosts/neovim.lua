-- Runs the contract of all transports inside Neovim, on its own libuv loop:
--
--   nvim --headless -u NONE -c "luafile THIS FILE"

local vim = vim -- luacheck: ignore 113
local hosts = require "transport.hosts"
local inside = require "hosts.inside"

assert(require "luv" == vim.loop, "Neovim's loop is not luv's")
io.stdout:write(inside.report(hosts.luv.new()))
vim.cmd "qa!"
