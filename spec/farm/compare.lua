-- What other scanners find out about the same servers:
--
--     lua5.4 spec/farm/compare.lua [OPTION …] [NAME …]
--
-- A line for each server and scanner, with the facts that both state and agree or differ on, each
-- one's connections, and its seconds as a ratio to ours in the same run; each difference with its
-- explanation; the sums; and the explanations that nothing needs, of scanners that were asked in
-- full about every server. Ends with 1 where a difference has no explanation, see
-- farm/explained.lua. A NAME chooses the servers that have it in theirs.
--
--   --with "sslscan nmap"   those of farm.scanners that are asked; default all but testssl, which
--                           takes minutes for a server
--   --keep FILE             adds what they print to a file
--   --kept FILE             reads such a file and asks nobody; may be given more than once

dofile((arg[0]:match "^(.*/)" or "") .. "../examples/checkout.lua")
package.path = "spec/?.lua;" .. package.path

local cjson = require "cjson"
local comparison = require "farm.comparison"
local helper = require "helper"
local peers = require "interop.peers"
local scanners = require "farm.scanners"

local function arguments()
  local options, names, i = { kept = {} }, {}, 1
  while arg[i] do
    local name = arg[i]:match "^%-%-(%l+)$"
    if name == "kept" then table.insert(options.kept, arg[i + 1])
    elseif name then options[name] = arg[i + 1]
    else names[#names + 1] = arg[i] end
    i = i + (name and 2 or 1)
  end
  return options, names
end

local options, names = arguments()

local function wanted(server)
  if #names == 0 then return true end
  for _, word in ipairs(names) do
    if server:find(word, 1, true) then return true end
  end
end

local function chosen()
  if not options.with then
    return { "sslscan suites", "nmap suites", "sslscan", "nmap" }
  end
  local list = {}
  for name in options.with:gmatch "[^,]+" do list[#list + 1] = name end
  return list
end

-- ------------------------------------------------------------------------------------ results

-- Each {server, contest, ours, theirs}, from a file or as they come.
local function kept(path)
  for line in io.lines(path) do coroutine.yield(cjson.decode(line)) end
end

local function asked()
  local file = options.keep and assert(io.open(options.keep, "a"))
  for _, configuration in ipairs(require "farm.configurations") do
    for _, name in ipairs(wanted(configuration.name) and chosen() or {}) do
      local result = scanners.ask(name, configuration)
      if file then file:write(cjson.encode(result), "\n") file:flush() end
      coroutine.yield(result)
    end
  end
end

local function results()
  return coroutine.wrap(function()
    for _, path in ipairs(options.kept) do kept(path) end
    if not options.kept[1] then asked() end
  end)
end

-- ------------------------------------------------------------------------------------- report

local sums, order, unexplained, used, asked_in_full = {}, {}, 0, {}, {}

local function sum_of(contest)
  if not sums[contest] then
    order[#order + 1] = contest
    sums[contest] = { servers = 0, agree = {}, differ = {}, ours = { connections = 0, seconds = 0 },
      theirs = { connections = 0, seconds = 0 }, slower = 0, more = 0 }
  end
  return sums[contest]
end

local function add(sum, result)
  sum.servers = sum.servers + 1
  for _, side in ipairs { "ours", "theirs" } do
    sum[side].seconds = sum[side].seconds + result[side].seconds
    sum[side].connections = sum[side].connections + (result[side].connections or 0)
  end
  if result.ours.seconds > result.theirs.seconds then sum.slower = sum.slower + 1 end
  if (result.ours.connections or 0) > (result.theirs.connections or 0) then
    sum.more = sum.more + 1
  end
end

local function total(counts)
  local n = 0
  for _, one in pairs(counts) do n = n + one end
  return n
end

local function count(number)
  return number and ("%d"):format(number) or "?"
end

local function say(difference)
  local rule = difference.rule
  if rule then used[rule] = (used[rule] or 0) + 1 else unexplained = unexplained + 1 end
  print(("    %s: they %s, we %s\n      %s"):format(difference.fact, difference.theirs,
    difference.ours, rule and ("right: %s. %s"):format(rule.right, rule.why) or "NOT EXPLAINED"))
end

local function report(result)
  local contest = scanners.contests[result.contest]
  local agree, differences = comparison.compare(contest, result.server,
    require("farm.readers." .. contest.tool)(result.theirs.output),
    require "farm.readers.wolfprobe" (result.ours.output))
  local sum = sum_of(result.contest)
  add(sum, result)
  if not contest.only then asked_in_full[contest.tool .. " " .. result.server] = true end
  for kind, n in pairs(agree) do sum.agree[kind] = (sum.agree[kind] or 0) + n end
  for _, one in ipairs(differences) do sum.differ[one.kind] = (sum.differ[one.kind] or 0) + 1 end
  print(result.server)
  print(("  %s: %d facts agree, %d differ; %s connections, ours %s; %.2f times our seconds"):format(
    result.contest, total(agree), #differences, count(result.theirs.connections),
    count(result.ours.connections), result.theirs.seconds / result.ours.seconds))
  for _, difference in ipairs(differences) do say(difference) end
end

local function kinds_of(sum)
  local kinds, list = {}, {}
  for _, counts in ipairs { sum.agree, sum.differ } do
    for kind in pairs(counts) do kinds[kind] = true end
  end
  for kind in pairs(kinds) do
    list[#list + 1] = ("%s %d/%d"):format(kind, sum.agree[kind] or 0, sum.differ[kind] or 0)
  end
  table.sort(list)
  return table.concat(list, ", ")
end

local function summary()
  for _, contest in ipairs(order) do
    local sum = sums[contest]
    print(("\n%s, %d servers: %d facts agree, %d differ\n  of a kind: %s"):format(contest,
      sum.servers, total(sum.agree), total(sum.differ), kinds_of(sum)))
    print(("  %d connections, ours %d, ours more on %d servers; %.2f times our seconds, ours slower"
      .. " on %d servers"):format(sum.theirs.connections, sum.ours.connections, sum.more,
      sum.theirs.seconds / sum.ours.seconds, sum.slower))
  end
  for rule, times in pairs(used) do
    print(("%4d x right: %s. %s"):format(times, rule.right, rule.why))
  end
  for _, rule in ipairs(comparison.needless(used, asked_in_full)) do
    print(("needless: %s, %s, %s, %s, %s: %s"):format(rule.tool or "-", rule.server or "-",
      rule.fact or "-", rule.theirs or "-", rule.ours or "-", rule.why))
  end
  print(("%d differences are not explained"):format(unexplained))
end

-- ------------------------------------------------------------------------------------ namespace

-- In a network of its own, where the kernel counts nobody else's connections, and out of which no
-- scanner can look anything up.
local function alone()
  local _, status = helper.run "unshare -n ip link set lo up"
  if status ~= 0 then return false end
  local words = {}
  for i = 0, #arg do words[#words + 1] = helper.quote(arg[i]) end
  local command = ("ip link set lo up; FARM_ALONE=1 exec %s %s"):format(helper.interpreter(),
    table.concat(words, " "))
  local ok = os.execute("exec unshare -n sh -c " .. helper.quote(command))
  os.exit((ok == true or ok == 0) and 0 or 1, true)
end

if not options.kept[1] and not os.getenv "FARM_ALONE" then alone() end
for result in results() do
  if wanted(result.server) then report(result) end
end
summary()
peers.cleanup()
os.exit(unexplained == 0 and 0 or 1, true)
