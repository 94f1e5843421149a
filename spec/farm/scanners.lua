--- Other scanners: how each is called, and which of our probes answer the same questions.

local helper = require "helper"
local monotime = require("wolfssl.core").fd.monotime
local peers = require "interop.peers"
local pki = require "pki"

local M = {}

local SSLSCAN = "sslscan --no-colour --sni-name=localhost --xml=- %s 127.0.0.1:${port}"
local NMAP = "nmap -Pn -n --script %s --script-args tls.servername=localhost,vulns.showall"
  .. " -oX - 127.0.0.1 -p ${port}"

local SUITES = { versions = true, suites = true, order = true }

--- In what they are compared, by name: `command`, and `probes` of ours for the same facts. Those
-- named "… suites" ask for no more than those, and what else is said is not compared (`only`: kinds
-- of facts).
M.contests = {
  ["sslscan suites"] = { tool = "sslscan", probes = "versions,suites", only = SUITES,
    command = SSLSCAN:format("--no-heartbleed --no-compression --no-fallback --no-renegotiation"
      .. " --no-groups --no-check-certificate") },
  ["nmap suites"] = { tool = "nmap", probes = "versions,suites", only = SUITES,
    command = NMAP:format "+ssl-enum-ciphers" },
  sslscan = { tool = "sslscan",
    probes = "versions,sslv2,suites,groups,dhe,schemes,compression,downgrade,heartbleed"
      .. ",client_certificate,certificate,staple,renegotiation",
    command = SSLSCAN:format "--ocsp --show-sigs --show-client-cas" },
  nmap = { tool = "nmap",
    probes = "versions,sslv2,suites,groups,dhe,compression,alpn,certificate,heartbleed"
      .. ",ccs_injection,ticketbleed",
    command = NMAP:format("+ssl-enum-ciphers,+sslv2,+ssl-cert,+tls-alpn,+ssl-heartbleed"
      .. ",+ssl-ccs-injection,+tls-ticketbleed") },
  testssl = { tool = "testssl",
    probes = "versions,sslv2,suites,groups,dhe,extensions,alpn,compression,downgrade"
      .. ",resumption,certificate,chain,staple,scts,heartbleed,ccs_injection,robot,ticketbleed"
      .. ",renegotiation",
    command = "testssl --quiet --color 0 -p -P -E -f -S -H -I -T -BB -R -C -Z --warnings off"
      .. " --nodns none --ip 127.0.0.1 --openssl-timeout 20 --add-ca ${root}"
      .. " --jsonfile /dev/fd/3 localhost:${port} 3>&1 >/dev/null 2>&1" },
}

local OURS = "${lua} lua/bin/wolfprobe scan --servername localhost --ca ${root} --format ndjson"
  .. " --fail-on never --probes ${probes} 127.0.0.1:${port}"

-- Connections that anybody in this network accepted so far; nil where it is not ours alone.
local function accepted()
  if not os.getenv "FARM_ALONE" then return nil end
  local names, values = helper.read("/proc/net/snmp"):match "Tcp: (%a[^\n]*)\nTcp: ([^\n]*)"
  local value = values:gmatch "%S+"
  for name in names:gmatch "%S+" do
    local number = tonumber(value())
    if name == "PassiveOpens" then return number end
  end
end

local function run(command, values)
  local before, start = accepted(), monotime()
  local output = helper.run((command:gsub("%${(%l+)}", values)))
  return { output = output, seconds = monotime() - start,
    connections = before and accepted() - before }
end

local root

--- Both sides of a contest, one after the other, on one server.
-- @tparam string name of the contest
-- @tparam table configuration of farm.configurations
-- @treturn table {contest, server, load, ours and theirs = {output, seconds, connections}}
function M.ask(name, configuration)
  root = root or peers.trust { pki.root }
  local contest, server = M.contests[name], configuration.start()
  -- What a server writes must not fill the pipe.
  local reader = helper.spawn(("exec cat /proc/%d/fd/1 >/dev/null"):format(server.pid))
  local values = { port = server.port, root = root, probes = contest.probes,
    lua = helper.interpreter() }
  local result = { contest = name, server = configuration.name,
    load = helper.read "/proc/loadavg":match "%S+", ours = run(OURS, values),
    theirs = run(contest.command, values) }
  server:stop()
  reader:stop()
  return result
end

return M
