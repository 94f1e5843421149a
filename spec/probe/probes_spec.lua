-- The probes that come with the library, on servers with and without each fault. Faults that no
-- server has any more are played by a conversation.

local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"
local probe = require "wolfssl.probe"
local probe_file = require "wolfssl.probe.file"
local stage = require "probe.stage"

local chain, key = pki.leaf "secp256r1"

local function codes(result)
  assert.is_nil(result.error, result.error and result.error.message)
  local list = {}
  for i, finding in ipairs(result.findings) do list[i] = finding.code end
  return table.concat(list, " "), result.facts
end

local function found(name, server)
  local result = probe.run(assert(probe_file.load(name)), probe.target("127.0.0.1", server.port,
    { server_name = "localhost", timeout = 60, patience = 20 }))
  server:stop()
  return codes(result)
end

-- A probe on a server that answers each connection by serve(conversation).
local function played(name, serve)
  return codes(stage.play(function(target)
    return probe.run(assert(probe_file.load(name)), target)
  end, serve))
end

local function honest(change)
  return function(c)
    local options = { certificate = chain, key = key }
    for option, value in pairs(change) do options[option] = value end
    c:handshake(options)
    c:receive()
  end
end

describe("the probe", function()
  teardown(peers.cleanup)

  local function openssl(arguments)
    return peers.openssl_server(("-www %s %s"):format(arguments,
      peers.identity("openssl", "rsa")))
  end

  it("states code points without what the registry knows besides, and all else as it is", function()
    local entry = { value = 7, name = "seven", bits = 3 }
    local stated = { entry, { name = "only", bits = 3 }, { value = 7, bits = 3 } }
    local result = probe.run(probe.define { name = "x", findings = {}, facts = { x = "a list" },
      run = function(_, _, fact) fact("x", stated) end }, probe.target("a.example", 1))
    assert.same({ { value = 7, name = "seven" }, { name = "only", bits = 3 },
      { value = 7, bits = 3 } }, result.facts.x)
  end)

  it("versions finds the old and misses the new", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    assert.equal("spoken spoken", found("versions", openssl ""))
    assert.equal("spoken tls11 tls10 no_tls13",
      found("versions", openssl "-no_tls1_3 -cipher ALL:@SECLEVEL=0"))
  end)

  it("versions finds SSL 3.0", function()
    assert.equal("ssl3 no_tls13", played("versions", function(c)
      local hello = c:expect "client_hello"
      if hello.body.legacy_version.value ~= 0x0300 then return c:alert "protocol_version" end
      c:send(c:server_hello { version = 0x0300, extensions = {}, extended_master_secret = false })
      c:receive()
    end))
  end)

  it("downgrade tells who notices", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local function is(codes_expected, facts_expected, found_codes, facts)
      assert.same({ codes_expected, facts_expected }, { found_codes, facts })
    end
    is("noticed", { fallback_scsv = true, downgrade_sentinel = true },
      found("downgrade", openssl ""))
    is("noticed", { fallback_scsv = true },
      found("downgrade", openssl "-no_tls1_3 -cipher ALL:@SECLEVEL=0"))
    is("", {}, found("downgrade", openssl "-tls1_3"))
    is("unnoticed no_sentinel", { fallback_scsv = false, downgrade_sentinel = false },
      played("downgrade", honest {}))
  end)

  it("renegotiation tells who may, and whether it is bound", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    assert.same({ "", { secure_renegotiation = true, client_renegotiation = false } },
      { found("renegotiation", openssl "") })
    assert.same({ "", {} }, { found("renegotiation", openssl "-tls1_3") })
    assert.same({ "by_client", { secure_renegotiation = true, client_renegotiation = true } },
      { found("renegotiation", openssl "-client_renegotiation") })
    if not helper.have "gnutls-serv" then return pending("needs package gnutls-bin") end
    assert.matches("^insecure", found("renegotiation", peers.gnutls_server(
      "--http --priority NORMAL:%DISABLE_SAFE_RENEGOTIATION " .. peers.identity("gnutls", "rsa"))))
  end)

  it("compression finds who compresses", function()
    assert.same({ "", { compression = {} } }, { played("compression", honest {}) })
    local codes_found, facts = played("compression", function(c)
      local hello = c:expect "client_hello"
      c:send(c:server_hello { version = "TLS 1.2",
        compression_method = hello.body.legacy_compression_methods[1] })
      c:receive()
    end)
    assert.equal("compresses compresses", codes_found)
    assert.same({ { value = 1, name = "DEFLATE" }, { value = 64, name = "LZS" } },
      facts.compression)
  end)

  for _, name in ipairs(probe_file.builtin) do
    it(name .. " says when nobody answers", function()
      local result = probe.run(assert(probe_file.load(name)),
        probe.target("127.0.0.1", helper.refused_port(), { timeout = 50 }))
      assert.equal("network_error", result.error.code)
      assert.same({}, result.findings)
    end)
  end
end)
