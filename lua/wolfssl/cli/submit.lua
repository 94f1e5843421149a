--- wolfprobe submit: targets for workers, and their results.
-- @module wolfssl.cli.submit
local cjson = require "cjson"

local exit = require "wolfssl.cli".exit
local harmless = require "wolfssl.trace.render.harmless"
local job_of = require "wolfssl.cli.job"
local json = require "wolfssl.trace.render.json"
local records = require "wolfssl.cli.records"
local starttls = require "wolfssl.starttls"
local targets = require "wolfssl.cli.scan.targets"

local M = {}

--- Describes the arguments.
-- @tparam Parser parser of argparse
function M.define(parser)
  parser:argument("targets", "HOST, HOST:PORT or ADDRESS/BITS; - reads them from standard input, "
    .. "one a line, as does none without --results."):args "*"
  parser:option("-f --file", "Read targets from a file, one a line."):argname "<file>":count "*"
  parser:option("--ports", "Of targets that name none: 443,8443,9000-9010.")
    :argname "<list>":default "443"
  parser:option("--starttls", "Ask for TLS in this protocol first.")
    :argname "<protocol>":choices(starttls.protocols)
  parser:flag("--results", "Write the results of the job, a line of JSON each, as they come, until "
    .. "all are there.")
  parser:flag("--forget", "Forget the job in the end: targets and results.")
  job_of.define(parser)
end

local function complain(message)
  io.stderr:write("wolfprobe submit: ", message, "\n")
  return exit.usage
end

local function sources_of(arguments, loop)
  local named, list = {}, {}
  for _, text in ipairs(arguments.targets) do
    if text == "-" then list[#list + 1] = targets.stdin(loop) else named[#named + 1] = text end
  end
  for _, path in ipairs(arguments.file) do
    local lines, message = targets.file(path)
    if not lines then return nil, message end
    list[#list + 1] = lines
  end
  if #named > 0 then list[#list + 1] = targets.list(named) end
  if #list == 0 and not (arguments.results or arguments.forget) then
    list[1] = targets.stdin(loop)
  end
  return list
end

local function submit(job, stream, default)
  local count, old = 0, 0
  for place in stream do
    place.starttls = place.starttls or default
    local new = job:submit(records.key(place), json.line(place))
    count, old = count + (new and 1 or 0), old + (new and 0 or 1)
  end
  return count, old
end

-- Whether a result passes the policies of its worker. Anybody can write to Redis.
local function passes(result)
  local ok, record = pcall(cjson.decode, result)
  local policies = ok and type(record) == "table" and record.policies
  for _, verdict in pairs(type(policies) == "table" and policies or {}) do
    if type(verdict) == "table" and verdict.pass == false then return false end
  end
  return true
end

local function collect(job, state)
  local last
  while true do
    local left = job:left()   -- before the results: what is done has its result by then
    local list = job:results_after(last, left > 0 and 1 or 0)
    for _, one in ipairs(list) do
      last = one.id
      state.told = true
      if not passes(one.result) then state.code = math.max(state.code, exit.tls) end
      assert(io.stdout:write((harmless.text(one.result)), "\n"))
    end
    assert(io.stdout:flush())
    if #list == 0 and left == 0 then return end
  end
end

-- What the loop runs.
local function run(job, stream, arguments, state)
  local count, old = submit(job, stream, arguments.starttls)
  if count + old > 0 then
    io.stderr:write(("wolfprobe submit: %d submitted%s\n"):format(count,
      old > 0 and (", %d that the job had already"):format(old) or ""))
  end
  if arguments.results then collect(job, state) end
  if arguments.forget then job:forget() end
  job:close()
  local asked = arguments.results or not arguments.forget   -- who only forgets may do so twice
  if asked and count + old == 0 and not state.told and state.code == exit.ok then
    state.code = complain "no targets"
  end
end

--- Runs the command.
-- @tparam table arguments as argparse gives them
-- @treturn int exit code: 1 where --results has one that does not pass its worker's --policy; 2 for
-- a mistake in the arguments or in a line of targets, and when the job has no targets
function M.run(arguments)
  local ports, wrong = targets.ports(arguments.ports)
  if not ports then return complain(wrong) end
  local job, loop = job_of.open(arguments, "submit")
  if not job then return complain(loop) end
  local sources, message = sources_of(arguments, loop)
  if not sources then return complain(message) end
  local state = { code = exit.ok }
  local stream = targets.stream(sources, ports, function(text)
    state.code = complain(text)
  end)
  loop:spawn(run, job, stream, arguments, state)
  local ok, why = pcall(loop.run, loop)
  return ok and state.code or complain(tostring(why))
end

return M
