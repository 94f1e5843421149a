-- The scenarios through this library, with the settings of baseline.c:
--
--   lua scenario.lua DIRECTORY SCENARIO COUNT [core]
--
-- "core" goes past wolfssl.connection, to see what that layer costs.

local wolfssl = require "wolfssl"
local core = require "wolfssl.core"
local measure = require "measure"

local WARM_UP, NAME = 8, "localhost"

local directory, scenario, count, layer = arg[1], arg[2], tonumber(arg[3]), arg[4]
local tls13 = not scenario:find("-12", 1, true)
local mutual = scenario:find("mutual", 1, true) ~= nil
local kind = scenario:find("rsa", 1, true) and "rsa" or "ecdsa"

local function read(who, what)
  local file = assert(io.open(("%s/%s-%s.%s"):format(directory, who, kind, what), "rb"))
  local bytes = file:read("*a")
  file:close()
  return bytes
end

-- ---------------------------------------------------------------------------- contexts

local function suites()
  if scenario == "psk-12" then return { "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256" } end
  if scenario:find("^rec") then
    local chacha = scenario:find("chacha", 1, true)
    return { chacha and "TLS_CHACHA20_POLY1305_SHA256" or "TLS_AES_128_GCM_SHA256" }
  end
  if tls13 then
    return { "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384" }
  end
  return {
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  }
end

local KEY = ("k"):rep(32)

local function nothing() end

local function set(name, value)
  return function(list) list[name] = value end
end

local function store()
  local kept = {}
  return {
    get = function(_, id) return kept[id] end,
    put = function(_, id, bytes) kept[id] = bytes end,
  }
end

-- What a layer adds to the options of each side.
local LAYERS = {
  on_client_hello = { server = set("on_client_hello", nothing) },
  on_server_certificate = { client = set("on_server_certificate", nothing) },
  on_client_certificate = { server = set("on_client_certificate", nothing) },
  on_certificate_request = { client = set("on_certificate_request", nothing) },
  on_session = { client = set("on_session", nothing) },
  staple = { server = set("staple", nothing) },
  ["on_psk of a server"] = { server = function(list)
    list.psks, list.on_psk = nil, function() return KEY end
  end },
  ["on_psk of a client"] = { client = function(list)
    list.psk, list.on_psk = nil, function() return { identity = NAME, key = KEY } end
  end },
  ["a client's store"] = { client = set("sessions", { get = nothing, put = nothing }) },
  ["a server's store"] = { server = function(list)
    list.sessions, list.ticket_keys = store(), { ("t"):rep(48) }
  end },
}
for _, name in ipairs { "on_secret", "on_alert", "on_message" } do
  LAYERS[name] = { client = set(name, nothing), server = set(name, nothing) }
end

local function credentials(list, who)
  if scenario:find("psk-", 1, true) == 1 then
    list.psk = who == "client" and { identity = NAME, key = KEY } or nil
    list.psks = who ~= "client" and { [NAME] = KEY } or nil
    return
  end
  if who ~= "client" or mutual then
    local shown = who == "client" and who or "server"
    list.certificate, list.key = read(shown, "crt"), read(shown, "key")
  end
  if who == "client" or mutual then list.trust = read("root", "crt") end
  if who == "server" and mutual then list.verify = "required" end
end

local function options(who)
  local version = tls13 and "TLS 1.3" or "TLS 1.2"
  local list = {
    min_version = version, max_version = version, cipher_suites = suites(),
    groups = scenario == "psk-12" and { "secp256r1" } -- wolfSSL has no X25519 there
      or { "x25519", "secp256r1", "secp384r1" },
  }
  credentials(list, who)
  local add = LAYERS[layer] and LAYERS[layer][who]
  if layer == "names" and who == "server" then
    list.names = { [NAME] = assert(wolfssl.server(options "named")) }
  elseif add then add(list) end
  -- Kept sessions are the context's; C has a static table for them.
  if who == "server" and scenario:find("^heap") then list.session_limit = 0 end
  return list
end

local function client_context()
  return assert(wolfssl.client(options "client"))
end

local function server_context()
  return assert(wolfssl.server(options "server"))
end

local client, server = client_context(), server_context()

-- ---------------------------------------------------------------------------- connections

local function connections(session)
  if layer ~= "core" then
    return client:connection { server_name = NAME, session = session }, server:connection()
  end
  return core.connection(client.core, { server_name = NAME, session = session }),
    core.connection(server.core)
end

local function handshake(c, s)
  for _ = 1, 10 do
    local client_done = c:handshake()
    s:receive_data(c:data_to_send())
    local server_done = s:handshake()
    c:receive_data(s:data_to_send())
    if client_done and server_done then return end
  end
  error(select(2, c:handshake()) or select(2, s:handshake()))
end

local function pair(session)
  local c, s = connections(session)
  handshake(c, s)
  if tls13 then assert(select(3, c:read()) == "want_read", "a ticket and no more") end
  return c, s
end

local function pass(from, to, data)
  from:write(data)
  to:receive_data(from:data_to_send())
  assert(#to:read() == #data)
end

-- ---------------------------------------------------------------------------- scenarios

local began

local function begin()
  collectgarbage()
  began = measure.cpu()
  measure.start()
end

local function finish()
  measure.stop()
  print(("%.1f"):format((measure.cpu() - began) * 1e9 / count))
end

local function run_handshakes()
  local resume, session = scenario:find("^resume"), nil
  for i = -WARM_UP, count - 1 do
    if i == 0 then begin() end
    local c, s = pair(session)
    if resume and not session then session = c:session() end
    if i == -1 and resume then assert(c:info().resumed, "resumption") end
    c:close()
    s:close()
  end
  finish()
end

-- The bytes are the same each time, and the reader's LuaJIT has them already: to find that out
-- costs what a new string of them would.
local function run_records()
  local c, s = pair()
  local data = ("x"):rep(tonumber(scenario:match("%d+")))
  for i = -WARM_UP, count - 1 do
    if i == 0 then begin() end
    pass(c, s, data)
  end
  finish()
end

local function run_contexts()
  for i = -WARM_UP, count - 1 do
    if i == 0 then begin() end
    client_context():close()
    server_context():close()
  end
  finish()
end

-- LuaJIT's own heap is not malloc's.
local function heap()
  collectgarbage()
  collectgarbage()
  return measure.heap() + (rawget(_G, "jit") and collectgarbage "count" * 1024 or 0)
end

-- Bytes of one object: made in `count` pairs.
local function run_heap(make)
  local held = {}
  for _ = 1, count do -- what LuaJIT compiles meanwhile is not counted either
    local a, b = make()
    a:close()
    b:close()
  end
  for i = 1, 2 * count do held[i] = false end
  local before = heap()
  for i = 1, 2 * count, 2 do held[i], held[i + 1] = make() end
  print(("%.1f"):format((heap() - before) / #held))
end

local function used_pair()
  local c, s = pair()
  for _, size in ipairs { 16384, 64 } do
    local data = ("x"):rep(size)
    pass(c, s, data)
    pass(s, c, data)
  end
  return c, s
end

if scenario == "ctx" then
  run_contexts()
elseif scenario == "heap-ctx" then
  run_heap(function() return client_context(), server_context() end)
elseif scenario:find("^heap") then
  run_heap(used_pair)
elseif scenario:find("^rec") then
  run_records()
else
  run_handshakes()
end
