-- A server and clients of copas 4, written for LuaSec: arg are the files of two identities, each
-- chain and key, and the file of whom to trust.

local copas = require "copas"
local socket = require "socket"

local first, first_key, second, second_key, trust = ...

local function server_options(certificate, key)
  return { mode = "server", protocol = "any", certificate = certificate, key = key }
end

local ssl = require "ssl"
local listener = assert(socket.bind("127.0.0.1", 0))
local _, port = listener:getsockname()
local names = { ["b.example"] = assert(ssl.newcontext(server_options(second, second_key))) }

copas.addserver(listener, copas.handler(function(peer)
  local line = peer:receive "*l"
  peer:send(("%s %s\n"):format(line, ("x"):rep(1000000)))
  peer:close()
end, { wrap = server_options(first, first_key), sni = { names = names, strict = false } }))

local left = 0
for _, name in ipairs { "a.example", "b.example" } do
  left = left + 1
  copas.addthread(function()
    local client = copas.wrap(socket.tcp(), {
      wrap = { mode = "client", protocol = "any", cafile = trust, verify = "peer" },
      sni = { names = name },
    })
    copas.setErrorHandler(function(message) print("error", message) end)
    assert(client:connect("127.0.0.1", port))
    assert(client:send("hello " .. name .. "\n"))
    local line, message = client:receive "*l"
    local subject = client.socket:getpeercertificate():subject()
    print(name, subject[#subject].value, line and #line, line and line:sub(1, 15), message)
    client:close()
    left = left - 1
    if left == 0 then copas.removeserver(listener) end
  end)
end

copas.loop()
