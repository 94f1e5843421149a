--- wolfprobe: one command, each of its subcommands a file beside this one.
--
-- A command's module is `{summary=, define = function(parser), run = function(arguments)}`; `run`
-- returns the exit code.
-- @module wolfssl.cli

local M = {}

--- Exit codes of every command.
M.exit = {
  ok = 0,
  tls = 1, -- the handshake failed, or the peer is not trusted
  usage = 2,
  network = 3,
}

local COMMANDS = { "cert", "connect", "decode", "demo", "explain", "mirror", "run" }

local function build(argparse)
  local parser = argparse("wolfprobe", "Looks at TLS servers and handshakes.")
  parser:require_command(true)
  parser:command_target("command")
  local commands = {}
  for _, name in ipairs(COMMANDS) do
    local command = require("wolfssl.cli." .. name)
    command.define(parser:command(name, command.summary))
    commands[name] = command
  end
  return parser, commands
end

local function complain(message)
  io.stderr:write("wolfprobe: ", message, "\n")
  return M.exit.usage
end

--- Runs wolfprobe.
-- @tparam {string,...} arguments
-- @treturn int exit code
function M.main(arguments)
  local found, argparse = pcall(require, "argparse")
  if not found then
    return complain("the Lua module argparse is missing (Debian: lua-argparse; LuaRocks: argparse)")
  end
  local parser, commands = build(argparse)
  local ok, result = parser:pparse(arguments)
  if not ok then
    return complain(result .. "\n" .. parser:get_usage())
  end
  return commands[result.command].run(result)
end

return M
