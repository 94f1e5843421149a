-- The small examples, each as a program of its own.

local helper = require "helper"
local hosts = require "transport.hosts"
local pki = require "pki"
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
end)
