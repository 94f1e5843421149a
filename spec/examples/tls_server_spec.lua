-- The server that test suites drive, against every client at hand and against abuse.

local core = require "wolfssl.core"
local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"
local programs = require "examples.programs"
local wolfssl = require "wolfssl"

local SECONDS = 60
local REQUEST = "GET /%s HTTP/1.0\r\n\r\n"
local ANY = { insecure_accept_invalid = true, insecure_no_name_check = true }

local function with(options)
  local all = {}
  for name, value in pairs(ANY) do all[name] = value end
  for name, value in pairs(options or {}) do all[name] = value end
  return all
end

describe("tls_server.lua", function()
  local running = {}

  after_each(function()
    for _, process in ipairs(running) do process:stop() end
    running = {}
  end)

  teardown(peers.cleanup)

  local function start(arguments)
    local process = programs.server(arguments)
    running[#running + 1] = process
    return process
  end

  local function connect(process, options)
    return assert(wolfssl.connect("127.0.0.1", process.port, { timeout = SECONDS,
      context = assert(wolfssl.client(with(options))) }))
  end

  -- What the server says to a request, up to its close_notify.
  local function ask(stream, path)
    assert(stream:send(REQUEST:format(path)))
    local text = assert(stream:receive("*a"))
    return text:match("\r\n\r\n(.*)$"), text
  end

  local function talks(process, options)
    local stream = connect(process, options)
    assert.equal("GET /good HTTP/1.0\n", (ask(stream, "good")))
    local info = stream:info()
    stream:close()
    return info
  end

  for role, scheme in pairs { rsa = "^rsa_pss_rsae", ecdsa = "^ecdsa_secp256r1", rsa12 = "^rsa_",
    ed25519 = "^ed25519" } do
    it("shows a certificate of its own making in the role " .. role, function()
      local info = talks(start("--role " .. role))
      assert.match(scheme, info.signature_scheme.name)
      assert.equal(role == "rsa12" and "TLS 1.2" or "TLS 1.3", info.version.name)
    end)
  end

  it("shows the certificate that it is given", function()
    local chain, key = peers.files("secp384r1")
    local process = start(("--cert %s --key %s"):format(chain, key))
    local stream = assert(wolfssl.connect("127.0.0.1", process.port,
      { trust = pki.root, server_name = "localhost", timeout = SECONDS }))
    assert.equal("GET /x HTTP/1.0\n", (ask(stream, "x")))
    stream:close()
  end)

  it("answers a request line in one record, then closes", function()
    local stream = connect(start())
    assert(stream:send("GET / HTTP/1.0\r\n"))
    local text = assert(stream:read())
    assert.match("^HTTP/1.0 200 OK\r\n.*Content%-Length: 15\r\n\r\nGET / HTTP/1.0\n$", text)
    local _, _, code = stream:read()
    assert.equal("closed", code)
    stream:close()
  end)

  it("reads a request in pieces, and answers what is none", function()
    local stream = connect(start())
    for piece in ("hello\n"):gmatch(".") do assert(stream:send(piece)) end
    assert.match("^HTTP/1.0 400 Bad Request\r\n", (assert(stream:receive("*a"))))
    stream:close()
  end)

  it("speaks with openssl s_client, curl and gnutls-cli", function()
    local port = start("--role ecdsa").port
    local output = helper.run(("printf 'GET /openssl HTTP/1.0\\r\\n\\r\\n' | " ..
      "openssl s_client -quiet -ign_eof -connect 127.0.0.1:%d"):format(port))
    assert.match("\nGET /openssl HTTP/1.0\n", output)
    output = helper.run(("curl -sk --http1.0 https://127.0.0.1:%d/curl"):format(port))
    assert.equal("GET /curl HTTP/1.0\n", output)
    output = helper.run(("printf 'GET /gnutls HTTP/1.0\\r\\n\\r\\n' | gnutls-cli --insecure " ..
      "-p %d 127.0.0.1"):format(port))
    assert.match("\nGET /gnutls HTTP/1.0\n", output)
  end)

  it("resumes sessions and tickets", function()
    local process = start()
    for _, version in ipairs(peers.VERSIONS) do
      local context = assert(wolfssl.client(with(peers.at(version))))
      local session
      for i = 1, 3 do
        local stream = assert(wolfssl.connect("127.0.0.1", process.port, { context = context,
          timeout = SECONDS, session = session }))
        ask(stream, "x")
        assert.equal(i > 1, stream:info().resumed)
        session = stream:connection():session()
        stream:close()
      end
    end
    local output = helper.run(("openssl s_client -tls1_2 -reconnect -connect 127.0.0.1:%d"):format(
      process.port))
    assert.match("\nReused, ", output)
  end)

  it("echoes", function()
    local stream = connect(start("--role echo"))
    local text = core.crypto.random(100000)
    for i = 1, #text, 10000 do
      assert(stream:send(text, i, i + 9999))
      assert.is_true(text:sub(i, i + 9999) == stream:receive(10000))
    end
    assert(stream:shutdown())
    assert.equal("closed", select(3, stream:read()))
    stream:close()
  end)

  it("speaks the protocols of its role alpn, and no other", function()
    local process = start("--role alpn")
    assert.equal("http/1.1", talks(process, { alpn = { "h2", "http/1.1" } }).alpn)
    assert.equal("h2", talks(process, { alpn = { "x", "h2" } }).alpn)
    local _, _, code, detail = wolfssl.connect("127.0.0.1", process.port, { timeout = SECONDS,
      context = assert(wolfssl.client(with { alpn = { "x" } })) })
    assert.equal("alert_received", code)
    assert.equal("no_application_protocol", detail.name)
  end)

  it("asks for a client certificate in its role reqcert: none will do, and any", function()
    local process = start("--role reqcert")
    local certificate, own = peers.files("secp256r1")
    local elliptic = start(("--role reqcert --cert %s --key %s"):format(certificate, own))
    for _, version in ipairs(peers.VERSIONS) do
      talks(process, peers.at(version))
      local chain, key = pki.leaf("rsa")
      talks(process, peers.at(version, { certificate = chain, key = key }))
      chain, key = pki.leaf("ed25519")
      talks(elliptic, peers.at(version, { certificate = chain, key = key }))
    end
    local output = helper.run(("openssl s_client -connect 127.0.0.1:%d"):format(process.port))
    assert.match("Client Certificate Types", (helper.run(
      ("openssl s_client -tls1_2 -connect 127.0.0.1:%d"):format(process.port))))
    assert.match("Requested Signature Algorithms", output)
  end)

  it("shares a key with the identity test in its role psk", function()
    local process = start("--role psk")
    for _, version in ipairs(peers.VERSIONS) do
      local stream = assert(wolfssl.connect("127.0.0.1", process.port, { timeout = SECONDS,
        context = assert(wolfssl.client(peers.at(version,
          { psk = { identity = "test", key = ("\170"):rep(16) } }))) }))
      assert.equal("GET /psk HTTP/1.0\n", (ask(stream, "psk")))
      stream:close()
    end
    local output = helper.run(("printf 'GET /openssl HTTP/1.0\\r\\n\\r\\n' | openssl s_client " ..
      "-quiet -ign_eof -psk_identity test -psk %s -connect 127.0.0.1:%d"):format(
      ("aa"):rep(16), process.port))
    assert.match("GET /openssl HTTP/1.0\n", output)
  end)

  it("asks who wants the secret for a certificate in its role pha", function()
    local process = start("--role pha")
    local chain, key = pki.leaf("ed25519")
    for _, options in ipairs {
      { certificate = chain, key = key, post_handshake_auth = true },
      { post_handshake_auth = true }, {},
    } do
      options.trace = true
      local stream, sent = connect(process, options), {}
      assert.equal("GET /secret HTTP/1.0\n", (ask(stream, "secret")))
      for _, entry in ipairs(stream:connection().recorder:entries()) do
        sent[entry.from .. " " .. entry.name] = true
      end
      assert.equal(options.post_handshake_auth, sent["server certificate_request"])
      assert.equal(options.post_handshake_auth, sent["client certificate"])
      assert.equal(options.certificate and true, sent["client certificate_verify"])
      stream:close()
      talks(process, options)
    end
  end)

  it("uses the cipher suites that it is told, by either name", function()
    local process = start("--ciphers TLS_AES_256_GCM_SHA384,ECDHE-RSA-AES128-SHA256:" ..
      "ECDHE-RSA-AES256-GCM-SHA384")
    for suite, version in pairs {
      TLS_AES_256_GCM_SHA384 = "TLS 1.3", TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256 = "TLS 1.2",
      TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384 = "TLS 1.2",
    } do
      local info = talks(process, peers.at(version, { cipher_suites = { suite } }))
      assert.equal(suite, info.cipher_suite.name)
    end
  end)

  it("says what is wrong with its arguments", function()
    for arguments, message in pairs {
      [""] = "%-%-port needs a number",
      ["--port"] = "%-%-port needs a value",
      ["--port x"] = "%-%-port needs a number",
      ["--port 65536"] = "%-%-port needs a number",
      ["--port 0 --cert x"] = "%-%-cert and %-%-key go together",
      ["--port 0 --role king"] = "there is no role king",
      ["--port 0 --ciphers FOO"] = "there is no cipher suite FOO",
      ["--port 0 --ciphers TLS_AES_128_GCM_SHA256 --role rsa12"] = "none is for these versions",
      ["--port 0 more"] = "unknown option more",
    } do
      local output, status = helper.run("(" .. programs.command("tls_server", arguments) .. ")")
      assert.equal(2, status, output)
      assert.match("^tls_server: [^\n]*" .. message .. "[^\n]*\nusage: ", output)
    end
    local output, status = helper.run("(" .. programs.command("tls_server",
      "--port 0 --cert /nonexistent --key /nonexistent") .. ")")
    assert.equal(1, status, output)
  end)

  -- What goes wrong before, during and after the handshake.
  local ABUSE = {
    function(fd) core.fd.close(fd) end,
    function(fd) core.fd.send(fd, "GET / HTTP/1.0\r\n\r\n") core.fd.close(fd) end,
    function(fd) core.fd.send(fd, core.crypto.random(20000)) core.fd.close(fd) end,
    function(fd) core.fd.send(fd, "\22\3\1\2\0\1\0\1\252\3\3") core.fd.close(fd) end,
    function(fd) core.fd.send(fd, "\22\3\3\0\6\1\0\0\2\3\3")
      core.fd.shutdown(fd, "w") core.fd.close(fd) end,
    function(fd) core.fd.send(fd, "\21\3\3\0\2\2\40") core.fd.close(fd) end,
    function(fd) core.fd.send(fd, "\23\3\3\0\1x") core.fd.close(fd) end,
    function() end, -- says nothing, stays
    function(fd) core.fd.send(fd, "\22\3\1") end,
    function(fd, client) core.fd.send(fd, client:data_to_send(100)) end,
    function(fd, client) -- a whole hello, then hangs up on the answer
      core.fd.send(fd, client:data_to_send()) core.fd.close(fd) end,
    function(_, _, process) connect(process):connection():close() end,
    function(_, _, process) -- open, then silent
      return connect(process) end,
    function(_, _, process) -- open, then nonsense
      local stream = connect(process)
      core.fd.send(stream:getfd(), core.crypto.random(500))
      return stream
    end,
    function(_, _, process) connect(process):send(("x"):rep(100000)) end,
  }

  it("serves the next one at once after 60 that abuse it, 20 of whom stay", function()
    local process, kept = start(), {}
    for i = 1, 60 do
      local client = assert(wolfssl.client(with())):connection { server_name = "localhost" }
      client:handshake()
      local fd = assert(core.fd.connect("127.0.0.1", process.port, SECONDS))
      kept[i] = ABUSE[i % #ABUSE + 1](fd, client, process) or false
    end
    talks(process)
    for _, stream in ipairs(kept) do
      if stream then stream:connection():close() end
    end
  end)

  it("serves the next one when more than it can serve do not go away", function()
    local process, fds = start(), {}
    for i = 1, 450 do fds[i] = assert(core.fd.connect("127.0.0.1", process.port, SECONDS)) end
    talks(process)
    for _, fd in ipairs(fds) do core.fd.close(fd) end
  end)

  it("lives on when nobody reads its output any more", function()
    local status = peers.path "server"
    helper.run(("(%s) 2>&1 | { head -n 1 >%s; } &"):format(
      programs.command("tls_server", "--port 0 & echo $! >" .. peers.path "pid" .. "; wait"),
      status))
    finally(function() helper.run("kill $(cat " .. peers.path "pid" .. ")") end)
    local port
    repeat
      port = helper.exists(status) and helper.read(status):match("listening on (%d+)")
    until port
    for _ = 1, 3 do
      local fd = assert(core.fd.connect("127.0.0.1", tonumber(port), SECONDS))
      core.fd.send(fd, "no TLS at all\r\n")
      assert(core.fd.poll(fd, "r", SECONDS))
      core.fd.close(fd)
    end
    talks { port = tonumber(port) }
  end)
end)
