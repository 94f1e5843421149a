-- What a server does, in a word; and the hello that is ordinary to it.

local probe = require "wolfssl.probe"
local reply = require "wolfssl.probe.reply"
local stage = require "probe.stage"
local versions = require "wolfssl.tls.registry.version"

local HELLO12 = { versions = { "TLS 1.2" } }

local function target_of(newest, suite)
  local target = probe.target("a.example", 443, { transport = function() end })
  target.facts = { versions = { versions:entry(versions:value(newest)) },
    suites = suite and { [newest] = { list = { { name = suite } } } } }
  return target
end

describe("wolfssl.probe.reply", function()
  it("gives the last word: what is wanted, or what ends the matter", function()
    local words = stage.play(function(target)
      local list = {}
      for i, wanted in ipairs { { certificate = true }, { server_hello_done = true }, false } do
        local c = assert(target:connect())
        c:send(c:client_hello(HELLO12))
        list[i] = { reply.last(c, wanted or nil) }
        c:abort()
      end
      return list
    end, function(c, number)
      c:expect "client_hello"
      c:send(c:server_hello())
      if number == 1 then c:send { msg_type = "certificate", body = { certificate_list = {} } } end
      c:send { level = "warning", description = "unrecognized_name" }
      c:alert "access_denied"
      c:send(c:server_hello())
    end)
    assert.same({ "certificate", "alert access_denied", "alert access_denied" },
      { words[1][1], words[2][1], words[3][1] })
    assert.equal("access_denied", words[2][2].description.name)
    assert.equal("alert", words[2][3].kind)
  end)

  it("waits no longer than the conversation does, and leaves it its time", function()
    local c = { timeout = 5, receive = function(self) return nil, self.timeout, "timeout" end }
    for given, waited in pairs { [2] = 2, [9] = 5 } do
      assert.same({ "timeout", nil, waited }, { reply.next(c, given) })
      assert.equal(5, c.timeout)
    end
    assert.same({ "timeout", nil, 5 }, { reply.next(c) })
  end)

  it("is asked with the versions of today, or with the server's", function()
    for newest, offered in pairs { ["TLS 1.3"] = { "TLS 1.3", "TLS 1.2" },
        ["TLS 1.2"] = { "TLS 1.3", "TLS 1.2" }, ["TLS 1.1"] = { "TLS 1.1" } } do
      assert.same(offered, reply.hello(target_of(newest)).versions)
    end
    assert.same({ "SSL 3.0" }, reply.hello(target_of "TLS 1.3", { versions = { "SSL 3.0" } })
      .versions)
  end)

  it("is asked with the usual suites, and with one that it took, once", function()
    local function offered(suite)
      local hello, count = reply.hello(target_of("TLS 1.2", suite)), 0
      for _, name in ipairs(hello.cipher_suites) do count = count + (name == suite and 1 or 0) end
      return #hello.cipher_suites, count
    end
    local usual = #reply.hello(target_of "TLS 1.2").cipher_suites
    assert.same({ usual, 1 }, { offered "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" })
    assert.same({ usual + 1, 1 }, { offered "TLS_PSK_WITH_NULL_SHA" })
  end)
end)
