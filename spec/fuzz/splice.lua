-- What spec/fuzz/splice.c does with its input: two honest peers, and somebody between them who
-- passes their records on, changed. The first byte says who they are:
--
--   1  only what the server sends is changed (else what the client sends)
--   2  TLS 1.3      4  with client certificates      8  resumed
--   16 with a pre-shared key (instead)     32 with a staple (instead)
--
-- Then two bytes for each record on that way: what is done (see ACTIONS), and a byte for it.
--
-- Once a change that TLS does not allow was made, nobody's handshake completes on the changed side.
-- What is read is always the front of what was written, and `closed` is said only after all of it.

local errors = require "wolfssl.errors"
local farm = require "verify.farm"
local ocsp = require "verify.ocsp"
local pair = require "robust.pair"
local wolfssl = require "wolfssl"

local ROUNDS = 10
local CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE = 20, 21, 22
local contexts, sessions = {}, {}

local function flag(mode, bit)
  return math.floor(mode / bit) % 2 == 1
end

local function kind_of(mode)
  local version = flag(mode, 2) and "TLS 1.3" or "TLS 1.2"
  if flag(mode, 32) then return version, "stapled" end
  if flag(mode, 16) then return version .. " with a pre-shared key" end
  return version .. (flag(mode, 4) and " mutual" or "")
end

-- Contexts of a client that insists on a staple, and of a server that has one.
local function stapled(version)
  local client, server = pair.options(version)
  local chain, root, all = farm.chain { [0] = { subject_alt_names = { "dns:localhost" } } }
  client.trust, client.staple = root, "require"
  server.certificate, server.key = chain, all[1].key
  server.staple = ocsp.response { certificate = chain[1], issuer = all[2] }
  return assert(wolfssl.client(client)), assert(wolfssl.server(server))
end

local function contexts_for(version, special)
  local name = version .. (special or "")
  if not contexts[name] then
    local client, server = (special and stapled or pair.contexts)(version)
    contexts[name] = { assert(client, server), server }
    sessions[name] = not version:find "pre" and pair.session(client, server)
  end
  return contexts[name][1], contexts[name][2], sessions[name]
end

local function connections(mode)
  local client, server, session = contexts_for(kind_of(mode))
  local a = client:connection { server_name = "localhost",
    session = flag(mode, 8) and session or nil }
  return a, server:connection(), flag(mode, 2)
end

local function record(type, body)
  return string.char(type, 3, 3, math.floor(#body / 256), #body % 256) .. body
end

local function body_of(bytes)
  return bytes:sub(6)
end

-- The records of a flight; all of them are whole.
local function records_of(flight)
  local list, at = {}, 1
  while at <= #flight do
    local high, low = flight:byte(at + 3, at + 4)
    local last = at + 4 + high * 256 + low
    assert(last <= #flight, "a record is cut")
    list[#list + 1] = flight:sub(at, last)
    at = last + 1
  end
  return list
end

-- Each takes the way, a record and a byte; returns what goes on, and whether TLS allows that.
local ACTIONS = {
  function(_, bytes) -- another legacy version: nobody looks at it where it is not authenticated
    return bytes:sub(1, 2) .. "\1" .. bytes:sub(4), "maybe"
  end,
  function(way, bytes, n) -- two records of one
    local body = body_of(bytes)
    local cut = n % #body
    if cut == 0 then return bytes, true end
    local type = bytes:byte()
    return record(type, body:sub(1, cut)) .. record(type, body:sub(cut + 1)),
      type == HANDSHAKE and not way.protected
  end,
  function() return "", false end, -- lost
  function(_, bytes) return bytes .. bytes, false end, -- twice
  function(way, bytes) -- after the next one
    way.late = bytes
    return "", false
  end,
  function(way, bytes, n) -- an old one first
    return way.seen[n % #way.seen + 1] .. bytes, false
  end,
  function(way, bytes, n) -- one of the other direction first
    if #way.other == 0 then return bytes, true end
    return way.other[n % #way.other + 1] .. bytes, "maybe"
  end,
  function(_, bytes, n) -- one bit
    local body = body_of(bytes)
    local i = math.floor(n / 8) % #body + 1
    local changed = (body:byte(i) + 2 ^ (n % 8)) % 256
    return bytes:sub(1, 5) .. body:sub(1, i - 1) .. string.char(changed) .. body:sub(i + 1), false
  end,
  function(_, bytes, n) -- one bit near the end
    local i = #bytes - n % math.min(32, #bytes - 5)
    local changed = (bytes:byte(i) + 128) % 256
    return bytes:sub(1, i - 1) .. string.char(changed) .. bytes:sub(i + 1), false
  end,
  function(_, bytes, n) -- shorter
    local body = body_of(bytes)
    return record(bytes:byte(), body:sub(1, n % #body)), false
  end,
  function(_, bytes, n) -- longer
    return record(bytes:byte(), body_of(bytes) .. string.char(n)), false
  end,
  function(_, bytes, n) return record(20 + n % 5, body_of(bytes)), n % 5 == bytes:byte() - 20 end,
  function(way, bytes) -- a ChangeCipherSpec first: TLS 1.3 takes that in a handshake
    return record(CHANGE_CIPHER_SPEC, "\1") .. bytes, way.tls13 and "maybe"
  end,
  function(_, bytes, n) -- a plaintext alert first
    return record(ALERT, string.char(n % 2 + 1, n)) .. bytes, "maybe"
  end,
  function(_, bytes, n) return record(20 + n % 4, "") .. bytes, "maybe" end, -- an empty one first
}

local function action_for(way)
  local at = way.at
  way.at = at + 2
  local what, n = way.script:byte(at, at + 1)
  return n and ACTIONS[what % 32], n
end

-- Passes a flight on; notes what TLS does not allow. `counted` is what passed, but for what TLS
-- does allow.
local function pass(way, flight)
  local out, counted = {}, {}
  local function put(changed, original)
    out[#out + 1], counted[#counted + 1] = changed, original
  end
  for _, bytes in ipairs(records_of(flight)) do
    way.seen[#way.seen + 1] = bytes
    local action, n = action_for(way)
    local changed, allowed = bytes, true
    if action and #bytes > 5 then changed, allowed = action(way, bytes, n) end
    if allowed == false then way.forbidden = true end
    if allowed ~= true then way.touched = true end
    way.protected = way.protected or bytes:byte() == CHANGE_CIPHER_SPEC
      or (way.tls13 and bytes:byte(6) == 2)
    put(changed, allowed == false and changed or bytes)
    if changed ~= "" and way.late then
      put(way.late, way.late)
      way.late = nil
    end
  end
  way.sent, way.counted = way.sent .. flight, way.counted .. table.concat(counted)
  way.harmed = way.forbidden and way.sent ~= way.counted -- what was lost may have come back
  return table.concat(out)
end

-- wolfSSL 5.5.4 also says so of some certificates that it cannot parse.
local MISNAMED = "out of memory error (wolfSSL error -125)"

local function check(value, message, code)
  if value == nil then
    assert(type(message) == "string" and errors.codes[code], tostring(code))
    assert(code ~= "internal" or message:find(MISNAMED, 1, true), message)
  end
  return value, code
end

-- One side of the conversation: what it wrote, what it read, how it ended.
local function side(connection)
  return { connection = connection, wrote = "", read = "", open = false, closed = false }
end

local function advance(one, round)
  local c = one.connection
  if not one.open then one.open = check(c:handshake()) or false end
  if not one.open then return end
  repeat
    local bytes, code = check(c:read())
    one.read = one.read .. (bytes or "")
    one.closed = one.closed or code == "closed"
  until not bytes
  if one.peer.open and round < ROUNDS - 3 then
    local text = ("%d bytes to %d\n"):format(round, round)
    if check(c:write(text)) then one.wrote = one.wrote .. text end
  elseif one.peer.open and not one.shut then
    one.shut = check(c:shutdown())
  end
end

local function verify(one)
  local peer = one.peer
  assert(peer.wrote:sub(1, #one.read) == one.read, "bytes that the peer did not write")
  if one.closed then assert(peer.shut and one.read == peer.wrote, "closed too early") end
end

return function(input)
  if input == "" then return end
  local mode = input:byte()
  local client, server, tls13 = connections(mode)
  local a, b = side(client), side(server)
  a.peer, b.peer = b, a
  local from, to = a, b
  if flag(mode, 1) then from, to = b, a end
  local way = {
    script = input, at = 2, tls13 = tls13, seen = {}, other = {}, sent = "", counted = "" }
  for round = 1, ROUNDS do
    local harmed, was_open = way.harmed, to.open
    advance(from, round)
    to.connection:receive_data(pass(way, from.connection:data_to_send()))
    advance(to, round)
    local completed = to.open and not was_open
    assert(not (harmed and completed), "a handshake completed after a forbidden change")
    local back = to.connection:data_to_send()
    for _, bytes in ipairs(records_of(back)) do way.other[#way.other + 1] = bytes end
    from.connection:receive_data(back)
    verify(a)
    verify(b)
  end
  if not way.touched then assert(a.closed and b.closed, "an untouched conversation failed") end
  client:close()
  server:close()
end
