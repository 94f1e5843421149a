--- A scan by many workers, which share their targets through Redis.
--
--     local job = fleet.new { host = "10.0.0.5", loop = loop, name = "monday" }
--     job:submit("example.org|443", '{"host":"example.org","port":443}')
--     local entry = job:take()          -- in a worker, maybe elsewhere
--     job:finish(entry, result)
--
-- Targets are a stream with a group of workers. One that is taken stays its worker's while that
-- says so now and then; when the worker has died another one takes it over. A result is stored, the
-- target acknowledged and forgotten in one step, and only the first result of a target counts: none
-- is lost, none reported twice, whoever is killed when. That holds as far as Redis remembers what
-- it has answered: `appendonly yes` and `appendfsync always`.
--
-- When Redis is away, everything waits for it. Names in Redis: PREFIX:JOB:targets, a stream of
-- `key`, `target`; PREFIX:JOB:results, a stream of `key`, `result`; PREFIX:JOB:known and
-- PREFIX:JOB:done, sets of keys.
-- @module wolfssl.probe.fleet
local client = require "wolfssl.probe.fleet.client"
local core = require("wolfssl.core").fd

local M = {}

local GROUP = "workers"
local PAUSE, LONGEST = 0.1, 2   -- seconds between tries

-- A target that was submitted before is known: submitting can be repeated.
local SUBMIT = [[
if redis.call('SADD', KEYS[2], ARGV[1]) == 0 then return 0 end
redis.call('XADD', KEYS[1], '*', 'key', ARGV[1], 'target', ARGV[2])
return 1
]]

local FINISH = [[
local first = redis.call('SADD', KEYS[3], ARGV[3])
if first == 1 then redis.call('XADD', KEYS[2], '*', 'key', ARGV[3], 'result', ARGV[4]) end
redis.call('XACK', KEYS[1], ARGV[1], ARGV[2])
redis.call('XDEL', KEYS[1], ARGV[2])
return first
]]

-- Consumers that have nothing and were silent for so long, or the one that is named: whoever comes
-- again is made again.
local DISMISS = [=[
local found = redis.pcall('XINFO', 'CONSUMERS', KEYS[1], ARGV[1])
for _, flat in ipairs(found) do
  local one = {}
  for i = 1, #flat, 2 do one[flat[i]] = flat[i + 1] end
  if one.pending == 0 and (one.name == ARGV[3] or one.idle > tonumber(ARGV[2])) then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], one.name)
  end
end
return #found
]=]

--- @type Job
local Job = {}
Job.__index = Job

-- What goes away when one waits, or is made; anything else is a mistake.
local PASSING = { LOADING = true, BUSY = true, TRYAGAIN = true, MASTERDOWN = true, OOM = true,
  UNBLOCKED = true, CLUSTERDOWN = true, READONLY = true, MISCONF = true, NOREPLICAS = true }

-- Where nobody listens on a port of this machine, TCP may connect one to itself.
local function is_itself(transport)
  local here, port = transport:getsockname()
  local there, their = transport:getpeername()
  return here == there and port == their
end

local function connect(self)
  local options = self.options
  local transport, message = options.loop:connect(options.host, options.port, options.timeout)
  if not transport then return nil, message end
  if is_itself(transport) then
    transport:close()
    return nil, "nobody is there"
  end
  local made = client.new(transport, options.timeout)
  for _, words in ipairs(self.greetings) do
    local ok, why, said = made:command(words)
    if not ok then
      made:close()
      return nil, why, said
    end
  end
  return made
end

-- One try of a command.
local function try(self, words, patience)
  local one, message, said = table.remove(self.clients), nil, nil
  if not one then one, message, said = connect(self) end
  if not one then return nil, message, said end
  local answer
  answer, message, said = one:command(words, patience)
  if answer ~= nil or said then
    self.clients[#self.clients + 1] = one
  else
    one:close()
    self:close()   -- when Redis has gone, so have the others that it knew: none is worth a pause
  end
  return answer, message, said
end

local function make_group(self)
  local ok, message = try(self, { "XGROUP", "CREATE", self.targets, GROUP, "0", "MKSTREAM" })
  return ok or message and message:find "^BUSYGROUP" ~= nil
end

-- A command, until Redis has answered it. Every one that is sent here may be sent again.
local function command(self, words, patience)
  local pause = PAUSE
  while true do
    local answer, message, said = try(self, words, patience)
    if answer ~= nil then
      if self.away then self.options.tell("Redis is there again") end
      self.away = false
      return answer
    end
    local word = message:match "^%u+"
    if said and word == "NOGROUP" then
      make_group(self)
    elseif said and not PASSING[word] then
      error("Redis: " .. message, 0)
    elseif not self.away then
      self.away = true
      self.options.tell("waiting for Redis: " .. message)
    end
    self.options.loop:wait(nil, nil, pause)
    pause = math.min(pause * 2, LONGEST)
  end
end

local DEFAULTS = { host = "127.0.0.1", port = 6379, timeout = 5, name = "default",
  prefix = "wolfprobe", idle = 60, batch = 16, tell = function() end }

local KNOWN = { loop = true, password = true, user = true, database = true, worker = true }

local function greetings_of(options)
  local list = {}
  if options.password then
    list[1] = { "AUTH", options.user or options.password,
      options.user and options.password or nil }
  end
  if options.database then list[#list + 1] = { "SELECT", options.database } end
  return list
end

--- A job. Nothing is connected before it is needed.
-- @tparam table options
--
-- - `loop`: see `wolfssl.transport.loop`; all methods wait in its tasks;
-- - `host` ("127.0.0.1"), `port` (6379), `user`, `password`, `database`, `timeout` (5 seconds);
-- - `name` of the job ("default"), `prefix` of names in Redis ("wolfprobe");
-- - `worker`: a name that no other worker has; `idle`: seconds after which a target of a worker
--   that is silent is taken over, 60; `batch`: targets that are taken at once, 16;
-- - `tell`: function(message), when Redis goes and comes
-- @treturn Job
function M.new(options)
  local all = {}
  for name, value in pairs(DEFAULTS) do all[name] = value end
  for name, value in pairs(options) do
    if DEFAULTS[name] == nil and not KNOWN[name] then
      error(("unknown option '%s' of a job"):format(tostring(name)), 2)
    end
    all[name] = value
  end
  local stem = ("%s:%s:"):format(all.prefix, all.name)
  return setmetatable({ options = all, clients = {}, held = {}, queue = {}, cursor = "0-0",
    looked = -math.huge,
    targets = stem .. "targets", results = stem .. "results", known = stem .. "known",
    done = stem .. "done", greetings = greetings_of(all) }, Job)
end

--- Adds a target.
-- @tparam string key what tells it from others
-- @tparam string target in any form
-- @treturn boolean whether it is new
function Job:submit(key, target)
  return command(self, { "EVAL", SUBMIT, 2, self.targets, self.known, key, target }) == 1
end

-- ------------------------------------------------------------------------------------ workers

local function hold(self, entries)
  for _, entry in ipairs(entries) do
    local id, fields = entry.id, entry.fields
    if not self.held[id] then
      local one = { id = id, key = fields.key or id, target = fields.target or "" }
      self.held[id] = one
      self.queue[#self.queue + 1] = one
    end
  end
end

local function dismissal(self, name)
  return { "EVAL", DISMISS, 1, self.targets, GROUP, self.options.idle * 1000, name }
end

-- Those of workers that are silent, which are forgotten when they have none left.
local function take_over(self)
  local options, now = self.options, core.monotime()
  if now - self.looked < options.idle / 2 then return end
  self.looked = now
  local answer = command(self, { "XAUTOCLAIM", self.targets, GROUP, options.worker,
    options.idle * 1000, self.cursor, "COUNT", options.batch })
  hold(self, client.entries(client.expect(answer, "table")[2]))
  self.cursor = client.expect(answer[1], "string")
  if self.cursor ~= "0-0" then self.looked = -math.huge   -- there are more to look at
  else command(self, dismissal(self)) end
end

local function take_new(self, patience)
  local answer = command(self, { "XREADGROUP", "GROUP", GROUP, self.options.worker, "COUNT",
    self.options.batch, "BLOCK", math.max(1, patience * 1000), "STREAMS", self.targets, ">" },
    patience)
  hold(self, client.read(answer))
end

--- The next target, of those that nobody has or of a worker that is silent.
-- @tparam ?number patience seconds to wait for one at most, 1
-- @treturn table `{id, key, target}`; nil when there is none now
function Job:take(patience)
  if not self.queue[1] then take_over(self) end
  if not self.queue[1] then take_new(self, patience or 1) end
  return table.remove(self.queue, 1)
end

--- Stores a result and lets go of its target, in one step.
-- @tparam table entry
-- @tparam string result in any form
-- @treturn boolean false when there was a result already
function Job:finish(entry, result)
  local first = command(self, { "EVAL", FINISH, 3, self.targets, self.results, self.done,
    GROUP, entry.id, entry.key, result })
  self.held[entry.id] = nil
  return first == 1
end

--- Says that the targets taken are still under way. To be called several times in `idle` seconds.
function Job:renew()
  local ids = {}
  for id in pairs(self.held) do ids[#ids + 1] = id end
  for from = 1, #ids, 100 do
    local words = { "XCLAIM", self.targets, GROUP, self.options.worker, 0 }
    for i = from, math.min(from + 99, #ids) do words[#words + 1] = ids[i] end
    words[#words + 1] = "JUSTID"
    command(self, words)
  end
end

--- Ends being a worker: Redis forgets one that has no target. Where it is away others see to that.
function Job:leave()
  try(self, dismissal(self, self.options.worker))
end

--- How many targets are not done.
-- @treturn int
function Job:left()
  return client.expect(command(self, { "XLEN", self.targets }), "number")
end

-- ------------------------------------------------------------------------------------ results

--- The results behind one, in the order in which they were stored.
-- @tparam ?string id of the last one known; none for all
-- @tparam ?number patience seconds to wait for the first, 1
-- @treturn {table,...} list of `{id, key, result}`, some of them
function Job:results_after(id, patience)
  patience = patience or 1
  local answer = command(self, { "XREAD", "COUNT", 100, "BLOCK", math.max(1, patience * 1000),
    "STREAMS", self.results, id or "0-0" }, patience)
  local list = {}
  for i, entry in ipairs(client.read(answer)) do
    local fields = entry.fields
    list[i] = { id = entry.id, key = fields.key or entry.id, result = fields.result or "" }
  end
  return list
end

--- Forgets the job: its targets, and its results.
function Job:forget()
  command(self, { "DEL", self.targets, self.results, self.known, self.done })
end

--- Closes the connections to Redis. The job can be used again.
function Job:close()
  while self.clients[1] do table.remove(self.clients):close() end
end

return M
