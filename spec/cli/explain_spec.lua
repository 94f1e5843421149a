local helper = require "helper"
local issue = require "wolfssl.issue"
local kinds = require "wolfssl.cli.demo.kinds"
local trace = require "wolfssl.trace"
local wolfssl = require "wolfssl"

local function explain(arguments)
  return helper.run(("%s lua/bin/wolfprobe explain %s"):format(helper.interpreter(), arguments))
end

describe("wolfprobe explain", function()
  teardown(helper.cleanup)

  describe("--demo", function()
    it("shows every kind, without network and without complaint", function()
      for _, name in ipairs(kinds.names()) do
        local output, status = explain("--brief --demo " .. name)
        assert.equal(0, status, name .. "\n" .. output)
        assert.is_truthy(output:find "WHAT THE LOCK IN A BROWSER WOULD SHOW", name)
      end
    end)

    it("tells mutual TLS from server-side TLS in the first line", function()
      assert.is_truthy(explain("--demo tls13-mutual"):match "^[^\n]*mutual")
      assert.is_nil(explain("--demo tls13"):match "^[^\n]*mutual")
    end)

    it("shows mutual TLS 1.3 when no kind is named", function()
      assert.is_truthy(explain("--demo"):find "^TLS 1.3, full handshake, mutual")
    end)

    it("shows secrets only when asked to", function()
      local open = explain("--demo tls12-rsa --secrets")
      local value = open:match "premaster_secret, 48 bytes\n.-\n(  0303%x+ [%x ]+)\n"
      assert.is_string(value)
      assert.is_nil(explain("--demo tls12-rsa"):find(value, 1, true))
    end)

    it("knows no other kinds", function()
      local output, status = explain("--demo tls14")
      assert.equal(2, status)
      assert.is_truthy(output:find("there is no demonstration 'tls14'", 1, true))
    end)

    it("writes JSON, a page and a capture", function()
      local directory = helper.tempdir()
      local html, pcapng = directory .. "/x.html", directory .. "/x.pcapng"
      local _, status = explain(("--demo tls12-mutual --html %s --pcapng %s"):format(html, pcapng))
      assert.equal(0, status)
      assert.is_truthy(helper.read(html):lower():find "^<!doctype html>")
      local opened = assert(trace.open_capture(helper.read(pcapng)))
      assert.is_true(opened.connections[1].summary.complete)
      local output = explain("--demo tls12-mutual --json")
      assert.equal("{", output:sub(1, 1))
      assert.is_truthy(output:find('"format": "wolfssl.trace.explanation"', 1, true))
    end)

    it("writes JSON that other readers read", function()
      local found, cjson = pcall(require, "cjson")
      if not found then return pending "needs package lua-cjson" end
      local model = cjson.decode((explain "--demo tls13-hrr --json"))
      assert.equal("TLS 1.3", model.kind.version)
      assert.is_true(model.kind.retry)
      assert.equal("hello_retry_request", model.steps[2].name)
    end)
  end)

  describe("--tamper", function()
    it("shows where the byte lies and who notices", function()
      local output, status = explain("--demo tls13 --tamper 30 --brief")
      assert.equal(0, status)
      assert.is_truthy(output:find "Byte 30, sent by the client, was changed from %x%x to %x%x")
      assert.is_truthy(output:find "notices it")
    end)

    it("goes with a play only, and with a number", function()
      for _, arguments in ipairs { "--demo tls12-rsa --tamper 5", "--tamper 5 localhost",
        "--demo tls13 --tamper -1", "--demo tls13 --tamper x" } do
        local _, status = explain(arguments)
        assert.equal(2, status, arguments)
      end
    end)
  end)

  describe("--capture", function()
    local path

    setup(function()
      path = helper.write(helper.tempdir() .. "/demo.pcapng", kinds.show("tls13").capture())
    end)

    it("explains a connection with the secrets that are in the file", function()
      local output, status = explain("--capture " .. path)
      assert.equal(0, status)
      assert.is_truthy(output:find('says     "GET / HTTP/1.0', 1, true))
    end)

    it("finds no fault where nothing but the trust is missing", function()
      local output = explain("--capture " .. path)
      assert.is_nil(output:find("[NO]", 1, true))
      assert.is_truthy(output:find("[??] a root that the client trusts", 1, true))
    end)

    it("takes a key log", function()
      local root = helper.vectors()
      if not root then return pending "needs the recordings of others" end
      local output, status = explain(("--capture %s/illustrated-tls13/capture.pcap --keylog "
        .. "%s/illustrated-tls13/keylog.txt"):format(root, root))
      assert.equal(0, status)
      assert.is_truthy(output:find('says     "ping"', 1, true))
      assert.is_truthy(output:find('says     "pong"', 1, true))
    end)

    it("says what is wrong with a file", function()
      for _, case in ipairs {
        { "/nonexistent.pcap", "No such file" }, { "README.md", "neither a pcap nor a pcapng" },
        { path .. " --connection 7", "there is no connection 7" },
        { path .. " --keylog /nonexistent", "No such file" },
      } do
        local output, status = explain("--capture " .. case[1])
        assert.equal(2, status, case[1])
        assert.is_truthy(output:find(case[2], 1, true), output)
      end
    end)

    it("tells which lines of a key log are none", function()
      local log = helper.write(helper.tempdir() .. "/keys.txt",
        "# made by hand\nCLIENT_RANDOM 00 zz\n\nRSA\n")
      local output, status = explain(("--capture %s --keylog %s"):format(path, log))
      assert.equal(0, status)
      assert.is_truthy(output:find("keys.txt: lines that are none of a key log: 2, the first is "
        .. "line 2: the client random is not 32 bytes in hex", 1, true), output)
    end)

    it("explains what is left of a capture that is cut off", function()
      local bytes = helper.read(path)
      local cut = helper.write(helper.tempdir() .. "/cut.pcapng", bytes:sub(1, #bytes - 700))
      local output = explain("--capture " .. cut)
      local _, times = output:gsub("at byte %d+ of the capture", "")
      assert.equal(1, times, output)
      assert.is_truthy(output:find "ClientHello")
    end)
  end)

  describe("of a server", function()
    local server, at, directory

    local function start(options)
      directory = helper.tempdir()
      local root_key, key = issue.key "secp256r1", issue.key "secp256r1"
      local root = issue.certificate { subject = "Root", key = root_key, ca = true }
      local leaf = issue.certificate { subject = "Server", key = key,
        issuer = { certificate = root, key = root_key }, subject_alt_names = { "dns:localhost" } }
      helper.write(directory .. "/root.pem", wolfssl.certificate(root):pem())
      helper.write(directory .. "/server.pem", wolfssl.certificate(leaf):pem() .. key:pem())
      server = helper.spawn(("openssl s_server -accept 127.0.0.1:0 -cert %s/server.pem -key "
        .. "%s/server.pem %s"):format(directory, directory, options or ""))
      at = "localhost:" .. server:wait_for "^ACCEPT .*:(%d+)$"
    end

    before_each(function()
      if not helper.have "openssl" then pending "needs package openssl" end
    end)

    after_each(function()
      if server then server:stop() end
      server = nil
    end)

    it("explains the handshake with it", function()
      start "-www"
      local output, status = explain(("%s --ca %s/root.pem --http"):format(at, directory))
      assert.equal(0, status, output)
      assert.is_truthy(output:find "^TLS 1.3, full handshake: localhost")
      assert.is_truthy(output:find("A browser would show a closed lock", 1, true), output)
      assert.is_truthy(output:find("HTTP/1.0 200 ok", 1, true))
    end)

    it("explains why it failed", function()
      start()
      local output, status = explain(at .. " --brief")
      assert.equal(1, status)
      assert.is_truthy(output:find "WHY IT FAILED")
      assert.is_truthy(output:find "unknown_ca")
    end)

    it("writes a capture of it", function()
      start "-tls1_2"
      local path = directory .. "/live.pcapng"
      local _, status = explain(("%s --ca %s/root.pem --pcapng %s"):format(at, directory, path))
      assert.equal(0, status)
      local opened = assert(trace.open_capture(helper.read(path)))
      assert.equal("TLS 1.2", opened.connections[1].summary.version.name)
      assert.is_true(opened.connections[1].summary.complete)
    end)

    it("tells a network that fails from a TLS that fails", function()
      local _, status = explain("localhost:" .. helper.refused_port())
      assert.equal(3, status)
    end)
  end)

  it("wants exactly one thing to explain", function()
    for _, arguments in ipairs { "", "localhost --demo", "--demo --capture x.pcap",
      "localhost --keylog x" } do
      local _, status = explain(arguments)
      assert.equal(2, status, arguments)
    end
  end)

  it("colours when told to, not when its output is a pipe", function()
    assert.is_nil(explain("--demo tls13 --brief"):find "\27")
    assert.is_truthy(explain("--demo tls13 --brief --color always"):find "\27")
  end)
end)
