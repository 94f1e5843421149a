-- Hosts that will not come to an end, many at once in one scan: time, CPU and memory.
--
--   LUA_PATH='lua/?.lua;lua/?/init.lua' LUA_CPATH='build/5.4/?.so' lua spec/bench/hostile.lua \
--     [HOSTS [SECONDS]]      200 hosts, of which each may take 20 seconds
--
-- The hosts are another process, this script with the argument "serve".

local core = require("wolfssl.core").fd
local loops = require "wolfssl.transport.loop"

local function record(kind, bytes)
  return string.char(kind, 3, 3, math.floor(#bytes / 256), #bytes % 256) .. bytes
end

local HELLO = record(22, "\2\0\0\70\3\3" .. ("r"):rep(32) .. "\32" .. ("s"):rep(32) .. "\0\47\0")

-- What each kind of host says again and again; some say their word byte by byte.
local WORDS = {
  { "changes of keys", record(20, "\1"):rep(3000) },
  { "warnings", record(21, "\1\112"):rep(3000) },
  { "hello requests", record(22, "\0\0\0\0"):rep(3000) },
  { "empty records", record(22, ""):rep(3000) },
  { "data", record(23, "x"):rep(3000) },
  { "no TLS", ("\7garbage"):rep(4000) },
  { "a message without end", record(22, "\11\255\255\255" .. ("x"):rep(16000)) },
  { "empty certificates", HELLO .. record(22, "\11\0\0\3\0\0\0"):rep(3000) },
  { "a byte now and then", HELLO, slow = true },
  { "nothing", "" },
}

local function play(loop, transport, kind)
  local word = kind[2]
  local heard = transport:read(65536, 60)
  if heard and word == "" then transport:read(1, 60) end
  if heard and kind.slow then
    for i = 1, #word do
      if not transport:write(word:sub(i, i), 60) then break end
      loop:wait(nil, nil, 0.05)
    end
  end
  while heard and word ~= "" and not kind.slow and transport:write(word, 60) do end
  transport:close()
end

local function serve()
  local loop = loops.new()
  core.ignore_sigpipe()
  for _, kind in ipairs(WORDS) do
    local listener, port = assert(core.listen(nil, 0))
    print(port)
    io.stdout:flush()
    loop:spawn(function()
      while loop:wait(listener, "r") do
        local descriptor = core.accept(listener, 0)
        if descriptor then loop:spawn(play, loop, loop:transport(descriptor), kind) end
      end
    end)
  end
  loop:run()
end

local function peak()
  for line in io.lines "/proc/self/status" do
    local kilobytes = line:match "^VmHWM:%s*(%d+)"
    if kilobytes then return tonumber(kilobytes) / 1024 end
  end
end

local function scan_all(ports, hosts, seconds)
  local probe, scan = require "wolfssl.probe", require "wolfssl.probe.scan"
  local loop, i, connections = loops.new(), 0, 0
  local clock, wall = os.clock(), core.monotime()
  require("wolfssl.probe.crowd").run(loop, { concurrency = hosts,
    next = function()
      i = i + 1
      return i <= hosts and i or nil
    end,
    work = function(number)
      local address = ("127.1.%d.%d"):format(math.floor(number / 250), number % 250 + 1)
      local target = probe.target(address, ports[number % #ports + 1], { timeout = 2,
        transport = function(...) return loop:connect(...) end })
      local found = scan.scan(target, nil, { seconds = seconds,
        sleep = function(pause) loop:wait(nil, nil, pause) end })
      connections = connections + found.connections
    end })
  print(("%d hosts, %d connections: %.1f seconds, %.1f of CPU, %.0f MB"):format(hosts, connections,
    core.monotime() - wall, os.clock() - clock, peak()))
end

if arg[1] == "serve" then return serve() end
local interpreter = arg[-1]
local server = io.popen(("echo $$; exec %s %s serve"):format(interpreter, arg[0]))
local pid, ports = server:read "*l", {}
for i = 1, #WORDS do ports[i] = tonumber(server:read "*l") end
scan_all(ports, tonumber(arg[1]) or 200, tonumber(arg[2]) or 20)
os.execute("kill " .. pid)
