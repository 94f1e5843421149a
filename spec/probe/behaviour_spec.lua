-- The probes that look at how a server takes what is odd: on servers that bear it, and on such as
-- a conversation plays, which do not.

local extension = require "wolfssl.tls.extension"
local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"
local played = require "probe.played"
local servers = require "probe.servers"

local PROBES = { "grease", "version_intolerance", "large_hello", "split_hello",
  "record_fragmentation", "close_notify", "alerts" }

local chain, key = pki.leaf "secp256r1"

local function examined(server)
  return servers.examined(server, PROBES)
end

local function values(list)
  local set = {}
  for _, one in ipairs(list or {}) do set[type(one) == "table" and one.value or one] = true end
  return set
end

local function has_grease(list)
  for value in pairs(values(list)) do
    if type(value) == "string" and value == "\10\10" then return true end
    if type(value) == "number" and (value % 0x1010 == 0x0A0A or value == 0x2A) then return true end
  end
  return false
end

-- A server that answers hellos, but for those that refuse(hello, entry) is true of.
local function picky(refuse)
  return function(c)
    local hello, entry = c:expect "client_hello"
    if not hello then return end
    if refuse(hello.body, entry) then return c:alert "illegal_parameter" end
    c:send(c:server_hello())
  end
end

describe("the probes of behaviour", function()
  teardown(peers.cleanup)

  it("find nothing wrong with OpenSSL", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local facts, target = examined(peers.openssl_server("-www "
      .. peers.identity("openssl", "rsa")))
    assert.same({ tolerated = true, where = {} }, facts.grease)
    assert.same({}, facts.version_intolerance)
    assert.same({ tolerated = 65000, refused = false, answer = false }, facts.large_hello)
    assert.same({ records = true, tcp = true }, facts.split_hello)
    local most = facts.record_fragmentation.largest
    assert.is_true(most > 512)
    assert.same({ largest = most, kept = true, max_fragment_length = true,
      record_size_limit = false }, facts.record_fragmentation)
    assert.same({ sent_on_close = true, answers = "close_notify" }, facts.close_notify)
    assert.matches("^alert ", facts.alerts.wrong_version)   -- which, its configuration decides
    facts.alerts.wrong_version = nil
    assert.same({ unknown_suite = "alert handshake_failure", garbage = "closed",
      plain_http = "closed", bad_record = "alert bad_record_mac" }, facts.alerts)
    local used = 0
    for _, name in ipairs(PROBES) do used = used + target.results[name].connections end
    assert.is_true(used <= 15, used .. " connections")
  end)

  it("find nothing wrong with GnuTLS", function()
    if not helper.have "gnutls-serv" then return pending("needs package gnutls-bin") end
    local facts = examined(peers.gnutls_server("--http " .. peers.identity("gnutls", "rsa")))
    assert.is_true(facts.grease.tolerated)
    assert.same({}, facts.version_intolerance)
    assert.equal(65000, facts.large_hello.tolerated)
    assert.same({ records = true, tcp = true }, facts.split_hello)
    assert.is_true(facts.record_fragmentation.record_size_limit)
    assert.is_true(facts.record_fragmentation.kept)
    assert.is_true(facts.close_notify.sent_on_close)
    assert.equal("alert record_overflow", facts.alerts.garbage)
  end)
end)

describe("the probe grease", function()
  local function list(name, field)
    return function(hello)
      return (extension.find(hello.extensions, name) or {})[field]
    end
  end

  local READ = {
    cipher_suites = function(hello) return hello.cipher_suites end,
    extensions = function(hello)
      local types = {}
      for i, one in ipairs(hello.extensions) do types[i] = one.extension_type end
      return types
    end,
    supported_versions = list("supported_versions", "versions"),
    signature_algorithms = list("signature_algorithms", "supported_signature_algorithms"),
    alpn = list("application_layer_protocol_negotiation", "protocol_name_list"),
    psk_key_exchange_modes = list("psk_key_exchange_modes", "ke_modes"),
  }

  it("names the place", function()
    for place, read in pairs(READ) do
      local facts, codes = played.run("grease", { "TLS 1.3", "TLS 1.2" }, picky(function(hello)
        return has_grease(read(hello))
      end))
      assert.same({ tolerated = false, where = { place } }, facts.grease)
      assert.equal("intolerant", codes)
    end
  end)

  it("knows that a share has a group", function()
    local read = list("supported_groups", "named_group_list")
    local facts, codes = played.run("grease", { "TLS 1.2" }, picky(function(hello)
      return has_grease(read(hello))
    end))
    assert.same({ tolerated = false, where = { "supported_groups", "key_share" } }, facts.grease)
    assert.equal("intolerant intolerant", codes)
  end)

  it("says nothing about who takes no hello at all", function()
    assert.has_error(function()
      played.run("grease", { "TLS 1.3" }, picky(function() return true end))
    end, "the answer to an ordinary hello is: alert illegal_parameter")
  end)
end)

describe("the probe version_intolerance", function()
  local function intolerant(refuse)
    local facts = played.run("version_intolerance", { "TLS 1.3", "TLS 1.2" }, picky(refuse))
    local list = {}
    for i, one in ipairs(facts.version_intolerance) do
      list[i] = ("%s %04x %s"):format(one.by, one.version.value, one.answer)
    end
    return list
  end

  it("says of which version, and where", function()
    assert.same({}, intolerant(function() return false end))
    assert.same({ "legacy_version 0304 alert illegal_parameter",
      "legacy_version 03ff alert illegal_parameter" }, intolerant(function(hello)
        return hello.legacy_version.value > 0x0303
      end))
    assert.same({ "supported_versions 0305 alert illegal_parameter" }, intolerant(function(hello)
      local data = extension.find(hello.extensions, "supported_versions")
      return data and values(data.versions)[0x0305]
    end))
    assert.same({ "record 0304 alert illegal_parameter" }, intolerant(function(_, entry)
      return entry.record.legacy_record_version.value > 0x0303
    end))
  end)
end)

describe("the probe large_hello", function()
  it("finds the largest that is taken", function()
    for limit, expected in pairs { [100000] = 65000, [40000] = 32768, [16384] = 16384,
        [16383] = 4096, [1500] = 1500, [600] = 512, [511] = 0 } do
      local facts, codes, target = played.run("large_hello", { "TLS 1.3", "TLS 1.2" },
        picky(function(_, entry) return #entry.bytes > limit end))
      assert.equal(expected, facts.large_hello.tolerated)
      assert.equal(limit >= 16384 and "" or "refused", codes)
      assert.is_true(target.connections <= 5)
    end
  end)
end)

describe("the probe split_hello", function()
  it("finds who reads one record only", function()
    local facts, codes = played.run("split_hello", { "TLS 1.3" }, picky(function(_, entry)
      return entry.records
    end))
    assert.same({ records = false, tcp = true }, facts.split_hello)
    assert.equal("refused", codes)
  end)

  it("finds who reads one packet only", function()
    local facts, codes = played.run("split_hello", { "TLS 1.3" }, function(c)
      local bytes = c.transport:read(20000, 5)
      if #bytes < 100 then return end
      c:see("client", bytes)
      c:expect "client_hello"
      c:send(c:server_hello())
    end)
    assert.same({ records = true, tcp = false }, facts.split_hello)
    assert.equal("refused", codes)
  end)
end)

describe("the probe record_fragmentation", function()
  it("finds who agrees to less and sends more", function()
    local facts, codes = played.run("record_fragmentation", { "TLS 1.2" }, function(c)
      c:expect "client_hello"
      local hello = c:server_hello { version = "TLS 1.2" }
      table.insert(hello.body.extensions, { extension_type = "max_fragment_length",
        extension_data = { max_fragment_length = 1 } })
      c:send(hello)
      c:send(c:certificate(chain))
    end)
    assert.equal("ignored", codes)
    assert.is_false(facts.record_fragmentation.kept)
    assert.is_true(facts.record_fragmentation.max_fragment_length)
    assert.is_false(facts.record_fragmentation.record_size_limit)
  end)

  it("has nothing to say about who agrees to neither", function()
    local facts, codes, target = played.run("record_fragmentation", { "TLS 1.3" }, function(c)
      c:handshake { certificate = chain, key = key }
      c:receive()
    end)
    assert.equal("", codes)
    assert.equal("not applicable", facts.record_fragmentation.kept)
    assert.equal(1, target.connections)
  end)
end)

describe("the probe close_notify", function()
  local function serve(ending)
    return function(c)
      if not c:handshake { certificate = chain, key = key } then return end
      local message = c:receive()
      ending(c, message and message.content_type == "application_data")
    end
  end

  it("finds who cuts off", function()
    local facts, codes = played.run("close_notify", { "TLS 1.3" }, serve(function(c, asked)
      if asked then c:write "HTTP/1.0 200 OK\r\n\r\n" end
    end))
    assert.same({ sent_on_close = false, answers = "truncated" }, facts.close_notify)
    assert.equal("cuts_off", codes)
  end)

  it("finds who does not close at all", function()
    local facts, codes = played.run("close_notify", { "TLS 1.2" }, serve(function(c, asked)
      if not asked then return c:alert "close_notify" end
      while c:receive() do end
    end))
    assert.same({ sent_on_close = "unknown", answers = "close_notify" }, facts.close_notify)
    assert.equal("", codes)
  end)
end)

describe("the probe alerts", function()
  it("finds who goes along, and who answers in the clear", function()
    local facts, codes = played.run("alerts", { "TLS 1.3", "TLS 1.2" }, function(c)
      local hello, _, code = c:expect "client_hello"
      if code == "decode_error" then return c.transport:write("HTTP/1.1 400 \r\n\r\n", 5) end
      if hello.body.cipher_suites[1].unknown then
        return c:send(c:server_hello { cipher_suite = "TLS_AES_128_GCM_SHA256" })
      elseif hello.body.legacy_version.value < 0x0303 then
        return
      end
      table.insert(c.queue, 1, c.latest)
      c:handshake { certificate = chain, key = key }
      c:receive()
      c:write "go on"
      c:alert "close_notify"
    end)
    assert.same({ unknown_suite = "server_hello", wrong_version = "closed", garbage = "unreadable",
      plain_http = "HTTP", bad_record = "alert close_notify" }, facts.alerts)
    assert.equal("tolerated unreadable", codes)
  end)
end)
