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
local NO_TRUST = "-no-CAfile -no-CApath -no-CAstore" -- it takes time to read
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

-- How the processes of a client come: one for each case, four at a time, that wait for their turn;
-- one that comes COUNT times; one that comes until it is stopped.
local EACH, ALL, ENDLESS = "each", "all", "endless"
local REPEAT = "seq COUNT | xargs -n 1 -P 4 sh -c %s"

-- Nobody reads what they write until the end: it goes into a file.
local function start(command, manner, port, count, output)
  if manner == EACH then
    command = REPEAT:format(helper.quote("echo hello | timeout 60 " .. command))
  end
  local numbers = { PORT = ("%d"):format(port), COUNT = ("%d"):format(count) }
  return helper.spawn(("%s >%s 2>&1"):format(command:gsub("%u+", numbers), output))
end

-- One handshake, a line and the answer; what went wrong, or nil.
local function receive(accepted, case, chain, key)
  local c = probe.accept(accepted, { psks = { PSK } })
  local summary, message = c:handshake { certificate = chain, key = key,
    cipher_suite = case.suite.name, version = case.version,
    encrypt_then_mac = case.suite.mode == "CBC" }
  local said = ""
  while summary and not said:find "\n" do
    local data, text = c:read()
    if not data then summary, message = nil, text end
    said = said .. (data or "")
  end
  if summary then c:write "HTTP/1.0 200 ok\r\nContent-Length: 3\r\n\r\nyes" end
  c:close()
  return not summary and title(case, message) or nil
end

-- All cases with as many visits of a client; the list of what went wrong, and what the client says.
local function serve(command, manner, list, kind)
  local listener = assert(socket.bind("127.0.0.1", 0))
  listener:settimeout(60)
  local _, port = listener:getsockname()
  local output = peers.path "clients"
  local process = start(command, manner, port, #list, output)
  local chain, key = pki.leaf(kind, USAGE)
  local wrong = {}
  for _, case in ipairs(list) do
    local accepted, silence = listener:accept()
    wrong[#wrong + 1] = accepted and receive(accepted, case, chain, key)
      or not accepted and title(case, silence) or nil
    if not accepted then break end
  end
  listener:close()
  if wrong[1] or manner == ENDLESS then process:stop() else process:finish() end
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
local function serve_versions(command, manner, theirs, kind)
  local total = 0
  for _, version in ipairs(VERSIONS) do
    local list = few(cases(theirs, { version }, kind), version)
    total = total + #list
    if list[1] then
      local wrong, output = serve(command(version), manner, list, kind)
      assert.same({}, wrong, output)
    end
  end
  return total
end

-- Those of their suites that have, or have not, to do with a pre-shared key.
local function with_psk(theirs, wanted)
  local some = {}
  for value, first in pairs(theirs) do
    local exchange = cipher_suite:entry(value).key_exchange
    if (exchange ~= nil and exchange:find "PSK" ~= nil) == wanted then some[value] = first end
  end
  return some
end

describe("a probe as server", function()
  teardown(peers.cleanup)

  for _, kind in ipairs { "rsa", "secp256r1" } do
    it("carries every suite through with OpenSSL, " .. kind, function()
      if not helper.have "openssl" then return pending("needs package openssl") end
      assert.is_true(serve_versions(function(version)
        return ("openssl s_time -new -time 300 -www / -connect 127.0.0.1:PORT %s %s")
          :format(OPENSSL[version], EVERYTHING)
      end, ENDLESS, with_psk(openssl_suites(), false), kind) > 10)
    end)

    it("carries every suite through with GnuTLS, " .. kind, function()
      if not helper.have "gnutls-cli" then return pending("needs package gnutls-bin") end
      assert.is_true(serve_versions(function(version)
        return peers.gnutls_psk_client(PSK.identity, helper.hex(PSK.key),
          (PRIORITY:gsub("^NORMAL.-:%+AES", "NORMAL:-VERS-ALL:+VERS-" .. version:gsub(" ", "")
            .. ":+AES")), "--insecure --no-ca-verification --x509cafile=" .. peers.trust())
      end, EACH, gnutls_suites(), kind) > 10)
    end)

    it("answers curl in every suite, " .. kind, function()
      if not helper.have "curl" then return pending("needs package curl") end
      local theirs = with_psk(openssl_suites(), false)
      for value in pairs(theirs) do
        if cipher_suite:entry(value).authentication == "anon" then theirs[value] = nil end
      end
      assert.is_true(serve_versions(function(version)
        local max = version:match "%d%.%d"
        return ("curl -sS --no-sessionid --cacert %s --ciphers ALL:COMPLEMENTOFALL:@SECLEVEL=0"
          .. " --tls13-ciphers %s --tlsv%s --tls-max %s 'https://localhost:PORT/[1-COUNT]'")
          :format(peers.trust(), EVERYTHING:match "%-ciphersuites (.*)", max, max)
      end, ALL, theirs, kind) > 3)
    end)
  end

  it("carries every suite with a key through with OpenSSL", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    assert.is_true(serve_versions(function(version)
      return ("openssl s_client -connect 127.0.0.1:PORT %s %s %s -psk %s -psk_identity %s")
        :format(NO_TRUST, OPENSSL[version], EVERYTHING, helper.hex(PSK.key), PSK.identity)
    end, EACH, with_psk(openssl_suites(), true), "rsa") > 10)
  end)
end)
