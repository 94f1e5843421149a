--- What specs share: files, commands, peer processes, vectors. Extend it when two specs need it.

local M = {}

local temporary = {}

--- A word for the shell.
function M.quote(word)
  return "'" .. tostring(word):gsub("'", "'\\''") .. "'"
end

--- Runs a shell command; returns all it wrote (both streams) and its exit status.
function M.run(command)
  local pipe = assert(io.popen("{ " .. command .. "\n} 2>&1 </dev/null; printf '\\n%d' $?"))
  local output, status = pipe:read("*a"):match("^(.*)\n(%d+)$")
  pipe:close()
  return output, tonumber(status)
end

--- Is there such a command?
function M.have(command)
  local _, status = M.run("command -v " .. M.quote(command))
  return status == 0
end

--- Is there such a module for this Lua?
function M.have_module(name)
  local script = M.quote(("require %q"):format(name))
  local _, status = M.run(("%s -e %s"):format(M.interpreter(), script))
  return status == 0
end

--- The command that runs this very Lua, to start scripts with.
function M.interpreter()
  local first = 0
  while arg and arg[first - 1] do first = first - 1 end
  return arg and arg[first] or "lua"
end

function M.exists(path)
  local file = io.open(path)
  if file then file:close() end
  return file ~= nil
end

function M.read(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read("*a")
  file:close()
  return bytes
end

function M.write(path, bytes)
  local file = assert(io.open(path, "wb"))
  assert(file:write(bytes))
  assert(file:close())
  return path
end

--- A fresh directory; it and all others go with M.cleanup().
function M.tempdir()
  local output, status = M.run("mktemp -d")
  assert(status == 0, output)
  local path = output:gsub("%s+$", "")
  temporary[#temporary + 1] = path
  return path
end

function M.cleanup()
  for i = #temporary, 1, -1 do
    M.run("rm -rf " .. M.quote(temporary[i]))
    temporary[i] = nil
  end
end

--- Sorted paths under a directory; find's own tests narrow them: M.find("lua", "-name '*.lua'").
function M.find(directory, tests)
  local output = M.run(("find %s -type f %s | LC_ALL=C sort"):format(
    M.quote(directory), tests or ""))
  local paths = {}
  for path in output:gmatch("[^\n]+") do paths[#paths + 1] = path end
  return paths
end

--- The least CPU time that work took, in seconds.
function M.best_of(rounds, work)
  local best = math.huge
  for _ = 1, rounds do
    local start = os.clock()
    work()
    best = math.min(best, os.clock() - start)
  end
  return best
end

--- What this machine needs now for a million rounds of a fixed loop: times are told in it.
function M.reference()
  return M.best_of(5, function()
    local sum = 0
    for i = 1, 1000000 do sum = sum + i % 7 end
    return sum
  end)
end

--- How many times as long as that loop work takes. Where that is not less than `most`, it is
-- measured again, up to five times: somebody else was busy.
-- @func work
-- @number most
-- @number[opt] reference of some moments ago
-- @treturn number
function M.loops(work, most, reference)
  local least = M.best_of(1, work) / (reference or M.reference())
  for _ = 1, 5 do
    if least < most then break end
    least = math.min(least, M.best_of(2, work) / M.reference())
  end
  return least
end

--- Where other people's recordings are, or nil.
function M.vectors()
  local root = os.getenv("WOLFSSL_VECTORS") or "../shared/vectors"
  return M.exists(root .. "/README.md") and root or nil
end

function M.unhex(text)
  return (text:gsub("%s+", ""):gsub("%x%x", function(pair)
    return string.char(tonumber(pair, 16))
  end))
end

function M.hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

local held = {} -- until these are forgotten, their ports are nobody else's

--- A port for a peer that cannot choose one itself. Connections are refused until it listens there.
-- It is below those that the system gives to others. We are bound to it, so that no other spec gets
-- it; with SO_REUSEADDR, which servers set, so that the peer can be bound to it as well.
function M.free_port()
  local random = assert(io.open("/dev/urandom", "rb"))
  local bound, port
  repeat
    local high, low = random:read(2):byte(1, 2)
    port = 20000 + (high * 256 + low) % 12000
    bound = assert(require("socket").tcp4())
    local free = bound:bind("127.0.0.1", port)
    if not free then bound:close() end
  until free
  random:close()
  assert(bound:setoption("reuseaddr", true))
  held[#held + 1] = bound
  return port
end

--- A port of 127.0.0.1 that refuses connections, whoever else looks for a port meanwhile. One of a
-- listener that is closed may be another's, and is that of the client itself now and then.
function M.refused_port()
  local bound = assert(require("socket").tcp4())
  assert(bound:bind("127.0.0.1", 0))
  held[#held + 1] = bound
  local _, port = bound:getsockname()
  return math.floor(tonumber(port))
end

local Process = {}
Process.__index = Process

--- Starts a process beside us; it ends with stop(), and after a while in any case.
-- @string command for the shell; its output is read line by line
-- @string[opt] input all of its standard input; without it that stays open, see Process:send
-- @int[opt=900] seconds after which it ends: more than any spec takes on a busy machine
-- @treturn Process
function M.spawn(command, input, seconds)
  local stdin = M.tempdir() .. "/stdin"
  if input then M.write(stdin, input) else M.run("mkfifo " .. stdin) end
  local shell = ("exec timeout -k 1 %d stdbuf -oL -eL sh -c %s"):format(seconds or 900,
    M.quote(command))
  local pipe = assert(io.popen(("echo $$; %s 2>&1 %s %s"):format(
    shell, input and "<" or "<>", stdin)))
  return setmetatable({ pipe = pipe, pid = pipe:read("*l"), stdin = stdin, output = "" }, Process)
end

--- Writes to the standard input of a process that was started without input.
function Process:send(bytes)
  M.write(self.stdin, bytes)
end

--- Reads on until a line matches; returns the captures, or raises with all that came instead.
function Process:wait_for(pattern)
  for line in function() return self.pipe:read("*l") end do
    self.output = self.output .. line .. "\n"
    if line:find(pattern) then return line:match(pattern) end
  end
  error(("no line matched %q; the process wrote:\n%s"):format(pattern, self.output), 2)
end

--- Waits for the end; returns all output.
function Process:finish()
  if self.pipe then
    self.output = self.output .. self.pipe:read("*a")
    self.pipe:close()
    self.pipe = nil
  end
  return self.output
end

--- Ends it; returns all output.
function Process:stop()
  if self.pipe then M.run("kill " .. self.pid) end
  return self:finish()
end

--- Ctrl-C, for a process that has nothing left to do but wait, or soon has not.
function M.interrupt(pid)
  local state
  repeat state = M.read(("/proc/%d/stat"):format(pid)):match "^.*%) (%u)" until state == "S"
  M.run("kill -INT " .. pid)
end

--- What notes the processes of a spec, which end with it.
-- @func after_each of busted
-- @treturn function(process) that returns the process
function M.started(after_each)
  local processes = {}
  after_each(function()
    while #processes > 0 do table.remove(processes):stop() end
  end)
  return function(process)
    processes[#processes + 1] = process
    return process
  end
end

--- All that a transport brings, up to the end.
function M.read_all(transport, timeout)
  local parts = {}
  while true do
    local bytes, err = transport:read(65536, timeout or 50)
    if not bytes then
      assert(err == "eof", err)
      return table.concat(parts)
    end
    parts[#parts + 1] = bytes
  end
end

return M
