local core = require("wolfssl.core").fd
local helper = require "helper"

local server, url, port

local function mirror(options)
  server = helper.spawn(("%s lua/bin/wolfprobe mirror --port 0 %s"):format(helper.interpreter(),
    options or ""))
  url = server:wait_for "^listening on (%S+)$"
  port = tonumber(url:match ":(%d+)/$")
end

local function curl(path, options)
  return helper.run(("curl -sSk --max-time 20 %s '%s%s'"):format(options or "", url, path or ""))
end

describe("wolfprobe mirror", function()
  before_each(function()
    if not helper.have "curl" then pending "needs package curl" end
  end)

  after_each(function()
    if server then server:stop() end
    server = nil
  end)

  it("shows a client its own hello, in the form it asks for", function()
    mirror()
    local text, status = curl()
    assert.equal(0, status, text)
    assert.is_truthy(text:find "^client_hello, from the client, %d+ bytes\n")
    assert.is_truthy(text:find "TLS_CHACHA20_POLY1305_SHA256")
    local ja4 = text:match "ja4 +(t13i%d+h2_%x+_%x+)\n"
    assert.equal(ja4, curl "fingerprint":match "ja4 (%S+)")
    assert.equal(ja4, curl "text":match "ja4 +(%S+)")
    local page = curl("", "-H 'Accept: text/html,*/*'")
    assert.is_truthy(page:lower():find "^<!doctype html>")
    assert.is_truthy(curl "html":lower():find "^<!doctype html>")
    assert.is_truthy(curl "nothing":find "there are")
    local line = server:wait_for("^(127%.0%.0%.1 port %d+\t.*)$")
    assert.is_truthy(line:find(ja4, 1, true))
  end)

  it("writes JSON that other readers read", function()
    local found, cjson = pcall(require, "cjson")
    if not found then return pending "needs package lua-cjson" end
    mirror()
    local report = cjson.decode((curl "json"))
    assert.equal("client_hello", report.hello.name)
    assert.is_string(report.fingerprints.ja3)
    assert.is_true(#report.hello.fields > 20)
  end)

  it("lists clients that fail, and those that are no TLS clients, and lives on", function()
    mirror()
    assert.is_not_equal(0, select(2, curl("", "--tls-max 1.1")))
    assert.is_truthy(server:wait_for("^127%S+ port %d+\t(.*)$"):find "peer_incompatible")
    local fd = assert(core.connect("127.0.0.1", port))
    core.send(fd, "GET / HTTP/1.0\r\n\r\n")
    assert.is_truthy(server:wait_for("^127%S+ port %d+\t(%-\t.*)$"):find "decode_error")
    core.close(fd)
    assert.equal(0, select(2, curl()))
  end)

  it("serves others while a client is silent, and ends after --count", function()
    mirror "--count 2"
    local silent = assert(core.connect("127.0.0.1", port))
    assert.equal(0, select(2, curl()))
    assert.equal(0, select(2, curl()))
    assert.is_truthy(server:finish():find "listening on .*TLS 1.3\n.*TLS 1.3\n$")
    server = nil
    core.close(silent)
  end)

  it("says what it cannot do", function()
    local function fails(options)
      return helper.run(("%s lua/bin/wolfprobe mirror %s"):format(helper.interpreter(), options))
    end
    assert.equal(2, select(2, fails "--cert x"))
    assert.equal(2, select(2, fails "--port x"))
    assert.equal(3, select(2, fails "--address 192.0.2.1 --port 0"))
  end)
end)
