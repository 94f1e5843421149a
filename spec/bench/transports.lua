-- Handshakes and 16 KiB records on each transport, client and server in one process, over loopback,
-- as ratios of CPU time to the same in C (descriptors.c), and LuaSec by the same script:
--
--   lua transports.lua DIRECTORY

package.path = "spec/?.lua;" .. package.path
local hosts = require "transport.hosts"
local inside = require "hosts.inside"
local nginx = require "hosts.nginx"
local pairs_of = require "bench.pairs"

local directory = ...
local ROUNDS = 5
local HANDSHAKES, RECORDS, WARM_UP = pairs_of.HANDSHAKES, pairs_of.RECORDS, pairs_of.WARM_UP
local RECORD = pairs_of.RECORD

-- LuaSec over the same kind of sockets, both sides in turn.
local function luasec()
  local ssl, socket = require "ssl", require "socket"
  local options = { protocol = "tlsv1_3", curveslist = "X25519",
    ciphersuites = "TLS_CHACHA20_POLY1305_SHA256" }
  local function context(more)
    for name, value in pairs(options) do more[name] = value end
    return assert(ssl.newcontext(more))
  end
  local identity = directory .. "/pki/server-ecdsa.pem"
  local root = directory .. "/pki/root-ecdsa.pem"
  local c = context { mode = "client", verify = "peer", cafile = root }
  local s = context { mode = "server", certificate = identity, key = identity }
  local listener = assert(socket.bind("127.0.0.1", 0))
  local _, port = listener:getsockname()
  local function pair()
    local a = assert(ssl.wrap(assert(socket.connect("127.0.0.1", port)), c))
    local b = assert(ssl.wrap(assert(listener:accept()), s))
    a:settimeout(0)
    b:settimeout(0)
    return a, b
  end
  local function handshake(a, b)
    local left, right
    repeat
      left, right = left or a:dohandshake(), right or b:dohandshake()
    until left and right
  end
  local spent, a, b = 0, nil, nil
  for i = 1, WARM_UP + HANDSHAKES do
    if a then a:close() b:close() end
    a, b = pair()
    local began = os.clock()
    handshake(a, b)
    if i > WARM_UP then spent = spent + os.clock() - began end
  end
  local began = os.clock()
  for _ = 1, RECORDS do
    assert(a:send(RECORD))
    local missing = #RECORD
    while missing > 0 do
      local whole, _, partial = b:receive(missing)
      missing = missing - #(whole or partial)
    end
  end
  return spent * 1e9 / HANDSHAKES, (os.clock() - began) * 1e9 / RECORDS
end

-- Its Lua is a LuaJIT; the relay between its sockets is another process, which does not count.
local function in_nginx()
  local relay, port = inside.relay()
  local path, cpath = package.path, package.cpath
  package.path, package.cpath = "spec/?.lua;lua/?.lua;lua/?/init.lua;;", "build/5.1/?.so;;"
  local server = nginx.start {
    server = "location /bench { content_by_lua_block { require 'hosts.nginx.bench' () } }",
  }
  package.path, package.cpath = path, cpath
  local body = nginx.get(server.port, ("/bench?port=%s&pki=%s/pki"):format(port, directory))
  relay:stop()
  local log = server:stop()
  local handshake, record = body:match "^(%S+) (%S+)"
  return tonumber(handshake) or error(body .. log), tonumber(record)
end

local function in_c()
  local pipe = assert(io.popen(("%s/descriptors %s/pki %d %d"):format(directory, directory,
    HANDSHAKES, RECORDS)))
  local handshake, record = pipe:read("*n", "*n")
  pipe:close()
  return handshake, record
end

local function each_host(visit)
  for _, name in ipairs(hosts.names) do
    local found = pcall(require, hosts[name].library)
    if found then
      local host = hosts[name].new()
      visit(name, function() return pairs_of.measure(host, directory .. "/pki") end)
    else
      print(name .. ": needs " .. hosts[name].package)
    end
  end
end

local rows = { { name = "C, descriptors", measured = in_c } }
each_host(function(name, measured) rows[#rows + 1] = { name = name, measured = measured } end)
if nginx.missing() then
  print("nginx: " .. nginx.missing())
else
  rows[#rows + 1] = { name = "nginx, cosocket", measured = in_nginx }
end
if pcall(require, "ssl") then
  rows[#rows + 1] = { name = "LuaSec " .. require "ssl"._VERSION, measured = luasec }
else
  print "LuaSec: needs package lua-sec"
end

-- In rounds of all, so that another program's work strikes all alike; the least counts.
for _ = 1, ROUNDS do
  for _, row in ipairs(rows) do
    local handshake, record = row.measured()
    row.handshake = math.min(row.handshake or math.huge, handshake)
    row.record = math.min(row.record or math.huge, record)
  end
end

local c = rows[1]
print(("%-24s%12s%9s%12s%9s"):format("CPU time", "hs/s", "x C", "16 KiB MB/s", "x C"))
for _, row in ipairs(rows) do
  print(("%-24s%12.0f%9.3f%12.1f%9.3f"):format(row.name, 1e9 / row.handshake,
    row.handshake / c.handshake, #RECORD / row.record * 1e3, row.record / c.record))
end

if package.loaded.luv then package.loaded.luv.run "nowait" end -- its handles are still closing
