-- What the README and the modules' own pages show, run as it stands but for the server's address.

local file = require "wolfssl.probe.file"
local helper = require "helper"
local issue = require "wolfssl.issue"
local kinds = require "wolfssl.cli.demo.kinds"
local pki = require "pki"
local redis_server = require "session_store.redis_server"
local starttls = require "wolfssl.starttls"
local wolfssl = require "wolfssl"

local readme = helper.read "README.md"

local snippets = {}
for code in readme:gmatch("```lua\n(.-)```") do snippets[#snippets + 1] = code end

local function pem(chain)
  local text = ""
  for _, der in ipairs(chain) do text = text .. wolfssl.certificate(der):pem() end
  return text
end

-- The one that mentions this.
local function snippet(word)
  for _, code in ipairs(snippets) do
    if code:find(word, 1, true) then return code end
  end
end

-- The example at the head of a module that mentions this.
local function example(module, word)
  local text = helper.read("lua/wolfssl/" .. module .. ".lua"):match "^(.-)\n%-%- @module"
  local code = ""
  for line in (text .. "\n-- end\n"):gmatch "%-%-([^\n]*)\n" do
    if line:find "^ ?%S" then
      if code:find(word, 1, true) then return code end
      code = ""
    else
      code = code .. line:gsub("^     ", "") .. "\n"
    end
  end
end

local function files()
  local directory = helper.tempdir()
  local chain, key = pki.leaf "secp256r1"
  helper.write(directory .. "/server-chain.pem", pem(chain))
  helper.write(directory .. "/server-key.pem", key:pem())
  helper.write(directory .. "/clients-ca.pem", pem { pki.root })
  return directory
end

local function replaced(code, from, to)
  local first, last = code:find(from, 1, true)
  assert(first, "not in the README any more: " .. from)
  return code:sub(1, first - 1) .. to .. code:sub(last + 1)
end

-- Runs Lua code in a process of its own, with the paths of this one.
local function script(code)
  local path = helper.tempdir() .. "/snippet.lua"
  return helper.write(path, ("package.path, package.cpath = %q, %q\n"):format(package.path,
    package.cpath) .. code)
end

-- What a snippet, run here with these globals, has in its local variable of that name.
local function load_snippet(code, globals, name)
  code = code .. "\nreturn " .. name
  local environment = setmetatable(globals, { __index = _G })
  local loader = rawget(_G, "setfenv")
  if not loader then return assert(load(code, "=README", "t", environment))() end
  return loader(assert(loadstring(code)), environment)() -- luacheck: ignore 113
end

describe("README", function()
  teardown(helper.cleanup)

  it("has a client that works", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local directory = files()
    local server = helper.spawn(("cd %s && openssl s_server -www -accept 127.0.0.1:0"
      .. " -cert server-chain.pem -key server-key.pem -cert_chain server-chain.pem")
      :format(directory))
    local port = server:wait_for("^ACCEPT .*:(%d+)$")
    local code = replaced(snippets[1], '"example.org", 443, {',
      ('"localhost", %s, { trust = "%s/clients-ca.pem",'):format(port, directory))
    local output, status = helper.run(helper.interpreter() .. " " .. script(code))
    server:stop()
    assert.equal(0, status, output)
    assert.truthy(output:find("TLS 1.3\tTLS_", 1, true), output)
    assert.truthy(output:find("HTTP/1.0 200 ok", 1, true), output)
  end)

  it("has a server whose handler refuses clients by what they say", function()
    local directory, code = files(), snippet "on_client_hello"
    code = code:gsub('"(server%-%a+%.pem)"', ('"%s/%%1"'):format(directory))
    for _, admitted in ipairs { true, false } do
      local asked = {}
      local context = load_snippet(code, { wolfssl = wolfssl, admits = function(name, protocols)
        asked = { name, protocols[1] }
        return admitted
      end }, "context")
      local a, b = pki.pair(pki.client { alpn = { "h2" } }, context)
      pki.handshake(a, b)
      assert.same({ "localhost", "h2" }, asked)
      assert.equal(admitted, b:info().open)
      local _, _, code_of_client, alert = a:handshake()
      if not admitted then
        assert.same({ "alert_received", "unrecognized_name" }, { code_of_client, alert.name })
      end
    end
  end)

  -- spec/examples/loops_spec.lua runs it.
  it("shows the example for an event loop as it is", function()
    local code = helper.read("spec/examples/https_cqueues.lua"):gsub("^%-%-[^\n]*\n", "")
    assert.truthy(readme:find("```lua\n" .. code .. "```", 1, true))
  end)

  it("has commands that there are", function()
    local help = helper.run(helper.interpreter() .. " lua/bin/wolfprobe --help")
    local count = 0
    for name in readme:gmatch "\n| `wolfprobe (%l+)" do
      assert.matches("\n +" .. name .. " ", help)
      count = count + 1
    end
    assert.is_true(count >= 7)
  end)

  it("counts demonstrations, probes and protocols right", function()
    local count = "%d kinds, no network needed"
    assert.truthy(readme:find(count:format(#kinds.names()), 1, true))
    local named, others = readme:match "comes along: ([^|]-) and (%d+) others"
    local _, here = named:gsub("`%l+`", "")
    assert.equal(#file.builtin, here + tonumber(others))
    assert.truthy(readme:find("thirteen protocols begin in the clear", 1, true))
    assert.equal(13, #starttls.protocols)
  end)

  it("has commands that run", function()
    for arguments in readme:gmatch "`wolfprobe (explain %-%-demo [^`]+)`" do
      local page = helper.tempdir() .. "/page.html"
      local command = arguments:gsub("page%.html", page)
      local output, status = helper.run(("%s lua/bin/wolfprobe %s"):format(helper.interpreter(),
        command))
      assert.equal(0, status, output)
      if command:find "--html" then assert.truthy(helper.read(page):find "</html>") end
    end
  end)

  it("has a server that works, and that asks for a certificate", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    if not pcall(require, "socket") then return pending("needs package lua-socket") end
    local directory = files()
    local code = snippets[2]
    for _, name in ipairs { "server-chain.pem", "server-key.pem", "clients-ca.pem" } do
      code = replaced(code, '"' .. name .. '"', ('"%s/%s"'):format(directory, name))
    end
    local server = helper.spawn(helper.interpreter() .. " " .. script([[
      io.stdout:setvbuf("no")
      local wolfssl = require "wolfssl"
      local listener = assert(require("socket").bind("127.0.0.1", 0))
      print("port " .. select(2, listener:getsockname()))
      local socket = assert(listener:accept())
    ]] .. code .. [[
      print(ok, code)
    ]]))
    local port = server:wait_for("^port (%d+)$")
    helper.run(("openssl s_client -connect 127.0.0.1:%s -CAfile %s/clients-ca.pem"):format(port,
      directory))
    local outcome = server:wait_for("^(nil.*)$")
    server:stop()
    assert.equal("nil\tcertificate_invalid", outcome)
  end)
end)

-- What is at the head of modules, for the reference.
describe("an example of", function()
  teardown(helper.cleanup)

  it("wolfssl.verify says all that is wrong with a chain", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local directory = files()
    helper.write(directory .. "/company.crl", issue.crl {
      issuer = { certificate = pki.middle, key = pki.middle_key } })
    local server = helper.spawn(("cd %s && openssl s_server -www -accept 127.0.0.1:0"
      .. " -cert server-chain.pem -key server-key.pem -cert_chain server-chain.pem")
      :format(directory))
    local port = server:wait_for("^ACCEPT .*:(%d+)$")
    local code = replaced(example("verify", "company-ca.pem"), '"system", "company-ca.pem"',
      ('"%s/clients-ca.pem"'):format(directory))
    code = replaced(code, '"company.crl"', ('"%s/company.crl"'):format(directory))
    code = 'local wolfssl = require "wolfssl"\n' .. replaced(code, '"example.org", 443',
      ('"127.0.0.1", %s'):format(port))
    local good = helper.run(helper.interpreter() .. " " .. script(code .. "print(stream)"))
    local bad = helper.run(helper.interpreter() .. " " .. script(replaced(code,
      "{ context = client }", '{ context = client, server_name = "example.org" }')))
    server:stop()
    assert.truthy(good:find("wolfssl", 1, true), good)
    assert.equal("0\twrong_name\tit is for another name", (bad:gsub("%s+$", "")))
  end)

  it("wolfssl.https has an answer go to a file", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local directory = files()
    helper.write(directory .. "/page.html", "a page")
    local server = helper.spawn(("cd %s && openssl s_server -WWW -accept 127.0.0.1:0"
      .. " -cert server-chain.pem -key server-key.pem -cert_chain server-chain.pem")
      :format(directory))
    local port = server:wait_for("^ACCEPT .*:(%d+)$")
    local code = replaced('local wolfssl, ltn12 = require "wolfssl", require "ltn12"\n'
      .. example("https", "ltn12"), "wolfssl.client {",
      ('wolfssl.client { trust = "%s/clients-ca.pem",'):format(directory))
    code = replaced(code, "https://example.org/", ("https://localhost:%s/page.html"):format(port))
    code = replaced(code, '"page.html"', ('"%s/saved.html"'):format(directory))
    local output = helper.run(helper.interpreter() .. " " .. script(code .. "print(ok, code)"))
    server:stop()
    assert.equal("1\t200\n", output)
    assert.equal("a page", helper.read(directory .. "/saved.html"))
  end)

  it("wolfssl.context.psk does without certificates", function()
    local code, key = example("context/psk", "sensor-7"), ("k"):rep(32)
    local globals = { wolfssl = wolfssl, key = key }
    local a = pki.connected(load_snippet(code, globals, "client"),
      load_snippet(code, globals, "server"))
    assert.is_true(a:info().psk)
  end)

  it("wolfssl.session_store resumes, a server by Redis", function()
    if redis_server.missing() then return pending(redis_server.missing()) end
    local directory, processes = files(), { redis_server.start() }
    finally(function()
      for _, process in ipairs(processes) do process:stop() end
    end)
    local code = replaced(example("session_store/redis", "rotate"), 'host = "10.0.0.5"',
      "port = " .. processes[1].port)
    for _, name in ipairs { "server-chain.pem", "server-key.pem" } do
      code = replaced(code, '"' .. name .. '"', ('"%s/%s"'):format(directory, name))
    end
    processes[2] = helper.spawn(helper.interpreter() .. " " .. script([[
      io.stdout:setvbuf("no")
      local wolfssl, secret = require "wolfssl", ("s"):rep(32)
    ]] .. code .. [[
      local listener = assert(require("socket").bind("127.0.0.1", 0))
      print("port " .. select(2, listener:getsockname()))
      while true do
        local stream = context:wrap(listener:accept())
        stream:send("hello\n")
        stream:close()
      end
    ]]))
    local port = processes[2]:wait_for("^port (%d+)$")
    local client = replaced(example("session_store/memory", "connect"),
      'wolfssl.connect("example.org", 443, {', ('connect("localhost", %s, {'):format(port))
    client = replaced(client, "wolfssl.client {",
      ('wolfssl.client { trust = "%s/clients-ca.pem",'):format(directory))
    local output, status = helper.run(helper.interpreter() .. " " .. script([[
      local wolfssl = require "wolfssl"
      local function connect(...)
        for _ = 1, 3 do
          local stream = assert(wolfssl.connect(...))
          print(stream:receive("*l"), stream:info().resumed)
          stream:close()
        end
        return true
      end
    ]] .. client))
    assert.equal(0, status, output)
    assert.equal("hello\tfalse\nhello\ttrue\nhello\ttrue\n", output)
  end)

end)
