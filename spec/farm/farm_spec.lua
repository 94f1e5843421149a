-- Servers that were told what to do, and what is found out about them.

local configurations = require "farm.configurations"
local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"
local probe = require "wolfssl.probe"
local probe_file = require "wolfssl.probe.file"

local PACKAGES = { openssl = "openssl", gnutls = "gnutls-bin", nginx = "nginx",
  stunnel = "stunnel4", wolfssl = false }
local PROGRAMS = { openssl = "openssl", gnutls = "gnutls-serv", nginx = "nginx",
  stunnel = "stunnel4" }

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

local function facts_of(server)
  local target = probe.target("127.0.0.1", server.port,
    { server_name = "localhost", timeout = 5, trust = pki.root })
  for _, name in ipairs(probe_file.builtin) do
    local result = probe.run(assert(probe_file.load(name)), target)
    assert.is_nil(result.error, name .. ": " .. tostring(result.error and result.error.message))
  end
  return target.facts, target.connections
end

describe("of a farm's servers is found what they were told:", function()
  teardown(peers.cleanup)

  for _, configuration in ipairs(configurations) do
    it(configuration.name, function()
      local kind = configuration.name:match "^%w+"
      if PACKAGES[kind] and not helper.have(PROGRAMS[kind]) then
        return pending("needs package " .. PACKAGES[kind])
      end
      local server = configuration.start()
      local ok, facts = pcall(facts_of, server)
      server:stop()
      assert.is_true(ok, facts)
      local wrong = {}
      for name, expected in pairs(configuration.facts) do
        wrong[#wrong + 1] = differ(name, expected, facts[name])
      end
      table.sort(wrong)
      assert.same({}, wrong)
    end)
  end
end)
