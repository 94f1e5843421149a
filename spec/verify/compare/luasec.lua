-- A client of LuaSec, as its documentation shows it: PORT CAFILE NAME. Exit status 0: accepted.

local socket = require "socket"
local ssl = require "ssl"

local connection = assert(socket.connect("127.0.0.1", tonumber(arg[1])))
local wrapped = ssl.wrap(connection, { mode = "client", protocol = "any", cafile = arg[2],
  verify = "peer", options = "all" })
if not wrapped then os.exit(1) end
wrapped:sni(arg[3])
os.exit(wrapped:dohandshake() and 0 or 1)
