-- What other scanners say of the farm's servers.

local cjson = require "cjson"
local configurations = require "farm.configurations"
local helper = require "helper"
local peers = require "interop.peers"

local function compare(arguments)
  return helper.run(("%s spec/farm/compare.lua %s"):format(helper.interpreter(), arguments))
end

-- One of each program, where it is installed.
local SERVERS = { openssl = "openssl: RSA key exchange", nginx = "nginx: its own order, and HTTP/2",
  stunnel4 = "stunnel: one suite and curve" }

local function names()
  local list = {}
  for program, server in pairs(SERVERS) do
    if helper.have(program) then list[#list + 1] = helper.quote(server) end
  end
  return table.concat(list, " "), #list
end

local RECORD = '{"facts":{"versions":[{"name":"TLS 1.2"}],"sslv2":%s}}'
local XML = '<protocol type="tls" version="1.2" enabled="1" />'
  .. '<protocol type="ssl" version="2" enabled="0" />'

-- Results as they are kept: what sslscan wrote, and what we found of SSL 2.0.
local function kept(sslv2, servers)
  local lines = {}
  for i, server in ipairs(servers or { "a server" }) do
    lines[i] = cjson.encode { server = server, contest = "sslscan",
      ours = { output = RECORD:format(sslv2), seconds = 1, connections = 2 },
      theirs = { output = XML, seconds = 3, connections = 4 } } .. "\n"
  end
  return helper.write(peers.path "kept", table.concat(lines))
end

describe("another scanner", function()
  teardown(peers.cleanup)

  for tool, contests in pairs { sslscan = "sslscan", nmap = "nmap suites" } do
    it(tool .. " finds the same facts, or it is known why not", function()
      if not helper.have(tool) then return pending("needs package " .. tool) end
      local servers, count = names()
      local output, status = compare(("--with %s %s"):format(helper.quote(contests), servers))
      assert.truthy(output:find(("%s, %d servers"):format(contests, count), 1, true), output)
      assert.truthy(output:find "%d+ facts agree", output)
      assert.truthy(output:find("\n0 differences are not explained", 1, true), output)
      assert.equal(0, status)
    end)
  end

  it("that agrees is told with connections and seconds", function()
    local output, status = compare("--kept " .. kept "false")
    assert.truthy(output:find("sslscan: 2 facts agree, 0 differ; 4 connections, ours 2; "
      .. "3.00 times our seconds", 1, true), output)
    assert.equal(0, status)
  end)

  it("that differs for a reason which nobody knows ends the comparison with 1", function()
    local output, status = compare("--kept " .. kept "true")
    assert.truthy(output:find("sslv2: they false, we true\n      NOT EXPLAINED", 1, true), output)
    assert.equal(1, status)
  end)

  it("has reasons that are needless once it was asked about every server they are for", function()
    local all = {}
    for i, server in ipairs(configurations) do all[i] = server.name end
    local output = compare("--kept " .. kept("false", all))
    assert.truthy(output:find("\nneedless: sslscan, -, ^renegotiation: secure", 1, true), output)
    assert.truthy(output:find("\nneedless: sslscan, two keys, ", 1, true), output)
    assert.falsy(output:find "\nneedless: [^s]", output)
    output = compare("--kept " .. kept("false", { "openssl: two keys" }))
    assert.equal(1, select(2, output:gsub("\nneedless: ", "")), output)
    assert.truthy(output:find("\nneedless: sslscan, two keys, ", 1, true), output)
  end)
end)
