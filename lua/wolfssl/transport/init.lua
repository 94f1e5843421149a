--- Chooses the transport: by what the socket is, by who runs the caller, or by name.
--
-- Each module `wolfssl.transport.NAME` of a loop has `new(socket)` and `connect(host, port,
-- timeout)`; the loops' libraries are only looked at where the program has loaded them.
-- @module wolfssl.transport

local blocking = require "wolfssl.transport.blocking"
local luasocket = require "wolfssl.transport.luasocket"
local tls = require "wolfssl.transport.tls"

local M = {}

-- HAProxy's Lua has no library to load: its name for itself is a global.
local function in_haproxy()
  local core = rawget(_G, "core")
  return type(core) == "table" and core.register_service ~= nil
end

-- The library whose presence says that a loop may be in use, and its transport.
local LOOPS = {
  { "cqueues", "cqueues" },
  { "copas", "copas" },
  { "luv", "luv" },
  { "ngx", "ngx" },
  { "nmap", "nse" },
}

local function find(wanted)
  for _, loop in ipairs(LOOPS) do
    local module = package.loaded[loop[1]] and M.named(loop[2])
    if module and wanted(module) then
      return module
    end
  end
  local module = in_haproxy() and M.named "haproxy"
  return module and wanted(module) and module or nil
end

local function runs(module)
  return module.running ~= nil and module.running()
end

local function is_transport(socket)
  return type(socket) == "table" and type(socket.read) == "function"
    and type(socket.write) == "function"
end

--- The transport module of that name.
-- @tparam string name "blocking", "luasocket", "cqueues", "copas", "luv", "ngx",
-- "haproxy", "nse", ...
-- @treturn table
function M.named(name)
  local path = "wolfssl.transport." .. name
  local ok, module = pcall(require, path)
  if ok then return module end
  if tostring(module):find(("module '%s' not found"):format(path), 1, true) then
    error(("there is no transport '%s'"):format(name), 0)
  end
  error(module, 0)
end

--- The transport module to connect with: that of the loop of cqueues or copas, of nginx, HAProxy or
-- nmap that runs the caller, else the blocking one.
-- @treturn table
function M.here()
  return find(runs) or blocking
end

--- The transport module that an option means; what means none raises.
-- @tparam ?string|table given a name, or a module with `connect`; by default what `here` says
-- @treturn table
function M.choose(given)
  local module = type(given) == "string" and M.named(given) or given or M.here()
  if type(module) ~= "table" or type(module.connect) ~= "function" then
    error("option 'transport': the name of a transport expected, or a module with 'connect'", 0)
  end
  return module
end

local function has_descriptor(socket)
  local ok, method = pcall(function() return socket.getfd end)
  return ok and method ~= nil
end

--- A transport over a connected socket, which it owns from now on.
-- @param socket a transport (it is returned), a stream (TLS over TLS), a cqueues.socket, a socket
-- wrapped by copas, a TCP or pipe handle of luv, a socket of nginx, HAProxy or nmap, a LuaSocket
-- TCP object or a descriptor. The last two are waited for in the loop of cqueues or copas that runs
-- the caller, and by poll(2) elsewhere
-- @treturn transport
function M.of(socket)
  if tls.fits(socket) then
    return tls.new(socket)
  elseif is_transport(socket) then
    return socket
  end
  local module = find(function(loop)
    return loop.fits(socket)
  end)
  module = module or type(socket) == "number" and blocking
  if not module and not has_descriptor(socket) then
    error("a socket, a descriptor or a transport expected, got " .. type(socket), 3)
  end
  return (module or luasocket).new(socket)
end

return M
