-- The small examples, each as a program of its own.

local fingerprint = require "wolfssl.fingerprint"
local helper = require "helper"
local hosts = require "transport.hosts"
local pki = require "pki"
local redis_server = require "session_store.redis_server"
local wolfssl = require "wolfssl"

local function pem(chain)
  local text = ""
  for _, der in ipairs(chain) do text = text .. wolfssl.certificate(der):pem() end
  return text
end

describe("spec/examples:", function()
  local directory

  setup(function()
    directory = helper.tempdir()
    local chain, key = pki.leaf "secp256r1"
    helper.write(directory .. "/chain.pem", pem(chain))
    helper.write(directory .. "/key.pem", key:pem())
    helper.write(directory .. "/ca.pem", pem { pki.root })
  end)

  teardown(helper.cleanup)

  local function command(name, ...)
    return ("LUA_PATH=%s LUA_CPATH=%s %s spec/examples/%s.lua %s"):format(
      helper.quote(package.path), helper.quote(package.cpath), helper.interpreter(), name,
      table.concat({ ... }, " "))
  end

  local function s_server(options)
    local server = helper.spawn(("cd %s && openssl s_server -accept 127.0.0.1:0 -cert chain.pem"
      .. " -cert_chain chain.pem -key key.pem %s"):format(directory, options))
    return server, server:wait_for "^ACCEPT .*:(%d+)$"
  end

  for _, loop in ipairs { "blocking", "LuaSocket", "cqueues", "copas", "luv" } do
    it("an HTTPS client, " .. loop, function()
      local host = hosts[loop]
      if host and not pcall(require, host.library) then return pending("needs " .. host.package) end
      if not helper.have "openssl" then return pending("needs package openssl") end
      local server, port = s_server "-www"
      local output, status = helper.run("timeout 50 env " .. command("https_" .. loop:lower(),
        "localhost", port, directory .. "/ca.pem"))
      server:stop()
      assert.equal(0, status, output)
      assert.truthy(output:find("HTTP/1.0 200 ok", 1, true), output)
      assert.truthy(output:find("</HTML>", 1, true), output)
    end)
  end

  it("an echo server", function()
    local server = helper.spawn(command("echo_server", 0, directory .. "/chain.pem",
      directory .. "/key.pem"))
    local port = tonumber(server:wait_for "^listening on (%d+)")
    local function connect()
      return assert(wolfssl.connect("localhost", port, { trust = pki.root, timeout = 20 }))
    end
    local first, second = connect(), connect()
    assert(second:send "two\n")
    assert.equal("two", second:receive())
    assert(first:send "one\n")
    assert.equal("one", first:receive())
    first:close()
    second:close()
    server:stop()
  end)

  it("a client that shows a certificate", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local server, port = s_server "-rev -Verify 1 -verify_return_error -CAfile ca.pem"
    local ca, chain, key = directory .. "/ca.pem", directory .. "/chain.pem",
      directory .. "/key.pem"
    local output = helper.run("timeout 50 env " .. command("mutual_client", "localhost", port, ca,
      chain, key))
    assert.truthy(output:find "^olleh", output)
    output = helper.run("timeout 50 env " .. command("mutual_client", "localhost", port, ca))
    server:stop()
    assert.truthy(output:find "^alert_received", output)
  end)

  if _VERSION == "Lua 5.1" then -- as Neovim's Lua, a LuaJIT, is
    it("an HTTPS client in Neovim", function()
      if not helper.have "nvim" then return pending "needs package neovim" end
      if not helper.have "openssl" then return pending("needs package openssl") end
      local server, port = s_server "-www"
      local saved = directory .. "/saved.html"
      local output, status = helper.run(("LUA_PATH=%s LUA_CPATH=%s timeout 50 nvim --headless"
        .. " -u NONE -c 'let g:trust = \"%s/ca.pem\"' -c 'luafile spec/examples/https_neovim.lua'"
        .. " -c 'Get https://localhost:%s/'"
        .. " -c 'lua vim.wait(40000, function() return vim.fn.line(\"$\") > 1 end)'"
        .. " -c 'write %s' -c 'quitall!'"):format(helper.quote(package.path),
        helper.quote(package.cpath), directory, port, saved))
      server:stop()
      assert.equal(0, status, output)
      assert.truthy(helper.read(saved):find("</HTML>", 1, true), output)
    end)
  end

  -- Chain and key for a name, as one text.
  local function identity(name)
    local chain, key = pki.leaf("secp256r1", { subject_alt_names = { "dns:" .. name } })
    return pem(chain) .. key:pem()
  end

  it("a server whose certificates are in Redis", function()
    if redis_server.missing() then return pending(redis_server.missing()) end
    if not pcall(require, "cqueues") then return pending "needs package lua-cqueues" end
    if not helper.have "openssl" then return pending "needs package openssl" end
    local store = redis_server.start()
    local server = helper.spawn(command("sni_server", 0, store.port))
    finally(function()
      server:stop()
      store:stop()
    end)
    local port = tonumber(server:wait_for "^listening on (%d+)")
    local function connect(name, timeout)
      return wolfssl.connect("127.0.0.1", port, { trust = pki.root, server_name = name,
        timeout = timeout or 40 })
    end
    local function answer(stream)
      assert(stream:send "GET / HTTP/1.0\n")
      return stream:receive "*a"
    end
    local _, _, _, alert = connect "one.example"
    assert.equal("unrecognized_name", alert.name)
    local redis = require("redis").connect("127.0.0.1", store.port)
    for _, name in ipairs { "one.example", "two.example" } do
      redis:set("tls:" .. name, identity(name))
    end
    local one = assert(connect "one.example")
    store:freeze() -- a client that waits for Redis keeps nobody else waiting
    assert.equal("timeout", (select(3, connect("two.example", 0.1))))
    assert.matches("^HTTP/1.0 200 OK\r\n\r\nThis is", answer(one))
    one:close()
    store:thaw()
    local output, status = helper.run(("timeout 40 openssl s_client -connect 127.0.0.1:%d"
      .. " -servername two.example -verify_hostname two.example -verify_return_error"
      .. " -CAfile %s/ca.pem -brief"):format(port, directory))
    assert.equal(0, status, output)
    assert.matches("Verification: OK", output)
  end)

  it("a proxy that prints the fingerprint of each client", function()
    if not pcall(require, "cqueues") then return pending "needs package lua-cqueues" end
    if not helper.have "curl" then return pending "needs package curl" end
    local server, server_port = s_server "-www"
    local proxy = helper.spawn(command("fingerprint_proxy", 0, "127.0.0.1", server_port))
    finally(function()
      proxy:stop()
      server:stop()
    end)
    local port = tonumber(proxy:wait_for "^listening on (%d+)")
    local stream = assert(wolfssl.connect("localhost", port, { trust = pki.root, timeout = 40,
      trace = true }))
    local prints
    for _, entry in ipairs(stream:connection().recorder:entries()) do
      prints = prints or entry.name == "client_hello" and fingerprint.client(entry.bytes)
    end
    assert.same({ prints.ja4, prints.ja3 }, { proxy:wait_for "^127.0.0.1\t(%S+)\t(%S+)$" })
    assert(stream:send "GET / HTTP/1.0\r\n\r\n")
    assert.matches("</HTML>", (stream:receive "*a"))
    stream:close()
    local page, status = helper.run(("curl -sS --max-time 40 --cacert %s/ca.pem"
      .. " https://localhost:%d/"):format(directory, port))
    assert.equal(0, status, page)
    assert.matches("</HTML>", page)
    assert.matches("^t1[23]d%d%d%d%d%w%w_%x+_%x+$", (proxy:wait_for "^127.0.0.1\t(%S+)\t%x+$"))
  end)
end)
