local helper = require "helper"
local issue = require "wolfssl.issue"
local wolfssl = require "wolfssl"

local directory

local function make_certificates()
  directory = helper.tempdir()
  local root_key, key = issue.key "secp256r1", issue.key "secp256r1"
  local root = issue.certificate { subject = "Root", key = root_key, ca = true }
  local leaf = issue.certificate { subject = "Server", key = key,
    issuer = { certificate = root, key = root_key },
    subject_alt_names = { "dns:localhost", "ip:127.0.0.1" } }
  local function pem(der) return wolfssl.certificate(der):pem() end
  helper.write(directory .. "/root.pem", pem(root))
  helper.write(directory .. "/leaf.der", leaf)
  helper.write(directory .. "/chain.pem", pem(leaf) .. pem(root))
  helper.write(directory .. "/key.pem", key:pem())
  return pem(leaf)
end

local function cert(arguments)
  local command = ("%s lua/bin/wolfprobe cert %s"):format(helper.interpreter(), arguments)
  return helper.run((command:gsub("@", directory .. "/")))
end

describe("wolfprobe cert", function()
  local leaf_pem

  setup(function() leaf_pem = make_certificates() end)
  teardown(helper.cleanup)

  it("takes what has a slash for a file, also where there is none", function()
    local output, status = cert "/nowhere/at/all"
    assert.equal(2, status)
    assert.is_truthy(output:find("/nowhere/at/all: No such file", 1, true), output)
  end)

  it("shows the certificates of a file, and the verdict on the chain", function()
    local output, status = cert "@chain.pem --ca @root.pem"
    assert.equal(0, status)
    assert.is_truthy(output:find "certificate 0\n  subject +CN=Server\n  issuer +CN=Root\n")
    assert.is_truthy(output:find("dns_name:localhost", 1, true))
    assert.is_truthy(output:find "certificate 1\n  subject +CN=Root")
    assert.is_truthy(output:find "constraints +CA")
    assert.is_truthy(output:find("ok         the chain leads to a trusted root", 1, true))
  end)

  it("takes DER, and fails when nobody trusted signed it", function()
    local output, status = cert "@leaf.der"
    assert.equal(1, status)
    assert.is_truthy(output:find "unknown_issuer")
  end)

  it("checks a name", function()
    assert.equal(0, select(2, cert "@leaf.der --ca @root.pem --host localhost"))
    local output, status = cert "@leaf.der --ca @root.pem --host elsewhere"
    assert.equal(1, status)
    assert.is_truthy(output:find "wrong_name")
  end)

  it("writes PEM", function()
    local output, status = cert "@leaf.der --pem"
    assert.equal(0, status)
    assert.equal(leaf_pem, output)
  end)

  it("writes JSON that other readers read", function()
    local found, cjson = pcall(require, "cjson")
    if not found then return pending "needs package lua-cjson" end
    local report = cjson.decode((cert "@chain.pem --ca @root.pem --json"))
    assert.is_true(report.verdict.ok)
    assert.equal(2, #report.certificates)
    assert.equal("localhost", report.certificates[1].subject_alt_names[1].value)
    assert.is_true(report.certificates[2].basic_constraints.ca)
    assert.equal(leaf_pem, report.certificates[1].pem)
  end)

  it("shows what a server presents, also when it cannot be trusted", function()
    if not helper.have "openssl" then return pending "needs package openssl" end
    local server = helper.spawn(("openssl s_server -accept 127.0.0.1:0 -cert %s/chain.pem"
      .. " -key %s/key.pem"):format(directory, directory))
    local at = "localhost:" .. server:wait_for "^ACCEPT .*:(%d+)$"
    local output, status = cert(at)
    local trusted, good = cert(at .. " --ca @root.pem")
    server:stop()
    assert.equal(1, status)
    assert.is_truthy(output:find "subject +CN=Server")
    assert.equal(0, good, trusted)
  end)

  it("says what it cannot read", function()
    local output, status = cert "@key.pem"
    assert.equal(1, status)
    assert.is_truthy(output:find "key%.pem: ")
    output, status = cert "127.0.0.1:1"
    assert.equal(3, status)
    assert.is_truthy(output:find "cannot connect")
    assert.equal(2, select(2, cert "a b"))
  end)
end)
