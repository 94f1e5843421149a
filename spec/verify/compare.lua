-- Writes spec/verify/README.md: what clients think of the same chains, each in a real handshake.
-- From the top of the checkout, built: lua5.4 spec/verify/compare.lua (needs lua-sec, golang, gcc)

package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path
package.cpath = "build/" .. _VERSION:match("%d%.%d") .. "/?.so;" .. package.cpath

local blocking = require "wolfssl.transport.blocking"
local cases = require "verify.compare.cases"
local core = require("wolfssl.core").fd
local helper = require "helper"
local server = require "attack.server"

local HERE = "spec/verify/compare/"
local README = "spec/verify/README.md"
local directory = helper.tempdir()
local listener, port = assert(core.listen("127.0.0.1", 0))

local function build(command)
  local output, status = helper.run(command)
  assert(status == 0, output)
end

build(("gcc -o %s/wolfssl %swolfssl.c -lwolfssl"):format(directory, HERE))
build(("go build -o %s/go %sgo.go"):format(directory, HERE))

local CLIENTS = {
  { "here", function(ca, host)
    local kind = host:find("^[%d.:]+$") and "IP" or "DNS"
    return ("lua5.4 spec/examples/tls_client.lua %d %s %s '%s'"):format(port, ca, kind, host)
  end },
  { "wolfSSL", function(ca, host)
    return ("%s/wolfssl %d %s '%s'"):format(directory, port, ca, host)
  end },
  { "LuaSec", function(ca, host)
    return ("lua5.4 %sluasec.lua %d %s '%s'"):format(HERE, port, ca, host)
  end },
  { "Go", function(ca, host) return ("%s/go %d %s '%s'"):format(directory, port, ca, host) end },
}

local function serve(case)
  local transport = blocking.new(assert(core.accept(listener, 10)))
  local ders = {}
  for i, certificate in ipairs(case.chain) do ders[i] = certificate:der() end
  local s = server.new(transport, { chain = ders, key = case.key, scheme = case.scheme })
  if s:handshake() then s:send(21, "\1\0") end
  transport:finish()
  s:listen()
  transport:close()
end

-- Whether a client accepts the chain; it may also say so before it connects.
local function accepts(client, case)
  local ca = helper.write(directory .. "/ca.pem", case.anchor:pem())
  local pipe = io.popen(("{ %s; } >/dev/null 2>&1 </dev/null; echo $?"):format(
    client[2](ca, case.host)))
  pcall(serve, case)
  local status = tonumber(pipe:read("*a"))
  pipe:close()
  assert(status < 2, case.what)
  return status == 0
end

local function row(case)
  local cells = { case.rfc, case.what, "`" .. case.spec .. "`" }
  for _, client in ipairs(CLIENTS) do
    local accepted = accepts(client, case)
    local word = accepted and "accepts" or "refuses"
    cells[#cells + 1] = accepted == case.good and word or "**" .. word .. "**"
  end
  return "| " .. table.concat(cells, " | ") .. " |\n"
end

local function version(command, pattern)
  return helper.run(command):match(pattern)
end

local good = cases.list()[1]
for _, client in ipairs(CLIENTS) do
  assert(accepts(client, good), client[1] .. " cannot even talk to the server")
end

local lines = { ([[
# What clients think of the same chains

The table is written by `compare.lua`: every chain is shown by one server in a handshake of TLS
1.3, to a client that trusts one root and wants one name. **Bold** is the wrong answer by the RFC of
the row or, where that leaves a choice (hashes, sizes of keys, a CA as leaf), the less safe one. The
specs named are in this directory.

Clients: `spec/examples/tls_client.lua`; wolfSSL %s alone, with `wolfSSL_check_domain_name`;
LuaSec %s on %s, with `verify = "peer"`: it compares no names; crypto/tls of %s. All with
their defaults. What only options ask for is not in it: revocation (`crl_spec`, `ocsp_spec`),
certificate policies (`policy_spec`), less depth (`path_spec`).

| RFC | the chain | spec | here | wolfSSL | LuaSec | Go |
|---|---|---|---|---|---|---|
]]):format(require("wolfssl.core").version.wolfssl, require("ssl")._VERSION,
  version("openssl version", "^OpenSSL %S+"), version("go version", "go[%d.]+")) }
for _, case in ipairs(cases.list()) do lines[#lines + 1] = row(case) end
lines[#lines + 1] = helper.read(README):match("\n## .*") -- what is written by hand
helper.write(README, table.concat(lines))
helper.cleanup()
