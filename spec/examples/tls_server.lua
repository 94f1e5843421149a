#!/usr/bin/env lua5.4
-- A server on 127.0.0.1 for test suites that attack TLS servers: any number of connections at once
-- in one process without an event loop, and none of them, whatever it does, stops the others.
--
--    tls_server.lua --port PORT [--cert FILE --key FILE] [--role ROLE] [--ciphers LIST]
--      [--groups LIST]
--
-- It writes "listening on PORT" to stdout once it does, and a line to stderr for each connection
-- that failed. It answers the first line of a request with one record, then close_notify.

dofile((arg[0]:match("^(.*/)") or "") .. "checkout.lua")

local core = require "wolfssl.core"
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local descriptor = require "wolfssl.transport.fd"
local issue = require "wolfssl.issue"
local tls = require "wolfssl.tls"
local wolfssl = require "wolfssl"

local USAGE = [[
usage: tls_server.lua --port PORT [--cert FILE --key FILE] [--role ROLE] [--ciphers LIST]
         [--groups LIST]
  --port     0: the system chooses
  --cert     chain in PEM, the leaf first; made by the server itself when there is none
  --role     rsa (default), ecdsa, ed25519: the kind of that certificate
             rsa12    TLS 1.2 only
             reqcert  asks for a client certificate; none, or any, will do
             echo     sends back what comes
             alpn     speaks http/1.1 and h2
             psk      no certificate: the identity "test" with the key AA, 16 times
             pha      asks for a client certificate when it gets GET /secret
  --ciphers  names of IANA or of OpenSSL, separated by colons or commas
  --groups   names of IANA, likewise]]

local CONNECTIONS = 400       -- at once; a further one takes the place of the oldest
local SECONDS = 60            -- a peer may be silent for so long
local REQUEST = 65536         -- bytes of its first line
local LARGEST_HELLO = 131396  -- bytes: there is none that is larger

local function fail(status, message)
  io.stderr:write("tls_server: ", message, "\n")
  os.exit(status, true)
end

-- ---------------------------------------------------------------------------------- what it says

local function request_line(stream)
  local text = ""
  while not text:find("\n", 1, true) do
    local bytes, message, code = stream:read()
    if not bytes then return nil, message, code end
    text = text .. bytes
    if #text > REQUEST then return nil, "a first line without end", "decode_error" end
  end
  return text:match("^[^\r\n]*")
end

local function answer(stream, line)
  local body = line .. "\n"
  local status = line:find("^%u+ %S+ HTTP/1%.%d$") and "200 OK" or "400 Bad Request"
  return stream:write(("HTTP/1.0 %s\r\nContent-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s")
    :format(status, #body, body):sub(1, 16384))
end

local function respond(stream)
  local line, message, code = request_line(stream)
  if not line then return nil, message, code end
  return answer(stream, line)
end

-- Whoever wants the secret is asked for a certificate; none will do, and any.
local function certify(stream, transport)
  local connection = stream:connection()
  local ok, message, code = connection:request_certificate("optional")
  while code == "want_read" do
    stream:flush()
    local bytes, reason = transport:pull(connection, SECONDS)
    if not bytes then return nil, reason, "network_error" end
    ok, message, code = connection:request_certificate("optional")
  end
  stream:flush()
  return ok or code == "peer_incompatible" or nil, message, code
end

local function respond_or_certify(stream, transport)
  local line, message, code = request_line(stream)
  local ok = line
  if line and line:find("^GET /secret ") then ok, message, code = certify(stream, transport) end
  if not ok then return nil, message, code end
  return answer(stream, line)
end

local function echo(stream)
  while true do
    local bytes, message, code = stream:read()
    if not bytes then return nil, message, code end
    local sent
    sent, message, code = stream:write(bytes)
    if not sent then return nil, message, code end
  end
end

-- Our end is said; what the peer still has under way is read, or closing would become a reset.
local function finish(stream, transport)
  stream:shutdown()
  transport:finish()
  local moment = core.fd.monotime() + SECONDS
  repeat
    local left = moment - core.fd.monotime()
    local bytes = left > 0 and transport:read(16384, left)
  until not bytes
end

local function serve(context, converse, fd, wait)
  local transport = descriptor.new(fd, { wait = wait })
  local stream = context:wrap(transport, { timeout = SECONDS })
  local ok, message, code = stream:handshake()
  if ok then ok, message, code = converse(stream, transport) end
  local good = ok or code == "closed"
  if good then finish(stream, transport) end
  stream:close()
  if not good then return ("%s: %s"):format(code, message) end
end

-- ---------------------------------------------------------------------------------- options

-- In TLS 1.2 wolfSSL asks for certificates with keys like the server's, and for all signatures that
-- it has, which test suites mind.
local RSA_SCHEMES = {
  "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512",
  "rsa_pkcs1_sha256", "rsa_pkcs1_sha384", "rsa_pkcs1_sha512",
}
local EC_SCHEMES = {
  "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512", "ed25519",
}

local ROLES = {
  rsa = { kind = "rsa" },
  ecdsa = { kind = "secp256r1" },
  ed25519 = { kind = "ed25519" },
  rsa12 = { kind = "rsa", options = { max_version = "TLS 1.2" } },
  reqcert = { kind = "rsa", trust = true, older = true,
    options = { verify = "optional", insecure_accept_invalid = true } },
  echo = { kind = "rsa", converse = echo },
  alpn = { kind = "rsa", options = { alpn = { "http/1.1", "h2" } } },
  psk = { options = { psks = { test = ("\170"):rep(16) } } },
  pha = { kind = "rsa", options = { insecure_accept_invalid = true }, trust = true,
    converse = respond_or_certify },
}

local OPTIONS = {
  port = true, cert = true, key = true, role = true, ciphers = true, groups = true,
}

local function usage(message)
  fail(2, message .. "\n" .. USAGE)
end

local function read_arguments()
  local given = { role = "rsa" }
  for i = 1, #arg, 2 do
    local name = arg[i]:match("^%-%-(%l+)$")
    if not OPTIONS[name] then usage("unknown option " .. arg[i]) end
    given[name] = arg[i + 1] or usage(arg[i] .. " needs a value")
  end
  local port = given.port and given.port:find("^%d+$") and tonumber(given.port)
  if not port or port > 65535 then usage "--port needs a number from 0 to 65535" end
  if (given.cert == nil) ~= (given.key == nil) then usage "--cert and --key go together" end
  if not ROLES[given.role] then usage("there is no role " .. given.role) end
  return given, port
end

-- ECDHE-RSA-AES128-GCM-SHA256 -> TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256
local function iana_name(name)
  if name:find("^TLS_") then return name end
  local exchange, cipher = name:match("^(%u+%-%u+)%-(.+)$")
  if not exchange then return name end
  cipher = cipher:gsub("AES(%d%d%d)%-SHA", "AES_%1_CBC_SHA"):gsub("AES(%d%d%d)", "AES_%1")
    :gsub("POLY1305$", "POLY1305_SHA256")
  return ("TLS_%s_WITH_%s"):format(exchange, cipher):gsub("%-", "_")
end

local function words(list)
  local found = {}
  for word in list:gmatch("[^:,%s]+") do found[#found + 1] = word end
  return found
end

local function suites(list)
  local names = {}
  for i, word in ipairs(words(list)) do
    names[i] = iana_name(word)
    if not cipher_suite:value(names[i]) then
      usage("--ciphers: there is no cipher suite " .. word)
    end
  end
  return names
end

local function self_signed(kind)
  local key = issue.key(kind)
  return issue.certificate {
    subject = "localhost", key = key,
    subject_alt_names = { "dns:localhost", "ip:127.0.0.1", "ip:::1" },
    extended_key_usage = { "server_auth" },
  }, key
end

local function is_rsa(certificate)
  local file = io.open(certificate, "rb")
  local first = wolfssl.certificate(file and file:read("*a") or certificate)
  if file then file:close() end
  return first and first:public_key().algorithm == "rsa"
end

-- Whoever does not speak TLS 1.3 gets the context with the schemes of its key alone.
local function add_older(options)
  local older = {}
  for name, value in pairs(options) do older[name] = value end
  older.signature_schemes = is_rsa(options.certificate) and RSA_SCHEMES or EC_SCHEMES
  local context = assert(wolfssl.server(older))
  function options.on_client_hello(hello)
    local versions = tls.extension.find(hello.extensions, "supported_versions")
    return not versions and { context = context } or nil
  end
end

local function build(given)
  local role = ROLES[given.role]
  local options = { certificate = given.cert, key = given.key, max_client_hello = LARGEST_HELLO }
  if not given.cert and role.kind then options.certificate, options.key = self_signed(role.kind) end
  for name, value in pairs(role.options or {}) do options[name] = value end
  if role.trust then options.trust = options.certificate end
  if given.ciphers then options.cipher_suites = suites(given.ciphers) end
  if given.groups then options.groups = words(given.groups) end
  if role.older then add_older(options) end
  local ran, context, message = pcall(wolfssl.server, options)
  if not ran then usage((tostring(context):gsub("^%S+:%d+: ", ""))) end
  return context or fail(1, message), role.converse or respond
end

-- ---------------------------------------------------------------------------------- many at once

local tasks = {} -- by descriptor: those that wait
local count, born = 0, 0

local function now() return core.fd.monotime() end

local function wait(fd, mode, timeout)
  return coroutine.yield(fd, mode, timeout)
end

local function resume(task, ...)
  tasks[task.fd] = nil
  local ran, fd, mode, timeout = coroutine.resume(task.thread, ...)
  if coroutine.status(task.thread) == "suspended" then
    task.mode, task.moment = mode, timeout and now() + timeout
    tasks[fd] = task
    return
  end
  count = count - 1
  if not ran then core.fd.close(task.fd) end
  if fd then io.stderr:write("tls_server: ", (tostring(fd):gsub("[\r\n]+", " ")), "\n") end
end

local function oldest()
  local found
  for _, task in pairs(tasks) do
    if not found or task.born < found.born then found = task end
  end
  return found
end

local function accept(listener, context, converse)
  local fd = core.fd.accept(listener, 0)
  if not fd then return end
  if count >= CONNECTIONS then resume(oldest(), nil, "timeout") end
  count, born = count + 1, born + 1
  resume({ fd = fd, born = born, thread = coroutine.create(serve) }, context, converse, fd, wait)
end

local function next_moment()
  local moment
  for _, task in pairs(tasks) do
    if task.moment and (not moment or task.moment < moment) then moment = task.moment end
  end
  return moment and math.max(moment - now(), 0)
end

local function expire()
  local time, late = now(), {}
  for _, task in pairs(tasks) do
    if task.moment and task.moment <= time then late[#late + 1] = task end
  end
  for _, task in ipairs(late) do resume(task, nil, "timeout") end
end

local function run(listener, context, converse)
  while true do
    local modes = { [listener] = "r" }
    for fd, task in pairs(tasks) do modes[fd] = task.mode end
    for _, fd in ipairs(core.fd.poll_any(modes, next_moment()) or {}) do
      if fd == listener then accept(listener, context, converse)
      elseif tasks[fd] then resume(tasks[fd], true) end
    end
    expire()
  end
end

core.fd.ignore_sigpipe()
local given, wanted = read_arguments()
local context, converse = build(given)
local listener, port = core.fd.listen("127.0.0.1", wanted)
if not listener then fail(1, port) end
io.stdout:write(("listening on %d\n"):format(port))
io.stdout:flush()
run(listener, context, converse)
