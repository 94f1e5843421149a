local cjson = require "cjson"
local core = require("wolfssl.core").fd
local crowd = require "wolfssl.probe.crowd"
local helper = require "helper"
local json = require "wolfssl.trace.render.json"
local loops = require "wolfssl.transport.loop"
local manners = require "wolfssl.probe.manners"
local probe = require "wolfssl.probe"
local scan = require "wolfssl.probe.scan"
local stage = require "probe.stage"

-- A target whose connections are served by serve(conversation, number, transport).
local function played(serve, test)
  stage.play(test, serve)
end

-- A server that speaks TLS 1.3 only.
local function honest(c)
  local hello = c:expect "client_hello"
  if hello and probe.extension(hello, "supported_versions") then
    c:send(c:server_hello())
  elseif hello then
    c:alert "protocol_version"
  end
  c:receive()
end

describe("wolfssl.probe.scan", function()
  local versions = { assert(require("wolfssl.probe.file").load "versions") }

  it("makes one record of what the probes found", function()
    played(honest, function(target)
      local record = scan.scan(target, versions, { policies = {
        assert(require("wolfssl.probe.policy").load "post-quantum") } })
      assert.equal("tls", record.status)
      assert.same({ "hello", "versions" }, record.probes)
      assert.equal(1, record.schema)
      assert.same({ "a.example", 443 }, { record.host, record.port })
      assert.is_nil(record.server_name)
      assert.equal(target.connections, record.connections)
      assert.same({ value = 0x0304, name = "TLS 1.3" }, record.facts.versions[1])
      assert.equal("server_hello", record.evidence.hello.name)
      assert.equal("versions", record.findings[1].probe)
      assert.equal("pass", record.policies["post-quantum"].rules[1].result)
      assert.same({}, record.errors)
      local line = json.line(record)
      assert.is_nil(line:find "\n")
      assert.same(record.facts, cjson.decode(line).facts)
    end)
  end)

  it("asks those that are not there only once", function()
    local target = probe.target("127.0.0.1", helper.refused_port(), { timeout = 50 })
    local record = scan.scan(target)
    assert.same({ "unreachable", 1 }, { record.status, record.connections })
    assert.same({ "hello" }, record.probes)
    assert.equal("network_error", record.errors[1].code)
    assert.matches('"facts":{}', json.line(record), 1, true)
  end)

  it("knows who speaks something else", function()
    for said, answer in pairs { ["SSH-2.0-x\r\n"] = "it says something else",
      [""] = "it hangs up" } do
      played(function(_, _, transport)
        transport:read(10)
        transport:write(said)
      end, function(target)
        local record = scan.scan(target)
        assert.equal("no tls", record.status)
        assert.same({ tls = false, answer = answer }, record.facts.hello)
        assert.equal("no_tls", record.findings[1].code)
        assert.equal(said == "" and 2 or 1, record.connections)
      end)
    end
  end)

  it("takes an alert for TLS, and finds who is afraid of TLS 1.3", function()
    played(function(c, count)
      c:expect "client_hello"
      if count > 1 then c:alert "handshake_failure" end
    end, function(target)
      local record = scan.scan(target, {})
      assert.equal("tls", record.status)
      assert.equal("handshake_failure", record.facts.hello.alert.name)
      assert.equal("modest", record.findings[1].code)
    end)
  end)

  it("goes on behind a probe that raises", function()
    local broken = probe.define { name = "broken", findings = {}, run = function()
      error "a bug"
    end }
    played(honest, function(target)
      local record = scan.scan(target, { broken, versions[1] })
      assert.equal("broken", record.errors[1].probe)
      assert.matches("a bug", record.errors[1].message)
      assert.is_truthy(record.facts.versions)
    end)
  end)

  it("lets go of traces, unless they are wanted", function()
    for _, keep in ipairs { true, false } do
      played(honest, function(target)
        scan.scan(target, versions, { keep = keep })
        assert.equal(keep, #target.conversations[1]:entries() > 0)
      end)
    end
  end)

  it("loads probes by name, each once", function()
    local list = assert(scan.probes { "hello", "versions", "hello" })
    assert.same({ "hello", "versions" }, { list[1].name, list[2].name })
    assert.is_nil(list[3])
    assert.equal("file_error", (select(3, scan.probes { "no such probe" })))
  end)
end)

describe("wolfssl.probe.manners", function()
  -- A target whose connections go as play says: a word that is read, or the reason that is not.
  local function target_of(play)
    local count = 0
    return { open = function()
      count = count + 1
      local word = play[count]
      if word == "refused" then return nil, "connection refused", "network_error" end
      return { read = function()
        if word == "reset" then return nil, "reset" end
        return word
      end }
    end }
  end

  local function connect(target, times)
    for _ = 1, times do
      local transport = target.open("a.example", 443, 1)
      if transport then transport:read(1) end
    end
  end

  it("keeps to a budget", function()
    local target = target_of { "x", "x", "x" }
    local counts = manners.put_on(target, { budget = 2 })
    connect(target, 2)
    assert.same({ "the budget of 2 connections is used up", "rejected" },
      { select(2, target.open("a.example", 443, 1)) })
    assert.equal(2, counts.connections)
  end)

  it("begins nothing when its time is over", function()
    local target = target_of { "x", "x" }
    manners.put_on(target, { seconds = -1 })
    assert.same({ "its -1 seconds are used up", "rejected" },
      { select(2, target.open("a.example", 443, 1)) })
  end)

  it("ends who waits longer, which is no silence of the server's", function()
    local transport, closed
    repeat   -- until the machine was fast enough to begin
      local target = { open = function()
        return { close = function() closed = true end, read = function(_, _, timeout)
          core.poll_any({}, timeout)
          return nil, "timeout"
        end }
      end }
      manners.put_on(target, { seconds = 0.02 })
      transport = target.open("a.example", 443, 5)
    until transport
    local ok, raised = pcall(transport.read, transport, 1, 3600)
    assert.is_false(ok)
    assert.same({ message = "its 0.02 seconds are used up", code = "rejected" }, raised)
    assert.is_true(closed)
  end)

  it("does not count the time for which we hold it up", function()
    local target = target_of { "x", "x" }
    manners.put_on(target, { seconds = 3600, all = function() return 7200 end })
    connect(target, 1)
    assert.is_truthy(target.open("a.example", 443, 1))
  end)

  it("reads no more than so many bytes", function()
    local target = target_of { "abc", "def" }
    manners.put_on(target, { bytes = 5 })
    local first = target.open("a.example", 443, 1)
    assert.equal("abc", first:read(9))
    local second = target.open("a.example", 443, 1)
    second.close = function() second.gone = true end
    assert.same({ false, { message = "its 5 bytes are used up", code = "rejected" } },
      { pcall(second.read, second, 9) })
    assert.is_true(second.gone)
  end)

  it("goes slower at each reset, and as before when there is an answer", function()
    local slept = {}
    local target = target_of { "x", "reset", "reset", "reset", "x", "x" }
    local counts = manners.put_on(target, { longest = 0.3, sleep = function(seconds)
      slept[#slept + 1] = seconds
    end })
    connect(target, 6)
    assert.same({ 0.1, 0.2, 0.3 }, slept)
    assert.equal(3, counts.resets)
    assert.is_true(math.abs(counts.waited - 0.6) < 1e-9)
  end)

  it("tries again where a host that spoke takes no more, not where it never spoke", function()
    local slept = 0
    local options = { sleep = function(seconds) slept = slept + seconds end }
    local target = target_of { "x", "refused", "refused", "x" }
    local counts = manners.put_on(target, options)
    connect(target, 2)
    assert.same({ 4, 2 }, { counts.connections, counts.retries })
    assert.is_true(slept > 0)
    target = target_of { "refused", "x" }
    counts = manners.put_on(target, options)
    connect(target, 1)
    assert.same({ 1, 0 }, { counts.connections, counts.retries })
  end)

  it("keeps a pace with others", function()
    local slept = {}
    local turn = manners.pace(0.001, function(seconds) slept[#slept + 1] = seconds end)
    assert.equal(0, turn())
    turn()
    turn()
    assert.is_true(slept[1] <= 1000 and slept[1] < slept[2] and slept[2] <= 2000)
    assert.equal(0, manners.pace()())
  end)
end)

describe("wolfssl.probe.crowd", function()
  local function run(options, count)
    local loop, n, most, active, order = loops.new "poll", 0, 0, 0, {}
    local with, most_with = {}, 0
    options.next = function()
      n = n + 1
      if n <= count then return n end
    end
    local work = options.work or function() loop:wait(nil, nil, 0.001) end
    options.work = function(item)
      local host = options.host_of and options.host_of(item) or item
      active, with[host] = active + 1, (with[host] or 0) + 1
      most, most_with = math.max(most, active), math.max(most_with, with[host])
      work(item)
      active, with[host] = active - 1, with[host] - 1
      order[#order + 1] = item
    end
    crowd.run(loop, options)
    return order, most, most_with
  end

  it("does everything once, so many at a time", function()
    local order, most = run({ concurrency = 7 }, 100)
    assert.equal(7, most)
    table.sort(order)
    for i = 1, 100 do assert.equal(i, order[i]) end
    assert.equal(100, #order)
  end)

  it("does not crowd one host", function()
    local order, most, most_with = run({ concurrency = 10, per_host = 2,
      host_of = function(item) return item % 3 end }, 60)
    assert.equal(60, #order)
    assert.equal(2, most_with)
    assert.is_true(most <= 6)
  end)

  it("does not crowd one host that has to be looked for", function()
    local loop, n, active, most, ended = loops.new "poll", 0, 0, 0, 0
    crowd.run(loop, { concurrency = 10,
      next = function()
        n = n + 1
        return n <= 30 and n or nil
      end,
      host_of = function(item)
        loop:wait(nil, nil, item % 3 / 1000)
        return "one"
      end,
      work = function()
        active, most = active + 1, math.max(most, active + 1)
        loop:wait(nil, nil, 0.001)
        active, ended = active - 1, ended + 1
      end })
    assert.same({ 30, 1 }, { ended, most })
  end)

  it("is done where nothing ever waits, however much there is", function()
    local order = run({ work = function() end, host_of = function() return "one" end }, 3000)
    assert.equal(3000, #order)
  end)

  it("raises what the work raises, behind what was begun", function()
    local ended = 0
    assert.error_matches(function()
      run({ concurrency = 2, work = function(item)
        if item == 2 then error "no more" end
        coroutine.yield()
        ended = ended + 1
      end }, 50)
    end, "no more")
  end)
end)

describe("a scan of many", function()
  -- Nobody gives up before the one that answers is done, whose end is the end of the silence.
  it("is not held up by those that never answer", function()
    local silent, silent_port = assert(core.listen("127.0.0.1", 0))
    local live, live_port = assert(core.listen("127.0.0.1", 0))
    local loop, done, count = loops.new(), {}, 0
    local function connect(...) return loop:connect(...) end
    crowd.run(loop, { concurrency = 60, per_host = 60, host_of = function() return 1 end,
      next = function()
        count = count + 1
        if count <= 51 then return count end
      end,
      work = function(item)
        if item == 51 then
          assert(loop:connect("127.0.0.1", live_port, 30)):close()
          core.close(silent)
        else
          scan.scan(probe.target("127.0.0.1", silent_port, { timeout = 30, transport = connect }),
            {})
        end
        done[#done + 1] = item
      end })
    core.close(live)
    assert.equal(51, #done)
    assert.equal(51, done[1])
  end)

  it("knows who says nothing", function()
    local silent, port = assert(core.listen("127.0.0.1", 0))
    local record = scan.scan(probe.target("127.0.0.1", port, { timeout = 0.1 }))
    core.close(silent)
    assert.same({ tls = false, answer = "it says nothing" }, record.facts.hello)
    assert.equal(1, record.connections)
  end)
end)
