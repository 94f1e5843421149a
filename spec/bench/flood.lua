-- What many connections at once cost one process when each waits on Redis in its handshake:
--
--   lua spec/bench/flood.lua [COUNT [MILLISECONDS]]      1000 connections, 50 ms
--
-- with the paths of spec/bench/run.sh. Needs redis-server, lua-redis and lua-cqueues, and COUNT * 2
-- open files.

package.path = "spec/?.lua;" .. package.path

local count, milliseconds = tonumber(arg[1]) or 1000, tonumber(arg[2]) or 50
local flood = require "session_store.flood"
local tally = flood.run(count, milliseconds / 1000)

print(("%d connections at once, twice, each waiting %d ms on Redis"):format(count, milliseconds))
print(("time        %.2f s in all; waits alone, one after the other: %.1f s"):format(tally.seconds,
  tally.waits * milliseconds / 1000))
print(("at once     %d open, %d waiting"):format(tally.most_open, tally.most_waiting))
print(("memory      %.1f KB for each open connection"):format(tally.memory / count / 1024))
print(("resumed     %d of %d in the second round; %d errors of the store"):format(tally.resumed,
  count, tally.errors))
io.write("clients     ", (tally.told:gsub("\n(.)", "; %1")))
