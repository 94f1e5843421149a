--- Probes on servers: what they state, with code points told by their names.

local memory = require "wolfssl.transport.memory"
local probe = require "wolfssl.probe"
local probe_file = require "wolfssl.probe.file"

local M = {}

local unpack = table.unpack or unpack   -- luacheck: ignore

--- Names in the place of code points, at any depth.
function M.names(value)
  if type(value) ~= "table" then return value end
  if value.value and value.name then return value.name end
  local out = {}
  for key, item in pairs(value) do out[key] = M.names(item) end
  return out
end

--- Runs probes on a target; all that they state, and the codes of all that they find.
-- @treturn table facts
-- @treturn string codes
function M.run(target, ...)
  local codes = {}
  for _, name in ipairs { ... } do
    local result = probe.run(assert(probe_file.load(name)), target)
    if result.error then error(name .. ": " .. result.error.message, 2) end
    for _, finding in ipairs(result.findings) do codes[#codes + 1] = finding.code end
  end
  return M.names(target.facts), table.concat(codes, " ")
end

--- The same on a process with a port, which is stopped then; also the target.
function M.on(server, ...)
  local target = probe.target("127.0.0.1", server.port, { server_name = "localhost", timeout = 30,
    patience = 30 })
  local ok, facts, codes = pcall(M.run, target, ...)
  local output = server:stop()
  if not ok then error(tostring(facts) .. "\nThe server wrote:\n" .. output, 2) end
  return facts, codes, target
end

--- Runs probes, as patient as they are by themselves, on a process with a port, which is stopped.
-- @tparam table server
-- @tparam table names of probes
-- @treturn table facts, with their code points
-- @treturn Target
function M.examined(server, names)
  local target = probe.target("127.0.0.1", server.port, { server_name = "localhost",
    timeout = 60, patience = 20 })
  local failed
  for _, name in ipairs(names) do
    failed = failed or probe.run(assert(probe_file.load(name)), target).error
  end
  server:stop()
  assert(not failed, failed and failed.message)
  return target.facts, target
end

--- What M.on gives, on a server in memory: serve(transport) has each connection in its turn.
function M.served(serve, ...)
  local waiting, names, over = {}, { ... }, false
  local facts, codes, target
  memory.run(function()
    target = probe.target("localhost", 443, { timeout = 30, patience = 30, transport = function()
      local a, b = memory.pair()
      waiting[#waiting + 1] = b
      return a
    end })
    facts, codes = M.run(target, unpack(names))   -- no pcall: PUC Lua 5.1 cannot yield in one
    over = true
  end, function()
    while not over do
      local transport = table.remove(waiting, 1)
      if transport then
        serve(transport)
        transport:close()
      else
        coroutine.yield()
      end
    end
  end)
  return facts, codes, target
end

--- The same on one that serve(conversation) plays.
function M.played(serve, ...)
  return M.served(function(transport)
    serve(probe.accept(transport, { timeout = 30 }))
  end, ...)
end


return M
