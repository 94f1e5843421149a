local core = require("wolfssl.core").fd
local helper = require "helper"
local issue = require "wolfssl.issue"
local wolfssl = require "wolfssl"

local directory

local function pem(name, der)
  helper.write(directory .. "/" .. name, wolfssl.certificate(der):pem())
end

local function make_certificates()
  directory = helper.tempdir()
  local root_key, key = issue.key "secp256r1", issue.key "secp256r1"
  local root = issue.certificate { subject = "Root", key = root_key, ca = true }
  local by_root = { certificate = root, key = root_key }
  pem("root.pem", root)
  pem("server.pem", issue.certificate {
    subject = "Server", key = key, issuer = by_root, subject_alt_names = { "dns:localhost" },
  })
  pem("hostile.pem", issue.certificate { subject = "a\194\155b\226\128\174c", key = key })
  pem("client.pem", issue.certificate { subject = "Client", key = key, issuer = by_root })
  pem("stranger.pem", issue.certificate { subject = "Stranger", key = key })
  helper.write(directory .. "/key.pem", key:pem())
end

-- FILE.pem in a command is one of ours.
local function in_directory(command)
  return (command:gsub("([%w]+%.pem)", directory .. "/%1"))
end

local function command_line(arguments)
  return in_directory(("%s lua/bin/wolfprobe connect %s"):format(helper.interpreter(), arguments))
end

local function connect(arguments)
  return helper.run(command_line(arguments))
end

describe("wolfprobe connect", function()
  setup(make_certificates)
  teardown(helper.cleanup)

  describe("to openssl s_server", function()
    local server, at

    local function start(options, certificate)
      local command = ("openssl s_server -accept 127.0.0.1:0 -cert %s -key key.pem "):format(
        certificate or "server.pem")
      server = helper.spawn(in_directory(command .. options))
      at = "localhost:" .. server:wait_for("^ACCEPT .*:(%d+)$")
    end

    before_each(function()
      if not helper.have("openssl") then
        pending("needs package openssl")
      end
    end)

    after_each(function()
      if server then server:stop() end
      server = nil
    end)

    it("tells what was negotiated and that the chain is trusted", function()
      start "-alpn h2"
      local output, status = connect(at .. " --ca root.pem --alpn http/1.1,h2")
      assert.match("version    TLS 1.3\n", output, 1, true)
      assert.match("alpn       h2\n", output, 1, true)
      assert.match("  0  CN=Server\n     issued by CN=Root\n", output, 1, true)
      assert.match("     for localhost\n", output, 1, true)
      assert.match("\ntime +connect [%d.]+ ms, handshake [%d.]+ ms\nok\n$", output)
      assert.equal(0, status)
    end)

    it("lets no certificate steer the terminal", function()
      start("", "hostile.pem")
      assert.match("  0  CN=a?b?c\n", connect(at .. " --insecure"), 1, true)
    end)

    it("keeps to the versions it is told", function()
      start ""
      local output, status = connect(at .. " --ca root.pem --max 1.2")
      assert.match("version    TLS 1.2\n", output, 1, true)
      assert.equal(0, status)
    end)

    it("reports as JSON", function()
      start ""
      local output, status = connect(at .. " --ca root.pem --json")
      assert.match('"chain": %[\n', output)
      assert.match('"version": {\n    "name": "TLS 1.3",\n    "value": 772\n  }', output)
      assert.match('"trusted": true', output, 1, true)
      assert.match('"ok": true', output, 1, true)
      assert.equal(0, status)
    end)

    it("fails with 1 and one reason for an unknown root, and shows the chain", function()
      start ""
      local output, status = connect(at)
      assert.match("  0  CN=Server\n", output, 1, true)
      assert.match("\nFAILED [^\n]*no trusted issuer[^\n]*%(certificate_invalid%)\n$", output)
      assert.equal(1, status)
    end)

    it("fails with 1 for a wrong name", function()
      start ""
      local output, status = connect(at .. " --ca root.pem --servername example.org")
      assert.match("\nFAILED [^\n]*another name[^\n]*%(certificate_invalid%)\n$", output)
      assert.equal(1, status)
    end)

    for _, command in ipairs { "connect", "explain", "cert", "scan", "diagnose", "run suites",
      "capture unwritten.pcapng" } do
      it(("%s exits with 2 for a --servername that no host can have"):format(command), function()
        for _, name in ipairs { "''", "a..", "'a b'", "b\195\188cher" } do
          local output, status = helper.run(("%s lua/bin/wolfprobe %s 127.0.0.1:1 --servername %s")
            :format(helper.interpreter(), command, name))
          assert.match("^wolfprobe: %-%-servername: '[^\n]*' is no host name\n", output)
          assert.equal(2, status)
        end
      end)
    end

    it("goes on with --insecure and says so", function()
      start ""
      local output, status = connect(at .. " --insecure")
      assert.match("no trusted issuer", output, 1, true)
      assert.match("\nok, but NOT TRUSTED: --insecure was given\n", output, 1, true)
      assert.equal(0, status)
    end)

    it("shows a certificate to a server that asks", function()
      start "-Verify 2 -verify_return_error -CAfile root.pem"
      local _, status = connect(at .. " --ca root.pem --cert client.pem --key key.pem")
      assert.equal(0, status)
    end)

    for _, version in ipairs { "1.2", "1.3" } do
      it("reports a TLS " .. version .. " server's objection to ours, or to none", function()
        start "-Verify 2 -verify_return_error -CAfile root.pem"
        local arguments = at .. " --ca root.pem --max " .. version
        local output, status = connect(arguments .. " --cert stranger.pem --key key.pem")
        assert.match("\nFAILED [^\n]*alert[^\n]*%(alert_received%)\n$", output)
        assert.equal(1, status)
        output, status = connect(arguments)
        assert.match("\nFAILED [^\n]*alert[^\n]*%(alert_received%)\n$", output)
        assert.equal(1, status)
      end)
    end

    it("fails with 1 when there is no common version", function()
      start "-tls1_2"
      local output, status = connect(at .. " --ca root.pem --min 1.3")
      assert.match("\nFAILED [^\n]*protocol_version[^\n]*%(alert_received%)\n$", output)
      assert.equal(1, status)
    end)
  end)

  describe("without a TLS server", function()
    it("fails with 3 when nobody listens", function()
      local port = helper.refused_port()
      local output, status = connect("127.0.0.1:" .. port)
      local reason = ("cannot connect to 127.0.0.1:%d: Connection refused"):format(port)
      assert.match("FAILED     " .. reason .. " (network_error)\n", output, 1, true)
      assert.equal(3, status)
    end)

    it("fails with 3 when nobody answers", function()
      local listener, port = core.listen("127.0.0.1", 0)
      local output, status = connect("127.0.0.1:" .. port .. " --timeout 0.05 --insecure")
      assert.match("FAILED     nothing arrived in time (timeout)\n", output, 1, true)
      assert.equal(3, status)
      core.close(listener)
    end)
  end)

  describe("to something else", function()
    -- Accepts one connection, says something and hangs up; the output ends with the exit code.
    local function greet(words)
      local listener, port = assert(core.listen("127.0.0.1", 0))
      local arguments = ("127.0.0.1:%d --insecure; echo $?"):format(port)
      local probe = helper.spawn(command_line(arguments), "")
      local client = assert(core.accept(listener, 20))
      core.send(client, words)
      core.poll(client, "r", 20)
      core.recv(client)
      core.close(client)
      core.close(listener)
      return probe:finish()
    end

    it("fails with 1 when the peer does not speak TLS", function()
      assert.match("\nFAILED     [^\n]+\n1\n$", greet "220 mail.example ESMTP\r\n")
    end)

    it("fails with 1 when the peer just hangs up", function()
      assert.match("\nFAILED [^\n]+%(truncated%)\n1\n$", greet "")
    end)
  end)

  describe("called wrongly", function()
    local wrong = {
      [""] = "missing argument 'target'", ["a b"] = "too many arguments",
      ["--nonsense a"] = "unknown option",
      ["a:b"] = "is not HOST or HOST:PORT", ["a --min 1.0"] = "must be one of",
      ["a --timeout x"] = "malformed argument 'x'", ["a --cert c"] = "belong together",
      ["a --ca /nowhere"] = "/nowhere: No such file", ["a --min 1.3 --max 1.2"] = "min_version",
    }
    for arguments, reason in pairs(wrong) do
      it("fails with 2: '" .. arguments .. "'", function()
        local output, status = connect(arguments)
        assert.match(reason, output, 1, true)
        assert.equal(2, status)
      end)
    end
  end)

  it("listens to a server that never pauses no longer than to others", function()
    local reads = 0
    local code = require("wolfssl.cli.client").listen({
      settimeout = function() end,
      read = function()
        reads = reads + 1
        return "x"
      end,
    }, 0.01)
    assert.is_nil(code)
    assert.is_true(reads > 0)
  end)

  it("has a help text", function()
    local output, status = connect("--help")
    assert.match("--servername", output, 1, true)
    assert.equal(0, status)
  end)
end)
