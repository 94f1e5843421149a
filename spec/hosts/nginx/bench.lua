-- What handshakes and records cost on cosockets, for spec/bench/transports.lua.

local ngx = ngx -- luacheck: ignore 113

return function()
  local host = require "hosts.nginx.host"(tonumber(ngx.var.arg_port))
  ngx.say(table.concat({ require("bench.pairs").measure(host, ngx.var.arg_pki) }, " "))
end
