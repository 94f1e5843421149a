-- Every loop, by the contract of all transports.

local contract = require "transport.contract"
local hosts = require "transport.hosts"

for _, name in ipairs(hosts.names) do
  local host = hosts[name]
  describe("A transport on " .. name, function()
    if not pcall(require, host.library) then
      pending("needs " .. host.package)
      return
    end
    for _, fact in ipairs(contract(host.new())) do it(fact[1], fact[2]) end
  end)
end
