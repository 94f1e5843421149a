-- What many connections at once cost one process when the handler of each waits on Redis:
--
--   lua spec/bench/flood.lua [COUNT [MILLISECONDS [VERSION]]]     1000 connections, 50 ms, TLS 1.3
--
-- with the paths of spec/bench/run.sh. Needs redis-server, lua-redis and lua-cqueues, and COUNT * 2
-- open files.

package.path = "spec/?.lua;" .. package.path

local count, milliseconds = tonumber(arg[1]) or 1000, tonumber(arg[2]) or 50
local version = arg[3] or "TLS 1.3"
local tally = require("session_store.flood").run(count, milliseconds / 1000, version)

print(("%d connections of %s at once, and once more, each waiting %d ms on Redis"):format(count,
  version, milliseconds))
print(("time        %.2f s in all; waits alone, one after the other: %.1f s"):format(tally.seconds,
  tally.waits * milliseconds / 1000))
print(("at once     %d open, %d waiting"):format(tally.most_open, tally.most_waiting))
print(("memory      %.1f KB for each open connection"):format(tally.memory / count / 1024))
print(("resumed     %d of %d in the second round; %d errors of the store"):format(tally.resumed,
  count, tally.errors))
io.write("clients     ", (tally.told:gsub("\n(.)", "; %1")))
