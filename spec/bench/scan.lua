-- Hosts a second on one core, and memory, as ratios to plain C that does the same: connects, sends
-- a ClientHello with a fresh key share, reads to the ServerHello. C sends a fixed hello but for its
-- share, session id and random, and looks at three bytes of the answer; Lua makes its hello out of
-- names, keeps both messages decoded, and writes a record with its manners.
--
--   lua spec/bench/scan.lua [COUNT [SILENT [AT_ONCE [LOOP]]]]      10000 hosts, 2000, 100, cqueues
--
-- with build/bench/scan (spec/bench/run.sh makes it) and its paths. Needs SILENT + AT_ONCE open
-- files.

local count, silent = tonumber(arg[1]) or 10000, tonumber(arg[2]) or 2000
local at_once, wanted = tonumber(arg[3]) or 100, arg[4]

local core = require("wolfssl.core").fd
local crowd = require "wolfssl.probe.crowd"
local loops = require "wolfssl.transport.loop"
local probe = require "wolfssl.probe"
local scan = require "wolfssl.probe.scan"

local SILENCE, PATIENCE = 10, 120   -- seconds: for the silent, and for the others

local function address(i)
  return ("127.%d.%d.%d"):format(math.floor(i / 65536), math.floor(i / 256) % 256, i % 256)
end

local function memory()
  for line in io.lines "/proc/self/status" do
    local kilobytes = line:match "^VmHWM:%s*(%d+)"
    if kilobytes then return tonumber(kilobytes) end
  end
end

-- The silent come first, then those that answer, which share what room is left. Each of the silent
-- costs a connection and a hello as well: what they cost the others is what is above that.
local function run(port, deaf_port, deaf, answering)
  local loop, name = loops.new(wanted)
  local next_one, good, last = 0, 0, nil
  local clock, wall = os.clock(), core.monotime()
  crowd.run(loop, { concurrency = at_once + deaf,
    next = function()
      next_one = next_one + 1
      if next_one <= deaf + answering then return next_one end
    end,
    work = function(i)
      local target = probe.target(address(i), i <= deaf and deaf_port or port, {
        timeout = i <= deaf and SILENCE or PATIENCE,
        transport = function(...) return loop:connect(...) end })
      local record = scan.scan(target, {})
      if record.facts.hello and record.facts.hello.tls then
        good = good + 1
        if good == answering then last = { os.clock() - clock, core.monotime() - wall } end
      end
    end })
  assert(good == answering, "not all answered: " .. good)
  return last[1], last[2], name
end

local server = io.popen "exec build/bench/scan serve"
local port, deaf_port, pid = server:read("*l"):match "^(%d+) (%d+) (%d+)$"

local c = io.popen(("build/bench/scan probe %s %d %d"):format(port, count, at_once))
local good, c_cpu, c_wall, c_memory = c:read("*l"):match "(%S+) (%S+) (%S+) (%S+)"
c:close()
assert(tonumber(good) == count)
c_cpu, c_wall, c_memory = tonumber(c_cpu), tonumber(c_wall), tonumber(c_memory)

local function tell(what, cpu, wall, kilobytes)
  print(("%-24s %6.0f hosts a second of CPU, %6.0f of time, %6.1f MB; CPU %.1f, memory %.1f of C's")
    :format(what, count / cpu, count / wall, kilobytes / 1024, cpu / c_cpu, kilobytes / c_memory))
end

tell("C", c_cpu, c_wall, c_memory)
local cpu, wall, name = run(port, deaf_port, 0, count)
tell("Lua, " .. name, cpu, wall, memory())
if silent > 0 then
  local with_cpu, with_wall = run(port, deaf_port, silent, count)
  tell(("beside %d silent"):format(silent), with_cpu, with_wall, memory())
  local all_cpu, all_wall = run(port, deaf_port, 0, count + silent)
  print(("beside the silent: CPU %.2f, time %.2f of as many that all answer"):format(
    with_cpu / all_cpu, with_wall / all_wall))
end
os.execute("kill " .. pid)
