--- wolfprobe worker: one of many that scan what `wolfprobe submit` submits.
-- @module wolfssl.cli.worker
local call = require "wolfssl.connection.call"
local crowd = require "wolfssl.probe.crowd"
local crypto = require "wolfssl.trace.crypto"
local exit = require "wolfssl.cli".exit
local job_of = require "wolfssl.cli.job"
local json = require "wolfssl.trace.render.json"
local manners = require "wolfssl.probe.manners"
local options_of = require "wolfssl.cli.scan.options"
local probe = require "wolfssl.probe"
local scan = require "wolfssl.probe.scan"
local targets = require "wolfssl.cli.scan.targets"
local verify = require "wolfssl.verify"

local M = {}

local function number(parser, name, text, default)
  parser:option(name, text):argname "<n>":default(default):convert(tonumber)
end

--- Describes the arguments.
-- @tparam Parser parser of argparse
function M.define(parser)
  job_of.define(parser)
  options_of.define_probes(parser)
  parser:option("--ca", "Trust these roots instead of the system's: PEM or DER file, or directory.")
  parser:flag("--until-empty", "End when all targets are done (default: wait for more).")
  number(parser, "--concurrency", "Targets at once.", "20")
  number(parser, "--per-host", "Targets of one address at once, whatever its names.", "1")
  number(parser, "--take-over", "Seconds after which a silent worker's targets are taken over.",
    "60")
  number(parser, "--rate", "New connections a second, to all servers together.")
  number(parser, "--budget", "Connections that a target gets at most.", "400")
  number(parser, "--max-time", "Seconds that a target gets at most, however slow it is.", "300")
  number(parser, "--timeout", "Seconds for each wait.", "10")
end

local function complain(message)
  io.stderr:write("wolfprobe worker: ", message, "\n")
  return exit.usage
end

local function wrong(arguments)
  for _, name in ipairs { "concurrency", "per_host", "take_over", "budget", "max_time",
    "timeout" } do
    local n = arguments[name]
    if not n or n <= 0 then return ("--%s needs a number above 0"):format((name:gsub("_", "-"))) end
  end
  if arguments.rate and arguments.rate <= 0 then return "--rate needs a number above 0" end
end

-- Anybody can write to Redis.
local function place_of(text)
  local places = text:find "^{" and targets.places(text)
  local place = places and places()
  return place and place.port and place
end

-- What there is to say of a target, even of one that nobody can read.
local function record_of(entry, loop, options)
  local place = place_of(entry.target)
  if not place then
    return { schema = scan.SCHEMA, target = entry.target,
      errors = { { message = "this is no target", code = "decode_error" } } }
  end
  local target = probe.target(place.host, place.port, { timeout = options.timeout,
    starttls = place.starttls, server_name = place.server_name, trust = options.trust,
    transport = function(...) return loop:connect(...) end })
  return scan.scan(target, options.probes, options.manners)
end

-- The targets, one by one, until there are none.
local function feed(job, until_empty)
  return function()
    repeat
      local entry = job:take()
      if entry then return entry end
    until until_empty and job:left() == 0
  end
end

-- Others see by this that we are alive.
local function keep_alive(job, state, seconds)
  while not state.over do
    state.ended:wait(seconds)
    if not state.over then job:renew() end
  end
  if not state.failed then job:leave() end
end

-- What fails ends all: nobody keeps alive what is over.
local function guarded(state, task)
  return function(...)
    local ok, result = call.pcall(task, ...)
    if ok then return result end
    state.over, state.failed = true, true
    state.ended:signal()
    error(result, 0)
  end
end

-- Whom an entry is about, for --per-host.
local function servers(loop, timeout)
  local server_of = targets.servers(loop, timeout)
  return function(entry)
    local place = place_of(entry.target)
    return place and server_of(place) or entry.key
  end
end

local function work(job, loop, arguments, asked)
  local function sleep(seconds) loop:wait(nil, nil, seconds) end
  local options = { probes = asked.probes, timeout = arguments.timeout, trust = asked.trust,
    manners = { budget = arguments.budget, seconds = arguments.max_time, sleep = sleep,
      all = manners.pace(arguments.rate, sleep), policies = asked.policies } }
  local state = { ended = loop:event(), under_way = 0 }
  local next_entry = feed(job, arguments.until_empty)
  local function over()
    state.over = state.fed and state.under_way == 0
    if state.over then state.ended:signal() end
  end
  loop:spawn(keep_alive, job, state, arguments.take_over / 4)
  crowd.run(loop, { concurrency = arguments.concurrency, per_host = arguments.per_host,
    host_of = guarded(state, servers(loop, arguments.timeout)),
    next = guarded(state, function()
      local entry = next_entry()
      if entry then state.under_way = state.under_way + 1 else state.fed = true end
      over()
      return entry
    end),
    work = guarded(state, function(entry)
      job:finish(entry, json.line(record_of(entry, loop, options)))
      state.under_way = state.under_way - 1
      over()
    end) })
  job:close()
  return exit.ok
end

--- Runs the command.
-- @tparam table arguments as argparse gives them
-- @treturn int exit code
function M.run(arguments)
  local message = wrong(arguments)
  if message then return complain(message) end
  local probes, policies = options_of.probes(arguments)
  if not probes then return complain(policies) end
  local asked, missing = { probes = probes, policies = policies }, nil
  if arguments.ca then asked.trust, missing = verify.trust(arguments.ca) end
  if missing then return complain(missing) end
  local job, loop = job_of.open(arguments, "worker", {
    worker = crypto.random(8):gsub(".", function(c) return ("%02x"):format(c:byte()) end),
    idle = arguments.take_over })
  if not job then return complain(loop) end
  local ok, code = pcall(work, job, loop, arguments, asked)
  return ok and code or complain(tostring(code))
end

return M
