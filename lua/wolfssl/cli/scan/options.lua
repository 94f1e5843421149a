--- The arguments of `wolfprobe scan`.
-- @module wolfssl.cli.scan.options
local file = require "wolfssl.probe.file"
local loops = require "wolfssl.transport.loop"
local policy = require "wolfssl.probe.policy"
local scan = require "wolfssl.probe.scan"
local starttls = require "wolfssl.starttls"
local target_of = require "wolfssl.cli.target"
local targets = require "wolfssl.cli.scan.targets"

local M = {}

--- The forms of output.
M.FORMATS = { "text", "ndjson", "csv", "html", "junit" }

local function number(parser, name, text, default)
  parser:option(name, text):argname "<n>":default(default):convert(tonumber)
end

--- Describes the arguments that say what is asked.
-- @tparam Parser parser of argparse
function M.define_probes(parser)
  parser:option("--probes", "Names or files, comma-separated (default: all; with --policy, those "
    .. "it needs). They are: " .. table.concat(file.builtin, ", ") .. ".")
  parser:option("--policy", "A Lua file, or one of: " .. table.concat(policy.builtin, ", ") .. ".")
    :argname "<policy>":count "*"
end

--- Describes the arguments.
-- @tparam Parser parser of argparse
function M.define(parser)
  parser:argument("targets", "HOST, HOST:PORT or ADDRESS/BITS; without any, and for -, they are "
    .. "read from standard input, one a line."):args "*"
  parser:option("-f --file", "Read targets from a file, one a line."):argname "<file>":count "*"
  parser:option("--ports", "Of targets that name none: 443,8443,9000-9010 (default 443, or what "
    .. "--starttls says)."):argname "<list>"
  parser:option("--servername", "The name that is sent as SNI.")
    :convert(target_of.server_name)
  parser:option("--ca", "Trust these roots instead of the system's: PEM or DER file, or directory.")
  parser:option("--starttls", "Ask for TLS in this protocol first.")
    :argname "<protocol>":choices(starttls.protocols)
  M.define_probes(parser)
  parser:option("--format", "What is written."):choices(M.FORMATS):default "text"
  parser:option("--fail-on", "Exit with 1 for findings of this severity or worse (default: "
    .. "warning; with --policy, error)."):choices { "info", "warning", "error", "never" }
  parser:option("--state", "Keep results in this file, and go on from it.")
    :argname "<file>"
  number(parser, "--concurrency", "Servers at once.", "100")
  number(parser, "--rate", "New connections a second, to all servers together.")
  number(parser, "--per-host", "Targets of one address at once, whatever its names.", "1")
  number(parser, "--host-rate", "New connections a second to one target.")
  number(parser, "--budget", "Connections that a target gets at most.", "400")
  number(parser, "--max-time", "Seconds that a target gets at most, however slow it is.", "300")
  number(parser, "--timeout", "Seconds for each wait.", "10")
  parser:option("--loop", "Which event loop (default: the first that is installed; poll for a "
    .. "single server).")
    :choices(loops.names)
  parser:flag("-q --quiet", "Show no progress on the terminal.")
  parser:flag("--list", "List the probes and the facts they state, and end.")
end

local COUNTS = { "concurrency", "per_host", "budget" }
local POSITIVE = { "rate", "host_rate", "max_time", "timeout" }

local MANY, SPARE = 200, 50   -- open files: at once, and beside the connections

-- Connections that the system does not let us have would look like servers that are gone.
local function check_files(concurrency)
  if concurrency < MANY then return true end
  local pipe = io.popen "ulimit -n"
  local limit = pipe and tonumber(pipe:read "*l")
  if pipe then pipe:close() end
  if limit and limit < concurrency + SPARE then
    return nil, ("--concurrency %d needs %d open files, of which `ulimit -n` allows %d"):format(
      concurrency, concurrency + SPARE, limit)
  end
  return true
end

local function check_numbers(arguments)
  for _, name in ipairs(COUNTS) do
    local n = arguments[name]
    if not n or n < 1 or n % 1 ~= 0 then
      return nil, ("--%s needs a whole number from 1 on"):format(name:gsub("_", "-"))
    end
  end
  for _, name in ipairs(POSITIVE) do
    local n = arguments[name]
    if n and (n <= 0 or n == math.huge) then
      return nil, ("--%s needs a number above 0"):format((name:gsub("_", "-")))
    end
  end
  return check_files(arguments.concurrency)
end

local function split(text)
  local list = {}
  for part in text:gmatch "[^,]+" do list[#list + 1] = part end
  return list
end

local function policies_of(arguments)
  local list = {}
  for i, name in ipairs(arguments.policy) do
    local one, message = policy.load(name)
    if not one then return nil, message end
    list[i] = one
  end
  return list
end

--- Reads what is asked.
-- @tparam table arguments `probes`, `policy`
-- @treturn[1] {table,...} probes
-- @treturn[1] ?{table,...} policies, if there are any
-- @treturn[2] nil
-- @treturn[2] string message
function M.probes(arguments)
  local policies, message = policies_of(arguments)
  if not policies then return nil, message end
  if #policies == 0 then policies = nil end
  local names = arguments.probes and split(arguments.probes)
    or policies and policy.probes(policies) or nil
  local probes
  probes, message = scan.probes(names)
  if not probes then return nil, message end
  return probes, policies
end

local function ports_of(arguments)
  if arguments.ports then return targets.ports(arguments.ports) end
  return { arguments.starttls and starttls.port(arguments.starttls) or 443 }
end

-- The targets on the command line are looked at before anything is begun.
local function check_targets(arguments)
  for _, text in ipairs(arguments.targets) do
    if text ~= "-" then
      local places, message = targets.places(text)
      if not places then return nil, message end
    end
  end
  return true
end

--- Reads the arguments.
-- @tparam table arguments as argparse gives them
-- @treturn[1] table the arguments with `probes`, `policies` and `ports` in place of their names,
-- and `trust` for --ca
-- @treturn[2] nil
-- @treturn[2] string message
function M.read(arguments)
  local ok, message = check_numbers(arguments)
  if ok then ok, message = check_targets(arguments) end
  if not ok then return nil, message end
  local probes, policies = M.probes(arguments)
  if not probes then return nil, policies end
  local ports
  ports, message = ports_of(arguments)
  if not ports then return nil, message end
  local trust
  if arguments.ca then trust, message = require("wolfssl.verify").trust(arguments.ca) end
  if arguments.ca and not trust then return nil, message end
  local options = { policies = policies, probes = probes, ports = ports, trust = trust,
    fail_on = arguments.fail_on or (policies and "error" or "warning") }
  return setmetatable(options, { __index = arguments })
end

return M
