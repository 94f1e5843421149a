-- What spec/fuzz/served.c does with its input: a server that has all keys of its connection and
-- chooses what it says. The first byte says who it is:
--
--   1  TLS 1.2    2  it has the key of the certificate that it shows (else another one)
--   4  the client asks for a staple, and has a handler that looks at certificates
--   8  its chain is more than wolfSSL reads    16 what it says is cut into small records
--
-- Then two bytes for each message: what is done to it (see ACTIONS), and a byte for that. After
-- the handshake they say which messages follow (see LATER).
--
-- Without the certificate's key nobody's handshake completes. What the client reads is what the
-- server has written.

local attack = require "attack.server"
local errors = require "wolfssl.errors"
local farm = require "verify.farm"
local ocsp = require "verify.ocsp"
local wolfssl = require "wolfssl"

local message = attack.message
local chain, root, all = farm.chain()
local ders = {}
for i, certificate in ipairs(chain) do ders[i] = certificate:der() end
local long = { ders[1] }
for i = 1, 10 do long[1 + i] = root:der() end
long[#long + 1] = ders[2]
local stranger = farm.key "Stranger"
local response = ocsp.response { certificate = chain[1], issuer = all[2] }
local other = ocsp.response { certificate = chain[1], issuer = all[2], hash = "sha256" }
local contexts = {}

local function flag(mode, bit)
  return math.floor(mode / bit) % 2 == 1
end

local function agree() return true end

local function context_for(mode)
  local kind = mode % 8
  if not contexts[kind] then
    local version = flag(mode, 1) and "TLS 1.2" or "TLS 1.3"
    contexts[kind] = assert(wolfssl.client { trust = root, min_version = version,
      max_version = version, staple = flag(mode, 4) and "request" or nil,
      on_server_certificate = flag(mode, 4) and agree or nil, groups = { "x25519" } })
  end
  return contexts[kind]
end

local function u24(n)
  return string.char(math.floor(n / 65536), math.floor(n / 256) % 256, n % 256)
end

local function status(bytes) return "\1" .. u24(#bytes) .. bytes end

local function changed(bytes, n, by)
  if bytes == "" then return bytes end
  local i = n * 7 % #bytes + 1
  return bytes:sub(1, i - 1) .. string.char((bytes:byte(i) + by) % 256) .. bytes:sub(i + 1)
end

-- Each takes a message and a byte, and returns what is said in its place.
local ACTIONS = {
  function(bytes, n) return bytes:sub(1, 4) .. changed(bytes:sub(5), n, 1 + n % 255) end,
  function(bytes, n) return changed(bytes, n, 128) end,
  function(bytes, n) return message(bytes:byte(), bytes:sub(5, 4 + n)) end,
  function(bytes, n) return message(bytes:byte(), bytes:sub(5) .. ("\0"):rep(n)) end,
  function(bytes, n) return bytes:sub(1, n) end,
  function() return "" end,
  function(bytes) return bytes .. bytes end,
  function(bytes, n) return message(n, "") .. bytes end,
  function(bytes, n) return message(22, status(response:sub(1, #response - n))) .. bytes end,
  function(bytes, n) return message(22, status(changed(response, n, 1))) .. bytes end,
  function(bytes, n) return message(22, status(response:rep(n % 4))) .. bytes end,
  function(bytes, n) return message(13, ("\0"):rep(n)) .. bytes end,
  function(bytes, n) return message(4, ("\0"):rep(n)) .. bytes end,
  function(bytes) return message(22, status(other)) .. bytes end,
  function(bytes, n) return message(22, status(changed(other, n, 1))) .. bytes end,
  function(bytes, n) return bytes .. message(11, "\0\0\0" .. ("\0"):rep(n)) end,
  function(bytes, n) return bytes .. message(0, ""):rep(n % 9) end,
}

-- The content type and the content, of a byte.
local LATER = {
  function(n) return 22, message(4, u24(n):rep(3) .. "\0\0" .. "\0" .. string.char(n)
    .. ("t"):rep(n) .. "\0\0") end,
  function(n) return 22, message(4, "\0\0\1\0\0\0\0\1\2nn\0" .. string.char(n) .. ("t"):rep(n)
    .. "\0\0") end,
  function(n) return 22, message(24, string.char(n % 4)) end,
  function(n) return 22, message(13, "\0\0\8\0\13\0\4\0\2\4" .. string.char(n)) end,
  function(n) return 22, message(n, ("\0"):rep(n % 40)) end,
  function(n) return 22, message(4, ("\255"):rep(n)):sub(1, n % 50) end,
  function(n) return 23, ("x"):rep(n) end,
  function(n) return 21, "\1" .. string.char(n) end,
  function(n) return 20 + n % 5, string.char(n):rep(n % 3) end,
}

-- wolfSSL 5.5.4 also says so of some certificates that it cannot parse.
local MISNAMED = "out of memory error (wolfSSL error -125)"

local function check(value, text, code)
  if value == nil then
    assert(type(text) == "string" and errors.codes[code], tostring(code))
    assert(code ~= "internal" or text:find(MISNAMED, 1, true), text)
  end
  return value
end

-- The client as the server's transport.
local function transport_to(client)
  local transport = { got = "" }
  function transport.write(_, bytes)
    client:receive_data(bytes)
    return true
  end
  function transport.read()
    if check(client:handshake()) then
      local bytes = check(client:read())
      while bytes do
        transport.got = transport.got .. bytes
        bytes = check(client:read())
      end
    end
    local bytes = client:data_to_send()
    return bytes ~= "" and bytes or nil
  end
  return transport
end

-- Reads the script two bytes at a time.
local function reader(script)
  local at = 2
  return function(list)
    local what, n = script:byte(at, at + 1)
    at = at + 2
    if n then return list[what % (#list + 1)], n end
  end
end

local function talk(server, next_pair)
  local action, n = next_pair(LATER)
  local wrote = ""
  while n do
    if action then
      local kind, content = action(n)
      if kind == 23 then wrote = wrote .. content end
      server:send(kind, content)
      server.transport.read()
    end
    action, n = next_pair(LATER)
  end
  return wrote
end

return function(input)
  if input == "" then return end
  local mode, next_pair = input:byte(), reader(input)
  local client = context_for(mode):connection { server_name = farm.NAME }
  local transport = transport_to(client)
  local server = attack.new(transport, { version = flag(mode, 1) and 0x0303 or 0x0304,
    chain = flag(mode, 8) and long or ders, cut = flag(mode, 16) and 700 or nil,
    key = flag(mode, 2) and all[1].key or stranger })
  local say = server.say
  function server.say(self, bytes)
    local action, n = next_pair(ACTIONS)
    return say(self, action and action(bytes, n) or bytes)
  end
  local ran, done = pcall(server.handshake, server) -- what it cannot do is its own affair
  transport.read()
  local wrote = ran and done and talk(server, next_pair) or ""
  transport.read()
  if #input == 1 and flag(mode, 2) then assert(client:info().open, "the honest one was refused") end
  assert(flag(mode, 2) or not client:info().open, "a server without the certificate's key")
  assert(wrote:sub(1, #transport.got) == transport.got, "bytes that the server did not write")
  client:close()
end
