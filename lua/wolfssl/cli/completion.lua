--- wolfprobe completion: what makes a shell complete its commands and options.
-- @module wolfssl.cli.completion

local cli = require "wolfssl.cli"

local M = {}

local SHELLS = { "bash", "zsh", "fish" }

--- Describes the arguments.
-- @tparam Parser parser of argparse
function M.define(parser)
  parser:argument("shell", "bash: eval \"$(wolfprobe completion bash)\"; zsh: a file _wolfprobe in "
    .. "fpath; fish: a file in ~/.config/fish/completions."):choices(SHELLS)
end

--- Runs the command.
-- @tparam table arguments as argparse gives them
-- @treturn int exit code
function M.run(arguments)
  local parser = cli.parser()
  local script = parser["get_" .. arguments.shell .. "_complete"]
  if not script then
    io.stderr:write("wolfprobe completion: this argparse cannot do that: it is older than 0.7\n")
    return cli.exit.usage
  end
  io.stdout:write(script(parser))
  return cli.exit.ok
end

return M
