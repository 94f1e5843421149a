-- What spec/fuzz/connection.c does with its input. The first byte says who is attacked and how:
--
--   1  the victim: client, server         4  with client certificates
--   2  the version: TLS 1.2, TLS 1.3      8  the input is what arrives, not edits of it
--
-- Edits are four bytes each, applied to what an honest peer sends: distance from the last edit (two
-- bytes), what to do, and a byte for it. Whatever comes, a call succeeds or says why with a code of
-- the list, a fatal error stays what it was, and nobody takes unproven bytes for the peer's.

local errors = require "wolfssl.errors"
local pki = require "pki"

local ROUNDS = 12
local contexts = {}

local function flag(mode, bit)
  return math.floor(mode / bit) % 2 == 1
end

local function contexts_for(mode)
  local key = mode % 8 - mode % 2
  if not contexts[key] then
    local version = flag(mode, 2) and "TLS 1.3" or "TLS 1.2"
    local of_client = { min_version = version, max_version = version }
    local of_server = { min_version = version, max_version = version }
    if flag(mode, 4) then
      of_client.certificate, of_client.key = pki.leaf("ed25519")
      of_server.verify, of_server.trust = "required", pki.root
    end
    contexts[key] = { pki.client(of_client), pki.server(of_server) }
  end
  return contexts[key][1], contexts[key][2]
end

-- wolfSSL 5.5.4 also says so of some certificates that it cannot parse.
local MISNAMED = "out of memory error (wolfSSL error -125)"

-- A result of the victim's: value | nil, message, code of the list.
local function check(value, message, code, ...)
  if value == nil then
    assert(type(message) == "string" and errors.codes[code], tostring(code))
    assert(code ~= "internal" or message:find(MISNAMED, 1, true), message)
  end
  return value, message, code, ...
end

local function fatal(code)
  return code and not errors.codes[code].retryable
end

-- One pass over everything that can be called; returns what was read.
local function exercise(c)
  local ok, message, code = check(c:handshake())
  if fatal(code) then
    local again = { c:handshake() }
    assert(not ok and again[2] == message and again[3] == code, "the error changed")
    assert(check(c:write("x")) == nil and check(c:read()) == nil)
  end
  if ok then check(c:write("from the victim")) end
  return ok and check(c:read()) or ""
end

local EDITS = {
  [0] = function(byte, value) return string.char((byte + value) % 256) end,
  function(_, value) return string.char(value) end,
  function(byte, value) return string.char(value, byte) end,
  function() return "" end,
  function(byte, value) return string.char(byte):rep(value) end,
}

-- A function that edits a stream, flight by flight, as the script says.
local function editor(script)
  local at, target, passed = 1, -1, 0
  local function next_edit()
    local high, low, kind, value = script:byte(at, at + 3)
    target = value and target + 1 + high * 256 + low
    at = at + 4
    return kind, value
  end
  local kind, value = next_edit()
  return function(flight)
    local parts, from = {}, 1
    while target and target < passed + #flight do
      local i = target - passed + 1
      parts[#parts + 1] = flight:sub(from, i - 1)
      parts[#parts + 1] = EDITS[kind % 5](flight:byte(i), value)
      from = i + 1
      kind, value = next_edit()
    end
    parts[#parts + 1] = flight:sub(from)
    passed = passed + #flight
    return table.concat(parts)
  end
end

local function attack_with_edits(victim, peer, script)
  local edit = editor(script)
  local wrote, seen = false, ""
  for _ = 1, ROUNDS do
    seen = seen .. exercise(victim)
    peer:receive_data(victim:data_to_send())
    if peer:handshake() and not wrote then wrote = peer:write("from the peer") ~= nil end
    victim:receive_data(edit(peer:data_to_send()))
  end
  assert(("from the peer"):sub(1, #seen) == seen, "bytes that the peer did not send")
end

local function attack_with_bytes(victim, bytes)
  victim:data_to_send()
  local half = math.floor(#bytes / 2)
  for _, part in ipairs { bytes:sub(1, half), bytes:sub(half + 1) } do
    victim:receive_data(part)
    assert(exercise(victim) == "", "bytes that nobody sent")
  end
end

return function(input)
  if input == "" then return end
  local mode, rest = input:byte(), input:sub(2)
  local client, server = pki.pair(contexts_for(mode))
  local victim, peer = client, server
  if flag(mode, 1) then victim, peer = server, client end
  if flag(mode, 8) then
    attack_with_bytes(victim, rest)
  else
    attack_with_edits(victim, peer, rest)
  end
  victim:receive_eof()
  exercise(victim)
  check(victim:shutdown())
  victim:data_to_send()
  victim:close()
  peer:close()
end
