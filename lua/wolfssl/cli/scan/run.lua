--- A scan from its first target to its last.
-- @module wolfssl.cli.scan.run
local crowd = require "wolfssl.probe.crowd"
local exit = require "wolfssl.cli".exit
local file = require "wolfssl.probe.file"
local loops = require "wolfssl.transport.loop"
local manners = require "wolfssl.probe.manners"
local policy = require "wolfssl.probe.policy"
local probe = require "wolfssl.probe"
local progress = require "wolfssl.cli.scan.progress"
local scan = require "wolfssl.probe.scan"
local targets = require "wolfssl.cli.scan.targets"

local M = {}

-- ----------------------------------------------------------------------------- what it came to

local RANK = { never = math.huge }
for i, severity in ipairs(file.SEVERITIES) do RANK[severity] = i end

--- The exit code that a record is worth.
-- @tparam table record
-- @tparam string fail_on severity from which on findings count, or "never"
-- @treturn int
function M.code(record, fail_on)
  if record.status == "unreachable" then return exit.network end
  for _, finding in ipairs(record.findings) do
    if (RANK[finding.severity] or 0) >= RANK[fail_on] then return exit.tls end
  end
  for _, verdict in pairs(record.policies or {}) do
    if not verdict.pass then return exit.tls end
  end
  return exit.ok
end

local function write(text)
  local ok, message = io.stdout:write(text)
  if ok then ok, message = io.stdout:flush() end
  if not ok then error("standard output: " .. message, 0) end
end

-- Where several scans share a pipe (xargs -P), a line that is one write stays in one piece.
local function line_by_line(options)
  if options.format == "ndjson" then io.stdout:setvbuf "no" end
end

-- Everything that is told of a record, new or from the journal.
local function teller(options, state)
  line_by_line(options)
  local report = require("wolfssl.probe.report." .. options.format).new(write, options)
  return report, function(record)
    state.code = math.max(state.code, M.code(record, options.fail_on))
    state.counts.done = state.counts.done + 1
    if record.status == "unreachable" then
      state.counts.unreachable = state.counts.unreachable + 1
    end
    state.progress.clear()
    report:record(record)
    state.progress.update(state.counts)
  end
end

-- ----------------------------------------------------------------------------- targets

local function sources_of(options, loop)
  local list = { }
  for _, path in ipairs(options.file) do
    local lines, message = path == "-" and targets.stdin(loop), nil
    if not lines then lines, message = targets.file(path) end
    if not lines then return nil, message end
    list[#list + 1] = lines
  end
  local named = {}
  for _, text in ipairs(options.targets) do
    if text == "-" then list[#list + 1] = targets.stdin(loop) else named[#named + 1] = text end
  end
  table.insert(list, 1, targets.list(named))
  if #list == 1 and #named == 0 then list[2] = targets.stdin(loop) end
  return list
end

local function target_of(place, options, loop)
  return probe.target(place.host, place.port, {
    timeout = options.timeout, starttls = place.starttls,
    server_name = place.server_name, trust = options.trust,
    transport = function(...) return loop:connect(...) end,
  })
end

-- The targets that are left to scan.
local function fresh(options, sources, state)
  local stream = targets.stream(sources, options.ports, function(message)
    state.progress.clear()
    io.stderr:write("wolfprobe scan: ", message, "\n")
    state.code = math.max(state.code, exit.usage)
  end)
  return function()
    local place
    repeat
      place = stream()
      if not place then return nil end
      place.starttls = place.starttls or options.starttls
      place.server_name = place.server_name or options.servername
      if place.server_name == place.host then place.server_name = nil end
    until not state.journal or state.journal:claim(place)
    return place
  end
end

-- ----------------------------------------------------------------------------- all of it

local function names_of(probes)
  local names = {}
  for i, one in ipairs(probes) do names[i] = one.name end
  return table.concat(names, ",")
end

local function open_journal(options, tell)
  if not options.state then return false end
  local journal = require "wolfssl.cli.scan.journal"
  return journal.open(options.state, names_of(options.probes), function(record)
    record.policies = options.policies and policy.apply(options.policies, record) or nil
    tell(record)
  end)
end

local function worker(options, loop, state, tell)
  local function sleep(seconds) loop:wait(nil, nil, seconds) end
  local wanted = { budget = options.budget, rate = options.host_rate, sleep = sleep,
    seconds = options.max_time,
    all = manners.pace(options.rate, sleep), policies = options.policies }
  return function(place)
    state.counts.active = state.counts.active + 1
    local record = scan.scan(target_of(place, options, loop), options.probes, wanted)
    state.counts.active = state.counts.active - 1
    if state.journal then assert(state.journal:add(record)) end
    tell(record)
  end
end

-- For a single server the smallest loop is the soonest there.
local function loop_of(options)
  local only = options.targets[1]
  local one = not options.targets[2] and not options.file[1] and not options.ports[2]
    and only and only ~= "-" and not only:find "/"
  return loops.new(options.loop or (one and "poll" or nil))
end

--- Scans.
-- @tparam table options see `wolfssl.cli.scan.options`
-- @treturn[1] int exit code
-- @treturn[2] nil
-- @treturn[2] string message
function M.run(options)
  local loop, message = loop_of(options)
  if not loop then return nil, message end
  local sources
  sources, message = sources_of(options, loop)
  if not sources then return nil, message end
  local state = { code = exit.ok, counts = { done = 0, active = 0, unreachable = 0 },
    progress = progress.new(options.quiet) }
  local report, tell = teller(options, state)
  state.journal, message = open_journal(options, tell)
  if state.journal == nil then return nil, message end
  local ok, why = pcall(crowd.run, loop, { next = fresh(options, sources, state),
    concurrency = options.concurrency, per_host = options.per_host,
    host_of = targets.servers(loop, options.timeout), work = worker(options, loop, state, tell) })
  if not ok then return nil, tostring(why) end
  if state.journal then state.journal:close() end
  state.progress.clear()
  report:finish()
  if state.code == exit.ok and state.counts.done == 0 then return nil, "no targets" end
  return state.code
end

return M
