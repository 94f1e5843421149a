-- What a program sees of LuaSec, as text, one call a line: run with the server's library, the
-- client's, and a directory of certificates, where a library is "luasec" or "ours".

local servers, clients, directory = ...

local socket = require "socket"

local function library(name)
  if name == "luasec" then return require "ssl" end
  return require "wolfssl.luasec"
end

-- LuaSec first: loading ours makes `require "ssl"` ours.
local loaded = { luasec = library "luasec" }
loaded.context = { luasec = require "ssl.context" }
if servers == "ours" or clients == "ours" then
  loaded.ours = library "ours"
  loaded.context.ours = require "wolfssl.luasec.context"
end
local S, C = loaded[servers], loaded[clients]

local function shown(value)
  if type(value) == "number" then return ("%.14g"):format(value) end
  if type(value) == "table" and not tostring(value):find("^X509") then
    local parts = {}
    for k, v in pairs(value) do parts[#parts + 1] = tostring(k) .. "=" .. shown(v) end
    table.sort(parts)
    return "{" .. table.concat(parts, " ") .. "}"
  end
  return (tostring(value):gsub("0x%x+", "0x"):gsub("\n", "\\n"))
end

local function show(name, ...)
  local parts = {}
  for i = 1, select("#", ...) do parts[i] = shown((select(i, ...))) end
  print(name .. ": " .. table.concat(parts, " | "))
end

local function merged(defaults, options)
  local all = {}
  for name, value in pairs(defaults) do all[name] = value end
  for name, value in pairs(options or {}) do all[name] = value end
  return all
end

local function file(name) return directory .. "/" .. name end

local SERVER = {
  mode = "server", protocol = "any", certificate = file "rsa.pem", key = file "rsa.key",
  options = { "all", "no_sslv2" }, ciphersuites = "TLS_CHACHA20_POLY1305_SHA256",
  ciphers = "ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES128-GCM-SHA256",
}
local CLIENT = {
  mode = "client", protocol = "any", cafile = file "root.pem", verify = "peer", options = "all",
}

local function tcp()
  local listener = assert(socket.bind("127.0.0.1", 0))
  local _, port = listener:getsockname()
  local client = assert(socket.connect("127.0.0.1", port))
  local server = assert(listener:accept())
  listener:close()
  return server, client
end

-- A step of one side; both must come to an end.
local function handshakes(pair)
  local done, left = {}, { server = pair.server, client = pair.client }
  while next(left) do
    for side, connection in pairs(pair) do
      if left[side] then
        local ok, message = connection:dohandshake()
        if message ~= "wantread" and message ~= "wantwrite" then
          done[side], left[side] = { ok, message }, nil
        end
      end
    end
    if next(left) then
      local waiting = {}
      for _, connection in pairs(left) do waiting[#waiting + 1] = connection end
      socket.select(waiting, nil, 0.05)
    end
  end
  return done
end

local function pair(server_options, client_options, name, names)
  local a, b = tcp()
  local s = assert(S.wrap(a, merged(SERVER, server_options)))
  local c = assert(C.wrap(b, merged(CLIENT, client_options)))
  s:settimeout(0)
  c:settimeout(0)
  if name then c:sni(name) end
  if names then s:sni(names, true) end
  return s, c, handshakes { server = s, client = c }
end

local ASK = { "want", "dirty", "getalpn", "getsniname", "getpeerverification" }

local function facts(prefix, connection)
  show(prefix .. "info", connection:info())
  for _, method in ipairs(ASK) do show(prefix .. method, connection[method](connection)) end
  show(prefix .. "info cipher", connection:info("cipher"))
  for _ = 1, 3 do connection:receive(5) end -- LuaSec reads one ticket a call
  show(prefix .. "receive nothing", connection:receive(5))
  show(prefix .. "index", connection:getpeercertificate(0))
  local peer = connection:getpeercertificate()
  show(prefix .. "peer", peer and peer:digest() or nil)
  local received, sent = connection:getstats()
  show(prefix .. "stats", received, sent)
  show(prefix .. "setstats", connection:setstats(5, 6, 7))
  show(prefix .. "stats set", connection:getstats() == 5)
end

local function conversation(prefix, s, c)
  local function wait() socket.select({ s }, nil, 5) end
  show(prefix .. "finished", s:getfinished() == c:getpeerfinished(),
    c:getfinished() == s:getpeerfinished(), s:getfinished() ~= c:getfinished())
  show(prefix .. "exported", s:exportkeyingmaterial("EXPORTER-x", 8, "")
    == c:exportkeyingmaterial("EXPORTER-x", 8, ""), #c:exportkeyingmaterial("EXPORTER-y", 40))
  show(prefix .. "send", c:send("hello\r\nworld\nrest"))
  wait()
  show(prefix .. "line", s:receive())
  show(prefix .. "dirty", s:dirty())
  show(prefix .. "prefix", s:receive("*l", "pre"))
  show(prefix .. "partial", s:receive(10))
  show(prefix .. "all so far", s:receive("*a", "x"))
  show(prefix .. "slice", c:send("abcdef", 2, 3))
  show(prefix .. "negative", c:send("abcdef", -2))
  show(prefix .. "timeout", c:settimeout(1), c:settimeout(nil), c:settimeout(0, "t"))
  show(prefix .. "bad mode", (pcall(c.settimeout, c, 1, "z")))
  show(prefix .. "close", c:close())
  wait()
  show(prefix .. "rest", s:receive("*a"))
  show(prefix .. "end", s:receive(1))
  show(prefix .. "closed", tostring(c), c:getfd())
  show(prefix .. "after close", c:info())
  show(prefix .. "after close", c:send("x"))
  show(prefix .. "after close", c:receive())
  show(prefix .. "after close", c:getpeercertificate())
  show(prefix .. "after close", c:getpeerverification())
  show(prefix .. "close again", c:close())
  s:close()
end

for _, protocol in ipairs { "tlsv1_2", "tlsv1_3" } do
  local s, c, done = pair(nil, { protocol = protocol }, "example.org")
  show(protocol .. " handshake", done.server, done.client)
  facts(protocol .. " server ", s)
  facts(protocol .. " client ", c)
  conversation(protocol .. " ", s, c)
end

local MUTUAL = { verify = { "peer", "fail_if_no_peer_cert" }, cafile = file "root.pem" }
local SHOWN = { certificate = file "ec.pem", key = file "ec.key" }
local NAMES = { ["b.example"] = assert(S.newcontext(merged(SERVER, SHOWN))) }
local STRANGER = { certificate = file "stranger.pem", key = file "stranger.key" }

local HANDSHAKES = {
  { "untrusted", STRANGER, { protocol = "tlsv1_2" } },
  { "not verified", STRANGER, { verify = "none" } },
  { "continued", STRANGER, { verifyext = "lsec_continue" } },
  { "purpose ignored", nil, { verifyext = { "lsec_ignore_purpose" } } },
  { "wrong purpose", { certificate = file "client.pem", key = file "client.key" }, nil },
  { "wrong purpose ignored", { certificate = file "client.pem", key = file "client.key" },
    { verifyext = "lsec_ignore_purpose" } },
  { "wrong purpose continued", { certificate = file "client.pem", key = file "client.key" },
    { verifyext = { "lsec_ignore_purpose", "lsec_continue" } } },
  { "expired continued", { certificate = file "old.pem", key = file "old.key" },
    { verifyext = "lsec_continue" } },
  { "no client certificate", MUTUAL, { protocol = "tlsv1_2" } },
  { "optional", merged(MUTUAL, { verify = "peer" }), nil },
  { "mutual", MUTUAL, SHOWN },
  { "client shows a server's", merged(MUTUAL, { verifyext = "lsec_ignore_purpose" }),
    { certificate = file "server.pem", key = file "server.key" } },
  { "client shows a server's, refused", MUTUAL,
    { certificate = file "server.pem", key = file "server.key", protocol = "tlsv1_2" } },
  { "mutual, untrusted", MUTUAL, merged(STRANGER, { protocol = "tlsv1_2" }) },
  { "versions", { protocol = "tlsv1_2" }, { protocol = "tlsv1_3" } },
  { "options", { options = { "no_tlsv1_3" } }, nil },
  { "suites", { protocol = "tlsv1_2" }, { ciphers = "ECDHE-RSA-AES256-GCM-SHA384" } },
  { "suite string", { protocol = "tlsv1_2", ciphers = "HIGH+kEECDH:!AES256:!CHACHA20:!aPSK" },
    nil },
  { "groups", { curve = "secp384r1" }, { curveslist = "P-256" } },
  { "secp521r1", { curve = "secp521r1" }, { curveslist = "P-521:P-256" } },
  { "X448", { curveslist = "X448" }, { curveslist = "X448" } },
  { "two certificates", { certificates = { SHOWN, { certificate = SERVER.certificate,
    key = SERVER.key } } }, nil },
  { "alpn", { alpn = { "a", "b" } }, { alpn = { "c", "b" } } },
  { "alpn, one", { alpn = { "a" } }, { alpn = "a" } },
  { "alpn, nothing shared", { alpn = { "a" } }, { alpn = { "c" } } },
  { "alpn, function", { alpn = function(list) return list[2] end }, { alpn = { "b", "c" } } },
  { "alpn, function with nil", { alpn = function() return nil end }, { alpn = { "b", "c" } } },
  { "name", nil, nil, "b.example", NAMES },
  { "wrong name", nil, nil, "c.example", NAMES },
  { "no certificate", { certificate = false, key = false }, nil, "b.example" },
  { "certificate by name", { certificate = false, key = false }, nil, "b.example", NAMES },
}

for _, case in ipairs(HANDSHAKES) do
  local s, c, done = pair(case[2], case[3], case[4], case[5])
  for side, connection in pairs { server = s, client = c } do
    local prefix = ("%s, %s "):format(case[1], side)
    show(prefix .. "handshake", done[side])
    if done[side][1] then
      show(prefix .. "verification", connection:getpeerverification())
      show(prefix .. "facts", connection:info("protocol"), connection:info("cipher"),
        connection:getalpn(), connection:getsniname())
      local peer = connection:getpeercertificate()
      show(prefix .. "peer", peer and peer:digest("sha256"))
      local chain = connection:getpeerchain()
      if side == "client" then show(prefix .. "chain", #chain) end
    else
      show(prefix .. "facts", connection:info())
      show(prefix .. "receive", connection:receive(1))
    end
    connection:close()
  end
end

-- Both sides have a library each; certificates are those of the server's.
for _, name in ipairs { "rsa", "ec", "ed", "old" } do
  local bytes = assert(io.open(file(name .. ".pem"))):read("*a")
  local certificate = S.loadcertificate(bytes)
  local prefix = name .. " "
  for _, method in ipairs { "subject", "issuer", "serial", "notbefore", "notafter", "pem", "digest",
    "extensions", "pubkey" } do
    show(prefix .. method, certificate[method](certificate))
  end
  show(prefix .. "digests", certificate:digest("sha256"), certificate:digest("sha512"))
  show(prefix .. "no digest", certificate:digest("md5"))
  show(prefix .. "validat", certificate:validat(os.time()), certificate:validat(0))
  show(prefix .. "setencode", certificate:setencode("utf8"), certificate:setencode("zz"))
  show(prefix .. "signature", certificate:getsignaturename())
  show(prefix .. "text", tostring(certificate))
  local middle, root = S.loadcertificate(bytes:match("\n(%-+BEGIN CERT.*)$")),
    S.loadcertificate(assert(io.open(file "root.pem")):read("*a"))
  show(prefix .. "issued", root:issued(certificate, middle))
  show(prefix .. "not issued", certificate:issued(root))
end
show("no certificate", S.loadcertificate("x"))

local REFUSED = {
  { protocol = "zz" }, { certificate = SERVER.certificate, key = SHOWN.key },
  { options = "zz" }, { verify = "zz" }, { verifyext = "zz" }, { curve = "zz" },
  { curveslist = "P-256:zz" }, { alpn = "" }, { alpn = {} }, { alpn = 3 },
  { alpn = ("x"):rep(256) }, { password = 3 },
}
for i, options in ipairs(REFUSED) do
  show("refused " .. i, S.newcontext(merged(SERVER, options)))
end

local api = loaded.context[servers]
local context = assert(api.create("tlsv1_2"))
show("context", tostring(context))
show("create", api.create("zz"))
show("setmode", api.setmode(context, "server"))
show("setcipher", api.setcipher(context, "zz"))
show("setcipher", api.setcipher(context, "AESGCM"))
show("setciphersuites", api.setciphersuites(context, "zz"))
show("setcurve", api.setcurve(context, "zz"))
show("setcurveslist", api.setcurveslist(context, "zz:P-256"))
show("setcurveslist", api.setcurveslist(context, "X25519:P-256"))
show("setverify", api.setverify(context, "zz"))
show("setverify", api.setverify(context, "peer", "client_once"))
show("setoptions", api.setoptions(context, "zz"))
show("setoptions", api.setoptions(context, "no_ticket", "single_dh_use"))
show("setdepth", api.setdepth(context, 3))
show("loadkey", api.loadkey(context, SERVER.key, ""))
show("loadcert", api.loadcert(context, SERVER.certificate))
show("checkkey", api.checkkey(context))
show("locations", api.locations(context, file "root.pem", "/nonexistent"))
show("setverifyext", context:setverifyext("lsec_continue"))
show("setverifyext", context:setverifyext("zz"))
show("setalpncb", api.setalpncb(context, function() end))

local idle = assert(S.wrap({ getfd = function() return -1 end, setfd = function() end }, context))
for _, method in ipairs { "info", "getpeercertificate", "getpeerchain", "getpeerverification",
  "getfinished", "want", "dirty", "getfd", "getalpn", "getsniname", "receive" } do
  show("idle " .. method, idle[method](idle))
end
show("idle send", idle:send("x"))
