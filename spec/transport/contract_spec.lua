-- Every loop, by the contract of all transports.

local contract = require "transport.contract"
local hosts = require "transport.hosts"
local matrix = require "hosts.matrix"

for _, name in ipairs(hosts.names) do
  local host = hosts[name]
  describe("A transport on " .. name, function()
    if not pcall(require, host.library) then
      pending("needs " .. host.package)
      return
    end
    for _, fact in ipairs(contract(host.new())) do
      it(fact[1], function()
        fact[2]()
        matrix.note(name, fact[3])
      end)
    end
  end)
end
