local cjson = require "cjson"
local helper = require "helper"
local json = require "wolfssl.trace.render.json"
local peers = require "interop.peers"

local function record(host, change)
  local one = { schema = 1, host = host, port = 443, status = "tls", time = 0, seconds = 1,
    connections = 1, facts = { trusted = true }, evidence = {}, findings = {}, errors = {},
    probes = {} }
  for name, value in pairs(change or {}) do one[name] = value end
  return one
end

describe("wolfprobe diff", function()
  local directory
  setup(function() directory = helper.tempdir() end)
  teardown(peers.cleanup)

  local function write(name, list)
    local lines = {}
    for i, one in ipairs(list) do
      lines[i] = (type(one) == "table" and json.line(one) or one) .. "\n"
    end
    return helper.write(directory .. "/" .. name, table.concat(lines))
  end

  local function run(before, after, options)
    return helper.run(("%s lua/bin/wolfprobe diff %s %s %s"):format(helper.interpreter(),
      write("a", before), write("b", after), options or ""))
  end

  it("says nothing and exits with 0 where nothing changed", function()
    local journal = '{"journal":"wolfprobe scan","probes":"hello"}'
    assert.same({ "", 0 }, { run({ journal, record "a" }, { "", record "a" }) })
  end)

  it("says what changed, host by host, and exits with 1", function()
    local output, status = run({ record "a", record "gone", record "same" },
      { record("a", { facts = { trusted = false, evil = "\27[31m" } }), record "same",
        record "new" })
    assert.equal(1, status)
    assert.equal("gone:443\n  scan: not scanned any more\na:443\n  evil: known now: ?[31m\n"
      .. "  trusted: no, was yes\nnew:443\n  scan: not scanned before\n", output)
  end)

  it("tells what became of a server", function()
    if not helper.have "openssl" then return pending "needs package openssl" end
    local function scanned(options)
      local server = peers.openssl_server("-www " .. options)
      local output = helper.run(("%s lua/bin/wolfprobe scan --format ndjson --probes"
        .. " versions,certificate 127.0.0.1:%d"):format(helper.interpreter(), server.port))
      server:stop()
      return (output:gsub('"port":%d+', '"port":443'):gsub("\n$", ""))
    end
    local output, status = run({ scanned("-tls1_2 " .. peers.identity("openssl", "rsa")) },
      { scanned(peers.identity("openssl", "secp256r1")) })
    assert.equal(1, status, output)
    assert.matches("^127.0.0.1:443\n  certificate ecdsa: new: CN=Leaf\n"
      .. "  certificate rsa: not shown any more, was CN=Leaf\n", output)
    assert.matches("\n  hello version: TLS 1.3, was TLS 1.2\n", output)
    assert.matches("\n  versions: added: TLS 1.3\n", output)
    assert.matches("\n  finding: new, info: speaks TLS 1.3\n", output)
  end)

  it("takes the last record of a target", function()
    assert.same({ "", 0 }, { run({ record("a", { status = "unreachable" }), record "a" },
      { record "a" }) })
  end)

  it("writes lines of JSON", function()
    local output = run({ record "a" }, { record("a", { facts = { trusted = false } }) },
      "--format ndjson")
    assert.same({ host = "a", port = 443,
      changes = { { about = "trusted", text = "no, was yes" } } }, cjson.decode(output))
  end)

  it("refuses what is no scan, with the line", function()
    local output, status = run({ record "a", "{}" }, {})
    assert.equal(2, status)
    assert.matches("/a:2: no record of a scan", output)
    output, status = run({ "x" }, {})
    assert.equal(2, status)
    assert.matches("/a:1: no JSON", output)
    output, status = run({ record("a", { schema = 2 }) }, {})
    assert.equal(2, status)
    assert.matches("a record of another schema than 1", output)
    output, status = helper.run(helper.interpreter() .. " lua/bin/wolfprobe diff /nowhere /nowhere")
    assert.equal(2, status, output)
  end)
end)
