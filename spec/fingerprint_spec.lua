local fingerprint = require "wolfssl.fingerprint"
local helper = require "helper"
local recordings = require "tls.recordings"
local tls = require "wolfssl.tls"

local function nothing() end

-- Every hello of a capture: visit(message, side, bytes).
local function hellos(path, visit)
  for _, recording in ipairs((recordings.capture(path))) do
    recordings.walk(recording, { record = nothing, sslv2 = nothing, change_cipher_spec = nothing,
      encrypted = nothing, message = function(bytes, _, side, message)
        if message.msg_type.name:find "^%l+_hello$" then visit(message, side, bytes) end
      end })
  end
end

-- What a program says, counted: the same hello may come more than once.
local function bag(list)
  local counts = {}
  for _, value in ipairs(list) do counts[value] = (counts[value] or 0) + 1 end
  return counts
end

local function client_hello(fields)
  return {
    msg_type = tls.registry.handshake_type:entry(1),
    body = assert(tls.decode_handshake(tls.encode_handshake {
      msg_type = "client_hello",
      body = {
        legacy_version = fields.legacy_version or 0x0303, random = ("r"):rep(32),
        legacy_session_id = "", cipher_suites = fields.cipher_suites or { 0x1301 },
        legacy_compression_methods = { 0 }, extensions = fields.extensions,
      },
    })).body,
  }
end

local function alpn(name)
  return { { extension_type = "application_layer_protocol_negotiation",
    extension_data = { protocol_name_list = { name } } } }
end

local function ja4_a(fields, transport)
  return (fingerprint.client(client_hello(fields), transport).ja4:match "^[^_]+")
end

describe("wolfssl.fingerprint", function()
  it("equals Arkime's JA3, JA3S, JA4 and JA4_r", function()
    local root = helper.vectors()
    if not root then return pending("needs the recordings in ../shared/vectors") end
    local compared = 0
    for _, path in ipairs(helper.find(root .. "/arkime", "-name '*.pcap'")) do
      local expected = {}
      for _, name in ipairs { "ja3", "ja3s", "ja4", "ja4_r" } do
        for block in helper.read((path:gsub("pcap$", "test"))):gmatch(
            '"' .. name .. '"%s*:%s*(%b[])') do
          for value in block:gmatch '"(.-)"' do expected[name .. " " .. value] = true end
        end
      end
      local ours = {}
      local function same(found, ...)
        for _, name in ipairs { ... } do
          ours[name .. " " .. found[name]] = true
          compared = compared + 1
        end
      end
      hellos(path, function(message, side)
        if side == "client" then
          same(fingerprint.client(message), "ja3", "ja4", "ja4_r")
        else
          same(fingerprint.server(message), "ja3s")
        end
      end)
      assert.same(expected, ours, path)
    end
    assert.equal(44, compared)
  end)

  it("equals tshark's JA3 and JA3S on every capture", function()
    local root = helper.vectors()
    if not root then return pending("needs the recordings in ../shared/vectors") end
    if not helper.have "tshark" then return pending("needs package tshark") end
    local paths, ours, theirs = {}, {}, {}
    for _, path in ipairs(helper.find(root, "-name '*.pcap'")) do
      local retried = false
      paths[#paths + 1] = helper.quote(path)
      hellos(path, function(message, side)
        if side == "client" then
          ours[#ours + 1] = fingerprint.client(message).ja3
        elseif not retried then  -- tshark 4.0 has none for the ServerHello after a retry
          ours[#ours + 1] = fingerprint.server(message).ja3s
        end
        retried = retried or tls.handshake.name(message) == "hello_retry_request"
      end)
    end
    for value in helper.run("mergecap -a -w - " .. table.concat(paths, " ") .. " | tshark -r -"
        .. " -o tcp.try_heuristic_first:TRUE -Y tls -T fields -e tls.handshake.ja3"
        .. " -e tls.handshake.ja3s 2>/dev/null"):gmatch "%x+" do
      if #value == 32 then theirs[#theirs + 1] = value end
    end
    assert.same({ captures = 38, hellos = 83 }, { captures = #paths, hellos = #theirs })
    assert.same(bag(theirs), bag(ours))
  end)

  it("tells the transport, and DTLS versions, which count down", function()
    assert.equal("t12i010000", ja4_a {})
    assert.equal("q12i010000", ja4_a({}, "quic"))
    assert.equal("dd2i010000", ja4_a({ legacy_version = 0xfefd }, "dtls"))
    local versions = { { extension_type = "supported_versions",
      extension_data = { versions = { 0xfefd, 0xfefc } } } }
    assert.equal("dd3i010100", ja4_a({ legacy_version = 0xfefd, extensions = versions }, "dtls"))
  end)

  it("takes the first protocol's ends, as hex where they are no letters or digits", function()
    assert.equal("t12i0101h1", ja4_a { extensions = alpn "http/1.1" })
    assert.equal("t12i0101hh", ja4_a { extensions = alpn "h" })
    assert.equal("t12i0101ab", ja4_a { extensions = alpn "\171" })
    assert.equal("t12i01013b", ja4_a { extensions = alpn "0\171" })
    assert.equal("t12i01010a", ja4_a { extensions = alpn "\010\010" })
  end)

  it("counts to 99", function()
    local suites = {}
    for i = 1, 130 do suites[i] = i end
    assert.equal("t12i990000", ja4_a { cipher_suites = suites })
    local extensions = {}
    for i = 1, 120 do extensions[i] = { extension_type = 0x4000 + i, extension_data = "" } end
    assert.equal("t12i019900", ja4_a { extensions = extensions })
  end)

  it("is blind to GREASE everywhere", function()
    local plain = { cipher_suites = { 0x1301, 0x1302 }, extensions = {
      { extension_type = "supported_groups", extension_data = { named_group_list = { 29 } } },
      { extension_type = "signature_algorithms",
        extension_data = { supported_signature_algorithms = { 0x0403, 0x0804 } } },
      { extension_type = "supported_versions", extension_data = { versions = { 0x0304 } } },
    } }
    local greased = { cipher_suites = { 0x0a0a, 0x1301, 0x1302 }, extensions = {
      { extension_type = 0x1a1a, extension_data = "" },
      { extension_type = "supported_groups",
        extension_data = { named_group_list = { 0x2a2a, 29 } } },
      { extension_type = "signature_algorithms",
        extension_data = { supported_signature_algorithms = { 0x3a3a, 0x0403, 0x0804 } } },
      { extension_type = "supported_versions", extension_data = { versions = { 0x4a4a, 0x0304 } } },
      { extension_type = 0xfafa, extension_data = "\0" },
    } }
    assert.same(fingerprint.client(client_hello(plain)), fingerprint.client(client_hello(greased)))
  end)

  it("has zeros for what is not there", function()
    assert.equal("t12i010000_" .. fingerprint.client(client_hello {}).ja4:match "_(%x+)_"
      .. "_000000000000", fingerprint.client(client_hello {}).ja4)
  end)

  it("keeps the order of the wire in ja4_ro, with server_name and ALPN", function()
    local found = fingerprint.client_text(client_hello {
      cipher_suites = { 0x1302, 0x1301 },
      extensions = {
        { extension_type = "extended_master_secret", extension_data = {} },
        { extension_type = "application_layer_protocol_negotiation",
          extension_data = { protocol_name_list = { "h2" } } },
        { extension_type = "server_name", extension_data = { server_name_list = {
          { name_type = "host_name", name = "a.example" } } } },
      },
    })
    assert.equal("t12d0203h2_1301,1302_0017", found.ja4_r)
    assert.equal("t12d0203h2_1302,1301_0017,0010,0000", found.ja4_ro)
    assert.equal("771,4866-4865,23-16-0,,", found.ja3_text)
  end)

  it("takes bytes and the body as well, and says what is wrong with others", function()
    local message = client_hello {}
    local bytes = tls.encode_handshake(message)
    assert.same(fingerprint.client(message), fingerprint.client(bytes))
    assert.same(fingerprint.client(message), fingerprint.client(message.body))
    local none, text, code, detail = fingerprint.client(bytes:sub(1, -2))
    assert.is_nil(none)
    assert.is_string(text)
    assert.equal("decode_error", code)
    assert.is_number(detail.offset)
    assert.has_error(function() fingerprint.server(message) end,
      "server_hello expected, got client_hello")
    assert.has_error(function() fingerprint.client(1) end, "client_hello expected, got number")
    assert.has_error(function() fingerprint.client(message, "udp") end,
      'transport: "tcp", "quic" or "dtls" expected')
  end)
end)
