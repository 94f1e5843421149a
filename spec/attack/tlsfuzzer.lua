-- Shows the conversations of tlsfuzzer to spec/examples/tls_server.lua, and counts, in Markdown.
-- From the top of the checkout, built:
--   lua5.4 spec/attack/tlsfuzzer.lua DIRECTORY [--why] [NAME...]
--
--   DIRECTORY  a checkout of tlsfuzzer; tlslite-ng and ecdsa are there, too, or installed
--   --why      what was expected, and what came, where it was not that
--   NAME       scripts with that in their names only

package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path
package.cpath = "build/" .. _VERSION:match("%d%.%d") .. "/?.so;" .. package.cpath

local helper = require "helper"
local conversations = require "attack.conversations"
local issue = require "wolfssl.issue"
local programs = require "examples.programs"
local wolfssl = require "wolfssl"

-- Read by Python before each script with a star: (EC)DHE for RSA key exchange, and what it needs.
local STARRED = [[
import sys
sys.path.insert(0, "DIRECTORY")
from tlslite.constants import CipherSuite, ExtensionType, GroupName, SignatureScheme
from tlslite.extensions import SignatureAlgorithmsExtension, SupportedGroupsExtension
from tlsfuzzer import expect, messages

for name in dir(CipherSuite):
    if name.startswith("TLS_RSA_WITH_"):
        for exchange in "ECDHE_RSA", "ECDHE_ECDSA", "DHE_RSA":
            other = name.replace("RSA", exchange, 1)
            if hasattr(CipherSuite, other):
                setattr(CipherSuite, name, getattr(CipherSuite, other))
                break

def scheme(name): return getattr(SignatureScheme, name)
SCHEMES = [scheme(name) for name in ("rsa_pkcs1_sha256", "rsa_pss_rsae_sha256",
    "ecdsa_secp256r1_sha256", "rsa_pkcs1_sha384", "rsa_pkcs1_sha512")]
hello = messages.ClientHelloGenerator.__init__
def with_extensions(self, ciphers=None, extensions=None, version=None, *more, **named):
    own = dict(extensions or {})
    if version is None or version >= (3, 3):
        own.setdefault(ExtensionType.signature_algorithms,
            SignatureAlgorithmsExtension().create(SCHEMES))
        own.setdefault(ExtensionType.supported_groups,
            SupportedGroupsExtension().create([GroupName.secp256r1, GroupName.x25519]))
    hello(self, ciphers, own or None, version, *more, **named)
messages.ClientHelloGenerator.__init__ = with_extensions

add_child = expect.ExpectCertificate.add_child
def with_exchange(self, child):
    if isinstance(child, (expect.ExpectServerHelloDone, expect.ExpectCertificateRequest)):
        add_child(self, expect.ExpectServerKeyExchange()).add_child(child)
        return child
    return add_child(self, child)
expect.ExpectCertificate.add_child = with_exchange
]]

local directory, why, wanted = nil, false, {}
for _, word in ipairs(arg) do
  if word == "--why" then why = true
  elseif directory then wanted[#wanted + 1] = word
  else directory = word end
end
if not directory then
  io.stderr:write("usage: tlsfuzzer.lua DIRECTORY [--why] [NAME...]\n")
  os.exit(2)
end
directory = helper.run("cd " .. helper.quote(directory) .. " && pwd"):gsub("%s+$", "")

local scratch = helper.tempdir()
helper.write(scratch .. "/sitecustomize.py", (STARRED:gsub("DIRECTORY", directory)))

local function certificate(kind, purpose)
  local key = issue.key(kind)
  local path = scratch .. "/" .. kind .. "-" .. purpose
  helper.write(path .. ".pem", wolfssl.certificate(issue.certificate { subject = "localhost",
    key = key, subject_alt_names = { "dns:localhost" }, extended_key_usage = { purpose } }):pem())
  helper.write(path .. ".key", key:pem())
  return path
end

local words = conversations.words
words.rsa = "-k tests/clientX509Key.pem -c tests/clientX509Cert.pem"
words.ecdsa = ("-k %s.key -c %s.pem"):gsub("%%s", certificate("secp256r1", "client_auth"))
words.eddsa = ("-k %s.key -c %s.pem"):gsub("%%s", certificate("ed25519", "client_auth"))
words.own = ("--cert %s.pem --key %s.key"):gsub("%%s", certificate("secp256r1", "server_auth"))

local function is_wanted(script)
  for _, name in ipairs(wanted) do
    if script:find(name, 1, true) then return true end
  end
  return #wanted == 0
end

-- The last of what was expected and what came, of each conversation that went wrong, counted.
local function reasons(output)
  local list, counts = {}, {}
  for part in ("\n" .. output):gmatch("Error encountered while processing(.-)\n\n") do
    local expected = part:match("^ node (.-) %(child") or "?"
    local came = part:match("\n([%w_.]+Error[^\n]*)%s*$") or part:match("([^\n]*)%s*$")
    local reason = (expected .. ": " .. came):gsub(" object at 0x%x+", "")
    if not counts[reason] then list[#list + 1] = reason end
    counts[reason] = (counts[reason] or 0) + 1
  end
  for i, reason in ipairs(list) do list[i] = ("    %d x %s"):format(counts[reason], reason) end
  return table.concat(list, "\n")
end

local function run(port, script, arguments, starred)
  local path = (starred and scratch .. ":" or "") .. directory
  local output = helper.run(("cd %s && PYTHONPATH=%s timeout 300 python3 "):format(
    helper.quote(directory), helper.quote(path))
    .. ("scripts/test-%s.py -p %d %s"):format(script, port, arguments))
  local function count(word) return tonumber(output:match("\n" .. word .. ": (%d+)")) or 0 end
  return count "PASS", count "PASS" + count "FAIL", output
end

local sum = { scripts = 0, right = 0, passed = 0, total = 0 }

local function show(server, star, script, arguments)
  arguments = arguments:gsub("{(%w+)}", words)
  local passed, total, output = run(server.port, script, arguments, star ~= "")
  print(("| `%s`%s | %d | %d |"):format(script, star ~= "" and " *" or "", passed, total))
  if why and passed < total or total == 0 then print(total == 0 and output or reasons(output)) end
  sum.scripts, sum.passed, sum.total = sum.scripts + 1, sum.passed + passed, sum.total + total
  if total > 0 and passed == total then sum.right = sum.right + 1 end
end

local function start(arguments)
  local command = programs.command("tls_server", "--port 0 " .. arguments .. " 2>/dev/null")
  local process = helper.spawn(command, nil, 3600)
  process.port = tonumber(process:wait_for("^listening on (%d+)$"))
  return process
end

for _, group in ipairs(conversations) do
  local server
  for line in group.scripts:gmatch("[^\n]+") do
    local star, script, arguments = line:match("^%s*(%*?)(%S+)%s*(.-)%s*$")
    if is_wanted(script) then
      if not server then print("\n" .. group.title .. "\n") end
      server = server or start((group.server:gsub("{(%w+)}", words)))
      show(server, star, script, arguments)
    end
  end
  if server then server:stop() end
end
print(("\n%d scripts, %d wholly right; %d of %d conversations"):format(sum.scripts, sum.right,
  sum.passed, sum.total))
helper.cleanup()
