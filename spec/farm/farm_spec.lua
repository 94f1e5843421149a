-- Servers that were told what to do, and what is found out about them.

local configurations = require "farm.configurations"
local crowd = require "wolfssl.probe.crowd"
local helper = require "helper"
local loops = require "wolfssl.transport.loop"
local peers = require "interop.peers"
local pki = require "pki"
local probe = require "wolfssl.probe"
local scan = require "wolfssl.probe.scan"

local PACKAGES = { openssl = "openssl", gnutls = "gnutls-bin", nginx = "nginx",
  stunnel = "stunnel4", wolfssl = false }
local PROGRAMS = { openssl = "openssl", gnutls = "gnutls-serv", nginx = "nginx",
  stunnel = "stunnel4" }

local SECONDS = 900   -- for a server: the machine may be busy, or valgrind's

local differ

-- A list in the order of the configuration where order means something, else as sets.
local function list_differs(path, expected, found, ordered)
  if #expected ~= #found then return ("%s: %d, not %d"):format(path, #found, #expected) end
  for i, item in ipairs(expected) do
    local where
    for j, other in ipairs(found) do
      if (not ordered or i == j) and not differ(path, item, other) then where = j end
    end
    if not where then return ("%s: without %s"):format(path, tostring(item)) end
  end
end

-- What of the expectation is not found, or nil; code points are expected by their names.
function differ(path, expected, found)
  if type(expected) ~= "table" then
    local value = type(found) == "table" and found.name or found
    if value == expected then return nil end
    return ("%s: %s, not %s"):format(path, tostring(value), tostring(expected))
  end
  if type(found) ~= "table" then return ("%s: %s"):format(path, tostring(found)) end
  if expected[1] ~= nil or next(expected) == nil then
    return list_differs(path, expected, found, path:find "versions$" or path:find "alpn$")
  end
  for key, item in pairs(expected) do
    local where
    if key == "list" then
      where = list_differs(path .. ".list", item, found.list or {}, found.order == "server")
    else
      where = differ(path .. "." .. key, item, found[key])
    end
    if where then return where end
  end
end

-- What is missing to start it, or nil.
local function missing(configuration)
  local kind = configuration.name:match "^%w+"
  return PACKAGES[kind] and not helper.have(PROGRAMS[kind]) and "needs package " .. PACKAGES[kind]
    or nil
end

-- Starts the server, scans it, stops it.
local function record_of(configuration, loop)
  local server = configuration.start()
  local target = probe.target("127.0.0.1", server.port, { server_name = "localhost", timeout = 20,
    trust = pki.root, transport = function(...) return loop:connect(...) end })
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
      local wrong = failures_of(record)
      for name, expected in pairs(configuration.facts) do
        wrong[#wrong + 1] = differ(name, expected, record.facts[name])
      end
      table.sort(wrong)
      assert.same({}, wrong)
    end)
  end
end)
