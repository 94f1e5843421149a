-- The whole suite: lua5.4 spec/suite.lua [LUA …]. Two interpreters at a time, reports in a fixed
-- order, pendings by name, and "N passed, N failed" over all runs as the last line.
--
--   UNDER='valgrind …'   what to put before the interpreter
--   HOST=build/asan/lua  an interpreter to run instead of the one named
--   SPECS='spec/tls'     what to run instead of everything
--   OUT=build/test       where logs and tallies go

local CORE_FREE = "spec/tls spec/trace/capture spec/trace/keylog_spec.lua spec/errors_spec.lua"

-- A collection at every step takes as long as the heap is large, so these begin with an empty one.
local SMALL_HEAP = "spec/robust spec/connection/memory_spec.lua spec/verify/memory_spec.lua"
  .. " spec/tls/cost_spec.lua"

-- What needs no core is promised for every Lua; the rest is run where most people are.
local RUNS = {
  { lua = "lua5.4", without = SMALL_HEAP },
  { lua = "luajit", without = SMALL_HEAP },
  { lua = "lua5.4", name = "lua5.4-heap", specs = SMALL_HEAP },
  { lua = "luajit", name = "luajit-heap", specs = SMALL_HEAP },
  { lua = "lua5.1", specs = CORE_FREE },
  { lua = "lua5.3", specs = CORE_FREE },
}
local AT_A_TIME = 2

local function setting(name, default)
  local value = os.getenv(name)
  return value and value ~= "" and value or default
end

local OUT = setting("OUT", "build/test")

-- Fed through standard input, because the busted command names an interpreter of its own.
local BUSTED = [[require "busted.runner" {standalone = false}]]

local function exists(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

-- All spec files in and below these paths, as a set.
local function files(paths)
  local set = {}
  for path in paths:gmatch("%S+") do
    local list = exists(path) and io.popen(("find %s -name '*_spec.lua'"):format(path))
    for file in list and list:lines() or function() end do set[file] = true end
    if list then list:close() end
  end
  return set
end

-- Those of a run, as far as they are asked for.
local function paths_of(run, asked)
  local mine, others, list = files(run.specs or ""), files(run.without or ""), {}
  for file in pairs(asked) do
    if (mine[file] or run.without) and not others[file] then list[#list + 1] = file end
  end
  table.sort(list)
  return table.concat(list, " ")
end

-- An empty list of paths would make busted run everything, so such a run is left out.
local function chosen(names)
  local runs, wanted = {}, {}
  local asked = files(setting("SPECS", "spec"))
  for _, name in ipairs(names) do wanted[name] = true end
  for _, run in ipairs(RUNS) do
    run.name, run.paths = run.name or run.lua, paths_of(run, asked)
    if run.paths ~= "" and (#names == 0 or wanted[run.lua]) then runs[#runs + 1] = run end
  end
  return runs
end

local function start(run)
  local stem = OUT .. "/" .. run.name
  run.tally, run.log = stem .. ".tally", stem .. ".log"
  os.remove(run.tally)
  run.process = io.popen(
    ("echo '%s' | %s %s - -o spec/reporter.lua -Xoutput %s %s >%s 2>&1; echo $?"):format(
      BUSTED, setting("UNDER", ""), setting("HOST", run.lua), run.tally, run.paths, run.log))
end

local function read_tally(path)
  local figures = { passed = 0, failed = 0, seconds = "?", pending = {}, slow = {} }
  if not exists(path) then return figures end
  for line in io.lines(path) do
    local key, value = line:match("^(%w+)\t?(.*)$")
    if type(figures[key]) == "table" then table.insert(figures[key], value)
    elseif type(figures[key]) == "number" then figures[key] = tonumber(value)
    elseif key == "seconds" or key == "running" then figures[key] = value
    else figures.complete = key == "end" end
  end
  return figures
end

-- A run that died or left no tally is one failure more: silence never passes.
local function finish(run)
  local status = run.process:read("*a"):match("%d+")
  run.process:close()
  local result = read_tally(run.tally)
  local log = assert(io.open(run.log))
  local output = log:read("*a")
  log:close()
  if not result.complete or (status ~= "0" and result.failed == 0) then
    result.failed = result.failed + 1
    output = output .. ("FAIL the run under %s ended with status %s%s\n"):format(run.name, status,
      result.complete and "" or " in or after: " .. (result.running or "the loading of specs"))
  end
  if output ~= "" and not output:find("\n$") then output = output .. "\n" end
  io.write(output)
  print(("%s: %d passed, %d failed, %d pending, %s s"):format(
    run.name, result.passed, result.failed, #result.pending, result.seconds))
  return result
end

local function list_pendings(results)
  local names, seen = {}, {}
  for i, result in ipairs(results) do
    for _, name in ipairs(result.pending) do
      if not seen[name] then
        seen[name] = {}
        names[#names + 1] = name
      end
      table.insert(seen[name], result.lua or tostring(i))
    end
  end
  for _, name in ipairs(names) do
    print(("pending: %s [%s]"):format(name, table.concat(seen[name], " ")))
  end
end

package.path = "spec/?.lua;" .. package.path
local matrix = require "hosts.matrix"

os.execute("mkdir -p " .. OUT)
matrix.reset()
local runs, results = chosen(arg), {}
for first = 1, #runs, AT_A_TIME do
  local last = math.min(first + AT_A_TIME - 1, #runs)
  for i = first, last do start(runs[i]) end
  for i = first, last do
    results[i] = finish(runs[i])
    results[i].lua = runs[i].name
  end
end

local passed, failed = 0, 0
for _, result in ipairs(results) do
  passed, failed = passed + result.passed, failed + result.failed
end
list_pendings(results)
matrix.write "build/hosts.md"
print(("%d passed, %d failed"):format(passed, failed))
os.exit((passed == 0 or failed > 0) and 1 or 0)
