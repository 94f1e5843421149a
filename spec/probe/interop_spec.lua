-- Whole conversations with everybody else, in every suite that both sides have: the lists are the
-- other programs' own.

local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"
local probe = require "wolfssl.probe"
local socket = require "socket"
local suites = require "wolfssl.probe.suites"

local PSK = { identity = "somebody", key = helper.unhex "00112233445566778899aabbccddeeff" }
local VERSIONS = { "TLS 1.0", "TLS 1.1", "TLS 1.2", "TLS 1.3" }
local VALUES = { ["TLS 1.0"] = 0x0301, ["TLS 1.1"] = 0x0302, ["TLS 1.2"] = 0x0303,
  ["TLS 1.3"] = 0x0304 }
local EXCHANGES = { RSA = true, DHE = true, ECDHE = true, PSK = true, RSA_PSK = true,
  DHE_PSK = true, ECDHE_PSK = true }
local EVERYTHING = "-cipher ALL:COMPLEMENTOFALL:@SECLEVEL=0 -ciphersuites TLS_AES_128_GCM_SHA256:"
  .. "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_CCM_SHA256:"
  .. "TLS_AES_128_CCM_8_SHA256"
local OPENSSL = { ["TLS 1.0"] = "-tls1", ["TLS 1.1"] = "-tls1_1", ["TLS 1.2"] = "-tls1_2",
  ["TLS 1.3"] = "-tls1_3" }
local PRIORITY = "NORMAL:+VERS-TLS1.0:+VERS-TLS1.1:+AES-128-CCM:+AES-256-CCM:+AES-128-CCM-8:"
  .. "+AES-256-CCM-8:+AES-128-CBC:+AES-256-CBC:+3DES-CBC:+NULL:+RSA:+DHE-RSA:+PSK:+DHE-PSK:"
  .. "+ECDHE-PSK:+RSA-PSK:+ANON-DH:+ANON-ECDH:+SHA256:+SHA384:+SHA1:+MD5:+SIGN-ALL"

-- The key that a suite goes with.
local function kind_of(suite)
  return suite.authentication == "ECDSA" and "secp256r1" or "rsa"
end

-- All cases `{suite, version}` in which both sides can meet; `theirs` is by value the first version
-- in which they have a suite, or true.
local function cases(theirs, versions, kind)
  local list = {}
  for _, suite in ipairs(cipher_suite.list) do
    local wanted = theirs[suite.value] and (not suite.key_exchange or EXCHANGES[suite.key_exchange])
      and suite.authentication ~= "DSS" and (not suite.key_exchange or kind_of(suite) == kind)
    for _, version in ipairs(wanted and versions or {}) do
      local first = VALUES[theirs[suite.value]] or 0
      if VALUES[version] >= first and suites.fits(suite, VALUES[version]) then
        list[#list + 1] = { suite = suite, version = version }
      end
    end
  end
  return list
end

-- What OpenSSL has: `openssl ciphers -V` has the values.
local function openssl_suites()
  local set = {}
  local list = helper.run("openssl ciphers -V ALL:COMPLEMENTOFALL:@SECLEVEL=0")
    .. helper.run("openssl ciphers -V -tls1_3 -s " .. EVERYTHING:match "%-ciphersuites.*")
  for a, b in list:gmatch "0x(%x%x),0x(%x%x)" do set[tonumber(a .. b, 16)] = true end
  return set
end

local function gnutls_suites()
  local set = {}
  local list = helper.run("gnutls-cli -l --priority " .. helper.quote(PRIORITY))
  for a, b, first in list:gmatch "0x(%x%x), 0x(%x%x)%s+TLS(%d%.%d)" do
    set[tonumber(a .. b, 16)] = "TLS " .. first
  end
  return set
end

local function named(names)
  local set = {}
  for _, name in ipairs(names) do set[cipher_suite:value(name)] = true end
  return set
end

local function title(case, note)
  return ("%s %s: %s"):format(case.version, case.suite.name, tostring(note))
end

local ETM = { extension_type = "encrypt_then_mac", extension_data = "" }

-- One handshake and a word each way; what went wrong, or nil.
local function meet(port, case, encrypt_then_mac)
  local c = assert(probe.connect("127.0.0.1", port, { server_name = "localhost", psks = { PSK } }))
  local summary, message = c:handshake { identity = PSK.identity, hello = {
    versions = { case.version }, cipher_suites = { case.suite.name },
    add = encrypt_then_mac and { ETM } or nil,
  } }
  local data
  if summary then
    c:write "GET / HTTP/1.0\r\n\r\n"
    repeat data, message = c:read() until data ~= ""
  end
  c:close()
  if not data then return title(case, message) end
  if summary.cipher_suite ~= case.suite then return title(case, summary.cipher_suite.name) end
  if encrypt_then_mac and not summary.encrypt_then_mac then return title(case, "MAC first") end
end

local function meet_all(port, list, both_macs)
  local wrong = {}
  for _, case in ipairs(list) do
    wrong[#wrong + 1] = meet(port, case)
    if both_macs and case.suite.mode == "CBC" then wrong[#wrong + 1] = meet(port, case, true) end
  end
  return wrong
end

local USAGE = { key_usage = { "digital_signature", "key_encipherment" } }

describe("a probe as client", function()
  teardown(peers.cleanup)

  for _, kind in ipairs { "rsa", "secp256r1" } do
    it("carries every suite through with OpenSSL, " .. kind, function()
      if not helper.have "openssl" then return pending("needs package openssl") end
      local server = peers.openssl_server(table.concat({ "-www", EVERYTHING,
        peers.identity("openssl", kind, USAGE), "-psk", helper.hex(PSK.key) }, " "))
      local list = cases(openssl_suites(), VERSIONS, kind)
      assert.is_true(#list > 15, #list)
      local wrong = meet_all(server.port, list, true)
      server:stop()
      assert.same({}, wrong)
    end)

    it("carries every suite through with GnuTLS, " .. kind, function()
      if not helper.have "gnutls-serv" then return pending("needs package gnutls-bin") end
      local passwords = helper.write(peers.path "psk", PSK.identity .. ":" .. helper.hex(PSK.key)
        .. "\n")
      local server = peers.gnutls_server(table.concat({ "--http", "--pskpasswd", passwords,
        "--priority", helper.quote(PRIORITY), peers.identity("gnutls", kind, USAGE), "2>&1", "|",
        "grep --line-buffered listening" }, " "))
      local list = cases(gnutls_suites(), VERSIONS, kind)
      assert.is_true(#list > 15, #list)
      local wrong = meet_all(server.port, list, true)
      server:stop()
      assert.same({}, wrong)
    end)
  end
end)

-- -------------------------------------------------------------------------------- as a server

-- They start four at a time, and wait for their turn. Nobody reads what they write until the end:
-- it goes into a file.
local REPEAT = "seq %d | xargs -n 1 -P 4 sh -c %s >%s 2>&1"

-- As many clients as there are cases; the list of what went wrong.
local function serve(command, list, kind, options)
  local listener = assert(socket.bind("127.0.0.1", 0))
  listener:settimeout(10)
  local _, port = listener:getsockname()
  local output = peers.path "clients"
  local one = "echo hello | timeout 20 " .. command:gsub("PORT", ("%d"):format(port))
  local process = helper.spawn(REPEAT:format(#list, helper.quote(one), output))
  local chain, key = pki.leaf(kind, USAGE)
  local wrong = {}
  for _, case in ipairs(list) do
    local accepted, silence = listener:accept()
    if not accepted then
      wrong[#wrong + 1] = title(case, silence)
      break
    end
    local c = probe.accept(accepted, { psks = { PSK } })
    local all = { certificate = chain, key = key, cipher_suite = case.suite.name,
      version = case.version, encrypt_then_mac = case.suite.mode == "CBC" }
    for name, value in pairs(options or {}) do all[name] = value end
    local summary, message = c:handshake(all)
    local said = ""
    while summary and not said:find "\n" do
      local data, text = c:read()
      if not data then summary, message = nil, text end
      said = said .. (data or "")
    end
    if summary then c:write "HTTP/1.0 200 ok\r\nContent-Length: 3\r\n\r\nyes" end
    if not summary then wrong[#wrong + 1] = title(case, message) end
    c:close()
  end
  listener:close()
  if #wrong == 0 then process:finish() else process:stop() end
  return wrong, helper.read(output)
end

-- TLS 1.0 and 1.1 show themselves in two key exchanges: processes take their time.
local function few(list, version)
  local some = {}
  for _, case in ipairs(list) do
    local exchange = case.suite.key_exchange
    if VALUES[version] > 0x0302 or exchange == "ECDHE" or exchange == "RSA" then
      some[#some + 1] = case
    end
  end
  return some
end

-- A version's cases; each client offers what it has.
local function serve_versions(command, theirs, versions, kind, options)
  local total = 0
  for _, version in ipairs(versions) do
    local list = few(cases(theirs, { version }, kind), version)
    total = total + #list
    local wrong, output = serve(command(version), list, kind, options)
    assert.same({}, wrong, output)
  end
  return total
end

describe("a probe as server", function()
  teardown(peers.cleanup)

  for _, kind in ipairs { "rsa", "secp256r1" } do
    it("carries every suite through with OpenSSL, " .. kind, function()
      if not helper.have "openssl" then return pending("needs package openssl") end
      assert.is_true(serve_versions(function(version)
        return ("openssl s_client -connect 127.0.0.1:PORT %s %s -psk %s -psk_identity %s")
          :format(OPENSSL[version], EVERYTHING, helper.hex(PSK.key), PSK.identity)
      end, openssl_suites(), VERSIONS, kind) > 10)
    end)

    -- gnutls-cli 3.7 ends in a segmentation fault of its own where a PSK comes with (EC)DHE.
    it("carries every suite through with GnuTLS, " .. kind, function()
      if not helper.have "gnutls-cli" then return pending("needs package gnutls-bin") end
      local theirs = gnutls_suites()
      for value in pairs(theirs) do
        if tostring(cipher_suite:entry(value).key_exchange):find "DHE_PSK" then
          theirs[value] = nil
        end
      end
      assert.is_true(serve_versions(function(version)
        local only = PRIORITY:gsub("NORMAL[^%%]-:%+AES", "NORMAL:-VERS-ALL:+VERS-"
          .. version:gsub(" ", "") .. ":+AES", 1)
        return ("gnutls-cli --insecure --no-ca-verification -p PORT 127.0.0.1 --pskusername %s"
          .. " --pskkey %s --priority %s"):format(PSK.identity, helper.hex(PSK.key),
          helper.quote(only))
      end, theirs, VERSIONS, kind) > 10)
    end)

    it("answers curl in every suite, " .. kind, function()
      if not helper.have "curl" then return pending("needs package curl") end
      local theirs = openssl_suites()
      for value in pairs(theirs) do
        local suite = cipher_suite:entry(value)
        if suite.key_exchange and (suite.key_exchange:find "PSK" or suite.authentication == "anon")
          then theirs[value] = nil
        end
      end
      assert.is_true(serve_versions(function(version)
        local max = version:match "%d%.%d"
        return ("curl -sS --cacert %s --ciphers ALL:COMPLEMENTOFALL:@SECLEVEL=0 --tls13-ciphers %s"
          .. " --tlsv%s --tls-max %s https://localhost:PORT/"):format(peers.trust(),
          EVERYTHING:match "%-ciphersuites (.*)", max, max)
      end, theirs, VERSIONS, kind) > 3)
    end)
  end
end)

-- ------------------------------------------------------------------------------- with ourselves

describe("a probe and wolfSSL", function()
  local field = require "attack.field"

  local function names(version, kind)
    return peers.SUITES[version][kind] or peers.SUITES[version].rsa
  end

  for _, version in ipairs(peers.VERSIONS) do
    for _, kind in ipairs { "rsa", "secp256r1" } do
      it(("complete every suite of %s, %s"):format(version, kind), function()
        for _, case in ipairs(cases(named(names(version, kind)), { version }, kind)) do
          local agreed, said, answered
          local server = pki.server({ cipher_suites = { case.suite.name } }, kind)
          field.run(function(transport)
            local c = probe.over(transport, { server_name = "localhost" })
            agreed = assert(c:handshake { hello = { versions = { version } } })
            assert(c:write "hello\n")
            answered = assert(c:read())
            c:close()
          end, function(transport)
            local stream = server:wrap(transport)
            assert(stream:handshake())
            said = stream:receive "*l"
            stream:send "good bye\n"
            stream:close()
          end)
          assert.same({ case.suite.name, "hello", "good bye\n" },
            { agreed.cipher_suite.name, said, answered })
        end
      end)

      it(("complete every suite of %s the other way round, %s"):format(version, kind), function()
        for _, case in ipairs(cases(named(names(version, kind)), { version }, kind)) do
          local agreed, said, answered
          local client = pki.client(peers.at(version))
          field.run(function(transport)
            local stream = client:wrap(transport, { server_name = "localhost" })
            assert(stream:handshake())
            stream:send "hello\n"
            answered = stream:receive "*l"
            stream:close()
          end, function(transport)
            local c = probe.accept(transport)
            local chain, key = pki.leaf(kind)
            agreed = assert(c:handshake { certificate = chain, key = key,
              cipher_suite = case.suite.name })
            said = assert(c:read())
            assert(c:write "good bye\n")
            c:close()
          end)
          assert.same({ case.suite.name, "hello\n", "good bye" },
            { agreed.cipher_suite.name, said, answered })
        end
      end)
    end
  end

end)
