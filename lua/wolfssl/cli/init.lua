--- wolfprobe: one command, each of its subcommands a file beside this one.
--
-- A command's module is `{define = function(parser), run = function(arguments)}`; `run` returns the
-- exit code. Only the module of the command that is meant gets loaded.
-- @module wolfssl.cli

local M = {}

--- Exit codes of every command.
M.exit = {
  ok = 0,
  tls = 1, -- the handshake failed, or the peer is not trusted
  usage = 2,
  network = 3,
}

--- The commands, `{name, what they do}`.
M.commands = {
  { "capture", "Records handshakes or probes as a capture." },
  { "cert", "Shows the certificates of a file or of a server." },
  { "completion", "Writes a script that makes a shell complete commands and options." },
  { "connect", "Does one handshake and tells what it came to." },
  { "decode", "Decodes TLS records, a handshake message or an alert." },
  { "demo", "Shows handshakes of every kind, and explains one." },
  { "diagnose", "Finds out why a handshake with a server fails." },
  { "diff", "Says what changed between two scans." },
  { "explain", "Explains a handshake step by step." },
  { "manual", "Writes the manual page: wolfprobe manual | man -l -" },
  { "mirror", "Serves every client its own ClientHello, explained." },
  { "run", "Runs a probe file on servers." },
  { "scan", "Says what servers do: all probes, on any number of them." },
  { "submit", "Submits targets to workers, and collects results." },
  { "worker", "Scans targets of a job that many workers share." },
}

local function first_word(arguments)
  for _, argument in ipairs(arguments) do
    if argument:sub(1, 1) ~= "-" then return argument end
  end
end

-- The parser, with the arguments of one command or of all.
local function build(argparse, wanted, all)
  local parser = argparse("wolfprobe", "Looks at TLS servers and handshakes.")
  parser:flag("--version", "Show versions and exit."):action(function()
    local version = require("wolfssl.core").version
    print(("wolfprobe %s on wolfSSL %s, %s"):format(version.module, version.wolfssl,
      rawget(_G, "jit") and jit.version or _VERSION)) -- luacheck: ignore 113
    os.exit(0, true)
  end)
  parser:require_command(true)
  parser:command_target("command")
  local command
  for _, row in ipairs(M.commands) do
    local sub = parser:command(row[1], row[2])
    if all or row[1] == wanted then
      local module = require("wolfssl.cli." .. row[1])
      module.define(sub)
      if row[1] == wanted then command = module end
    end
  end
  return parser, command
end

--- The parser with all commands and their arguments.
-- @treturn Parser of argparse
function M.parser()
  return (build(require "argparse", nil, true))
end

local function complain(message)
  io.stderr:write("wolfprobe: ", message, "\n")
  return M.exit.usage
end

--- Runs wolfprobe. From now on Ctrl-C ends the process.
-- @tparam {string,...} arguments
-- @treturn int exit code
function M.main(arguments)
  local found, argparse = pcall(require, "argparse")
  if not found then
    return complain("the Lua module argparse is missing (Debian: lua-argparse; LuaRocks: argparse)")
  end
  local parser, command = build(argparse, first_word(arguments))
  local ok, result = parser:pparse(arguments)
  if not ok then
    return complain(result .. "\n" .. parser:get_usage())
  end
  local core = package.loaded["wolfssl.core"]   -- commands that never wait do without it
  if core then core.fd.default_sigint() end
  local code = command.run(result)
  local written, why = io.stdout:flush()
  if not written then return complain("standard output: " .. why) end
  return code
end

return M
