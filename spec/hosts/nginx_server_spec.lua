-- What the contract of all transports asks, of a server in nginx: behind an upgrade, on the raw
-- socket of a request. The other end is in another program: the contract itself cannot be run.

local helper = require "helper"
local matrix = require "hosts.matrix"
local nginx = require "hosts.nginx"
local peers = require "interop.peers"
local pki = require "pki"

if _VERSION ~= "Lua 5.1" then return end

describe("nginx as a server:", function()
  if nginx.missing() then
    pending(nginx.missing())
    return
  end

  local SIZE = 16 * 2 ^ 20
  local process, context

  before_each(function() process, context = nginx.application(), pki.client() end)
  after_each(function() process:stop() end)

  teardown(function()
    peers.cleanup()
    helper.cleanup()
  end)

  -- What is sent behind a handshake is read: what closes with bytes unread would reset.
  local function connect(line)
    local stream, transport = nginx.upgrade(process.port, context)
    assert(stream:send "hello\n")
    assert.equal("olleh", stream:receive())
    assert(stream:send(line .. "\n"))
    return stream, transport
  end

  local function ended()
    return (nginx.get(process.port, "/ended"))
  end

  it("a light thread that reads returns when another closes", function()
    local stream = connect "cancel"
    assert.equal("closed", (select(3, stream:read())))
    assert.equal("closed\n", ended())
    stream:close()
    matrix.note("nginx, raw request socket", "cancel")
  end)

  it("a cut is told from a close_notify", function()
    local _, transport = connect "end"
    transport:close()
    assert.equal("truncated\n", ended())
    connect("end"):close()
    assert.equal("closed\n", ended())
  end)

  it("a writer waits for a slow reader, and little is held for it", function()
    local stream = connect "flood"
    local state, before
    local still = 0 -- on a busy machine one pause is not enough
    repeat
      state = nginx.get(process.port, "/flooding")
      still = state == before and still + 1 or 0
      before = state
    until still >= 3 and state ~= "0 0\n"
    local sent, held = state:match "^(%d+) (%d+)\n$"
    sent, held = tonumber(sent), tonumber(held)
    assert.is_true(sent < SIZE and held <= 65536, state)
    assert.is_true(stream:receive(SIZE) == ("s"):rep(SIZE))
    stream:close()
    matrix.note("nginx, raw request socket", "back pressure")
  end)

  it("serves 200 connections at once", function()
    local streams = {}
    for i = 1, 200 do streams[i] = connect(("number %d"):format(i)) end
    for i, stream in ipairs(streams) do
      assert.equal(("number %d"):format(i):reverse(), stream:receive())
      stream:close()
    end
    matrix.note("nginx, raw request socket", "200 connections")
  end)
end)
