-- What other scanners find out about the same servers: lua5.4 spec/farm/compare.lua [NAME …]
--
-- A line for each server: for each tool the facts that it tells otherwise than the configuration
-- (versions; suites of TLS 1.2 and 1.3), its connections, its seconds as a ratio to those of
-- `wolfprobe scan`. Below it each difference. A NAME chooses the servers that have it in theirs.
--
--   TOOLS="wolfprobe sslscan nmap"   the default; testssl takes a minute and more for a server

dofile((arg[0]:match "^(.*/)" or "") .. "../examples/checkout.lua")
package.path = "spec/?.lua;" .. package.path

local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local cjson = require "cjson"
local configurations = require "farm.configurations"
local core = require "wolfssl.core"
local helper = require "helper"
local peers = require "interop.peers"

local VERSIONS = { ["2"] = "SSL 2.0", ["3"] = "SSL 3.0", ["1.0"] = "TLS 1.0", ["1.1"] = "TLS 1.1",
  ["1.2"] = "TLS 1.2", ["1.3"] = "TLS 1.3" }
local COMPARED = { "TLS 1.3", "TLS 1.2" }

local function add(found, version, suite)
  found.versions[version] = true
  found.suites[version] = found.suites[version] or {}
  if suite then found.suites[version][suite] = true end
end

-- Each tool: what it is called with, and what its output says.
local TOOLS = {
  wolfprobe = {
    command = "lua5.4 lua/bin/wolfprobe scan --servername localhost --format ndjson"
      .. " --probes versions,suites 127.0.0.1:%d",
    read = function(output, found)
      local record = cjson.decode(output:match "{.*}")
      for _, version in ipairs(record.facts.versions) do add(found, version.name) end
      for version, suites in pairs(record.facts.suites) do
        for _, suite in ipairs(suites.list) do add(found, version, suite.name) end
      end
    end,
  },
  sslscan = {
    command = "sslscan --no-colour --sni-name=localhost --no-heartbleed --no-compression"
      .. " --no-fallback --no-renegotiation --no-groups --no-check-certificate --xml=-"
      .. " 127.0.0.1:%d",
    read = function(output, found)
      for version in output:gmatch '<protocol type="%l+" version="([%d.]+)" enabled="1"' do
        found.versions[VERSIONS[version]] = true
      end
      for version, id in output:gmatch 'sslversion="TLSv([%d.]+)"[^>]-id="0x(%x+)"' do
        add(found, VERSIONS[version], cipher_suite:entry(tonumber(id, 16)).name)
      end
    end,
  },
  nmap = {
    command = "nmap -Pn -n --script ssl-enum-ciphers"
      .. " --script-args tls.servername=localhost -oX - 127.0.0.1 -p %d",
    read = function(output, found)
      local version
      for kind, word in output:gmatch '<(%l+ key="%l*)"?>?([%w_.]*)' do
        if kind == 'table key="' then version = VERSIONS[word:match "^TLSv(.*)$" or ""] or version
        elseif kind == 'elem key="name' and version then
          local name = word:gsub("TLS_AKE_WITH_", "TLS_")
          add(found, version, cipher_suite:value(name) and name)
        end
      end
    end,
  },
  testssl = {
    command = "testssl --quiet --color 0 -p -E --warnings off --jsonfile /dev/fd/3"
      .. " 127.0.0.1:%d 3>&1 >/dev/null 2>&1",
    read = function(output, found)
      for id, finding in output:gmatch '"id"%s*:%s*"([%w_.%-]+)".-"finding"%s*:%s*"([^"]*)"' do
        local version = id:match "^TLS([%d_]+)$"
        if version and finding:find "^offered" then
          add(found, VERSIONS[version == "1" and "1.0" or version:gsub("_", ".")])
        end
        version = id:match "^cipher%-tls([%d_]+)_x"
        local suite = finding:match "(TLS_[%w_]+)%s*$"
        if version and suite then
          add(found, VERSIONS[version == "1" and "1.0" or version:gsub("_", ".")], suite)
        end
      end
    end,
  },
}

local monotime = core.fd.monotime

-- How often a command connects to that port. Some loops call connect(2) once more to see whether it
-- went well.
local function connections(command, port)
  local trace = peers.path "trace"
  helper.run(("strace -f -qq -e trace=connect -o %s %s"):format(trace, command))
  local count, waiting = 0, {}
  for line in io.lines(trace) do
    local fd = line:match("connect%((%d+), .*sin_port=htons%(" .. port .. "%)")
    if fd and not waiting[fd] then count = count + 1 end
    if fd then waiting[fd] = line:find "EINPROGRESS" and not waiting[fd] end
  end
  return count
end

local function ask(tool, configuration)
  local server = configuration.start()
  local command, found = tool.command:format(server.port), { versions = {}, suites = {} }
  local start = monotime()
  local output = helper.run(command)
  found.seconds = monotime() - start
  tool.read(output, found)
  if tool ~= TOOLS.testssl then found.connections = connections(command, server.port) end
  server:stop()
  return found
end

local function set(list)
  local out = {}
  for _, item in ipairs(list) do out[item] = true end
  return out
end

local function each_difference(what, expected, found, say)
  for item in pairs(expected) do
    if not found[item] then say(("misses %s%s"):format(what, item)) end
  end
  for item in pairs(found) do
    if not expected[item] then say(("invents %s%s"):format(what, item)) end
  end
end

-- What a tool says otherwise than the configuration.
local function differences(configuration, found)
  local list = {}
  local function say(text) list[#list + 1] = text end
  local facts = configuration.facts
  if facts.versions then each_difference("", set(facts.versions), found.versions, say) end
  for _, version in ipairs(COMPARED) do
    local suites = facts.suites and facts.suites[version]
    if suites and suites.list then
      each_difference(version .. " ", set(suites.list), found.suites[version] or {}, say)
    end
  end
  table.sort(list)
  return list
end

local function wanted(name)
  if #arg == 0 then return true end
  for _, word in ipairs(arg) do
    if name:find(word, 1, true) then return true end
  end
end

local tools, totals = {}, {}
for name in (os.getenv "TOOLS" or "wolfprobe sslscan nmap"):gmatch "%S+" do
  tools[#tools + 1] = name
  totals[name] = { differences = 0, connections = 0, seconds = 0 }
end

local function cell(total, list, found, base)
  total.differences = total.differences + #list
  total.connections = total.connections + (found.connections or 0)
  total.seconds = total.seconds + found.seconds
  return ("%d wrong %s conn. %.1fx"):format(#list, found.connections or "?",
    found.seconds / base)
end

for _, configuration in ipairs(configurations) do
  local facts = configuration.facts
  if (facts.versions or facts.suites) and wanted(configuration.name) then
    local line, notes, base = {}, {}, nil
    for _, name in ipairs(tools) do
      local found = ask(TOOLS[name], configuration)
      local list = differences(configuration, found)
      base = base or found.seconds
      line[#line + 1] = ("%s: %s"):format(name, cell(totals[name], list, found, base))
      for _, text in ipairs(list) do notes[#notes + 1] = ("    %s %s"):format(name, text) end
    end
    print(configuration.name .. "\n  " .. table.concat(line, " | "))
    for _, text in ipairs(notes) do print(text) end
  end
end

print "in all"
for _, name in ipairs(tools) do
  local total = totals[name]
  print(("  %s: %d wrong, %d connections, %.2f times the seconds of %s"):format(name,
    total.differences, total.connections, total.seconds / totals[tools[1]].seconds, tools[1]))
end
peers.cleanup()
