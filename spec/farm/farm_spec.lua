-- Servers that were told what to do, and what is found out about them: all of that, and nothing
-- else.

local configurations = require "farm.configurations"
local crowd = require "wolfssl.probe.crowd"
local helper = require "helper"
local loops = require "wolfssl.transport.loop"
local peers = require "interop.peers"
local pki = require "pki"
local probe = require "wolfssl.probe"
local same = require "farm.same"
local scan = require "wolfssl.probe.scan"

local PACKAGES = { openssl = "openssl", gnutls = "gnutls-bin", nginx = "nginx",
  stunnel = "stunnel4" }
local PROGRAMS = { openssl = "openssl", gnutls = "gnutls-serv", nginx = "nginx",
  stunnel = "stunnel4" }

-- For a server, and for what it may say or may not: the machine may be busy, or valgrind's.
local SECONDS, PATIENCE = 900, 6

local there = {}

local function have(program)
  if there[program] == nil then there[program] = helper.have(program) end
  return there[program]
end

-- What is missing to start it, or to say what is in its certificates; or nil.
local function missing(configuration)
  local kind = configuration.name:match "^%w+"
  if PROGRAMS[kind] and not have(PROGRAMS[kind]) then return "needs package " .. PACKAGES[kind] end
  return not have "openssl" and "needs package openssl" or nil
end

-- Starts the server, scans it, stops it.
local function record_of(configuration, loop)
  local server = configuration.start()
  local target = probe.target("127.0.0.1", server.port, { server_name = "localhost", timeout = 60,
    patience = PATIENCE, trust = pki.root, transport = function(...) return loop:connect(...) end })
  local record = scan.scan(target, nil, { seconds = SECONDS })
  server:stop()
  return record
end

-- Some probes begin with an ordinary hello, which a server of strange suites refuses.
local function failures_of(record)
  local list = {}
  for _, failure in ipairs(record.errors) do
    if failure.code ~= "peer_incompatible" then
      list[#list + 1] = failure.probe .. ": " .. failure.message
    end
  end
  return list
end

-- Makes each value something else for a while, a list of none a list of one.
local function altered(facts, look)
  for _, key in ipairs(scan.names(facts)) do
    local value = facts[key]
    local is_value = type(value) ~= "table" or value.name or next(value) == nil
    if is_value then
      facts[key] = type(value) == "table" and { "nobody's" } or "nobody's"
      look()
      facts[key] = value
    else
      altered(value, look)
    end
  end
end

describe("of a farm's servers is found what they were told:", function()
  local records = {}

  -- Several at once: OpenSSL's server takes a rest now and then.
  lazy_setup(function()
    local loop, i = loops.new(), 0
    crowd.run(loop, {
      concurrency = 8, host_of = function(configuration) return configuration.name end,
      next = function()
        repeat i = i + 1 until not configurations[i] or not missing(configurations[i])
        return configurations[i]
      end,
      work = function(configuration)
        records[configuration] = record_of(configuration, loop)
      end,
    })
    loop:run()
  end)
  lazy_teardown(peers.cleanup)

  for _, configuration in ipairs(configurations) do
    it(configuration.name, function()
      if missing(configuration) then return pending(missing(configuration)) end
      local record = records[configuration]
      assert.same({}, failures_of(record))
      assert.same({}, same.differences(configuration.facts, record.facts))
      for name in pairs(record.facts) do assert.is_table(record.evidence[name], name) end
    end)
  end

  it("not one value is left out of the comparison", function()
    local configuration = configurations[1]
    if missing(configuration) then return pending(missing(configuration)) end
    local expected, found = configuration.facts, records[configuration].facts
    local count = 0
    altered(found, function()
      count = count + 1
      assert.equal(1, math.min(#same.differences(expected, found), 1))
    end)
    assert.equal(same.count(found), count)
  end)
end)
