--- wolfprobe demo: handshakes of every kind between a real client and a real server, told from both
-- sides.
-- @module wolfssl.cli.demo

local connect = require "wolfssl.cli.connect"
local explain = require "wolfssl.cli.explain"
local exit = require "wolfssl.cli".exit
local farm = require "wolfssl.cli.demo.farm"
local loopback = require "wolfssl.cli.demo.loopback"
local wolfssl = require "wolfssl"

local M = {}

local NAME = "demo.example"

--- Describes the arguments.
-- @tparam Parser parser of argparse
function M.define(parser)
  parser:argument("target", "HOST or HOST:PORT: do the client's part there instead."):args "?"
  parser:option("--into", "Directory for handshake.html and handshake.pcapng."):default "."
end

local function say(format, ...)
  io.stdout:write(format:format(...), "\n")
end

-- A side of handshakes: its context, and what became of the last one.
local function side(role, options)
  local me = { role = role, log = {} }
  options.on_secret = function(line) me.log[#me.log + 1] = line end
  me.context = assert(wolfssl[role](options))
  return me
end

-- After a handshake one line goes each way, so that TLS 1.3 tickets and late refusals arrive.
local function talk(s, me)
  me.ok, me.message, me.code, me.detail = s:handshake()
  if me.ok then
    s:send("hello from the " .. me.role .. "\n")
    local heard, message, _, code, detail = s:receive("*l")
    me.heard, me.session = heard, s:connection():session()
    if not heard then me.ok, me.message, me.code, me.detail = nil, message, code, detail end
  end
  local connection = s:connection()
  me.info, me.verdict, me.chain = connection:info(), connection:verdict(),
    connection:peer_certificates()
  s:close()
end

local function meet(client, server, options)
  client.log, server.log = {}, {}
  loopback.run(function(t)
    talk(client.context:wrap(t, options), client)
  end, function(t)
    talk(server.context:wrap(t), server)
  end)
end

local FIELDS = {
  { "version", "version" }, { "suite", "cipher_suite" }, { "group", "group" },
  { "signature", "signature_scheme" }, { "client's", "client_signature_scheme" },
  { "resumed", "resumed" },
}

local function text_of(value)
  return type(value) == "table" and value.name or tostring(value)
end

local function show_sides(client, server)
  for _, field in ipairs(FIELDS) do
    local left, right = client.info[field[2]], server.info[field[2]]
    if left ~= nil and right ~= nil then
      left, right = text_of(left), text_of(right)
      say("  %-10s %s", field[1], left == right and left .. ", say client and server"
        or "client: " .. left .. ", server: " .. right)
    end
  end
end

local function show_chain(me, whose)
  if #me.chain == 0 then return say("  chain      none: the %s shows no certificate", whose) end
  local names = {}
  for i, certificate in ipairs(me.chain) do names[i] = certificate:subject_string() end
  names[#names + 1] = me.chain[#me.chain]:issuer_string()
  say("  chain      the %s's: %s", whose, table.concat(names, " < "))
  local why = me.info.resumed and "it was when the session was made"
    or "root, signatures, dates, purpose are right"
  say("  verified   by the %s: %s%s", me.role, why,
    whose == "server" and ", the name is " .. NAME or "")
end

-- CLIENT_RANDOM lines hold the master secret of TLS 1.2; TLS 1.3 has a line for each traffic
-- secret.
local function show_secrets(client, server)
  local same = #client.log > 0 and table.concat(client.log, "\n") == table.concat(server.log, "\n")
  local label, random = client.log[1]:match("^(%S+) (%x+)")
  say("  secrets    %s: %s %s..., %d line%s of key log",
    same and "the same on both sides" or "DIFFERENT", label, random:sub(1, 8), #client.log,
    #client.log == 1 and "" or "s")
  return same
end

local function demonstrate(title, client, server, options)
  say("\n== %s", title)
  meet(client, server, options)
  if not (client.ok and server.ok) then
    say("  FAILED     client: %s; server: %s", client.message or "ok", server.message or "ok")
    return false
  end
  show_sides(client, server)
  show_chain(client, "server")
  show_chain(server, "client")
  say("  heard      the client: \"%s\"; the server: \"%s\"", client.heard, server.heard)
  return show_secrets(client, server) and client.verdict.ok
end

local function refusal(title, client, server, options)
  meet(client, server, options)
  local refuser, refused = client, server
  if server.code ~= "alert_received" and server.code then refuser, refused = server, client end
  local expected = refuser.code and refused.code == "alert_received"
  say("  %s", title)
  say("    the %s refuses: %s", refuser.role, refuser.message or "NOTHING")
  say("    the %s gets the alert %s", refused.role,
    expected and refused.detail.name or "NONE: " .. tostring(refused.message))
  return expected
end

local TLS12, TLS13, NAMED = { max_version = "TLS 1.2" }, { min_version = "TLS 1.3" },
  { server_name = NAME }

-- Makers of the sides that the farm's people take.
local function cast()
  local people = farm.make()
  local function as(person)
    return { certificate = person.chain, key = person.key }
  end
  return {
    alice = as(people.client), mallory = as(people.stranger),
    asking = { verify = "required", trust = people.root },
    client = function(...) return side("client", farm.merged({ trust = people.root }, ...)) end,
    server = function(...) return side("server", farm.merged(as(people.server), ...)) end,
  }
end

local function good_handshakes(c)
  local client, server = c.client(TLS12), c.server()
  return {
    demonstrate("TLS 1.2: the server shows a certificate", client, server, NAMED),
    demonstrate("TLS 1.2, mutual: the client shows one, too", c.client(TLS12, c.alice),
      c.server(c.asking), NAMED),
    demonstrate("TLS 1.2, resumed: the session of the first handshake goes on", client, server,
      farm.merged(NAMED, { session = client.session })) and client.info.resumed,
    demonstrate("TLS 1.3, mutual", c.client(TLS13, c.alice), c.server(c.asking), NAMED),
  }
end

local function refusals(c)
  say("\n== What a wrong peer gets")
  return {
    refusal("a client whose certificate nobody knows", c.client(c.mallory), c.server(c.asking),
      NAMED),
    refusal("a client without a certificate", c.client(), c.server(c.asking), NAMED),
    refusal("sides without a common version", c.client(TLS12), c.server(TLS13), NAMED),
    refusal("a server that is not who it should be", c.client(), c.server(),
      { server_name = "other.example" }),
  }
end

-- One handshake told step by step, on screen, as a page and as a capture, also when it fails.
local function walk_through(arguments, options)
  options.html = arguments.into .. "/handshake.html"
  options.pcapng = arguments.into .. "/handshake.pcapng"
  options.color = "auto"
  local code = explain.run(options)
  if code == exit.ok or code == exit.tls then
    say("\nThe same for a browser: %s; for Wireshark: %s", options.html, options.pcapng)
  end
  return code
end

local function local_demonstration(arguments)
  say("wolfssl %s on wolfSSL %s: a client and a server on 127.0.0.1", wolfssl.version.module,
    wolfssl.version.wolfssl)
  local c = cast()
  local total, good = 0, 0
  for _, part in ipairs { good_handshakes, refusals } do
    local results = part(c)
    for i = 1, 4 do
      total = total + 1
      good = good + (results[i] and 1 or 0)
    end
  end
  say("\n== Step by step: TLS 1.2, mutual\n")
  local explained = walk_through(arguments, { demo = "tls12-mutual" }) == exit.ok
  say("\n%d of %d demonstrations went as they should%s.", good, total,
    explained and "" or "; the explanation failed")
  return good == total and explained and exit.ok or exit.tls
end

-- A server may well have one version only: what counts is how it goes without being told which.
local function remote_demonstration(arguments)
  local target, reached = arguments.target, false
  for _, version in ipairs { "1.2", "1.3" } do
    say("== TLS %s", version)
    local code = connect.run { target = target, min = version, max = version, timeout = 10 }
    if code == exit.usage then return code end
    reached = reached or code ~= exit.network
    say("")
  end
  if not reached then return exit.network end
  say("== Step by step\n")
  return walk_through(arguments, { target = target, timeout = 10 })
end

--- Runs the command.
-- @tparam table arguments as argparse gives them
-- @treturn int exit code
function M.run(arguments)
  if arguments.target then return remote_demonstration(arguments) end
  return local_demonstration(arguments)
end

return M
