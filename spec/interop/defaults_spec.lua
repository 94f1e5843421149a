-- What contexts with no option set put on the wire, as a stranger on TCP reads it.

local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"
local socket = require "socket"
local tls = require "wolfssl.tls"
local wolfssl = require "wolfssl"

local function names(list)
  local result = {}
  for i, entry in ipairs(list) do result[i] = entry.name end
  return result
end

local function same_set(expected, list)
  local sorted = names(list)
  table.sort(expected)
  table.sort(sorted)
  assert.same(expected, sorted)
end

-- The records of the first flight that a client sends to a listener that says nothing.
local function first_record(options)
  local listener = assert(socket.bind("127.0.0.1", 0))
  local _, port = listener:getsockname()
  local stream = pki.client(options):wrap(assert(socket.connect("127.0.0.1", port)), {
    server_name = "localhost",
  })
  assert.equal("timeout", select(3, stream:handshake(0)))
  local accepted = assert(listener:accept())
  accepted:settimeout(100)
  local header = assert(accepted:receive(5))
  local fragment = assert(accepted:receive(header:byte(4) * 256 + header:byte(5)))
  accepted:settimeout(0)
  assert.is_nil((accepted:receive(1)))
  accepted:close()
  listener:close()
  stream:close()
  return tls.record.decode(header .. fragment)
end

local function hello_of(options)
  local record = assert(first_record(options))
  assert.equal("handshake", record.type.name)
  local message = assert(tls.decode_handshake(record.fragment))
  assert.equal("client_hello", message.msg_type.name)
  return message.body
end

local SCHEMES = {
  "ed25519", "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512",
  "rsa_pss_rsae_sha256", "rsa_pss_pss_sha256", "rsa_pss_rsae_sha384", "rsa_pss_pss_sha384",
  "rsa_pss_rsae_sha512", "rsa_pss_pss_sha512", "rsa_pkcs1_sha256", "rsa_pkcs1_sha384",
  "rsa_pkcs1_sha512",
}

local SUITES = {
  chacha = {
    "TLS_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
  },
  aes = {
    "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
  },
}

local function suites(wanted)
  local list = {}
  local order = wolfssl.capabilities.aesni and { "aes", "chacha" } or { "chacha", "aes" }
  for _, part in ipairs(order) do
    for _, name in ipairs(SUITES[part]) do
      if wanted(name) then list[#list + 1] = name end
    end
  end
  return list
end

local function groups()
  local list = { "x25519", "secp256r1", "secp384r1" }
  if wolfssl.capabilities.mlkem then table.insert(list, 1, "X25519MLKEM768") end
  return list
end

describe("wolfssl.client on the wire", function()
  local CASES = {
    ["with no option"] = {
      options = {},
      versions = { "TLS 1.3", "TLS 1.2" },
      suites = suites(function() return true end),
      extensions = {
        "psk_key_exchange_modes", "key_share", "supported_versions", "signature_algorithms",
        "ec_point_formats", "encrypt_then_mac", "server_name", "supported_groups",
        "extended_master_secret", "renegotiation_info",
      },
    },
    ["for TLS 1.2"] = {
      options = { max_version = "TLS 1.2" },
      suites = suites(function(name) return name:find("_WITH_", 1, true) end),
      extensions = {
        "signature_algorithms", "ec_point_formats", "encrypt_then_mac", "server_name",
        "supported_groups", "extended_master_secret", "renegotiation_info",
      },
    },
    ["for TLS 1.3"] = {
      options = { min_version = "TLS 1.3" },
      versions = { "TLS 1.3" },
      suites = suites(function(name) return not name:find("_WITH_", 1, true) end),
      extensions = {
        "psk_key_exchange_modes", "key_share", "supported_versions", "signature_algorithms",
        "encrypt_then_mac", "server_name", "supported_groups",
      },
    },
  }

  for what, case in pairs(CASES) do
    it("offers " .. what .. " exactly this", function()
      local hello = hello_of(case.options)
      local found, data = {}, {}
      for i, extension in ipairs(hello.extensions) do
        found[i] = extension.extension_type
        data[extension.extension_type.name] = extension.extension_data
      end
      same_set(case.extensions, found)
      assert.equal("TLS 1.2", hello.legacy_version.name)
      assert.same(case.suites, names(hello.cipher_suites))
      assert.same({ "null" }, names(hello.legacy_compression_methods))
      assert.same(SCHEMES, names(data.signature_algorithms.supported_signature_algorithms))
      assert.same(groups(), names(data.supported_groups.named_group_list))
      assert.equal("localhost", data.server_name.server_name_list[1].name)
      if case.versions then
        assert.same(case.versions, names(data.supported_versions.versions))
        assert.equal(1, #data.key_share.client_shares)
        assert.equal(groups()[1], data.key_share.client_shares[1].group.name)
      end
    end)
  end

  it("never sends the same random, session or key twice", function()
    local seen = {}
    for _ = 1, 5 do
      local hello = hello_of()
      local share = tls.extension.find(hello.extensions, "key_share").client_shares[1].key_exchange
      assert.is_nil(seen[hello.random] or seen[share])
      seen[hello.random], seen[share] = true, true
    end
  end)
end)

describe("wolfssl.server on the wire", function()
  -- The messages with which a server answers our own ClientHello of TLS 1.2.
  local function answer(options)
    local client = pki.client { max_version = "TLS 1.2", alpn = { "h2" } }
    local a, b = pki.pair(client, pki.server(options))
    a:handshake()
    b:receive_data(a:data_to_send())
    b:handshake()
    local reader, reassembler, found = tls.record_reader(), tls.handshake_reassembler(), {}
    reader:push(b:data_to_send())
    for record in function() return reader:next() end do reassembler:push(record.fragment) end
    for bytes in function() return reassembler:next() end do
      local message = assert(tls.decode_handshake(bytes, { version = 0x0303 }))
      found[#found + 1] = message.msg_type.name
      found[message.msg_type.name] = message.body
    end
    return found
  end

  it("asks for no certificate, and answers with what was offered only", function()
    local flight = answer()
    assert.same({ "server_hello", "certificate", "server_key_exchange", "server_hello_done" },
      { flight[1], flight[2], flight[3], flight[4] })
    assert.equal(4, #flight)
    assert.equal(suites(function(name) return name:find("_ECDSA_WITH_", 1, true) end)[1],
      flight.server_hello.cipher_suite.name)
    local extensions = {}
    for i, extension in ipairs(flight.server_hello.extensions) do
      extensions[i] = extension.extension_type
    end
    same_set({ "ec_point_formats", "extended_master_secret", "renegotiation_info" }, extensions)
  end)

  it("asks for certificates that are signed without SHA-1", function()
    local request = answer { verify = "required", trust = pki.root }.certificate_request
    assert.same(SCHEMES, names(request.supported_signature_algorithms))
  end)

  it("tells an older TLS 1.2 client that both could do better", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local told = peers.serve(pki.server(),
      "openssl s_client -connect 127.0.0.1:PORT -tls1_2 -msg", function(stream)
        assert(stream:handshake())
      end)
    assert.matches("44%s+4f%s+57%s+4e%s+47%s+52%s+44%s+01", told) -- "DOWNGRD", 1
  end)
end)
