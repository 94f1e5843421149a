-- What spec/fuzz/keyed.c does with its input: a client of TLS 1.3 that has all keys but that of the
-- certificate it shows, and chooses its messages. The first byte says how it comes:
--
--   1  with a ticket      2  with a pre-shared key      4  a certificate is required
--   8  the server asks for a certificate later, too     16 a handler looks at certificates
--   64 its hello is more than wolfSSL reads
--
-- Then two bytes for each message (see MESSAGES), three where the first is 128 or more: the last
-- then changes a byte of it. The Finished of the handshake goes out at 127, or at the end.
--
-- Whatever it says, nobody takes it for the owner of the certificate.

local attacker = require "attacker"
local errors = require "wolfssl.errors"
local pki = require "pki"

local message = attacker.message
local KEY = ("k"):rep(32)
local contexts, tickets = {}, {}

local function flag(mode, bit)
  return math.floor(mode / bit) % 2 == 1
end

local function agree() end

local function context_for(mode)
  local kind = mode % 32 - mode % 4
  if not contexts[kind] then
    contexts[kind] = pki.server { min_version = "TLS 1.3", trust = pki.root, psks = { me = KEY },
      verify = flag(mode, 4) and "required" or "optional",
      on_client_certificate = flag(mode, 16) and agree or nil }
  end
  return contexts[kind]
end

-- One that was given to a client without a certificate.
local function ticket_of(context)
  if tickets[context] == nil then
    local visitor = attacker.new(context:connection())
    tickets[context] = visitor:handshake() and visitor:ticket() or false
  end
  return tickets[context] or nil
end

local function vector(bytes)
  return "\0" .. attacker.u32(#bytes):sub(3) .. bytes
end

local stolen = ""
for _, der in ipairs((pki.leaf "secp256r1")) do stolen = stolen .. vector(der) .. "\0\0" end

local long = stolen
for _ = 1, 10 do long = long .. vector(pki.root) .. "\0\0" end

local function context_of(n)
  return n % 4 == 0 and "\0" or "\1" .. string.char(n % 4 - 1)
end

-- The content type and the content, of a number.
local MESSAGES = {
  [0] = function(n) return 22, message(11, context_of(n) .. vector(stolen)) end,
  function(n) return 22, message(11, context_of(n) .. "\0\0\0") end,
  function(n) return 22, message(15, "\4\3\0" .. string.char(n) .. ("s"):rep(n)) end,
  function(n) return 22, message(20, ("f"):rep(n % 2 == 0 and 32 or n)) end,
  function(n) return 22, message(24, string.char(n)) end,
  function(n) return 22, message(n, "") end,
  function(n) return 22, message(n, ("\0"):rep(n)) end,
  function(n) return 23, ("x"):rep(n) end,
  function(n) return 21, "\1" .. string.char(n) end,
  function(n) return 22, message(11, context_of(n) .. vector(stolen)):sub(1, n) end,
  function(n) return 22, message(11, context_of(n) .. vector(long)) end,
}

local function changed(bytes, n)
  local i = n * 7 % #bytes + 1
  return bytes:sub(1, i - 1) .. string.char((bytes:byte(i) + n) % 256) .. bytes:sub(i + 1)
end

-- A function that returns the next message, or nil at the Finished and at the end.
local function reader(script)
  local at = 2
  return function()
    local what, n, change = script:byte(at, at + 2)
    if what == 127 then at = at + 1 end
    if what == 127 or not n then return nil end
    local kind, content = MESSAGES[what % 128 % (#MESSAGES + 1)](n)
    at = at + (what >= 128 and 3 or 2)
    if what >= 128 and change and content ~= "" then content = changed(content, change) end
    return kind, content
  end
end

local function check(value, text, code)
  assert(value ~= nil or type(text) == "string" and errors.codes[code] and code ~= "internal", text)
  return value
end

local function assert_nobody(server)
  local info = server:info()
  if not info.open then return end
  assert(not server:verdict().ok, "an owner without a key")
  assert(info.late_certificate == "requested" or #server:peer_certificates() == 0,
    "a certificate without a key")
end

local function say(client, next_message, post)
  for kind, content in next_message do
    if post and kind == 22 then client.transcript = client.transcript .. content end
    check(client:send(kind, content))
    assert_nobody(client.peer)
  end
end

-- What the server has sent since then, and the connection's end.
local function listen(client, late)
  local server = client.peer
  for _ = 1, 4 do
    if late then check(server:request_certificate("optional")) end
    check(server:read())
    assert_nobody(server)
    server:data_to_send()
  end
end

return function(input)
  if input == "" then return end
  local mode = input:byte()
  local context = context_for(mode)
  local client = attacker.new(context:connection())
  local psks, next_message = nil, reader(input)
  if flag(mode, 1) then
    psks = { ticket_of(context) }
  elseif flag(mode, 2) then
    psks, client.binder_label = { { identity = "me", key = KEY } }, "ext binder"
  end
  if psks and not psks[1] then psks = nil end
  local extensions = client:extensions()
  extensions[#extensions + 1] = { 49, "" }
  if flag(mode, 64) then extensions[#extensions + 1] = { 21, ("\0"):rep(30000) } end
  client.silent = true
  function client:before() say(self, next_message, true) end
  check(client:handshake(psks, { extensions = extensions }))
  listen(client, flag(mode, 8))
  if client.write then say(client, next_message) end
  listen(client, flag(mode, 8))
  client.peer:close()
end
