--- A Redis of the spec's own.

local helper = require "helper"

local M = {}

-- Debian has lua-redis for Lua up to 5.3; one text serves all.
package.path = package.path .. ";/usr/share/lua/5.3/?.lua"

--- What is missing, or nil.
function M.missing()
  if not helper.have "redis-server" then return "needs package redis-server" end
  if not pcall(require, "redis") then return "needs package lua-redis" end
end

local function signal(self, name)
  helper.run(("kill -%s %d"):format(name, self.server_pid))
end

--- Starts one: a process of `helper` with `port`, `freeze()` and `thaw()`.
-- @int[opt] port to be at; default: a free one
-- @tparam[opt] table options `address`: where, 127.0.0.1; `directory`: where it remembers all that
-- it has answered, otherwise it remembers nothing; `seconds` after which it ends, 60
function M.start(port, options)
  port, options = port or helper.free_port(), options or {}
  local memory = options.directory and "--appendonly yes --appendfsync always" or "--save ''"
  local process = helper.spawn(("exec redis-server --port %d --bind %s %s --dir %s"):format(port,
    options.address or "127.0.0.1", memory, options.directory or helper.tempdir()), nil,
    options.seconds)
  process.server_pid = tonumber((process:wait_for("^(%d+):M.*Ready to accept connections")))
  process.port, process.signal = port, signal
  function process:freeze() self:signal "STOP" end
  function process:thaw() self:signal "CONT" end
  return process
end

return M
