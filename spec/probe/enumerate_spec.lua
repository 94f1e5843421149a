-- What is found is what the servers were told to do.

local enumerate = require "wolfssl.probe.enumerate"
local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"
local played = require "probe.played"
local probe = require "wolfssl.probe"

local function names(list, ...)
  local out = {}
  for i, entry in ipairs(assert(list, ...)) do out[i] = entry.name end
  return out
end

local function on(server, play)
  local ok, err = pcall(play, probe.target("127.0.0.1", server.port,
    { server_name = "localhost", timeout = 50 }))
  server:stop()
  if not ok then error(err, 0) end
end

local ORDER = { "DHE-RSA-AES256-CCM8", "ECDHE-RSA-AES128-SHA", "AES256-GCM-SHA384",
  "ECDHE-RSA-CAMELLIA256-SHA384", "ECDHE-RSA-CHACHA20-POLY1305" }
local IANA = { "TLS_DHE_RSA_WITH_AES_256_CCM_8", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
  "TLS_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_CAMELLIA_256_CBC_SHA384",
  "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" }

describe("wolfssl.probe.enumerate", function()
  teardown(peers.cleanup)

  local function openssl(arguments)
    return peers.openssl_server(("-www %s %s"):format(arguments,
      peers.identity("openssl", "rsa")))
  end

  it("finds the versions", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    on(openssl "-no_tls1_3 -no_tls1_1 -cipher ALL:@SECLEVEL=0", function(target)
      assert.same({ "TLS 1.2", "TLS 1.0" }, names(enumerate.versions(target)))
    end)
    on(openssl "-tls1_3", function(target)
      assert.same({ "TLS 1.3" }, names(enumerate.versions(target)))
      assert.is_true(target.connections <= 5, target.connections)
    end)
  end)

  it("finds the suites in the server's order", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local configured = "-serverpref -cipher @SECLEVEL=0:" .. table.concat(ORDER, ":")
      .. " -ciphersuites TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256"
    on(openssl(configured), function(target)
      local list, order = enumerate.suites(target, "TLS 1.2")
      assert.same(IANA, names(list))
      assert.equal("server", order)
      assert.is_true(target.connections < 20, target.connections)
      list, order = enumerate.suites(target, "TLS 1.3")
      assert.same({ "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_CCM_SHA256" }, names(list))
      assert.equal("server", order)
    end)
  end)

  it("finds that the order is the client's, or that there is none", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    on(openssl("-cipher @SECLEVEL=0:" .. table.concat(ORDER, ":")
      .. " -ciphersuites TLS_AES_128_CCM_8_SHA256"), function(target)
      local list, order = enumerate.suites(target, "TLS 1.2")
      local found = names(list)
      table.sort(found)
      local expected = {}
      for i, name in ipairs(IANA) do expected[i] = name end
      table.sort(expected)
      assert.same(expected, found)
      assert.equal("client", order)
      assert.equal("none", select(2, enumerate.suites(target, "TLS 1.3")))
      assert.same({ IANA[2] }, names(enumerate.suites(target, "TLS 1.1")))
    end)
  end)

  it("finds groups and schemes", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    on(openssl "-serverpref -groups P-384:X25519:ffdhe3072 -sigalgs RSA-PSS+SHA512:RSA+SHA256",
      function(target)
        local groups = names(enumerate.groups(target, "TLS 1.3"))
        assert.same({ "secp384r1", "x25519", "ffdhe3072" }, groups)
        assert.same({ "secp384r1", "x25519" }, names(enumerate.groups(target, "TLS 1.2")))
        assert.same({ "rsa_pss_rsae_sha512" }, names(enumerate.schemes(target, "TLS 1.3")))
        assert.same({ "rsa_pss_rsae_sha512", "rsa_pkcs1_sha256" },
          names(enumerate.schemes(target, "TLS 1.2")))
      end)
  end)

  it("finds the same with GnuTLS", function()
    if not helper.have "gnutls-serv" then return pending("needs package gnutls-bin") end
    local server = peers.gnutls_server("--http --priority NONE:+VERS-TLS1.3:+VERS-TLS1.2"
      .. ":+AES-256-GCM:+CHACHA20-POLY1305:+AEAD:+ECDHE-RSA:+GROUP-X25519:+GROUP-SECP521R1"
      .. ":+SIGN-ALL:+COMP-NULL:%SERVER_PRECEDENCE " .. peers.identity("gnutls", "rsa"))
    on(server, function(target)
      assert.same({ "TLS 1.3", "TLS 1.2" }, names(enumerate.versions(target)))
      local list, order = enumerate.suites(target, "TLS 1.2")
      assert.same({ "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256" }, names(list))
      assert.equal("server", order)
      local groups = names(enumerate.groups(target, "TLS 1.3"))
      table.sort(groups)
      assert.same({ "secp521r1", "x25519" }, groups)
    end)
  end)

  it("finds groups that come behind the curve of the certificate", function()
    if not helper.have "gnutls-serv" then return pending("needs package gnutls-bin") end
    local server = peers.gnutls_server("--http --priority NORMAL:-GROUP-ALL:+GROUP-SECP256R1"
      .. ":+GROUP-SECP384R1:+GROUP-X25519:%SERVER_PRECEDENCE "
      .. peers.identity("gnutls", "secp256r1"))
    on(server, function(target)
      local all = { "secp256r1", "secp384r1", "x25519" }
      assert.same(all, names(enumerate.groups(target, "TLS 1.2")))
      assert.is_true(target.connections <= 10, target.connections)
      assert.same(all, names(enumerate.groups(target, "TLS 1.3")))
    end)
  end)

  it("finds no group that nobody gets", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local server = peers.openssl_server("-www -serverpref -groups X25519:P-256:P-384 "
      .. peers.identity("openssl", "secp256r1"))
    on(server, function(target)
      assert.same({ "x25519", "secp256r1" }, names(enumerate.groups(target, "TLS 1.2")))
      assert.same({ "x25519", "secp256r1", "secp384r1" },
        names(enumerate.groups(target, "TLS 1.3")))
    end)
  end)

  -- A server with an order of its own, that refuses to read a list of more than so many suites.
  local function choosy(most, refuse, order)
    return function(c)
      local offered, count = {}, 0
      for _, suite in ipairs(c:expect("client_hello").body.cipher_suites) do
        offered[suite.name], count = true, count + 1
      end
      if count > most then return refuse(c) end
      for _, name in ipairs(order or IANA) do
        if offered[name] then
          c:send(c:server_hello { version = "TLS 1.2", cipher_suite = name })
          return c:receive()
        end
      end
      c:alert "handshake_failure"
    end
  end

  it("finds the suites of a server that cannot bear many", function()
    for how, refuse in pairs {
      ["hangs up"] = function(c) c:abort() end,
      ["says that there is none"] = function(c) c:alert "handshake_failure" end,
    } do
      local facts, _, target = played.run("suites", { "TLS 1.2" }, choosy(64, refuse))
      assert.same(IANA, names(facts.suites["TLS 1.2"].list), how)
      assert.equal("server", facts.suites["TLS 1.2"].order)
      assert.is_true(target.connections > #IANA + 5, target.connections)
    end
  end)

  it("asks for all suites at once where that is borne", function()
    local facts, _, target = played.run("suites", { "TLS 1.2" }, choosy(1000))
    assert.same(IANA, names(facts.suites["TLS 1.2"].list))
    assert.equal(#IANA + 1, target.connections)
  end)

  -- Where the list is not as we offered it, the order is the server's without asking.
  it("asks no more where the last of a list comes first", function()
    local everything = require "wolfssl.probe.everything"
    local suite = require "wolfssl.tls.registry.cipher_suite"
    local all = everything.suites(0x0303)
    local own = { suite:name(all[2]), suite:name(all[1]) }
    local facts, _, target = played.run("suites", { "TLS 1.2" }, choosy(1000, nil, own))
    assert.same({ own, "server" }, { names(facts.suites["TLS 1.2"].list),
      facts.suites["TLS 1.2"].order })
    assert.equal(3, target.connections)
  end)

  it("does not wait for a prime that did not come once", function()
    local primes = require "wolfssl.probe.enumerate.primes"
    local target = probe.target("a.example", 443, { transport = function() end })
    local hello = { body = { cipher_suite = { value = 0x9e } } }
    local asked = 0
    local function told(body)
      local c = { entries = function() return {} end, heard = function() end }
      function c.await()
        asked = asked + 1
        if not body then return nil, "closed", "truncated" end
        return { body = body }, { name = "server_key_exchange" }
      end
      primes.listen(target, c, hello)
    end
    told { params = { dh_p = "\0\255\1" } }
    told { params = { dh_p = "\255\1" } }
    assert.same({ "\255\1", 1 }, { primes.of(target)[1].prime, #primes.of(target)[1].suites })
    told { params = { curve_params = {} } }   -- no prime in it
    assert.equal(3, asked)
    told { params = { dh_p = "\7" } }
    assert.same({ 3, 1 }, { asked, #primes.of(target) })
    target.choices = {}
    told(nil)
    told "unread"
    assert.same({ 4, {} }, { asked, primes.of(target) })
  end)

  it("says why it could not find out", function()
    local target = probe.target("127.0.0.1", helper.refused_port(), { timeout = 50 })
    assert.equal("network_error", select(3, enumerate.versions(target)))
    assert.equal("network_error", select(3, enumerate.suites(target, "TLS 1.2")))
    assert.equal("network_error", select(3, enumerate.groups(target, "TLS 1.3")))
    assert.equal("network_error", select(3, enumerate.schemes(target, "TLS 1.3")))
    assert.error_matches(function() enumerate.suites(target, "TLS 7") end, "TLS 7 is none")
  end)

  it("does not go round in circles with a server that chooses what was not offered", function()
    assert.same({ {}, 3 }, { enumerate.exhaust({ 1, 2 }, function() return 3 end) })
    local turns = 0
    assert.same({ { 2 }, 2 }, { enumerate.exhaust({ 1, 2 }, function()
      turns = turns + 1
      return 2
    end) })
    assert.equal(2, turns)
  end)

  -- A server of TLS 1.2 that hears nothing of what its clients can do.
  local function stubborn(chain, key)
    return function(c)
      local hello, entry = c:expect "client_hello"
      if not hello then return end
      table.insert(c.queue, 1, entry)
      c:handshake { certificate = chain, key = key, version = "TLS 1.2", cipher_suite = IANA[5],
        group = "secp384r1", scheme = "rsa_pkcs1_sha512", alpn = "h2" }
      c:abort()
    end
  end

  it("states that something was chosen that was not offered, and goes on", function()
    local chain, key = pki.leaf "rsa"
    for name, text in pairs { suites = IANA[5], groups = "secp384r1",
      schemes = "rsa_pkcs1_sha512" } do
      local facts, codes, target = played.run(name, { "TLS 1.2" }, stubborn(chain, key))
      local result = target.results[name]
      local list = facts[name]["TLS 1.2"]
      assert.same({ text }, names(list.list or list))
      assert.equal("unoffered", codes:match "unoffered", name)
      local said
      for _, finding in ipairs(result.findings) do
        if finding.code == "unoffered" then said = finding end
      end
      assert.matches(text .. " .*though the client did not offer it$", said.message)
      assert.is_true(target.connections < 10, target.connections)
    end
    local facts, codes = played.run("alpn", { "TLS 1.2" }, stubborn(chain, key))
    assert.same({ { "h2" }, "unoffered selects" }, { facts.alpn, codes })
  end)
end)
