-- The facts that probes state are what the servers were told to do.

local crypto = require "wolfssl.trace.crypto"
local extension = require "wolfssl.tls.extension"
local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"
local servers = require "probe.servers"

local chain, key = pki.leaf "secp256r1"

local function openssl(arguments, kind)
  return peers.openssl_server(arguments .. " " .. peers.identity("openssl", kind or "rsa"))
end

local function sorted(list)
  table.sort(list)
  return list
end

local function first_of(wanted, offered)
  for _, name in ipairs(wanted) do
    for _, group in ipairs(offered.named_group_list) do
      if group.name == name then return name end
    end
  end
end

local function names_of(offered)
  local list = {}
  for i, group in ipairs(offered.named_group_list) do list[i] = group.name end
  return list
end

-- Handshakes well done, but for these options.
local function honest(change)
  return function(c)
    local options = { certificate = chain, key = key }
    for option, value in pairs(change) do options[option] = value end
    c:handshake(options)
    c:receive()
  end
end

local DHE = "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256"
local LISTS = "-serverpref -cipher ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-CHACHA20-POLY1305"
  .. ":ECDHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-SHA256"
  .. ":AES256-GCM-SHA384:AES128-SHA -ciphersuites TLS_AES_256_GCM_SHA384"
  .. ":TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256 -groups X25519:P-256:P-384"
  .. " -sigalgs RSA-PSS+SHA256:RSA-PSS+SHA384:RSA+SHA256 -alpn http/1.1,h2"

describe("the facts of a modern server", function()
  local facts, target

  setup(function()
    if not helper.have "openssl" then return end
    local _
    facts, _, target = servers.on(openssl("-www " .. LISTS), "versions", "sslv2", "suites",
      "groups", "schemes", "extensions", "alpn", "sni", "compression", "downgrade",
      "renegotiation", "resumption", "client_certificate")
  end)

  teardown(peers.cleanup)

  local function has(what, check)
    it(what, function()
      if not facts then return pending("needs package openssl") end
      check()
    end)
  end

  has("are versions, suites in its order, groups, and schemes", function()
    assert.same({ "TLS 1.3", "TLS 1.2" }, facts.versions)
    assert.is_false(facts.sslv2)
    assert.same({ ["TLS 1.3"] = { order = "server", list = { "TLS_AES_256_GCM_SHA384",
      "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256" } },
      ["TLS 1.2"] = { order = "server", list = { "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
        "TLS_RSA_WITH_AES_256_GCM_SHA384", "TLS_RSA_WITH_AES_128_CBC_SHA" } } }, facts.suites)
    local groups = { "x25519", "secp256r1", "secp384r1" }
    assert.same({ ["TLS 1.3"] = groups, ["TLS 1.2"] = groups }, facts.groups)
    assert.same({}, facts.hybrid_groups)
    assert.same({ retries = true, cookie = false, group = "x25519" }, facts.hello_retry)
    assert.same({ ["TLS 1.3"] = { "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384" },
      ["TLS 1.2"] = { "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pkcs1_sha256" } },
      facts.schemes)
  end)

  has("are extensions, and what becomes of names and protocols", function()
    assert.same({ "application_layer_protocol_negotiation", "key_share", "max_fragment_length",
      "supported_groups", "supported_versions" }, sorted(facts.extensions["TLS 1.3"]))
    assert.same({ "application_layer_protocol_negotiation", "ec_point_formats",
      "extended_master_secret", "max_fragment_length", "renegotiation_info", "session_ticket" },
      sorted(facts.extensions["TLS 1.2"]))
    assert.is_true(facts.extended_master_secret)
    assert.is_true(facts.encrypt_then_mac)
    assert.same({ "http/1.1", "h2" }, facts.alpn)
    assert.equal("alert", facts.alpn_refusal)
    assert.same({ required = false, without = "accepted", unknown = "accepted",
      case_sensitive = false, default_certificate_differs = false }, facts.sni)
  end)

  has("are how it goes on from there", function()
    assert.same({}, facts.compression)
    assert.is_true(facts.fallback_scsv)
    assert.is_true(facts.downgrade_sentinel)
    assert.is_true(facts.secure_renegotiation)
    assert.is_false(facts.client_renegotiation)
    assert.same({ session_id = true, ticket = true, ticket_lifetime = 7200, psk = true,
      psk_lifetime = 7200, tickets = 2, ticket_reuse = true, psk_modes = { "psk_dhe_ke" } },
      facts.resumption)
    assert.same({ accepted = false, max = 0 }, facts.early_data)
    assert.same({ requested = "no", authorities = {}, schemes = {} }, facts.client_certificate)
  end)

  has("cost few connections, and rest on messages", function()
    assert.is_true(target.connections <= 56, target.connections)
    for _, result in pairs(target.results) do
      for name in pairs(result.facts) do
        local place = result.evidence[name]
        local entry = target.conversations[place.connection]:entries()[place.message]
        assert.equal(place.name, entry and entry.name, name)
        assert.equal(name:find "^sslv2" == nil, entry ~= nil)   -- OpenSSL hangs up at it
      end
    end
    assert.equal("server_hello", target.results.downgrade.evidence.downgrade_sentinel.name)
    assert.equal("server_hello", target.results.extensions.evidence.extensions.name)
  end)
end)

describe("the probe", function()
  teardown(peers.cleanup)

  it("client_certificate tells who must, who may, and whose names are heard", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local trust = " -CAfile " .. peers.trust { pki.root }
    for _, version in ipairs { "-tls1_3", "-tls1_2" } do
      local found = servers.on(openssl(version .. " -Verify 1 -www" .. trust),
        "client_certificate").client_certificate
      assert.same({ "required", { "CN=Root" } }, { found.requested, found.authorities })
      assert.is_true(#found.schemes > 3)
    end
    assert.equal("optional", servers.on(openssl("-verify 1 -www", "secp256r1"),
      "client_certificate").client_certificate.requested)
  end)

  it("client_certificate bears names that are none", function()
    local found = servers.played(honest { request = { authorities = { "\48\3junk", "\48\0" } } },
      "client_certificate").client_certificate
    assert.same({ "unreadable", "" }, found.authorities)
    assert.equal("optional", found.requested)
  end)

  it("resumption tells what is not resumed", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    assert.same({ session_id = false, ticket = false, psk = false, tickets = 0, psk_modes = {},
      ticket_reuse = false }, servers.on(openssl "-www -no_ticket -no_cache -num_tickets 0",
      "resumption").resumption)
  end)

  it("resumption finds early data, tickets for once, and psk_ke", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local facts, codes = servers.on(openssl "-tls1_3 -early_data -max_early_data 1000",
      "resumption")
    assert.same({ accepted = true, max = 1000 }, facts.early_data)
    assert.same({ psk = true, psk_lifetime = 7200, tickets = 2, ticket_reuse = false,
      psk_modes = { "psk_dhe_ke" } }, facts.resumption)
    assert.equal("early_data", codes)
    facts, codes = servers.on(openssl "-www -tls1_3 -allow_no_dhe_kex", "resumption")
    assert.same({ "psk_dhe_ke", "psk_ke" }, facts.resumption.psk_modes)
    assert.equal("no_forward_secrecy", codes)
  end)

  it("resumption tells of tickets that are given and not taken, and live too long", function()
    local facts, codes = servers.played(function(c)
      if not c:handshake { certificate = chain, key = key, version = "TLS 1.3" } then return end
      c:send(c:new_session_ticket { lifetime = 700000 })
      c:receive()
    end, "resumption")
    assert.same({ psk = false, psk_lifetime = 700000, tickets = 1, ticket_reuse = false,
      psk_modes = {} }, facts.resumption)
    assert.same({ accepted = false, max = 0 }, facts.early_data)
    assert.equal("long_lived", codes)
  end)

  it("resumption lets a ticket live for a week, and not for a second more", function()
    for lifetime, expected in pairs { [604800] = "", [604801] = "long_lived" } do
      local facts, codes = servers.played(function(c)
        if not c:handshake { certificate = chain, key = key, version = "TLS 1.3" } then return end
        c:send(c:new_session_ticket { lifetime = lifetime })
        c:receive()
      end, "resumption")
      assert.equal(lifetime, facts.resumption.psk_lifetime)
      assert.equal(expected, codes)
    end
  end)

  it("sni tells names from one another", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local other, other_key = peers.files "secp256r1"
    local facts = servers.on(openssl(("-www -servername localhost -servername_fatal -cert2 %s"
      .. " -key2 %s"):format(other, other_key)), "sni")
    assert.same({ required = false, without = "accepted", unknown = "alert unrecognized_name",
      case_sensitive = false, default_certificate_differs = true }, facts.sni)
    facts = servers.on(openssl(("-www -tls1_2 -servername localhost -cert2 %s -key2 %s")
      :format(other, other_key)), "sni")
    assert.equal("warning", facts.sni.unknown)
    local codes
    facts, codes = servers.played(function(c)
      local hello, entry = c:expect "client_hello"
      local data = extension.find(hello.body.extensions, "server_name")
      if not data then return end
      if data.server_name_list[1].name ~= "localhost" then return c:alert "unrecognized_name" end
      table.insert(c.queue, 1, entry)
      honest {}(c)
    end, "sni")
    assert.same({ required = true, without = "closed", unknown = "alert unrecognized_name",
      case_sensitive = true, default_certificate_differs = false }, facts.sni)
    assert.equal("required case_sensitive", codes)
  end)

  it("alpn tells who ignores all of them, and who takes only its own", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local facts = servers.on(openssl "-www -tls1_2", "alpn")
    assert.same({ {}, "ignored" }, { facts.alpn, facts.alpn_refusal })
    for _, version in ipairs { "-tls1_3", "-tls1_2" } do
      facts = servers.on(openssl("-www -alpn house/1 " .. version), "alpn")
      assert.same({ {}, "alert" }, { facts.alpn, facts.alpn_refusal })
    end
  end)

  it("extensions finds what GnuTLS was told to leave out", function()
    if not helper.have "gnutls-serv" then return pending("needs package gnutls-bin") end
    local facts, codes = servers.on(peers.gnutls_server("--http --priority "
      .. "NORMAL:-VERS-ALL:+VERS-TLS1.2:%NO_ETM:%NO_SESSION_HASH "
      .. peers.identity("gnutls", "rsa")), "extensions")
    assert.is_false(facts.extended_master_secret)
    assert.is_false(facts.encrypt_then_mac)
    assert.equal("no_extended_master_secret no_encrypt_then_mac", codes)
    assert.is_nil(facts.extensions["TLS 1.3"])
  end)

  it("groups finds hybrids that wolfSSL need not know, and cookies", function()
    local function serve(groups)
      return function(c)
        local hello, entry = c:expect "client_hello"
        if not extension.find(hello.body.extensions, "supported_versions") then
          return c:alert "protocol_version"
        end
        local offered = extension.find(hello.body.extensions, "supported_groups")
        local group = first_of(groups or names_of(offered), offered)
        if not group then return c:alert "handshake_failure" end
        table.insert(c.queue, 1, entry)
        honest { group = group, retry = { group = group, cookie = "crumbs" } }(c)
      end
    end
    local facts, codes = servers.played(serve { "X25519MLKEM768", "secp256r1" }, "groups")
    assert.same({ ["TLS 1.3"] = { "X25519MLKEM768", "secp256r1" } }, facts.groups)
    assert.same({ "X25519MLKEM768" }, facts.hybrid_groups)
    assert.same({ retries = true, cookie = true, group = "X25519MLKEM768" }, facts.hello_retry)
    assert.equal("post_quantum", codes)
    -- One who leaves the choice to the client takes what browsers have first.
    facts = servers.played(serve(nil), "groups")
    assert.equal("X25519MLKEM768", facts.groups["TLS 1.3"][1])
  end)

  it("groups asks for the RSA key where the curve of another would hide groups", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local other, other_key = peers.files "secp256r1"
    local configured = (" -www -tls1_2 -serverpref -dcert %s -dkey %s -groups P-256:P-384:P-521"
      .. " -cipher ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256")
      :format(other, other_key)
    local facts = servers.on(openssl(configured), "groups", "schemes")
    assert.same({ "secp256r1", "secp384r1", "secp521r1" }, facts.groups["TLS 1.2"])
    local keys = {}
    for _, scheme in ipairs(facts.schemes["TLS 1.2"]) do keys[scheme:match "%l+"] = true end
    assert.same({ rsa = true, ecdsa = true }, keys)
    facts = servers.on(peers.openssl_server(("-www -tls1_2 -groups P-256:P-384:P-521 %s")
      :format(peers.identity("openssl", "secp384r1"))), "groups")
    assert.same({ "secp256r1", "secp384r1", "secp521r1" }, facts.groups["TLS 1.2"])
  end)

  it("groups looks at TLS 1.0 where nothing else is spoken", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    assert.same({ ["TLS 1.0"] = { "x25519", "secp384r1" } }, servers.on(openssl("-www -tls1"
      .. " -groups X25519:P-384 -cipher ECDHE:@SECLEVEL=0"), "groups").groups)
  end)

  it("groups finds the same in a server of wolfSSL, whose certificate has a curve", function()
    local context = pki.server({}, "secp384r1")
    local facts, codes, target = servers.served(function(transport)
      local stream = context:wrap(transport, { timeout = 30 })
      stream:handshake()
      stream:close()
    end, "groups")
    local expected = { "secp256r1", "secp384r1" }
    if crypto.group_supported "x25519" then table.insert(expected, "x25519") end
    assert.same(expected, sorted(facts.groups["TLS 1.3"]))
    assert.equal("not_post_quantum", codes)
    assert.is_true(target.connections < 40, target.connections)
  end)

  it("suites asks older versions first for what newer ones took", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local names = "AES128-SHA:CAMELLIA256-SHA:ECDHE-RSA-AES256-SHA:NULL-SHA:DHE-RSA-AES128-SHA"
    local facts, _, target = servers.on(openssl("-www -no_tls1_3 -serverpref -cipher " .. names
      .. ":@SECLEVEL=0"), "suites")
    local list = { "TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_CAMELLIA_256_CBC_SHA",
      "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", "TLS_RSA_WITH_NULL_SHA",
      "TLS_DHE_RSA_WITH_AES_128_CBC_SHA" }
    for _, version in ipairs { "TLS 1.2", "TLS 1.1", "TLS 1.0" } do
      assert.same({ order = "server", list = list }, facts.suites[version])
    end
    assert.is_true(target.results.suites.connections <= 31, target.results.suites.connections)
  end)

  it("suites asks once more where the server hangs up out of its way", function()
    local count, hung_up = 0, 0
    local answer = honest { version = "TLS 1.3" }
    local function on(unwilling)
      count, hung_up = 0, 0
      return servers.played(function(c)
        count = count + 1
        local hello, entry = c:expect "client_hello"
        if unwilling(count) then
          hung_up = hung_up + 1
          return
        end
        if not extension.find(hello.body.extensions, "supported_versions") then
          return c:alert "protocol_version"
        end
        table.insert(c.queue, 1, entry)
        answer(c)
      end, "suites")
    end
    local expected = on(function() return false end)
    assert.equal(5, #expected.suites["TLS 1.3"].list)
    local usual = count
    assert.same(expected, (on(function(n) return n == 4 end)))
    assert.same({ usual + 1, 1 }, { count, hung_up })
    local list = on(function(n) return n > 3 end).suites["TLS 1.3"].list
    assert.equal(2, #list)
  end)

  it("dhe knows primes, and their length", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local path = peers.path "dh.pem"
    helper.run("openssl genpkey -genparam -algorithm DH -pkeyopt group:ffdhe3072 -out " .. path)
    for arguments, group in pairs { [""] = "modp2048", ["-dhparam " .. path] = "ffdhe3072" } do
      local facts, codes = servers.on(openssl("-www -tls1_2 -cipher DHE " .. arguments), "dhe")
      assert.same({ tonumber(group:match "%d+$"), group, 1 },
        { facts.dhe.bits, facts.dhe.group, #facts.dhe.primes })
      assert.same(#facts.suites["TLS 1.2"].list, #facts.dhe.primes[1].suites)
      assert.equal("", codes)
    end
    assert.is_nil(servers.on(openssl "-www -tls1_2 -cipher ECDHE", "dhe").dhe)
    local rsa_chain, rsa_key = pki.leaf "rsa"
    -- 2^n - 1 with an even n is a multiple of 3, so no power of 3 is 1 or p - 1 there; of 2, every
    -- n-th is 1.
    for bits, expected in pairs { [2040] = "weak", [1016] = "broken" } do
      local facts, codes = servers.played(function(c)
        local hello, entry = c:expect "client_hello"
        local offered = {}
        for _, suite in ipairs(hello.body.cipher_suites) do offered[suite.name] = true end
        if hello.body.legacy_version.value ~= 0x0303 or not offered[DHE] then
          return c:alert "handshake_failure"
        end
        table.insert(c.queue, 1, entry)
        honest { certificate = rsa_chain, key = rsa_key, version = "TLS 1.2", cipher_suite = DHE,
          p = "\0" .. ("\255"):rep(bits / 8), g = "\3" }(c)
      end, "dhe")
      local primes = { { bits = bits, suites = { DHE } } }
      assert.same({ { bits = bits, primes = primes }, expected }, { facts.dhe, codes })
    end
  end)

  -- With anonymous suites OpenSSL's prime is as strong as the cipher, and else as the key.
  it("dhe tells each prime, and which suites have it", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local facts, codes, target = servers.on(openssl("-www -tls1_2 -cipher @SECLEVEL=0:"
      .. "DHE-RSA-AES128-SHA256:ADH-AES256-SHA256:ADH-AES128-SHA256:ADH-AES128-GCM-SHA256"), "dhe")
    local found = {}
    for i, prime in ipairs(facts.dhe.primes) do
      found[i] = { prime.bits, prime.group, sorted(prime.suites) }
    end
    assert.same({
      { 1024, "modp1024", { "TLS_DH_anon_WITH_AES_128_CBC_SHA256",
        "TLS_DH_anon_WITH_AES_128_GCM_SHA256" } },
      { 2048, "modp2048", { "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256" } },
      { 3072, "modp3072", { "TLS_DH_anon_WITH_AES_256_CBC_SHA256" } },
    }, found)
    assert.same({ 1024, "modp1024", "broken" }, { facts.dhe.bits, facts.dhe.group, codes })
    local result = target.results.dhe
    assert.same({ 0, "server_key_exchange", "server_key_exchange" }, { result.connections,
      result.evidence.dhe.name, result.findings[1].evidence.name })
    assert.equal("server_hello", target.results.suites.evidence.suites.name)
  end)

  it("sslv2 recognises the answer to the hello of 1995", function()
    local answer = "\4\0\1\0\2\0\3\0\6\0\4" .. "der" .. "\1\0\128\7\0\192" .. "conn"
    local heard
    local function speaks(bytes)
      return servers.served(function(transport)
        heard = transport:read(1000, 5)
        for i = 1, #bytes do transport:write(bytes:sub(i, i), 5) end
      end, "sslv2")
    end
    local facts, codes = speaks(string.char(0x80, #answer) .. answer)
    assert.is_true(facts.sslv2)
    assert.same({ "SSL_CK_RC4_128_WITH_MD5", "SSL_CK_DES_192_EDE3_CBC_WITH_MD5" },
      facts.sslv2_ciphers)
    assert.equal("spoken", codes)
    assert.equal(2, require("wolfssl.tls.sslv2").decode(heard:sub(3)).version.value)
    for size = 0, #answer do
      facts = speaks(string.char(0x80, #answer) .. answer:sub(1, size))
      assert.equal(size >= 11, facts.sslv2, size)
    end
    for _, other in ipairs { "\21\3\1\0\2\2\70", "HTTP/1.0 400 Bad Request\r\n\r\n" } do
      assert.same({ sslv2 = false, sslv2_ciphers = {} }, (speaks(other)))
    end
  end)
end)
