-- The same script under LuaSec and under ours, in all four combinations: what differs is listed.

local helper = require "helper"
local issue = require "wolfssl.issue"
local peers = require "interop.peers"
local pki = require "pki"

local XMPP, SRV = "1.3.6.1.5.5.7.8.5", "1.3.6.1.5.5.7.8.7"

local NAMES = {
  "dns:example.org", "dns:*.b.example", "ip:127.0.0.1", "ip:::1",
  { type = "rfc822_name", value = "a@b.example" },
  { type = "uniform_resource_identifier", value = "http://u.example/" },
  { type = "other_name", oid = XMPP, value = "\12\12xmpp.example" },
  { type = "other_name", oid = SRV, value = "\22\13_xmpp.example" },
}

-- The start of a line that differs, and where ours is then.
local DIFFERENCES = {
  -- RFC 7301: who shares no protocol is refused.
  ["alpn, nothing shared, "] = { server = true },
  -- A server of LuaSec loses the end of what a client of LuaSec has sent before it closed.
  ["tlsv1_3 rest"] = { server = true, client = true },
  ["tlsv1_3 end"] = { server = true, client = true },
}

local function files()
  local directory = helper.tempdir()
  local function save(name, kind, fields)
    local chain, key = peers.files(kind, fields)
    helper.write(("%s/%s.pem"):format(directory, name), helper.read(chain))
    helper.write(("%s/%s.key"):format(directory, name), helper.read(key))
  end
  local usage = { "digital_signature", "key_encipherment" }
  local subject = { { "C", "DE" }, { "O", "Käse" }, { "CN", "example.org" } }
  save("rsa", "rsa", { subject_alt_names = NAMES, key_usage = usage, subject = subject })
  save("ec", "secp256r1", {})
  save("ed", "ed25519", { not_before = 1700000000 })
  save("client", "secp256r1", { extended_key_usage = { "client_auth" } })
  save("server", "secp256r1", { extended_key_usage = { "server_auth" } })
  save("old", "secp256r1", { not_before = 1600000000, not_after = 1600086400 })
  local key = pki.key "secp384r1"
  local stranger = issue.certificate { subject = "Stranger", key = key }
  helper.write(directory .. "/stranger.pem", require("wolfssl").certificate(stranger):pem())
  helper.write(directory .. "/stranger.key", key:pem())
  helper.write(directory .. "/root.pem", helper.read(peers.trust()))
  return directory
end

local function run(directory, server, client)
  local output, status = helper.run(("LUA_PATH='lua/?.lua;lua/?/init.lua;;' LUA_CPATH='%s;;' %s %s"
    .. " %s %s %s"):format(package.cpath, helper.interpreter(), "spec/luasec/script.lua", server,
    client, directory))
  assert(status == 0, output)
  local lines, order = {}, {}
  for line in output:gmatch("[^\n]+") do
    local name, value = line:match("^(.-): (.*)$")
    name = name or line
    while lines[name] do name = name .. "'" end
    lines[name], order[#order + 1] = value, name
  end
  return lines, order
end

local function is_listed(name, server, client)
  for start, where in pairs(DIFFERENCES) do
    if name:sub(1, #start) == start
      and (where.server and server == "ours" or where.client and client == "ours") then
      return true
    end
  end
  return false
end

local function differences(expected, order, got, server, client)
  local found = {}
  for _, name in ipairs(order) do
    if got[name] ~= expected[name] and not is_listed(name, server, client) then
      found[#found + 1] = ("%s\n  LuaSec: %s\n  ours:   %s"):format(name, expected[name],
        tostring(got[name]))
    end
  end
  return table.concat(found, "\n")
end

describe("wolfssl.luasec beside LuaSec", function()
  local directory, expected, order

  setup(function()
    if not helper.have_module "ssl" then return end
    directory = files()
    expected, order = run(directory, "luasec", "luasec")
  end)
  teardown(peers.cleanup)

  for _, side in ipairs { { "ours", "luasec" }, { "luasec", "ours" }, { "ours", "ours" } } do
    it(("returns the same with %s as the server and %s as the client"):format(side[1], side[2]),
      function()
        if not helper.have_module "ssl" then return pending("needs package lua-sec") end
        local got = run(directory, side[1], side[2])
        assert.are.equal("", differences(expected, order, got, side[1], side[2]))
      end)
  end
end)
