--- The two programs for test suites as processes, started from another directory than the
-- checkout's.

local helper = require "helper"

local M = {}

local root = helper.run("pwd"):gsub("%s+$", "")

--- The command line of one of them.
function M.command(program, arguments)
  local lua = helper.interpreter()
  if lua:find("/", 1, true) and lua:sub(1, 1) ~= "/" then lua = root .. "/" .. lua end
  return ("cd / && exec %s %s %s"):format(helper.quote(lua),
    helper.quote(root .. "/spec/examples/" .. program .. ".lua"), arguments)
end

--- Runs the client; its output and status.
function M.client(port, ...)
  local words = { tostring(port) }
  for i = 1, select("#", ...) do words[#words + 1] = helper.quote((select(i, ...))) end
  return helper.run("(" .. M.command("tls_client", table.concat(words, " ")) .. ")")
end

--- Starts the server; its field `port` says where.
function M.server(arguments)
  local process = helper.spawn(M.command("tls_server", "--port 0 " .. (arguments or "")))
  process.port = tonumber(process:wait_for("^listening on (%d+)$"))
  return process
end

return M
