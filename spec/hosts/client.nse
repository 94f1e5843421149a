-- The contract of all transports inside nmap, as far as a client goes that only its thread may use.
-- What holds is reported in lines "ok TITLE<tab>COLUMNS", else "not ok TITLE" and what went wrong.

local nmap = require "nmap"
local stdnse = require "stdnse"
local transport = require "wolfssl.transport"
local wolfssl = require "wolfssl"

description = "Meets spec/hosts/nse_server.lua."
categories = { "safe" }
portrule = function() return true end

local SIZE = 4 * 2 ^ 20

local host, port, trust

local function connect(options)
  local all = { trust = trust, server_name = "localhost", timeout = 50 }
  for name, value in pairs(options or {}) do all[name] = value end
  return assert(wolfssl.connect(host.ip, port.number, all))
end

local function ask(stream, line)
  assert(stream:send(line .. "\n"))
  return (assert(stream:receive()))
end

local function same(expected, ...)
  for i, value in ipairs(expected) do
    local found = (select(i, ...))
    if found ~= value then
      error(("%s expected, not %s"):format(tostring(value), tostring(found)), 2)
    end
  end
end

local FACTS
FACTS = {
  { "does a handshake and carries data both ways, in both versions", "client", function()
    for _, version in ipairs { "TLS 1.2", "TLS 1.3" } do
      local stream = connect { min_version = version, max_version = version }
      same({ version, "olleh" }, stream:info().version.name, ask(stream, "hello"))
      same({ host.ip, port.number }, stream:getpeername())
      same({ host.ip }, stream:getsockname())
      stream:close()
    end
  end },
  { "lets a read time out and go on", "timeout kept", function()
    local stream = connect()
    assert(stream:send "silence\n")
    stream:settimeout(0.02)
    same({ false, "timeout" }, stream:receive() or false, select(2, stream:receive()))
    stream:settimeout(50)
    same({ "olleh" }, ask(stream, "hello"))
    stream:close()
  end },
  { "tells a close_notify from a cut", "", function()
    local stream = connect()
    assert(stream:send "bye\n")
    same({ "last words" }, stream:receive "*a")
    same({ "closed" }, (select(3, stream:read())))
    stream:close()
    stream = connect()
    assert(stream:send "cut\n")
    same({ "truncated", "half a " }, select(2, stream:receive "*a"))
    stream:close()
  end },
  { "carries much", "", function()
    local stream = connect()
    assert(stream:send(("give %d\n"):format(SIZE)))
    same({ ("s"):rep(SIZE) }, stream:receive(SIZE))
    assert(stream:send(("take %d\n"):format(SIZE)))
    assert(stream:send(("c"):rep(SIZE)))
    same({ ("%d"):format(SIZE) }, stream:receive())
    stream:close()
  end },
  { "wraps a socket that is connected", "", function()
    local socket = nmap.new_socket()
    assert(socket:connect(host, port))
    assert(transport.named "nse".fits(socket))
    local stream = assert(wolfssl.client { trust = trust }):wrap(socket, {
      server_name = "localhost", timeout = 50,
    })
    same({ "olleh" }, ask(stream, "hello"))
    stream:close()
  end },
  { "says why it cannot connect", "", function()
    local stream, message, code = wolfssl.connect(host.ip, 1, { trust = trust, timeout = 50 })
    same({ "network_error" }, code)
    assert(not stream and message:find("cannot connect to " .. host.ip .. ":1: ", 1, true), message)
  end },
  { "lets a handler wait", "yield in handler", function()
    local asked
    local stream = connect {
      on_server_certificate = function()
        local other = connect()
        asked = ask(other, "hello")
        other:close()
        return true
      end,
    }
    same({ "olleh", "enog" }, asked, ask(stream, "gone"))
    stream:close()
  end },
  { "carries many connections at once", "200 connections", function()
    local done, failure = 0, nil
    local condvar = nmap.condvar(FACTS)
    for _ = 1, 200 do
      stdnse.new_thread(function()
        local ok, err = pcall(function()
          local stream = connect()
          same({ "together" }, ask(stream, "gather 200"))
          stream:close()
        end)
        failure = failure or not ok and err
        done = done + 1
        condvar "signal"
      end)
    end
    while done < 200 do condvar "wait" end
    assert(not failure, failure)
  end },
}

action = function(...)
  host, port = ...
  trust = stdnse.get_script_args "trust"
  for _, fact in ipairs(FACTS) do
    local ok, err = xpcall(fact[3], debug.traceback)
    print((ok and "ok " or "not ok ") .. fact[1] .. (ok and "\t" .. fact[2] or "\n" .. err))
  end
  print(("end of %d"):format(#FACTS))
end
