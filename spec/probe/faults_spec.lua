-- The probes that look for faults that servers once had: on servers of today, and on such as a
-- conversation plays.

local core = require "wolfssl.core"
local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"
local played = require "probe.played"
local rsa = require "wolfssl.probe.rsa"
local servers = require "probe.servers"
local wolfssl = require "wolfssl"

local PROBES = { "heartbleed", "ccs_injection", "robot", "ticketbleed" }
local RSA_SUITE = "TLS_RSA_WITH_AES_128_CBC_SHA"

local chain, key = pki.leaf "rsa"

local function examined(server)
  return servers.examined(server, PROBES)
end

-- A server's flight up to the end of its hello, in TLS 1.2 with RSA; change(message) for each.
local function flight(c, change)
  if not c:expect "client_hello" then return nil end
  local hello = c:server_hello { version = "TLS 1.2", cipher_suite = RSA_SUITE,
    session_ticket = true }
  if change then change(hello) end
  c:send(hello)
  c:send(c:certificate(chain))
  return c:send { msg_type = "server_hello_done", body = "" }
end

describe("the probes of faults", function()
  teardown(peers.cleanup)

  it("find none in OpenSSL", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local facts, target = examined(peers.openssl_server("-www -cipher ALL:@SECLEVEL=0 "
      .. peers.identity("openssl", "rsa", { key_usage = { "digital_signature",
        "key_encipherment" } })))
    assert.is_false(facts.heartbeat)
    assert.equal("not applicable", facts.heartbleed)
    assert.equal("not vulnerable", facts.ccs_injection)
    assert.equal("not vulnerable", facts.ticketbleed)
    assert.equal("not vulnerable", facts.robot.verdict)
    for _, word in pairs(facts.robot.oracle) do
      assert.equal("alert bad_record_mac, closed", word)
    end
    assert.equal(10, target.results.robot.connections)
  end)

  it("do not take a server that wants a certificate for one that decrypts", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    for option, verdict in pairs { ["-verify 1"] = "not vulnerable", ["-Verify 1"] = "unknown" } do
      local facts = examined(peers.openssl_server(("-www -tls1_2 %s -cipher AES128-SHA %s"):format(
        option, peers.identity("openssl", "rsa"))))
      assert.equal(verdict, facts.robot.verdict)
      assert.equal("not vulnerable", facts.ccs_injection)
    end
  end)

  it("find none in GnuTLS, which has heartbeats", function()
    if not helper.have "gnutls-serv" then return pending("needs package gnutls-bin") end
    local facts = examined(peers.gnutls_server("--http --heartbeat --priority "
      .. "NORMAL:-VERS-TLS1.3 " .. peers.identity("gnutls", "rsa")))
    assert.is_true(facts.heartbeat)
    assert.equal("not vulnerable", facts.heartbleed)
    assert.equal("not vulnerable", facts.ccs_injection)
    assert.equal("not vulnerable", facts.ticketbleed)
  end)

  it("do not apply to TLS 1.3", function()
    for _, name in ipairs(PROBES) do
      local facts, codes, target = played.run(name, { "TLS 1.3" }, function(c)
        c:handshake { certificate = chain, key = key }
        c:receive()
      end)
      assert.equal("not applicable", name == "robot" and facts.robot.verdict or facts[name])
      assert.equal("", codes)
      assert.is_true(target.connections <= 1)
    end
  end)
end)

describe("the probe heartbleed", function()
  local function beating(answer)
    return played.run("heartbleed", { "TLS 1.2" }, function(c)
      flight(c, function(hello)
        table.insert(hello.body.extensions, { extension_type = "heartbeat",
          extension_data = { mode = "peer_allowed_to_send" } })
      end)
      local _, _, code = c:receive()
      if code == "decode_error" then answer(c) end
    end)
  end

  it("sees an answer that no request had", function()
    local facts, codes = beating(function(c)
      c:send { content_type = "heartbeat", content = "\2\0\2x!" .. ("\0"):rep(16) }
    end)
    assert.same({ heartbeat = true, heartbleed = "vulnerable" }, facts)
    assert.equal("heartbeat vulnerable", codes)
  end)

  it("looks no further than at the header of the answer", function()
    local facts = beating(function(c) c.transport:write "\24\3\3\64\0" end)
    assert.equal("vulnerable", facts.heartbleed)
  end)

  it("keeps nothing of it", function()
    local _, _, target = beating(function(c)
      c:send { content_type = "heartbeat", content = "\2\0\2SECRET" .. ("\0"):rep(16) }
    end)
    for _, c in ipairs(target.conversations) do
      assert.is_nil(c:capture():find("SECRET", 1, true))
    end
  end)

  it("takes silence and alerts for what they are", function()
    assert.equal("not vulnerable", beating(function(c) c:receive() end).heartbleed)
    assert.equal("not vulnerable", beating(function(c)
      c:alert "illegal_parameter"
    end).heartbleed)
  end)
end)

describe("the probe ccs_injection", function()
  local function answering(answer)
    local facts = played.run("ccs_injection", { "TLS 1.3", "TLS 1.2" }, function(c)
      if flight(c) and c:expect "change_cipher_spec" then answer(c) end
    end)
    return facts.ccs_injection
  end

  it("tells who changed keys from who complains of the order", function()
    assert.equal("vulnerable", answering(function(c) c:alert "bad_record_mac" end))
    assert.equal("not vulnerable", answering(function(c) c:alert "unexpected_message" end))
    assert.equal("not vulnerable", answering(function() end))
    assert.equal("unknown", answering(function(c)
      c:receive()
      c:receive()
    end))
  end)
end)

describe("the probe robot", function()
  -- A server whose alert depends on what it decrypted.
  local function decrypting(alert_for)
    local facts, codes, target = played.run("robot", { "TLS 1.2" }, function(c, number)
      if not flight(c) then return end
      local exchange = c:expect "client_key_exchange"
      if not exchange then return end
      local secret = core.crypto.rsa_decrypt(key, exchange.body.encrypted_pre_master_secret)
      c:alert(alert_for(secret, number))
    end)
    return facts.robot, codes, target
  end

  it("makes one right block and four wrong ones", function()
    local seen = {}
    decrypting(function(secret)
      seen[#seen + 1] = secret and #secret .. " " .. secret:byte() or "none"
      return "bad_record_mac"
    end)
    local blocks = { "48 3", "none", "1 17", "none", "48 2" }
    for i = 1, 5 do blocks[5 + i] = blocks[i] end   -- the flow that is cut short
    assert.same(blocks, seen)
  end)

  it("finds an oracle, and how strong it is", function()
    local told, codes, target = decrypting(function(secret)
      return secret and "bad_record_mac" or "handshake_failure"
    end)
    assert.equal("strong oracle", told.verdict)
    assert.equal("alert bad_record_mac, closed", told.oracle.right)
    assert.equal("alert handshake_failure, closed", told.oracle.wrong_start)
    assert.equal("rsa oracle", codes)
    assert.equal(10, target.connections)
    told = decrypting(function(secret)
      return secret and #secret == 48 and "bad_record_mac" or "handshake_failure"
    end)
    assert.equal("weak oracle", told.verdict)
  end)

  it("finds one in a server that complains at once, and waits behind a right block", function()
    local facts, codes, target = played.run("robot", { "TLS 1.2" }, function(c)
      if not flight(c) then return end
      local exchange = c:expect "client_key_exchange"
      if not exchange then return end
      local secret = core.crypto.rsa_decrypt(key, exchange.body.encrypted_pre_master_secret)
      if not secret or c:receive() then c:alert "bad_record_mac" end
    end)
    assert.equal("strong oracle", facts.robot.verdict)
    assert.equal("short", facts.robot.flow)
    assert.equal("rsa oracle", codes)
    assert.equal(15, target.connections)
  end)

  it("takes no accident for an oracle", function()
    local told, codes = decrypting(function(_, number)
      return number == 2 and "internal_error" or "bad_record_mac"
    end)
    assert.equal("unknown", told.verdict)
    assert.equal("rsa", codes)
  end)

  it("does not apply where RSA is not taken", function()
    local facts, codes, target = played.run("robot", { "TLS 1.2" }, function(c)
      c:expect "client_hello"
      c:alert "handshake_failure"
    end)
    assert.same({ verdict = "not applicable", oracle = {} }, facts.robot)
    assert.equal("", codes)
    assert.equal(1, target.connections)
  end)
end)

describe("the probe ticketbleed", function()
  local function echoing(echo)
    local facts, codes = played.run("ticketbleed", { "TLS 1.2" }, function(c, number)
      if number == 1 then
        c:handshake { certificate = chain, key = key, version = "TLS 1.2", session_ticket = true,
          ticket = "a ticket" }
        return c:receive()
      end
      local hello = c:expect "client_hello"
      c:send(c:server_hello { version = "TLS 1.2",
        session_id = echo(hello.body.legacy_session_id) })
    end)
    return facts.ticketbleed, codes
  end

  it("sees a byte too many", function()
    local said, codes = echoing(function(id) return id .. "!" end)
    assert.equal("vulnerable", said)
    assert.equal("vulnerable", codes)
  end)

  it("takes the echo, another id and none for what they are", function()
    for _, echo in ipairs { function(id) return id end, function() return ("i"):rep(32) end,
        function() return "" end } do
      assert.equal("not vulnerable", (echoing(echo)))
    end
  end)
end)

describe("wolfssl.probe.rsa", function()
  it("does what RSA does, without padding", function()
    local modulus, exponent = rsa.public_key(wolfssl.certificate(chain[1]):spki())
    local secret = ("s"):rep(48)
    local block = "\0\2" .. ("p"):rep(#modulus - 51) .. "\0" .. secret
    assert.equal(256, #modulus)
    assert.equal(secret, core.crypto.rsa_decrypt(key, rsa.power(modulus, exponent, block)))
  end)

  it("has no key of who has none", function()
    assert.is_nil(rsa.public_key(wolfssl.certificate(pki.root):spki()))
    for _, bytes in ipairs { "", "\48", "\48\0", "\48\4\48\0\3\0" } do
      assert.is_nil(rsa.public_key(bytes))
    end
  end)

  it("has none of a point that reads like an RSA key", function()
    local algorithm = "\48\19\6\7\42\134\72\206\61\2\1\6\8\42\134\72\206\61\3\1\7"
    local point = "\4\63" .. "\2\1\5" .. "\2\58" .. ("y"):rep(58)
    assert.is_nil(rsa.public_key("\48\89" .. algorithm .. "\3\66\0" .. point))
  end)
end)
