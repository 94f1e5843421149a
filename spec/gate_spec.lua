-- What the gate refuses, with hostile messages made by hand. The peer's side is not wolfSSL here.

local wolfssl = require "wolfssl"
local bad_shares = require "bad_shares"
local core = require "wolfssl.core"
local issue = require "wolfssl.issue"
local pki = require "pki"
local tls = require "wolfssl.tls"

local function record(kind, body)
  return string.char(kind, 3, 3, math.floor(#body / 256), #body % 256) .. body
end

-- The handshake messages in the plaintext records of a flight.
local function messages(bytes)
  local list, at = {}, 1
  while at < #bytes do
    local length = bytes:byte(at + 3) * 256 + bytes:byte(at + 4)
    list[#list + 1] = { kind = bytes:byte(at), body = bytes:sub(at + 5, at + 4 + length) }
    at = at + 5 + length
  end
  return list
end

local function at(version)
  return { min_version = version, max_version = version }
end

-- What wolfSSL as a server answers to this client, decoded.
local function answer(client, server)
  local a, b = pki.pair(client, server)
  a:handshake()
  b:receive_data(a:data_to_send())
  b:handshake()
  local flight = messages(b:data_to_send())
  local hello = assert(tls.decode_handshake(flight[1].body))
  return a, hello, flight, b
end

local function find(hello, name)
  for i, extension in ipairs(hello.body.extensions) do
    if extension.extension_type.name == name then return i end
  end
end

local function deliver(a, bytes)
  a:receive_data(bytes)
  local _, message, code = a:handshake()
  return message, code, a:info().alert_sent and a:info().alert_sent.name, bytes
end

-- A client, given a ServerHello that `change` has had in its hands.
local function after_change(version, change, client, trailing)
  local a, hello = answer(client or pki.client(at(version)), pki.server(at(version)))
  change(hello)
  return deliver(a, record(22, tls.encode_handshake(hello) .. (trailing or "")))
end

describe("gate, at a client,", function()
  local function refuses(what, version, code, alert, change, options)
    it("refuses " .. what, function()
      options = options or {}
      local message, got, sent = after_change(version, change, options.client, options.trailing)
      assert.equal(code, got, message)
      assert.equal(alert, sent)
    end)
  end

  refuses("an anonymous suite that was not offered", "TLS 1.2", "peer_misbehaved",
    "illegal_parameter",
    function(hello) hello.body.cipher_suite = "TLS_ECDH_anon_WITH_AES_128_CBC_SHA" end)
  refuses("a NULL suite", "TLS 1.2", "peer_misbehaved", "illegal_parameter",
    function(hello) hello.body.cipher_suite = "TLS_RSA_WITH_NULL_SHA256" end)
  refuses("a good suite that was not offered", "TLS 1.2", "peer_misbehaved", "illegal_parameter",
    function(hello) hello.body.cipher_suite = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256" end)
  refuses("a suite of TLS 1.3 in TLS 1.2", "TLS 1.2", "peer_misbehaved", "illegal_parameter",
    function(hello)
      hello.body.cipher_suite = "TLS_AES_128_GCM_SHA256"
    end, { client = pki.client() })
  refuses("a suite of TLS 1.2 in TLS 1.3", "TLS 1.3", "peer_misbehaved", "illegal_parameter",
    function(hello) hello.body.cipher_suite = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256" end,
    { client = pki.client() })
  refuses("TLS 1.1", "TLS 1.2", "peer_incompatible", "protocol_version",
    function(hello) hello.body.legacy_version = "TLS 1.1" end)
  refuses("TLS 1.2 when only TLS 1.3 was offered", "TLS 1.3", "peer_incompatible",
    "protocol_version",
    function(hello) hello.body.extensions = {} end)
  refuses("the downgrade mark", "TLS 1.2", "peer_misbehaved", "illegal_parameter",
    function(hello) hello.body.random = hello.body.random:sub(1, 24) .. "DOWNGRD\1" end,
    { client = pki.client() })
  refuses("a ServerHello without key_share", "TLS 1.3", "peer_misbehaved", "missing_extension",
    function(hello) table.remove(hello.body.extensions, find(hello, "key_share")) end)
  refuses("a key_share of a group that was not sent", "TLS 1.3", "peer_misbehaved",
    "illegal_parameter",
    function(hello)
      hello.body.extensions[find(hello,
        "key_share")].extension_data.server_share.group = "secp521r1"
    end)
  refuses("an extension twice", "TLS 1.3", "decode_error", "illegal_parameter",
    function(hello) table.insert(hello.body.extensions, hello.body.extensions[1]) end)
  refuses("an extension that was not offered", "TLS 1.3", "peer_misbehaved",
    "unsupported_extension",
    function(hello)
      table.insert(hello.body.extensions, { extension_type = 0x1234, extension_data = "" })
    end)
  refuses("an extension that belongs elsewhere", "TLS 1.3", "peer_misbehaved", "illegal_parameter",
    function(hello)
      table.insert(hello.body.extensions, { extension_type = "supported_groups",
        extension_data = { raw = "\0\4\0\2\0\29" } })
    end)
  refuses("a pre_shared_key that was not offered", "TLS 1.3", "peer_misbehaved",
    "unsupported_extension",
    function(hello)
      table.insert(hello.body.extensions, { extension_type = "pre_shared_key",
        extension_data = { raw = "\0\2\0\0" } })
    end)
  refuses("a compression method", "TLS 1.2", "decode_error", "illegal_parameter",
    function(hello) hello.body.legacy_compression_method = 1; hello.body.compression_method = 1 end)
  refuses("another session id than it sent", "TLS 1.3", "peer_misbehaved", "illegal_parameter",
    function(hello)
      hello.body.legacy_session_id_echo = ("x"):rep(32)
    end)
  refuses("data after ServerHello in its record", "TLS 1.3", "peer_misbehaved",
    "unexpected_message",
    function() end, { trailing = "\8\0\0\2\0\0" })
  refuses("a ServerHello whose length lies", "TLS 1.2", "decode_error", "decode_error",
    function(hello) hello.body = tls.encode_handshake(hello):sub(5) .. "\0" end)

  it("refuses another first message", function()
    local a = pki.pair()
    a:handshake()
    local _, code, alert = deliver(a, record(22, "\11\0\0\3\0\0\0"))
    assert.equal("peer_misbehaved", code)
    assert.equal("unexpected_message", alert)
  end)

  it("refuses to resume without extended_master_secret what was made with it", function()
    local client, server = pki.client(at "TLS 1.2"), pki.server(at "TLS 1.2")
    local session = pki.connected(client, server):session()
    for _, drop in ipairs { true, false } do
      local a, b = pki.pair(client, server, { session = session })
      a:handshake()
      b:receive_data(a:data_to_send())
      b:handshake()
      local hello = assert(tls.decode_handshake(messages(b:data_to_send())[1].body))
      if drop then table.remove(hello.body.extensions, find(hello, "extended_master_secret")) end
      local message, code, alert = deliver(a, record(22, tls.encode_handshake(hello)))
      assert.equal(drop and "peer_misbehaved" or "want_read", code, message)
      assert.equal(drop and "handshake_failure" or nil, alert)
      session = drop and pki.connected(client, server):session()
    end
  end)

  it("refuses a group that was not offered in ServerKeyExchange", function()
    local a, _, flight = answer(pki.client(at "TLS 1.2"), pki.server(at "TLS 1.2"))
    local bytes = ""
    for _, m in ipairs(flight) do
      if m.body:byte(1) == 12 then
        m.body = m.body:sub(1, 5) .. "\0\25" .. m.body:sub(8)
      end
      bytes = bytes .. record(m.kind, m.body)
    end
    local message, code, alert = deliver(a, bytes)
    assert.equal("peer_misbehaved", code)
    assert.equal("illegal_parameter", alert)
    assert.truthy(message:find("group", 1, true))
  end)

  it("refuses a server's shares that are not of their group", function()
    for group, shares in pairs(bad_shares.of) do
      for _, share in ipairs(shares) do
        local only = { groups = { group } }
        local a, hello = answer(pki.client(only), pki.server(only))
        hello.body.extensions[find(hello, "key_share")].extension_data.server_share.key_exchange =
          share
        local _, code, alert = deliver(a, record(22, tls.encode_handshake(hello)))
        assert.same({ "peer_misbehaved", "illegal_parameter" }, { code, alert })
      end
    end
  end)

  it("refuses a server's shares of TLS 1.2 that are not of their group", function()
    for group, shares in pairs(bad_shares.of) do
      for _, share in ipairs(shares) do
        local only = { groups = { group }, max_version = "TLS 1.2" }
        local a, _, flight = answer(pki.client(only), pki.server(only))
        local bytes = ""
        for _, m in ipairs(flight) do
          local body = m.body
          if body:byte(1) == 12 then
            local rest = body:sub(9 + body:byte(8))
            body = body:sub(5, 7) .. string.char(#share) .. share .. rest
            body = string.char(12, 0, math.floor(#body / 256), #body % 256) .. body
          end
          bytes = bytes .. record(m.kind, body)
        end
        local message, code, alert = deliver(a, bytes)
        assert.same({ "peer_misbehaved", "illegal_parameter" }, { code, alert }, message)
      end
    end
  end)

  it("sees through fragments: a refused hello is refused however it is cut", function()
    local a, hello = answer(pki.client(at "TLS 1.2"), pki.server(at "TLS 1.2"))
    hello.body.cipher_suite = "TLS_RSA_WITH_NULL_SHA256"
    local bytes = tls.encode_handshake(hello)
    local _, code
    for i = 1, #bytes do
      a:receive_data(record(22, bytes:sub(i, i)))
      _, _, code = a:handshake()
      assert.equal(i == #bytes and "peer_misbehaved" or "want_read", code)
    end
  end)

  it("accepts a good flight in records of one byte each", function()
    for _, version in ipairs { "TLS 1.2", "TLS 1.3" } do
      local a, _, flight = answer(pki.client(at(version)), pki.server(at(version)))
      local first = flight[1].body
      for i = 1, #first do a:receive_data(record(22, first:sub(i, i))) end
      for i = 2, #flight do a:receive_data(record(flight[i].kind, flight[i].body)) end
      local _, message, code = a:handshake()
      assert.is_true(code == nil or code == "want_read", message)
      assert.is_nil(a:info().alert_sent)
    end
  end)

  -- Names of `size` bytes in all, one byte more or less making the certificate so much larger.
  local function names_of(size)
    local list = { "dns:localhost" }
    while size > 0 do
      local n = size >= 400 and 200 or math.min(size, 200)
      list[#list + 1] = "dns:" .. ("a."):rep(99):sub(1, n - 2 - n % 2) .. ("b"):rep(2 + n % 2)
      size = size - n
    end
    return list
  end

  -- A flight in which the header of the message after the certificate stands that far into it.
  local function large_flight(wanted)
    local key, size = pki.key "ed25519", 15000
    local root = issue.certificate { subject = "Large", key = key, ca = true }
    local client = pki.client { max_version = "TLS 1.2", trust = root }
    for _ = 1, 20 do
      local leaf = issue.certificate {
        subject = "Leaf", key = key, issuer = { certificate = root, key = key },
        subject_alt_names = names_of(size),
      }
      local server = assert(wolfssl.server { certificate = leaf, key = key,
        max_version = "TLS 1.2" })
      local a, _, flight, b = answer(client, server)
      local bytes = {}
      for i, m in ipairs(flight) do bytes[i] = m.body end
      bytes = table.concat(bytes)
      local first = 4 + bytes:byte(3) * 256 + bytes:byte(4)
      local at_header = first + 4 + bytes:byte(first + 3) * 256 + bytes:byte(first + 4)
      if at_header == wanted then return a, b, bytes end
      size = size + wanted - at_header
    end
    error "no certificate of that size"
  end

  it("never cuts a message header when it joins fragments of more than 16 KiB", function()
    for short = 0, 4 do
      local a, b, bytes = large_flight(16384 - short)
      assert.equal(12, bytes:byte(16384 - short + 1)) -- ServerKeyExchange
      for i = 1, #bytes, 1000 do a:receive_data(record(22, bytes:sub(i, i + 999))) end
      local left, right = pki.handshake(a, b)
      assert.is_true(left.ok, left.message)
      assert.is_true(right.ok, right.message)
    end
  end)

  it("refuses a record inside a handshake message", function()
    local a, hello = answer(pki.client(at "TLS 1.2"), pki.server(at "TLS 1.2"))
    local bytes = tls.encode_handshake(hello)
    local _, code = deliver(a, record(22, bytes:sub(1, 10)) .. record(20, "\1"))
    assert.equal("peer_misbehaved", code)
  end)

  it("refuses a second HelloRetryRequest", function()
    local client = pki.client { groups = { "x25519", "secp256r1" }, min_version = "TLS 1.3" }
    local server = pki.server { groups = { "secp256r1" }, min_version = "TLS 1.3" }
    local a, _, flight = answer(client, server)
    local retry = record(22, flight[1].body)
    local _, code = deliver(a, retry)
    assert.equal("want_read", code)
    local _, again, alert = deliver(a, retry)
    assert.equal("peer_misbehaved", again)
    assert.equal("unexpected_message", alert)
  end)

  for name, records in pairs {
    ["of an unknown type"] = "\99\3\3\0\1x",
    ["of an unknown version"] = "\22\9\9\0\1x",
    ["that is empty"] = record(22, ""),
    ["of application data before there are keys"] = record(23, ("x"):rep(40)),
    ["of ChangeCipherSpec before a hello"] = record(20, "\1"),
    ["with an alert of three bytes"] = record(21, "\2\40\0"),
  } do
    it("refuses a first record " .. name, function()
      local a = pki.pair()
      a:handshake()
      local message, code = deliver(a, records)
      assert.is_true(code == "peer_misbehaved" or code == "decode_error", message)
      assert.is_not_nil(a:info().alert_sent)
    end)
  end

  it("refuses a record that is too large as soon as its header is there", function()
    local a = pki.pair()
    a:handshake()
    local _, code, alert = deliver(a, "\22\3\3\64\1")
    assert.equal("peer_misbehaved", code)
    assert.equal("record_overflow", alert)
  end)
end)

describe("gate, once there are keys,", function()
  local function connected(version)
    return pki.connected(pki.client(at(version)), pki.server(at(version)))
  end

  for _, case in ipairs {
    { "TLS 1.3", "a record that holds nothing but its tag", record(23, ("x"):rep(16)),
      "unexpected_message" },
    { "TLS 1.3", "a plaintext alert", record(21, "\1\0"), "unexpected_message" },
    { "TLS 1.3", "a plaintext handshake message", record(22, "\0\0\0\0"), "unexpected_message" },
    { "TLS 1.3", "a ChangeCipherSpec", record(20, "\1"), "unexpected_message" },
    { "TLS 1.3", "a record too large", "\23\3\3\65\1", "record_overflow" },
    { "TLS 1.3", "a record of unknown type", record(99, ("x"):rep(40)), "unexpected_message" },
    { "TLS 1.2", "a record of unknown type", record(99, ("x"):rep(40)), "unexpected_message" },
    { "TLS 1.2", "a record shorter than its tag", record(23, ("x"):rep(15)), "bad_record_mac" },
    { "TLS 1.2", "a second ChangeCipherSpec", record(20, "\1"), "unexpected_message" },
    { "TLS 1.2", "a record too large", "\23\3\3\72\1", "record_overflow" },
  } do
    local version, what, bytes, alert = case[1], case[2], case[3], case[4]
    it("refuses, in " .. version .. ", " .. what .. ", at both sides, and the peer learns why",
      function()
      for swapped = 0, 1 do
        local a, b = connected(version)
        if swapped == 1 then a, b = b, a end
        a:receive_data(bytes)
        local _, message, code = a:read()
        assert.equal("peer_misbehaved", code, message)
        assert.equal(alert, a:info().alert_sent.name)
        b:receive_data(a:data_to_send())
        local _, _, got, detail = b:read()
        assert.equal("alert_received", got)
        assert.equal(alert, detail.name)
      end
    end)
  end

  it("sends alerts that the peer can read with every cipher, whatever was sent before", function()
    for version, suites in pairs {
      ["TLS 1.3"] = { "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
        "TLS_AES_128_CCM_SHA256" },
      ["TLS 1.2"] = { "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
        "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384" },
    } do
      for _, suite in ipairs(suites) do
        local options = { min_version = version, max_version = version, cipher_suites = { suite } }
        local a, b = pki.connected(pki.client(options), pki.server(options, "secp256r1"))
        assert.equal(suite, a:info().cipher_suite.name)
        assert.equal("ecdsa_secp256r1_sha256", a:info().signature_scheme.name)
        for _ = 1, 3 do
          a:write("x")
          b:receive_data(a:data_to_send())
          assert.equal("x", b:read())
        end
        a:receive_data("\23\3\3\72\1")
        a:read()
        b:receive_data(a:data_to_send())
        local _, message, code, detail = b:read()
        assert.equal("alert_received", code, suite .. ": " .. tostring(message))
        assert.equal("record_overflow", detail.name)
      end
    end
  end)
end)

describe("gate, at a server,", function()
  local function hello_of(client)
    local a = pki.pair(client)
    a:handshake()
    return assert(tls.decode_handshake(a:data_to_send():sub(6)))
  end

  local function refuses(what, code, alert, change, server, client)
    it("refuses " .. what, function()
      local _, b = pki.pair(nil, server)
      local hello = hello_of(client)
      local bytes = change(hello) or tls.encode_handshake(hello)
      b:receive_data(record(22, bytes))
      local _, message, got = b:handshake()
      assert.equal(code, got, message)
      assert.equal(alert, b:info().alert_sent.name)
    end)
  end

  refuses("a client without a suite in common", "peer_incompatible", "handshake_failure",
    function(hello) hello.body.cipher_suites = { "TLS_RSA_WITH_NULL_SHA256" } end)
  refuses("a bare hello with nothing but the renegotiation suite", "peer_incompatible",
    "handshake_failure",
    function(hello)
      hello.body.cipher_suites = { "TLS_EMPTY_RENEGOTIATION_INFO_SCSV" }
      hello.body.extensions = {}
    end)
  refuses("a client without a version in common", "peer_incompatible", "protocol_version",
    function(hello)
      hello.body.extensions[find(hello,
        "supported_versions")].extension_data.versions = { "TLS 1.1" }
    end)
  refuses("a fallback to an older version", "peer_incompatible", "inappropriate_fallback",
    function(hello)
      table.insert(hello.body.cipher_suites, "TLS_FALLBACK_SCSV")
    end, nil, pki.client(at "TLS 1.2"))

  -- What is said to a hello of TLS 1.2 with that legacy_version, and that further suite.
  local function answer_to(version, suite)
    local hello = hello_of(pki.client(at "TLS 1.2"))
    hello.body.legacy_version = version
    table.insert(hello.body.cipher_suites, suite)
    local _, b = pki.pair()
    b:receive_data(record(22, tls.encode_handshake(hello)))
    local _, _, code = b:handshake()
    return code, b:info().alert_sent and b:info().alert_sent.name
  end

  it("takes a legacy_version beyond TLS 1.2 for TLS 1.2, and for no fallback", function()
    assert.equal("want_read", (answer_to "TLS 1.3"))
    assert.same({ "peer_incompatible", "inappropriate_fallback" },
      { answer_to("TLS 1.2", "TLS_FALLBACK_SCSV") })
    -- wolfSSL goes no further with both, but it is not called what it is not
    assert.same({ "peer_incompatible", "protocol_version" },
      { answer_to("TLS 1.3", "TLS_FALLBACK_SCSV") })
  end)

  it("may have both signs of renegotiation, which wolfSSL does not bear", function()
    for _, version in ipairs { "TLS 1.2", "TLS 1.3" } do
      assert.equal("want_read", (answer_to(version, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV")))
    end
  end)

  refuses("a client that cannot verify any of its certificates", "peer_incompatible",
    "handshake_failure",
    function() end, pki.server({}, "rsa"), pki.client { signature_schemes = { "ed25519" } })
  refuses("an extension twice", "decode_error", "illegal_parameter",
    function(hello) table.insert(hello.body.extensions, hello.body.extensions[1]) end)
  refuses("two shares of one group", "decode_error", "illegal_parameter",
    function(hello)
      local shares = hello.body.extensions[find(hello, "key_share")].extension_data.client_shares
      table.insert(shares, shares[1])
    end)
  refuses("a group twice", "decode_error", "decode_error",
    function(hello)
      local groups = hello.body.extensions[find(hello,
        "supported_groups")].extension_data.named_group_list
      table.insert(groups, groups[1])
    end)
  refuses("an unknown extension twice", "decode_error", "illegal_parameter",
    function(hello)
      for _ = 1, 2 do
        table.insert(hello.body.extensions, 1, { extension_type = 0x1234, extension_data = "" })
      end
    end)
  refuses("no null compression", "decode_error", "illegal_parameter",
    function(hello) hello.body.legacy_compression_methods = { 1 } end)
  refuses("key_share without supported_groups", "decode_error", "missing_extension",
    function(hello) table.remove(hello.body.extensions, find(hello, "supported_groups")) end)
  refuses("data after ClientHello in its record", "peer_misbehaved", "unexpected_message",
    function(hello) return tls.encode_handshake(hello) .. "\0" end)
  for what, byte in pairs { ["a NUL"] = "\0", ["an ESC"] = "\27", ["a space"] = " ",
    ["no ASCII"] = "\195" } do
    refuses("an SNI with " .. what, "decode_error", "illegal_parameter",
      function(hello)
        hello.body.extensions[find(hello,
          "server_name")].extension_data = { raw = "\0\8\0\6\0\0\3a" .. byte .. "b" }
      end)
  end
  refuses("a share of a group that the client does not name", "peer_misbehaved",
    "illegal_parameter",
    function(hello)
      local shares = hello.body.extensions[find(hello, "key_share")].extension_data.client_shares
      table.insert(shares, 1, { group = 0x1234, key_exchange = "x" })
    end)
  it("takes all extension types and groups at once, each of them once", function()
    local client, groups = hello_of(), {}
    for i = 1, 2000 do
      groups[i] = ("%c%c"):format(math.floor(i / 256), i % 256)
      table.insert(client.body.extensions, 1,
        { extension_type = 100 + i, extension_data = "" })
    end
    client.body.extensions[2000 + find(hello_of(), "supported_groups")].extension_data = {
      raw = "\15\162\15\160" .. table.concat(groups),
    }
    local _, b = pki.pair()
    local bytes = tls.encode_handshake(client)
    for i = 1, #bytes, 16000 do b:receive_data(record(22, bytes:sub(i, i + 15999))) end
    local _, message, code = b:handshake()
    assert.equal("want_read", code, message)
    assert.is_nil(b:info().alert_sent)
  end)

  refuses("two host names", "decode_error", "illegal_parameter",
    function(hello)
      local names = hello.body.extensions[find(hello, "server_name")].extension_data
        .server_name_list
      table.insert(names, names[1])
    end)
  refuses("a first handshake that renegotiates", "peer_misbehaved", "handshake_failure",
    function(hello)
      hello.body.extensions[find(hello, "renegotiation_info")].extension_data
        .renegotiated_connection = ("x"):rep(12)
    end)
  refuses("a client that reads compressed points only", "peer_misbehaved", "illegal_parameter",
    function(hello)
      hello.body.extensions[find(hello, "ec_point_formats")].extension_data
        .ec_point_format_list = { 1 }
    end, nil, pki.client(at "TLS 1.2"))

  it("takes a signature scheme twice, and a record of any minor version", function()
    local _, b = pki.pair()
    local hello = hello_of()
    local schemes = hello.body.extensions[find(hello, "signature_algorithms")].extension_data
    table.insert(schemes.supported_signature_algorithms, schemes.supported_signature_algorithms[1])
    b:receive_data("\22\3\254" .. record(22, tls.encode_handshake(hello)):sub(4))
    local _, message, code = b:handshake()
    assert.equal("want_read", code, message)
    assert.is_true(#b:data_to_send() > 0)
  end)

  for group, shares in pairs(bad_shares.of) do
    it("refuses key shares that are not of " .. group, function()
      local function code_with(share)
        local hello = hello_of(pki.client { groups = { "x25519", "secp256r1", "secp384r1" } })
        hello.body.extensions[find(hello, "key_share")].extension_data = { client_shares = {
          { group = group, key_exchange = share } } }
        local _, b = pki.pair(nil, pki.server { groups = { group } })
        b:receive_data(record(22, tls.encode_handshake(hello)))
        local _, _, code = b:handshake()
        return code, b:info().alert_sent and b:info().alert_sent.name
      end
      assert.equal("want_read", (code_with(select(2, core.crypto.keypair(group)))))
      for _, share in ipairs(shares) do
        assert.same({ "peer_misbehaved", "illegal_parameter" }, { code_with(share) })
      end
    end)
  end

  it("cannot decode a CertificateVerify of TLS 1.2 that names no scheme", function()
    for _, body in ipairs { "\0\0\0", "\0\0\1\8" } do
      local a, b = pki.pair(pki.client(at "TLS 1.2"), pki.server())
      a:handshake()
      b:receive_data(a:data_to_send())
      b:handshake()
      b:receive_data(record(22, "\15" .. body))
      assert.equal("decode_error", select(3, b:handshake()))
      assert.equal("decode_error", b:info().alert_sent.name)
    end
  end)

  it("takes numbers of a finite field in TLS 1.3 when they are as long as its prime", function()
    for length = 255, 256 do
      local hello = hello_of(pki.client { groups = { "ffdhe2048" } })
      hello.body.extensions[find(hello, "key_share")].extension_data = { client_shares = {
        { group = "ffdhe2048", key_exchange = ("x"):rep(length) } } }
      local _, b = pki.pair(nil, pki.server { groups = { "ffdhe2048" } })
      b:receive_data(record(22, tls.encode_handshake(hello)))
      local _, message, code = b:handshake()
      assert.equal(length == 256 and "want_read" or "peer_misbehaved", code, message)
    end
  end)

  it("refuses shares of TLS 1.2 that are not of their group", function()
    local function exchange(message, options)
      local a, b = pki.pair(pki.client(options), pki.server(options, "rsa"))
      a:handshake()
      b:receive_data(a:data_to_send())
      b:handshake()
      b:receive_data(record(22, "\16\0\0" .. string.char(#message) .. message))
      local _, _, code = b:handshake()
      return code, b:info().alert_sent and b:info().alert_sent.name
    end
    local function of(suite, group)
      return { max_version = "TLS 1.2", cipher_suites = { suite }, groups = { group } }
    end
    for group, shares in pairs(bad_shares.of) do
      local options = of("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", group)
      for _, share in ipairs(shares) do
        assert.same({ "peer_misbehaved", "illegal_parameter" },
          { exchange(string.char(#share) .. share, options) })
      end
      for _, malformed in ipairs { "", "\0", "\2x", "\1xx" } do
        assert.same({ "decode_error", "decode_error" }, { exchange(malformed, options) })
      end
    end
    local modular = of("TLS_DHE_RSA_WITH_AES_128_GCM_SHA256", "x25519")
    for _, share in ipairs { "\0", "\1", "\0\1" } do
      assert.same({ "peer_misbehaved", "illegal_parameter" },
        { exchange("\0" .. string.char(#share) .. share, modular) })
    end
    assert.same({ "decode_error", "decode_error" }, { exchange("\0\0", modular) })
  end)

  it("takes one ChangeCipherSpec of TLS 1.3, whatever the version of its record", function()
    local a, b = pki.pair(pki.client(at "TLS 1.3"), pki.server(at "TLS 1.3"))
    a:handshake()
    b:receive_data(a:data_to_send())
    b:receive_data("\20\3\1\0\1\1")
    local left, right = pki.handshake(a, b)
    assert.is_true(left.ok and right.ok, right.message)
    a, b = pki.pair(pki.client(at "TLS 1.3"), pki.server(at "TLS 1.3"))
    a:handshake()
    b:receive_data(a:data_to_send())
    b:receive_data(record(20, "\1") .. record(20, "\1"))
    assert.equal("peer_misbehaved", select(3, b:handshake()))
  end)

  it("says once that a record is no good", function()
    for version, suite in pairs {
      ["TLS 1.2"] = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
      ["TLS 1.3"] = "TLS_CHACHA20_POLY1305_SHA256",
    } do
      local options = { min_version = version, max_version = version, cipher_suites = { suite } }
      local a, b = pki.connected(pki.client(options), pki.server(options, "rsa"))
      b:data_to_send()
      a:write("hello")
      local bytes = a:data_to_send()
      b:receive_data(bytes:sub(1, -2) .. string.char(255 - bytes:byte(-1)))
      assert.equal("peer_misbehaved", select(3, b:read()))
      local sent = b:data_to_send()
      assert.equal(#sent, 5 + sent:byte(4) * 256 + sent:byte(5))
    end
  end)

  it("refuses every proper prefix of a ClientHello that claims to be whole", function()
    local hello = tls.encode_handshake(hello_of())
    for length = 4, #hello - 1 do
      local _, b = pki.pair()
      local body = hello:sub(5, length)
      local message = "\1\0" .. string.char(math.floor(#body / 256), #body % 256) .. body
      b:receive_data(record(22, message))
      local _, text, code = b:handshake()
      -- one that ends before its extensions is a hello, too
      local bare = tls.decode_handshake(message)
      assert.equal(bare and "peer_incompatible" or "decode_error", code, text)
    end
  end)

  it("says which field of a hello it cannot decode, and where that is", function()
    local function fault(change)
      local hello = hello_of()
      local bytes = change(hello) or tls.encode_handshake(hello)
      local _, b = pki.pair()
      b:receive_data(record(22, bytes))
      local _, _, code, detail = b:handshake()
      assert.equal("decode_error", code)
      return detail, bytes
    end
    local function random() return "\1\0\0\2\3\3" end
    local function id() return "\1\0\0\36\3\3" .. ("r"):rep(32) .. "\40x" end
    assert.same({ message = "client_hello", path = "body.random", offset = 4 }, (fault(random)))
    assert.same({ message = "client_hello", path = "body.legacy_session_id", offset = 38 },
      (fault(id)))
    local detail, bytes = fault(function(hello)
      hello.body.extensions[find(hello, "server_name")].extension_data = {
        raw = "\0\8\0\6\0\0\3a\0b" }
    end)
    assert.equal("body.server_name", detail.path)
    assert.equal("\0\0\0\8\0\6\0\0\3a\0b", bytes:sub(detail.offset + 1, detail.offset + 12))
    local a, hello = answer(pki.client(at "TLS 1.2"), pki.server(at "TLS 1.2"))
    hello.body = tls.encode_handshake(hello):sub(5) .. "\0"
    a:receive_data(record(22, tls.encode_handshake(hello)))
    assert.equal("body.extensions", select(4, a:handshake()).path)
  end)

  it("takes a ClientHello over many records and refuses one of more than 64 KiB", function()
    local client = hello_of()
    table.insert(client.body.extensions, { extension_type = "padding",
      extension_data = ("\0"):rep(60000) })
    local bytes = tls.encode_handshake(client)
    local _, b = pki.pair()
    for i = 1, #bytes, 16000 do b:receive_data(record(22, bytes:sub(i, i + 15999))) end
    local _, message, code = b:handshake() -- the gate takes it; wolfSSL may not
    assert.is_true(code == "peer_incompatible" or #b:data_to_send() > 1000, message)
    local _, c = pki.pair()
    c:receive_data(record(22, "\1\1\0\1" .. ("x"):rep(100)))
    assert.equal("peer_misbehaved", select(3, c:handshake()))
  end)

  it("knows an SSL 2.0 hello", function()
    local _, b = pki.pair()
    b:receive_data("\128\46\1\0\2" .. ("x"):rep(43))
    local _, message, code = b:handshake()
    assert.equal("peer_incompatible", code)
    assert.truthy(message:find("SSL 2.0", 1, true))
  end)
end)

describe("hold and release", function()
  it("keeps a record from wolfSSL until it is released", function()
    local client, server = pki.client(), pki.server()
    local a = core.connection(client.core, { server_name = "localhost" })
    local b = core.connection(server.core)
    b:hold(true)
    a:handshake()
    local flight = a:data_to_send()
    b:receive_data(flight)
    assert.equal("held", select(3, b:handshake()))
    assert.equal("held", select(3, b:handshake()))
    assert.equal(flight, b:held())
    assert.equal("", b:data_to_send())
    b:release()
    assert.is_nil(b:held())
    assert.equal("want_read", select(3, b:handshake()))
    assert.is_true(#b:data_to_send() > 0)
  end)

  it("gives each encrypted record of a handshake for itself", function()
    local a = core.connection(pki.client().core, { server_name = "localhost" })
    local b = core.connection(pki.server().core)
    a:hold(true)
    a:handshake()
    b:receive_data(a:data_to_send())
    b:handshake()
    a:receive_data(b:data_to_send())
    local kinds = {}
    local ok, _, code
    repeat
      ok, _, code = a:handshake()
      if code == "held" then
        kinds[#kinds + 1] = a:held():byte(1)
        a:release()
      end
    until code ~= "held"
    assert.is_true(ok)
    assert.equal(22, kinds[1])
    for i = 2, #kinds do assert.equal(23, kinds[i]) end
    assert.is_true(#kinds >= 3)
  end)

  it("refuses in the name of a handler, with its alert", function()
    local a = core.connection(pki.client().core, { server_name = "localhost" })
    local b = core.connection(pki.server().core)
    b:hold(true)
    a:handshake()
    b:receive_data(a:data_to_send())
    b:handshake()
    b:reject("not today", 49)
    assert.same({ nil, "not today", "rejected" }, { b:handshake() })
    a:receive_data(b:data_to_send())
    assert.equal("alert_received", select(3, a:handshake()))
    assert.equal("access_denied", a:info().alert_received.name)
  end)
end)
