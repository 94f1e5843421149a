-- What spec/fuzz/sealed.c does with its input: a sealed session is opened that was changed. The
-- first byte says which one, and how it is read:
--
--   1  of TLS 1.2 (else 1.3)     2  the rest of the input is taken for a sealed session
--   4  it follows what is left of a real one
--
-- Else there are three bytes for each change: where, in two bytes, and what is added.
--
-- What was changed is refused; what was not is taken up by a server.

local pair = require "robust.pair"
local wolfssl = require "wolfssl"

local KEY = ("k"):rep(32)
local KINDS = { [0] = "TLS 1.3", "TLS 1.2" }
local worlds = {}

local function flag(mode, bit)
  return math.floor(mode / bit) % 2 == 1
end

local function world_of(kind)
  if not worlds[kind] then
    local options, server_options = pair.options(kind)
    server_options.session_limit = 1000
    local client = assert(wolfssl.client(options))
    local server = assert(wolfssl.server(server_options))
    local session = pair.session(client, server)
    worlds[kind] = { client = client, server = server, sealed = assert(session:export(KEY)) }
  end
  return worlds[kind]
end

local function changed(bytes, script)
  for at = 2, #script - 2, 3 do
    local high, low, by = script:byte(at, at + 2)
    local i = (high * 256 + low) % #bytes + 1
    bytes = bytes:sub(1, i - 1) .. string.char((bytes:byte(i) + by) % 256) .. bytes:sub(i + 1)
  end
  return bytes
end

local function read(mode, input, sealed)
  if flag(mode, 2) then return input:sub(2) end
  if flag(mode, 4) then return sealed:sub(1, math.max(#sealed - #input, 0)) .. input:sub(2) end
  return changed(sealed, input)
end

local function take_up(world, session)
  local a = world.client:connection { server_name = "localhost", session = session }
  local b = world.server:connection()
  assert(pair.handshake(a, b))
  assert(a:info().resumed and b:info().resumed, "an unchanged session was not taken up")
  a:close()
  b:close()
end

return function(input)
  if input == "" then return end
  local mode = input:byte()
  local world = world_of(KINDS[mode % 2])
  local bytes = read(mode, input, world.sealed)
  local session, message, code = wolfssl.session(bytes, KEY)
  assert(not wolfssl.session(bytes, ("o"):rep(32)), "another key opens it")
  if bytes == world.sealed then
    take_up(world, assert(session, message))
  else
    assert(not session, "a changed session was opened")
    assert(code == "decode_error", code)
  end
end
