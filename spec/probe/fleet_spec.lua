-- A scan shared by workers, which are killed, as Redis is, while the results come in. What happens
-- when is told by the number of results, not by a clock.

local cjson = require "cjson"
local client = require "wolfssl.probe.fleet.client"
local crypto = require "wolfssl.trace.crypto"
local fleet = require "wolfssl.probe.fleet"
local helper = require "helper"
local redis_server = require "session_store.redis_server"

-- 10,000 targets with WOLFSSL_LONG=1; the same kills in a row with WOLFSSL_SEED.
local LONG = os.getenv "WOLFSSL_LONG" == "1"
local TARGETS, WORKERS, KILLS = 200, 3, 6
if LONG then TARGETS, WORKERS, KILLS = 10000, 4, 60 end
local SECONDS = LONG and 1200 or 300

-- The processes run this Lua, or 5.4: cqueues and luv are there for it.
local function wolfprobe(arguments)
  return ("%s lua/bin/wolfprobe %s"):format(helper.interpreter(), arguments)
end

-- An address of this machine that nobody else uses: Redis wants its port back each time.
local function own_address()
  local a, b, c = crypto.random(3):byte(1, 3)
  return ("127.%d.%d.%d"):format(a % 254 + 1, b, c % 254 + 1)
end

local Fleet = {}
Fleet.__index = Fleet

local function new_fleet()
  local self = setmetatable({ directory = helper.tempdir(), workers = {}, log = {},
    address = own_address(), port = helper.free_port() }, Fleet)
  self:start_redis()
  return self
end

function Fleet:start_redis()
  self.redis = redis_server.start(self.port, { address = self.address, seconds = SECONDS,
    directory = self.directory })
end

function Fleet:start_worker(i)
  local command = ("worker --redis %s:%d --probes hello --until-empty --take-over 1"
    .. " --concurrency 4 --per-host 4"):format(self.address, self.port)
  local process = helper.spawn("echo pid $$; exec " .. wolfprobe(command), nil, SECONDS)
  process.worker_pid = process:wait_for "^pid (%d+)"
  self.workers[i] = process
end

function Fleet:kill_worker(i)
  helper.run("kill -9 " .. self.workers[i].worker_pid)
  self.workers[i]:finish()
  self:start_worker(i)
end

function Fleet:kill_redis()
  helper.run(("kill -9 %d"):format(self.redis.server_pid))
  self.redis:finish()
  self:start_redis()
end

function Fleet:stop()
  for _, worker in pairs(self.workers) do
    helper.run("kill -9 " .. worker.worker_pid .. " 2>/dev/null")
    worker:finish()
  end
  self.redis:stop()
end

local function write_targets(port)
  local lines = {}
  for i = 1, TARGETS do
    lines[i] = ('{"host":"127.0.0.1","port":%d,"server_name":"t%d.example"}'):format(port, i)
  end
  return helper.write(helper.tempdir() .. "/targets", table.concat(lines, "\n") .. "\n")
end

-- After so many results something is killed.
local function moments()
  local list = {}
  for i = 1, KILLS do
    list[i] = { after = math.random(1, TARGETS - 1), what = i % 3 == 0 and "redis" or "worker" }
  end
  table.sort(list, function(a, b) return a.after < b.after end)
  return list
end

local function refuser()
  local process = helper.spawn(("exec %s spec/probe/refuser.lua %s %s"):format(helper.interpreter(),
    helper.quote(package.path), helper.quote(package.cpath)), nil, SECONDS)
  return process, process:wait_for "^port (%d+)"
end

local function missing()
  if not helper.have "redis-server" then return "needs package redis-server" end
end

describe("wolfprobe worker", function()
  teardown(helper.cleanup)

  local seed = tonumber(os.getenv "WOLFSSL_SEED") or os.time()

  it(("gives each target's result once, whoever is killed when (seed %d)"):format(seed), function()
    if missing() then return pending(missing()) end
    math.randomseed(seed)
    local server, port = refuser()
    local all = new_fleet()
    local collector = helper.spawn("exec " .. wolfprobe(("submit --redis %s:%d --results"
      .. " -f %s 2>/dev/null"):format(all.address, all.port, write_targets(port))), nil, SECONDS)
    finally(function()
      collector:stop()
      all:stop()
      server:stop()
    end)
    for i = 1, WORKERS do all:start_worker(i) end
    local seen, count, kills = {}, 0, moments()
    for line in collector.pipe:lines() do
      local record = cjson.decode(line)
      assert.equal("tls", record.status, line)
      assert.is_nil(seen[record.server_name], record.server_name)
      seen[record.server_name], count = true, count + 1
      while kills[1] and kills[1].after <= count do
        if table.remove(kills, 1).what == "redis" then
          all:kill_redis()
        else
          all:kill_worker(math.random(WORKERS))
        end
      end
    end
    assert.equal(0, #kills)
    assert.equal(TARGETS, count)
    for i = 1, TARGETS do assert.is_true(seen[("t%d.example"):format(i)], i) end
    for _, worker in ipairs(all.workers) do worker:finish() end   -- all of them come to an end
  end)
end)

describe("wolfprobe worker", function()
  teardown(helper.cleanup)

  it("reports what is no target, and ends where Redis holds something else", function()
    if missing() then return pending(missing()) end
    local address = own_address()
    local redis = redis_server.start(nil, { address = address })
    finally(function() redis:stop() end)
    local place = ("%s:%d"):format(address, redis.port)
    local function command(words)
      return helper.run(("timeout 50 redis-cli -h %s -p %d %s"):format(address, redis.port, words))
    end
    command "XADD wolfprobe:default:targets '*' key k target nonsense"
    local output, status = helper.run("timeout 50 "
      .. wolfprobe(("worker --redis %s --probes hello --until-empty"):format(place)))
    assert.equal(0, status, output)
    assert.equal("\n", (command "XINFO CONSUMERS wolfprobe:default:targets workers"))
    output, status = helper.run("timeout 50 "
      .. wolfprobe(("submit --redis %s --results --forget"):format(place)))
    assert.equal(0, status, output)
    local record = cjson.decode(output)
    assert.same({ "nonsense", "decode_error" }, { record.target, record.errors[1].code })
    for _, target in ipairs { [["{\"host\":\"a\",\"port\":1e300}"]], [["{\"host\":\"\"}"]],
      [["{\"host\":\"a\",\"port\":1,\"starttls\":7}"]], "''" } do
      command("XADD wolfprobe:default:targets '*' target " .. target)
    end
    command "XADD wolfprobe:default:targets '*' other fields"
    command "XADD wolfprobe:default:results '*' other fields"
    output, status = helper.run("timeout 50 "
      .. wolfprobe(("worker --redis %s --probes hello --until-empty"):format(place)))
    assert.equal(0, status, output)
    output, status = helper.run("timeout 50 "
      .. wolfprobe(("submit --redis %s --results --forget"):format(place)))
    assert.equal(0, status, output)
    assert.equal(5, select(2, output:gsub("this is no target", "")), output)
    assert.equal("\n", (command "KEYS '*'"))
    for words, code in pairs { ["</dev/null"] = 2, ["-f /dev/null"] = 2, ["--results"] = 2,
      ["--results --forget"] = 2, ["--forget"] = 0 } do
      output, status = helper.run("timeout 50 "
        .. wolfprobe(("submit --redis %s %s"):format(place, words)))
      assert.equal(code, status, words)
      assert.equal(code == 2 and "wolfprobe submit: no targets\n" or "", output, words)
    end
    for _, words in ipairs { "--redis a:b:c", "--redis " .. place .. " --ca /nowhere",
      "--redis " .. place .. " --max-time 0" } do
      assert.equal(2, select(2, helper.run("timeout 50 " .. wolfprobe("worker " .. words))), words)
    end
    command "SET wolfprobe:default:targets x"
    output, status = helper.run("timeout 50 " .. wolfprobe("worker --redis " .. place))
    assert.equal(2, status, output)
    assert.matches("^wolfprobe worker: Redis: WRONGTYPE", output)
  end)
end)

local HOUSE = [[
return require("wolfssl.probe.policy").define { name = "house", rules = {
  { name = "answers", facts = { "hello" }, check = function(hello) return %s hello.alert end } } }
]]

describe("wolfprobe worker --policy", function()
  teardown(helper.cleanup)

  it("runs the probes that it needs, and has submit say what is not passed", function()
    if missing() then return pending(missing()) end
    local server, port = refuser()
    local address = own_address()
    local redis = redis_server.start(nil, { address = address })
    finally(function()
      redis:stop()
      server:stop()
    end)
    for expected, word in pairs { [0] = "", [1] = "not" } do
      local job = ("--redis %s:%d --job j%d"):format(address, redis.port, expected)
      local policy = helper.write(helper.tempdir() .. "/house.lua", HOUSE:format(word))
      helper.run("timeout 50 " .. wolfprobe(("submit %s 127.0.0.1:%s"):format(job, port)))
      local output, status = helper.run("timeout 50 " .. wolfprobe(
        ("worker %s --policy %s --until-empty"):format(job, helper.quote(policy))))
      assert.equal(0, status, output)
      output, status = helper.run("timeout 50 " .. wolfprobe(("submit %s --results"):format(job)))
      assert.equal(expected, status, output)
      local record = cjson.decode(output)
      assert.same({ "hello" }, record.probes)
      assert.equal(expected == 0, record.policies.house.pass)
    end
    assert.equal(2, select(2, helper.run("timeout 50 " .. wolfprobe "worker --policy /nowhere")))
  end)
end)

local function in_loop(task)
  local loop = require("wolfssl.transport.loop").new "poll"
  local done
  loop:spawn(function()
    task(loop)
    done = true
  end)
  loop:run()
  assert.is_true(done)
end

describe("wolfssl.probe.fleet", function()
  teardown(helper.cleanup)

  local redis, address

  local function with_redis(task)
    return function()
      if missing() then return pending(missing()) end
      address = own_address()
      redis = redis_server.start(nil, { address = address })
      finally(function() redis:stop() end)
      in_loop(function(loop)
        task(function(options)
          local all = { loop = loop, host = address, port = redis.port, worker = "a" }
          for name, value in pairs(options or {}) do all[name] = value end
          return fleet.new(all)
        end)
      end)
    end
  end

  it("knows a target that was submitted before", with_redis(function(new)
    local job = new()
    assert.is_true(job:submit("k", "one"))
    assert.is_false(job:submit("k", "one"))
    assert.equal(1, job:left())
    local entry = job:take()
    assert.same({ "k", "one" }, { entry.key, entry.target })
    assert.is_nil(job:take(0))
    assert.is_true(job:finish(entry, "result"))
    assert.is_false(job:submit("k", "one"))
    assert.equal(0, job:left())
    job:forget()
    assert.is_true(job:submit("k", "one"))
    job:close()
  end))

  it("hands a silent worker's targets to others, and takes the first result", with_redis(
    function(new)
    local first, second = new(), new { worker = "b", idle = 0.001 }
    first:submit("k", "one")
    local mine, theirs = first:take(), nil
    while not theirs do theirs = second:take(0.01) end
    assert.equal(mine.id, theirs.id)
    first:renew()
    assert.is_true(second:finish(theirs, "theirs"))
    assert.is_false(first:finish(mine, "mine"))
    local results = first:results_after(nil, 0)
    assert.equal(1, #results)
    assert.same({ "k", "theirs" }, { results[1].key, results[1].result })
    assert.same({}, first:results_after(results[1].id, 0))
    first:close()
    second:close()
  end))

  it("has Redis forget workers that left or died, once they have no targets", with_redis(
    function(new)
    local function consumers()
      local list = helper.run(("timeout 50 redis-cli -h %s -p %d XINFO CONSUMERS %s workers")
        :format(address, redis.port, "wolfprobe:default:targets"))
      local names = {}
      for name in list:gmatch "name\n([^\n]+)" do names[#names + 1] = name end
      return table.concat(names, " ")
    end
    local one, dead = new(), new { worker = "dead" }
    one:submit("k", "x")
    local theirs = dead:take()
    dead:leave()                  -- has one: nobody may lose that
    assert.equal("dead", consumers())
    local heir = new { worker = "heir", idle = 0.001 }
    repeat heir:take(0.01) until consumers() == "heir"
    assert.is_true(heir:finish(theirs, "result"))
    heir:leave()
    assert.equal("", consumers())
    one:submit("l", "y")          -- whoever was forgotten is known again
    assert.equal("l", one:take().key)
    for _, job in ipairs { one, dead, heir } do job:close() end
  end))

  it("keeps jobs apart", with_redis(function(new)
    local one, other = new { name = "one" }, new { name = "other" }
    one:submit("k", "x")
    assert.equal(0, other:left())
    assert.is_nil(other:take(0))
    one:close()
    other:close()
  end))

  it("waits for Redis when it is away, and says so", with_redis(function(new)
    local told = {}
    local job = new { tell = function(text)
      told[#told + 1] = text
      if #told == 1 then redis = redis_server.start(redis.port, { address = address }) end
    end }
    job:submit("k", "x")
    redis:stop()
    assert.is_nil(job:take(0))   -- Redis has forgotten it, and the group
    assert.matches("^waiting for Redis: ", told[1])
    assert.equal("Redis is there again", told[2])
    job:close()
  end))

  it("raises what waiting does not help", with_redis(function(new)
    local job = new { password = "wrong" }
    assert.error_matches(function() job:left() end, "Redis: ERR AUTH")
    local other = new()
    other:submit("k", "x")
    local wrong = new { name = "default:targets", prefix = "wolfprobe" }
    wrong.targets = other.known
    assert.error_matches(function() wrong:left() end, "Redis: WRONGTYPE")
    for _, one in ipairs { job, other, wrong } do one:close() end
  end))
end)

describe("wolfssl.probe.fleet", function()
  -- A job whose Redis gives one answer to each command that begins with a word, else none.
  local function job_with(word, answer)
    local job = fleet.new { loop = {}, worker = "a" }
    job.clients[1] = { command = function(_, words)
      if words[1] == word then return answer end
      return words[1] == "XAUTOCLAIM" and { "0-0", {} }
    end }
    return job
  end

  it("says that a reply makes no sense, whatever Redis sends", function()
    local methods = { XAUTOCLAIM = "take", XREADGROUP = "take", XREAD = "results_after",
      XLEN = "left" }
    local strange = { "x", 7, { error = "ERR no" }, { "x" }, { 7, 7 }, { "0-0", 7 },
      { "0-0", { 7 } }, { { "s", 7 } }, { { "s", { 7 } } }, { { "s", { { 7, { "key", "k" } } } } },
      { { "s", { { "1-0", "x" } } } }, { { "s", { { "1-0", { "key" } } } } },
      { { "s", { { "1-0", { "key", {} } } } } }, { { "s", { { "1-0", { false, "x" } } } } } }
    for word, method in pairs(methods) do
      for _, answer in ipairs(strange) do
        if not (word == "XLEN" and answer == 7) then
          local job = job_with(word, answer)
          assert.error_matches(function() job[method](job) end,
            "^Redis: a reply that makes no sense$")
        end
      end
    end
  end)

  it("waits once when Redis has gone, however many connections it had", function()
    local waits, closed = 0, 0
    local job = fleet.new { worker = "a", loop = {
      wait = function() waits = waits + 1 end,
      connect = function()
        return { getsockname = function() return "127.0.0.1", 1 end,
          getpeername = function() return "127.0.0.1", 2 end,
          write = function() return true end, read = function() return ":7\r\n" end }
      end } }
    for i = 1, 20 do
      job.clients[i] = { command = function() return nil, "reading from Redis: eof" end,
        close = function() closed = closed + 1 end }
    end
    assert.equal(7, job:left())
    assert.same({ 1, 20 }, { waits, closed })
  end)

  it("passes over what was deleted", function()
    local entries = { false, { "1-0", false }, { "2-0", { "key", "k", "target", "t" } } }
    local entry = { id = "2-0", key = "k", target = "t" }
    assert.same(entry, job_with("XAUTOCLAIM", { "0-0", entries }):take())
    assert.same(entry, job_with("XREADGROUP", { { "s", entries } }):take())
    assert.is_nil(job_with("XREADGROUP", false):take())
    assert.same({}, job_with("XREAD", false):results_after())
  end)
end)

describe("wolfssl.probe.fleet.client", function()
  -- A connection on which these replies come, in pieces of a size.
  local function talk(replies, size)
    local said = {}
    return client.new({
      read = function()
        local piece = replies:sub(1, size)
        replies = replies:sub(size + 1)
        if piece == "" then return nil, "eof" end
        return piece
      end,
      write = function(_, bytes)
        said[#said + 1] = bytes
        return true
      end,
    }, 5), said
  end

  it("reads replies of every kind, in any pieces", function()
    for size = 1, 20 do
      local c, said = talk("+OK\r\n:7\r\n$5\r\na\r\nbc\r\n$-1\r\n"
        .. "*3\r\n$1\r\nx\r\n*0\r\n*-1\r\n-ERR no\r\n:1\r\n", size)
      assert.equal("OK", c:command { "SET", "k", 1000000 })
      assert.equal("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$7\r\n1000000\r\n", said[1])
      assert.equal(7, c:command { "X" })
      assert.equal("a\r\nbc", c:command { "X" })
      assert.is_false(c:command { "X" })
      assert.same({ "x", {}, false }, c:command { "X" })
      assert.same({ "ERR no", true }, { select(2, c:command { "X" }) })
      assert.equal(1, c:command { "X" })
      assert.same({ "reading from Redis: eof" }, { select(2, c:command { "X" }) })
    end
  end)

  it("gives a reply that comes without a pause no more time and room than others", function()
    for _, first in ipairs { "$99999999999\r\n", "*99999999999\r\n$-1\r\n" } do
      local piece = (first:sub(1, 1) == "*" and "$-1\r\n" or "x"):rep(1000)
      local c = client.new({
        read = function()
          local bytes = first
          first = piece
          return bytes
        end,
        write = function() return true end,
      }, 0.02)
      assert.same({ "reading from Redis: timeout" }, { select(2, c:command { "X" }) })
    end
  end)

  it("refuses what is no Redis", function()
    for _, bytes in ipairs { "HTTP/1.1 400\r\n", "$x\r\n", ("*1\r\n"):rep(20), "$1e3\r\n",
      "$0x1\r\n", "+" .. ("x"):rep(65536) } do
      assert.same({ "this is no Redis" }, { select(2, talk(bytes, 99):command { "X" }) })
    end
  end)
end)
