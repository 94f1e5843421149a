local core = require("wolfssl.core").fd
local generator = require "tls.generator"
local hello = require "wolfssl.probe.hello"
local helper = require "helper"
local pages = require "wolfssl.cli.mirror.page"
local probe = require "wolfssl.probe"
local sslv2 = require "wolfssl.tls.sslv2"
local tls = require "wolfssl.tls"

local server, url, port

local function mirror(options)
  server = helper.spawn(("%s lua/bin/wolfprobe mirror --port 0 %s"):format(helper.interpreter(),
    options or ""))
  url = server:wait_for "^listening on (%S+)$"
  port = tonumber(url:match ":(%d+)/$")
end

local function curl(path, options)
  return helper.run(("curl -sSk --max-time 100 %s '%s%s'"):format(options or "", url, path or ""))
end

describe("wolfprobe mirror", function()
  before_each(function()
    if not helper.have "curl" then pending "needs package curl" end
  end)

  after_each(function()
    if server then server:stop() end
    server = nil
  end)

  teardown(helper.cleanup)

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

  it("serves clients of HTTP/2, as fast as they take it", function()
    if not helper.have "nghttp" then return pending "needs package nghttp2-client" end
    mirror()
    local function nghttp(path, options)
      local text, status = helper.run(("timeout 100 nghttp %s '%s%s' 2>/dev/null"):format(
        options or "", url, path))
      assert.equal(0, status, text)
      return text
    end
    local ja4 = nghttp "fingerprint":match "ja4 (t13i%d+h2_%x+_%x+)\n$"
    assert.is_truthy(nghttp "text":find(ja4, 1, true))
    assert.is_truthy(nghttp "":find "^client_hello, from the client, %d+ bytes\n")
    assert.is_truthy(nghttp "json":find '^{.*"client_hello".*}%s*$')
    for _, options in ipairs { "", "-w 10 -W 10" } do   -- windows of 1 KB
      local page = nghttp("html", options)
      assert.is_true(#page > 65535)
      assert.is_truthy(page:find "^<!doctype html>.*</html>%s*$")
    end
    assert.is_truthy(nghttp("", "-H 'accept: text/html,*/*'"):find "^<!doctype html>")
    server:wait_for("^127%S+ port %d+\t" .. ja4 .. "\t%x+\tTLS 1.3$")
  end)

  it("serves clients of HTTP/2 alone when it is told so", function()
    mirror "--alpn h2"
    local text, status = curl("fingerprint", "-w '%{http_version}'")
    assert.equal(0, status, text)
    assert.is_truthy(text:find "\nja4 t13i%S+\n2$", text)
    assert.is_truthy(curl("", "-I"):find "^HTTP/2 200 .*content%-type: text/plain; charset=utf%-8")
  end)

  -- A client of HTTP/2 that says these bytes; all that it is told.
  local function heard_by(bytes)
    local c = assert(probe.connect("127.0.0.1", port, { timeout = 50 }))
    assert(c:handshake { hello = { alpn = { "h2" } } })
    local parts, data = {}
    c:write(bytes, { hold = true })
    c:alert "close_notify"   -- both at once: nothing is under way when the mirror hangs up
    repeat
      data = c:read()
      parts[#parts + 1] = data
    until not data
    c:abort()
    return table.concat(parts)
  end

  it("gives up on what is no HTTP/2, and on clients that end it", function()
    mirror()
    local preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    local none = "\0\0\0\4\0\0\0\0\0"
    local get = "\0\0\4\1\5\0\0\0\1\130\132\135\65"
    for _, bytes in ipairs {
      "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n",         -- no preface
      preface .. "\255\255\255\1\5\0\0\0\1",              -- a frame of 16 MB
      preface .. "\0\0\8\7\0" .. ("\0"):rep(12),             -- GOAWAY
      preface .. "\0\0\4\1\0\0\0\0\1\130\132\135\65" .. none,  -- no end of a head
    } do
      local heard = heard_by(bytes)
      assert.equal(none, heard:sub(1, #none))
      assert.is_nil(heard:find("client_hello", 1, true))
    end
    local heard = heard_by(preface .. none .. "\0\0\8\6\0\0\0\0\0PINGPONG" .. get)
    assert.is_truthy(heard:find("\0\0\8\6\1\0\0\0\0PINGPONG", 1, true))
    assert.is_truthy(heard:find("client_hello, from the client", 1, true))
    assert.equal("\0\0\8\7\0\0\0\0\0\0\0\0\1\0\0\0\0", heard:sub(-17))
    heard = heard_by(preface .. "\0\0\6\4\0\0\0\0\0\0\4\0\0\0\3" .. get
      .. "\0\0\4\3\0\0\0\0\1\0\0\0\8")   -- a window of three bytes, then RST_STREAM
    assert.equal("\0\0\3\0\0\0\0\0\1cli", heard:sub(-12))
  end)

  it("listens to nobody without end", function()
    local preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
    local cases = {
      { "http/1.1", "GET / HT", "" },                              -- records of nothing
      { "h2", preface, ("\0\0\0\4\1\0\0\0\0"):rep(100) },         -- SETTINGS that need no answer
      { "h2", preface, ("\0\0\8\6\0\0\0\0\0PINGPONG"):rep(100) },
      { "h2", preface .. "\0\0\1\1\0\0\0\0\1\130", ("\0\0\0\9\0\0\0\0\1"):rep(100) },
      { "h2", preface .. "\0\0\6\4\0\0\0\0\0\0\4\0\0\0\0\0\0\1\1\4\0\0\0\1\130",
        ("\0\0\0\4\0\0\0\0\0"):rep(100) },                       -- a window that stays shut
    }
    local report = { fingerprints = {}, hello = { fields = {} } }
    for i, case in ipairs(cases) do
      local reads = 0
      local c = { write = function() return true end,
        summary = function() return { protocol = case[1] } end }
      function c.read()
        reads = reads + 1
        assert(reads < 100000, "case " .. i)
        return case[reads == 1 and 2 or 3]
      end
      assert.is_false(pages.serve(c, report, 100))
    end
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

  it("serves TLS 1.0 and 1.1, and TLS 1.2 as it was, behind either key", function()
    mirror()
    for _, version in ipairs { "1.0", "1.1", "1.2" } do
      for _, suite in ipairs { "ALL", "AES128-SHA", "DHE-RSA-AES128-SHA",
          "ECDHE-ECDSA-AES128-SHA" } do
        local text, status = curl("text", ("--tlsv1.0 --tls-max %s --ciphers %s:@SECLEVEL=0")
          :format(version, suite))
        assert.equal(0, status, text)
        assert.is_truthy(text:find("legacy_version = TLS " .. version, 1, true), text)
        assert.equal("TLS " .. version, server:wait_for "^127.*\t(.*)$")
      end
    end
  end)

  it("serves a hello in the format of SSL 2.0 that offers TLS 1.0", function()
    mirror()
    local c = assert(probe.connect("127.0.0.1", port, { timeout = 50 }))
    local bytes = sslv2.encode { msg_type = 1, version = "TLS 1.0", cipher_spec_length = 6,
      session_id_length = 0, challenge_length = 16, session_id = "", challenge = ("c"):rep(16),
      cipher_specs = { "SSL_CK_RC4_128_WITH_MD5", "TLS_RSA_WITH_AES_128_CBC_SHA" } }
    c:send(string.char(128, #bytes) .. bytes)
    assert(c:expect "server_hello")
    assert(c:expect "certificate")
    assert(c:expect "server_hello_done")
    c:send(assert(c:client_key_exchange()))
    c:change_cipher_spec()
    c:send(assert(c:finished()))
    assert(c:expect "change_cipher_spec")
    assert(c:expect "finished")
    c:write "GET /text HTTP/1.0\r\n\r\n"
    local page = assert(c:read())
    assert.is_truthy(page:find("sslv2_client_hello, from the client", 1, true), page)
    c:close()
  end)

  it("asks for another share, with OpenSSL, and gives Chromium its page", function()
    mirror()
    if not helper.have "chromium" then return pending "needs package chromium" end
    local told = helper.run(("printf 'GET /fingerprint HTTP/1.0\\r\\n\\r\\n' | timeout 50 openssl"
      .. " s_client -connect 127.0.0.1:%d -groups ffdhe4096:P-256 -ign_eof"):format(port))
    assert.is_truthy(told:find "\nja4 t13", told)
    local page = helper.run(("timeout 300 chromium --headless --no-sandbox --disable-gpu"
      .. " --disable-quic --no-first-run --disable-background-networking --disable-sync"
      .. " --disable-component-update --disable-dev-shm-usage --ignore-certificate-errors"
      .. " --user-data-dir=%s --dump-dom %s 2>/dev/null"):format(helper.tempdir(), url))
    assert.is_truthy(page:find("GREASE", 1, true), #page)
    assert.is_truthy(page:find "</html>%s*$")
  end)

  it("serves every client that is recorded, and knows it again", function()
    mirror()
    for _, name in ipairs(hello.templates) do
      local c = assert(probe.connect("127.0.0.1", port, { timeout = 50,
        server_name = "localhost" }))
      local ok, message = c:handshake { hello = { template = name } }
      assert.is_truthy(ok, name .. ": " .. tostring(message))
      c:write "GET /fingerprint HTTP/1.0\r\n\r\n"
      local about = select(3, hello.template(name))
      assert.is_truthy(assert(c:read()):find("\nja4 " .. about.ja4, 1, true), name)
      c:close()
    end
  end)

  -- What bytes are answered with, and what the mirror says of them: a line, and the hello.
  local function answer_to(bytes)
    local fd = assert(core.connect("127.0.0.1", port))
    core.send(fd, bytes)
    local outcome = server:wait_for "^127%S+ port %d+\t(.*)$"
    assert(core.poll(fd, "r", 20))
    local answer = core.recv(fd, 4096)
    core.close(fd)
    return helper.hex(answer):sub(1, 14), outcome
  end

  local function record(options, change)
    local message = hello.client(options)
    if change then change(message.body) end
    local bytes = tls.encode_handshake(message)
    return "\22\3\1" .. string.char(math.floor(#bytes / 256), #bytes % 256) .. bytes
  end

  it("explains the hellos of clients that it cannot serve, and says why in an alert", function()
    mirror()
    local cases = {
      { record({ cipher_suites = { 0x0A0A, 0x1A1A } }), "15030100020228", "no cipher suite" },
      { record({ versions = { "TLS 1.2" }, cipher_suites = { "TLS_RSA_WITH_RC4_128_MD5" } }),
        "15030100020228", "no cipher suite" },
      { record({ versions = { "TLS 1.0" } }, function(body)
        body.legacy_version = 0x0300
      end), "15030000020228", "no version" },
      { record { alpn = { "h3", "imap" } }, "15030100020278", "no application protocol" },
      { record { groups = { "ffdhe8192" }, shares = {} }, "15030100020228", "no group" },
      { record({ versions = { "TLS 1.2" } }, function(body)
        body.legacy_compression_methods = { 1 }
      end), "1503010002022f", "no hello without compression" },
      { record({ add = { { extension_type = "supported_versions", extension_data = {
        versions = { 0x0A0A, 0x7A7A } } } } }), "15030100020246", "no version" },
    }
    for _, case in ipairs(cases) do
      local answer, outcome = answer_to(case[1])
      assert.same({ case[2], case[3] }, { answer, outcome:match(case[3]) or outcome })
      assert.is_truthy(outcome:find "^t1%d" or outcome:find "^ts3", outcome)
      server:wait_for "^  client_hello, from the client, %d+ bytes$"
      server:wait_for "^  +ja4_ro"
    end
    local answer, outcome = answer_to(helper.unhex "802e0100020015000000100100800200800300800400"
      .. helper.unhex "8006004007" .. "\0\192" .. ("c"):rep(16) .. "xxxx")
    assert.equal("8003000001", answer)
    assert.is_truthy(outcome:find "protocol_version")
    server:wait_for "^  sslv2_client_hello"
  end)

  it("lists those that are no TLS clients, and lives on, whatever comes", function()
    mirror()
    local fd = assert(core.connect("127.0.0.1", port))
    core.send(fd, "GET / HTTP/1.0\r\n\r\n")
    assert.is_truthy(server:wait_for("^127%S+ port %d+\t(%-\t.*)$"):find "decode_error")
    assert.is_truthy(core.poll(fd, "r", 20))
    assert.is_truthy(core.recv(fd, 4096):find("^HTTP/1.1 400 .*" .. url))
    core.close(fd)
    local rng = generator.rng "mirror"
    for _, name in ipairs(hello.templates) do
      local bytes = hello.template(name)
      local whole = "\22\3\1" .. string.char(math.floor(#bytes / 256), #bytes % 256) .. bytes
      local at = rng(1, #whole)
      local broken = whole:sub(1, at - 1) .. string.char(rng(0, 255)) .. whole:sub(at + 1)
      local other = assert(core.connect("127.0.0.1", port))
      core.send(other, broken .. "\23\3\3\0\32" .. ("x"):rep(32))
      core.close(other)
      server:wait_for "^127%S+ port %d+\t"
    end
    assert.equal(0, select(2, curl()))
  end)

  it("writes every client as an object with --json", function()
    local found, cjson = pcall(require, "cjson")
    if not found then return pending "needs package lua-cjson" end
    mirror "--json"
    curl()
    local report = cjson.decode(server:wait_for "^({.*)$")
    assert.equal("TLS 1.3", report.outcome)
    assert.equal("client_hello", report.hello.name)
    assert.is_true(#report.hello.fields > 20)
  end)

  it("writes nothing else to stdout with --json", function()
    local found, cjson = pcall(require, "cjson")
    if not found then return pending "needs package lua-cjson" end
    local path = helper.tempdir() .. "/stdout"
    mirror("--count 2 --json >" .. path)
    for _ = 1, 2 do assert.equal(0, select(2, curl())) end
    server:finish()
    server = nil
    local count = 0
    for line in io.lines(path) do
      assert.equal("TLS 1.3", cjson.decode(line).outcome)
      count = count + 1
    end
    assert.equal(2, count)
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
    for _, wrong in ipairs { "--port x", "--port 99999", "--port -1", "--count 0",
        "--count 1.5" } do
      assert.equal(2, select(2, fails(wrong)), wrong)
    end
    assert.equal(3, select(2, fails "--address 192.0.2.1 --port 0"))
  end)
end)
