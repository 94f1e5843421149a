--- wolfprobe diagnose: why a handshake fails.
-- @module wolfssl.cli.diagnose

local client = require "wolfssl.cli.client"
local diagnose = require "wolfssl.probe.diagnose"
local exit = require "wolfssl.cli".exit
local input = require "wolfssl.cli.input"
local harmless = require "wolfssl.trace.render.harmless"
local hello = require "wolfssl.probe.hello"
local issue = require "wolfssl.issue"
local json = require "wolfssl.trace.render.json"
local offer = require "wolfssl.probe.diagnose.offer"
local probe = require "wolfssl.probe"
local recording = require "wolfssl.probe.recording"
local starttls = require "wolfssl.starttls"
local target_of = require "wolfssl.cli.target"
local text = require "wolfssl.trace.render.text"
local wolfssl = require "wolfssl"

local M = {}

--- Describes the arguments.
-- @tparam Parser parser of argparse
function M.define(parser)
  parser:argument("target", "HOST or HOST:PORT (443, or that of --starttls).")
  parser:option("--as", "Say what this client says: " .. table.concat(hello.templates, ", ") .. ".")
    :argname "<client>":choices(hello.templates)
  parser:option("--versions", "Versions to offer, such as 1.3,1.2."):argname "<a,b>"
  parser:option("--suites", "Cipher suites to offer, by IANA's names."):argname "<a,b>"
  parser:option("--groups", "Groups to offer."):argname "<a,b>"
  parser:option("--schemes", "Signature schemes to offer."):argname "<a,b>"
  parser:option("--alpn", "Application protocols to offer."):argname "<a,b>"
  parser:option("--servername", "The name that is sent as SNI, and must be in the certificate.")
    :convert(target_of.server_name)
  parser:flag("--no-servername", "Send none.")
  parser:option("--ca", "Trust these roots instead of the system's: PEM or DER file, or directory.")
  parser:flag("--insecure", "Leave the certificates alone.")
  parser:option("--cert", "Our certificate chain, for a server that asks for one.")
  parser:option("--key", "Its private key.")
  parser:option("--starttls", "Ask for TLS in this protocol first."):argname "<protocol>"
    :choices(starttls.protocols)
  parser:option("--timeout", "Seconds for each wait."):default("5"):convert(tonumber)
  parser:flag("--explain", "Explain both handshakes, the one that fails and the one that does not.")
  parser:option("--capture", "Write all handshakes, as pcapng."):argname "<file>"
  parser:flag("--json", "The result as JSON.")
end

local function split(list)
  if not list then return nil end
  local names = {}
  for name in list:gmatch "[^,%s]+" do names[#names + 1] = name end
  return names
end

local function versions_of(list)
  local names = split(list)
  for i, name in ipairs(names or {}) do
    names[i] = name:find "^%d" and (name:find "^3" and "SSL " or "TLS ") .. name or name
  end
  return names
end

local function contents(path)
  local file, message = input.open(path)
  if not file then return nil, message end
  local bytes = file:read "*a"
  file:close()
  return bytes
end

-- A certificate that nobody has seen before.
local function made()
  local key = issue.key "secp256r1"
  return { issue.certificate { subject = "Nobody", key = key,
    extended_key_usage = { "client_auth" } } }, key
end

local function show_certificate(case, arguments)
  if not (arguments.key or arguments.cert) then return true end
  if not (arguments.key and arguments.cert) then
    return nil, "--cert and --key belong together"
  end
  local chain, message = contents(arguments.cert)
  if not chain then return nil, message end
  case.certificate, message = wolfssl.certificates(chain)
  if not case.certificate then return nil, arguments.cert .. ": " .. message end
  case.key, message = contents(arguments.key)
  return case.key, message
end

-- What our side says; nil and what is wrong with the arguments.
local function case_of(arguments)
  local case = arguments.as and offer.template(arguments.as) or {}
  case.versions = versions_of(arguments.versions) or case.versions
  case.cipher_suites = split(arguments.suites) or case.cipher_suites
  case.groups = split(arguments.groups) or case.groups
  if arguments.groups then case.shares = nil end
  case.signature_algorithms = split(arguments.schemes) or case.signature_algorithms
  case.alpn = split(arguments.alpn) or case.alpn
  if arguments.no_servername then case.server_name = false end
  case.insecure, case.made = arguments.insecure, made
  local ok, message = show_certificate(case, arguments)
  if not ok then return nil, message end
  if not arguments.insecure then
    case.trust, message = wolfssl.trust(arguments.ca or "system")
    if not case.trust then return nil, message end
  end
  return case
end

local function line_of(number, one)
  local outcome = one.ok and "goes well" or one.message
  local chosen = {}
  for _, list in ipairs { "versions", "cipher_suites", "groups" } do
    if one.chosen[list] then chosen[#chosen + 1] = one.chosen[list].name end
  end
  if one.ok then outcome = outcome .. ": " .. table.concat(chosen, ", ") end
  return ("  %2d  %s\n      %s"):format(number, one.what, outcome)
end

local function lines_of(result)
  local lines = { target_of.text(result) .. (result.ok and " is in order" or "") }
  if result.cause then
    lines[2] = "cause     " .. result.cause.text
    if result.cause.change then
      lines[3] = ("change    %s: %s"):format(result.cause.change,
        result.cause.flips and "the chain is good then" or "something else is wrong, too")
    elseif result.after then
      lines[3] = ("change    %s"):format(table.concat(result.cause.changes, ", "))
      lines[4] = ("evidence  handshake %d fails, %d goes well"):format(result.before, result.after)
    end
  end
  lines[#lines + 1] = ("%d connection%s:"):format(result.connections,
    result.connections == 1 and "" or "s")
  for i, one in ipairs(result.attempts) do lines[#lines + 1] = line_of(i, one) end
  for i, line in ipairs(lines) do lines[i] = harmless.text(line, "\n") end
  return table.concat(lines, "\n") .. "\n"
end

-- The two handshakes that the verdict rests on, explained.
local function explanations(result)
  local list = {}
  for _, which in ipairs { "before", "after" } do
    local c = result[which] and result.conversations[result[which]]
    if c then list[#list + 1] = { which = which, explanation = c:explain() } end
  end
  return list
end

local function print_json(result, arguments)
  local report = {}
  for name, value in pairs(result) do
    if name ~= "conversations" then report[name] = value end
  end
  for _, attempt in ipairs(report.attempts) do json.object(attempt.chosen) end
  if arguments.explain then
    report.explained = {}
    for _, one in ipairs(explanations(result)) do report.explained[one.which] = one.explanation end
  end
  io.stdout:write(json.encode(report), "\n")
end

local TITLES = { before = "The handshake that fails", after = "The handshake that goes well" }

local function print_text(result, arguments)
  io.stdout:write(lines_of(result))
  for _, one in ipairs(arguments.explain and explanations(result) or {}) do
    io.stdout:write("\n", TITLES[one.which], "\n\n", text.render(one.explanation, {}))
  end
end

local function write_capture(path, result)
  local list = {}
  for i = 1, #result.attempts do list[#list + 1] = result.conversations[i] end
  local out, message = io.open(path, "wb")
  if not out then return nil, message end
  out:write(recording.capture(list))
  return out:close()
end

local function complain(message)
  io.stderr:write("wolfprobe diagnose: ", message, "\n")
  return exit.usage
end

--- Runs the command.
-- @tparam table arguments as argparse gives them
-- @treturn int exit code: 0 when nothing is wrong, 3 when there is no connection, 1 otherwise
function M.run(arguments)
  if not arguments.timeout or arguments.timeout <= 0 then
    return complain "--timeout needs a number of seconds"
  end
  local place, message = target_of.parse(arguments.target, client.port(arguments))
  if not place then return complain(message) end
  local case, wrong = case_of(arguments)
  if not case then return complain(wrong) end
  local target = probe.target(place.host, place.port, { server_name = arguments.servername,
    starttls = arguments.starttls, timeout = arguments.timeout })
  local fine, result = pcall(diagnose.run, target, case)
  if not fine then return complain((result:gsub("^[^:]+:%d+: ", ""))) end
  local out = arguments.json and print_json or print_text
  out(result, arguments)
  if arguments.capture then
    local ok, why = write_capture(arguments.capture, result)
    if not ok then return complain(why) end
  end
  if result.ok then return exit.ok end
  return result.cause.code == "network" and exit.network or exit.tls
end

return M
