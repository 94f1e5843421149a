-- Programs that know nothing but LuaSec: socket.http, LuaRocks, copas.

local helper = require "helper"
local hosts = require "transport.hosts"
local peers = require "interop.peers"

local ROOT = helper.run("pwd"):gsub("%s+$", "")

-- An interpreter that has ours in place of LuaSec.
local function lua(interpreter, environment)
  local abi = interpreter:find("5%.4") and "5.4" or _VERSION:match("%d%.%d")
  return ("env %s LUA_PATH=%s LUA_CPATH=%s %s -lwolfssl.luasec"):format(environment or "",
    helper.quote(("%s/lua/?.lua;%s/lua/?/init.lua;%s/?.lua;%s/?/init.lua;;"):format(ROOT, ROOT,
      os.getenv("WOLFSSL_COPAS") or ROOT, os.getenv("WOLFSSL_COPAS") or ROOT)),
    helper.quote(("%s/build/%s/?.so;;"):format(ROOT, abi)), interpreter)
end

local function script(text, environment)
  return (helper.run(("%s -e %s"):format(lua(helper.interpreter(), environment),
    helper.quote(text))))
end

describe("wolfssl.luasec in socket.http and LuaRocks", function()
  local server, trust

  -- Files of s_server are whole responses.
  local function serve(name, body, status)
    helper.write(peers.path(name), ("HTTP/1.0 %s\r\n\r\n%s"):format(status or "200 OK", body))
  end

  setup(function()
    local chain, key = peers.files("rsa", { subject_alt_names = { "dns:localhost" } })
    serve("hello.txt", "hello")
    server = peers.openssl_server(("-HTTP -cert %s -cert_chain %s -key %s"):format(chain,
      peers.trust { require("pki").middle }, key))
    trust = "SSL_CERT_FILE=" .. peers.trust()
  end)
  teardown(function()
    server:stop()
    peers.cleanup()
  end)

  it("lets socket.http read https URLs", function()
    local output = script(([[
      local body, code = require("socket.http").request "https://localhost:%d/hello.txt"
      print(body, code)]]):format(server.port), trust)
    assert.are.equal("hello\t200", (output:gsub("%s+$", "")))
  end)

  it("verifies the certificate and the name in ssl.https", function()
    local text = [[
      local https = require "ssl.https"
      print(select(2, https.request "https://%s:%d/hello.txt"))]]
    local by_name, by_address = text:format("localhost", server.port),
      text:format("127.0.0.1", server.port)
    assert.matches("certificate verify failed", script(by_name))
    assert.matches("certificate verify failed", script(by_address, trust))
    assert.matches("^200", script(by_name, trust))
  end)

  it("does not verify when that is what verify says", function()
    local output = script(([[
      local body = {}
      print(require("ssl.https").request { url = "https://localhost:%d/hello.txt",
        verify = "none", protocol = "tlsv1_2", sink = require("ltn12").sink.table(body) })
      print(body[1])]]):format(server.port))
    assert.matches("^1\t200\ttable: .-\nhello", output)
  end)

  it("verifies also when verify says only how", function()
    for _, flags in ipairs { '"fail_if_no_peer_cert"', '{ "none", "peer" }', "{}" } do
      assert.matches("certificate verify failed", script(([[
        print(require("ssl.https").request { url = "https://localhost:%d/hello.txt",
          verify = %s })]]):format(server.port, flags)))
    end
  end)

  it("waits as long as TIMEOUT says", function()
    local output = script [[
      local socket, http, https = require "socket", require "socket.http", require "ssl.https"
      local listener = assert(socket.bind("127.0.0.1", 0))
      local url = ("https://127.0.0.1:%d/"):format((select(2, listener:getsockname())))
      https.TIMEOUT = 0.05
      print(https.request(url))
      http.TIMEOUT = 0.05
      print(http.request(url))]]
    assert.matches("^nil\ttimeout.-\nnil\ttimeout", output)
  end)

  it("says what ssl.https does not do", function()
    assert.matches("^nil\tredirect not supported", script [[
      print(require("ssl.https").request { url = "https://localhost/", redirect = true })]])
    assert.matches("^nil\tproxy not supported", script [[
      print(require("ssl.https").request { url = "https://localhost/", proxy = "http://x" })]])
    assert.matches("^nil\tcreate function not permitted", script [[
      print(require("ssl.https").request { url = "https://localhost/", create = print })]])
  end)

  it("lets LuaRocks download", function()
    if not helper.have("luarocks") then return pending("needs package luarocks") end
    local home = helper.tempdir()
    serve("manifest-5.4.zip", "", "404 Not Found")
    serve("manifest-5.4",
      'commands = {} modules = {} repository = {hello = {["1.0-1"] = {{arch = "rockspec"}}}}\n')
    local rockspec = 'package = "hello" version = "1.0-1" source = {url = "git://x.example/x"}\n'
    helper.write(peers.path("hello-1.0-1.rockspec"), rockspec)
    serve("hello-1.0-1.rockspec", rockspec)
    local output, status = helper.run(("cd %s && %s /usr/bin/luarocks download --rockspec "
      .. "--only-server=https://localhost:%d hello"):format(home,
      lua("lua5.4", "HOME=" .. home .. " " .. trust), server.port))
    assert.are.equal(0, status, output)
    assert.are.equal(rockspec, helper.read(home .. "/hello-1.0-1.rockspec"))
  end)
end)

describe("wolfssl.luasec in copas", function()
  teardown(peers.cleanup)

  it("serves by name, and connects", function()
    if not pcall(require, hosts.copas.library) then
      return pending("needs " .. hosts.copas.package)
    end
    local chain, key = peers.files("rsa", { subject = "a" })
    local other, other_key = peers.files("secp256r1", { subject = "b" })
    local output = helper.run(("%s spec/luasec/copas.lua %s %s %s %s %s"):format(
      lua(helper.interpreter()), chain, key, other, other_key, peers.trust()))
    for _, name in ipairs { "a", "b" } do
      assert.matches(("%s.example\t%s\t1000016\thello %s.example\tnil"):format(name, name, name),
        output)
    end
  end)
end)
