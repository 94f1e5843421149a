-- The clients of flood.lua, all at once: lua flood_clients.lua PATH CPATH PORT COUNT CAFILE VERSION
-- Each says its number and must hear it; when all have, they go and come back. One line a round:
-- how many heard their number, and how many had resumed.

package.path, package.cpath = arg[1], arg[2]

local condition = require "cqueues.condition"
local cqueues = require "cqueues"
local memory = require "wolfssl.session_store.memory"
local transport = require "wolfssl.transport.cqueues"
local wolfssl = require "wolfssl"

local port, count = tonumber(arg[3]), tonumber(arg[4])
local store = memory.new { limit = count }
local context = assert(wolfssl.client { trust = arg[5], sessions = store, min_version = arg[6],
  max_version = arg[6] })

local function round()
  local queue, all, answered, heard, resumed = cqueues.new(), condition.new(), 0, 0, 0
  local function talk(i)
    local stream = context:wrap(assert(transport.connect("127.0.0.1", port, 60)),
      { server_name = "localhost", session_key = tostring(i), timeout = 60 })
    local line = stream:send(i .. "\n") and stream:receive "*l"
    answered = answered + 1
    if line == tostring(i) then heard = heard + 1 end
    if line and stream:info().resumed then resumed = resumed + 1 end
    if answered == count then all:signal() else all:wait() end
    stream:close()
  end
  for i = 1, count do queue:wrap(talk, i) end
  assert(queue:loop())
  print(("heard %d, resumed %d"):format(heard, resumed))
end

round()
round()
