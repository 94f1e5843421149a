local extension = require "wolfssl.tls.extension"
local fingerprint = require "wolfssl.fingerprint"
local handshake = require "wolfssl.tls.handshake"
local helper = require "helper"
local hello = require "wolfssl.probe.hello"

local function decoded(options)
  return assert(handshake.decode(handshake.encode(hello.client(options)))).body
end

local function names(list)
  local out = {}
  for i, entry in ipairs(list) do out[i] = entry.extension_type.name end
  return out
end

describe("wolfssl.probe.hello", function()
  it("keeps every list in the order asked for", function()
    local suites = { "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256" }
    local body = decoded { cipher_suites = suites, alpn = { "b", "a" },
      extensions = { "supported_versions", "application_layer_protocol_negotiation", "key_share",
        { extension_type = "padding", extension_data = "\0\0" },
        { extension_type = 0x4242, extension_data = "x" }, "supported_groups" } }
    assert.same(suites, { body.cipher_suites[1].name, body.cipher_suites[2].name })
    assert.same({ "supported_versions", "application_layer_protocol_negotiation", "key_share",
      "padding", "unknown (0x4242)", "supported_groups" }, names(body.extensions))
    assert.same({ "b", "a" }, extension.find(body.extensions,
      "application_layer_protocol_negotiation").protocol_name_list)
  end)

  it("takes duplicates, replaces, and leaves out", function()
    local one = { extension_type = "heartbeat", extension_data = { mode = 1 } }
    local body = decoded { extensions = { one, one } }
    assert.is_true(body.extensions[2].duplicate)
    body = decoded { server_name = "a.example", without = { "key_share", "ec_point_formats" },
      add = { { extension_type = "supported_versions", extension_data = { versions = { 0x0305 } } },
        one } }
    assert.is_nil(extension.find(body.extensions, "key_share"))
    assert.equal(0x0305,
      extension.find(body.extensions, "supported_versions").versions[1].value)
    assert.equal("heartbeat", body.extensions[#body.extensions].extension_type.name)
  end)

  it("puts GREASE where browsers have it, and the same group in both places", function()
    local body = decoded { grease = true }
    assert.is_true(body.cipher_suites[1].grease)
    assert.is_true(body.extensions[1].extension_type.grease)
    local groups = extension.find(body.extensions, "supported_groups").named_group_list
    local shares = extension.find(body.extensions, "key_share").client_shares
    assert.is_true(groups[1].grease)
    assert.equal(groups[1], shares[1].group)
    assert.is_true(extension.find(body.extensions, "supported_versions").versions[1].grease)
  end)

  it("says an older version the older way, and no name for an address", function()
    local body = decoded { versions = { "TLS 1.0" }, server_name = "192.0.2.1" }
    assert.equal(0x0301, body.legacy_version.value)
    assert.is_nil(extension.find(body.extensions, "supported_versions"))
    assert.is_nil(extension.find(body.extensions, "signature_algorithms"))
    assert.is_nil(extension.find(body.extensions, "server_name"))
  end)

  it("raises for what nobody knows", function()
    assert.error_matches(function() hello.client { ciphers = {} } end, "unknown option: ciphers")
    assert.error_matches(function() hello.client { versions = { "TLS 9" } } end, "TLS 9 is none")
    assert.error_matches(function() hello.client { shares = { "MLKEM768" } } end, "MLKEM768")
    assert.error_matches(function() hello.client { template = "lynx" } end, "no template 'lynx'")
    assert.error_matches(function() hello.client { extensions = { "huh" } } end, "huh")
  end)

  local function ja4(bytes)
    return fingerprint.client(assert(handshake.decode(bytes)).body).ja4
  end

  for _, name in ipairs(hello.templates) do
    it("has the hello of " .. name .. ", byte for byte", function()
      local bytes, source, about = hello.template(name)
      assert.is_string(source)
      assert.is_truthy(about.recorded:find "^20%d%d%-%d%d%-%d%d$")
      assert.is_string(about.command)
      local prints = fingerprint.client(assert(handshake.decode(bytes)).body)
      assert.same({ about.ja3, about.ja4 }, { prints.ja3, prints.ja4 })
      assert.equal(bytes, handshake.encode(hello.client { template = name, fresh = false }))
      local fresh = handshake.encode(hello.client { template = name })
      assert.equal(#bytes, #fresh)
      assert.not_equal(bytes, fresh)
      assert.equal(ja4(bytes), ja4(fresh))
    end)

    it("puts the name where " .. name .. " has it", function()
      local body = decoded { template = name, server_name = "a.example" }
      local data = extension.find(body.extensions, "server_name")
      assert.equal(data and "a.example", data and data.server_name_list[1].name)
    end)
  end

  it("has every client's hello that is recorded", function()
    local found = {}
    for _, path in ipairs(helper.find("lua/wolfssl/probe/templates", "-name '*.lua'")) do
      found[#found + 1] = path:match "([%w_]+)%.lua$"
    end
    table.sort(found)
    assert.same(found, hello.templates)
  end)

  -- The reserved values of a hello by their places, and all else that is to be new.
  local function reserved(body)
    local found = { suite = body.cipher_suites[1].value }
    for i, entry in ipairs(body.extensions) do
      if entry.extension_type.grease then found[i] = entry.extension_type.value end
    end
    found.group = extension.find(body.extensions, "supported_groups").named_group_list[1].value
    found.share = extension.find(body.extensions, "key_share").client_shares[1].group.value
    found.version = extension.find(body.extensions, "supported_versions").versions[1].value
    return found
  end

  it("draws what a browser draws: GREASE in its places, its encrypted hello", function()
    local seen = {}
    for _ = 1, 40 do
      local body = decoded { template = "chromium" }
      local found, extensions = reserved(body), {}
      for place, value in pairs(found) do
        assert.is_true(value % 256 == math.floor(value / 256) and value % 16 == 10, value)
        if type(place) == "number" then extensions[#extensions + 1] = value end
      end
      assert.equal(found.group, found.share)
      assert.equal(2, #extensions)
      assert.not_equal(extensions[1], extensions[2])
      seen[found.suite] = true
    end
    local count = 0
    for _ in pairs(seen) do count = count + 1 end
    assert.is_true(count > 4, count)
    for _, name in ipairs { "chromium", "firefox" } do
      local one = extension.find(decoded { template = name }.extensions, "encrypted_client_hello")
      local other = extension.find(decoded { template = name }.extensions,
        "encrypted_client_hello")
      assert.not_equal(one.body.enc, other.body.enc)
      assert.not_equal(one.body.payload, other.body.payload)
      assert.equal(#one.body.payload, #other.body.payload)
    end
  end)

  it("pads to the length that was recorded, as far as there is something to pad", function()
    local function length(name, ...)
      local message = hello.client { template = "curl", server_name = name, ... }
      return #handshake.encode(message),
        extension.find(message.body.extensions, "padding") ~= nil
    end
    assert.same({ 512, true }, { length "a.example" })
    assert.same({ 512, true }, { length(("a"):rep(60) .. ".example") })
    local long, padded = length(("a"):rep(60) .. ("." .. ("b"):rep(60)):rep(3) .. ".example")
    assert.is_true(long > 512)
    assert.is_false(padded)
  end)
end)
