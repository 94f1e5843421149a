local generator = require "tls.generator"
local tls = require "wolfssl.tls"

local extension, wire = tls.extension, tls.wire

-- RFC 8446 section 4.2, the table; server_name in CR is RFC 9261's.
local RFC8446 = [[
  server_name                            CH EE CR
  max_fragment_length                    CH EE
  status_request                         CH CR CT
  supported_groups                       CH EE
  signature_algorithms                   CH CR
  use_srtp                               CH EE
  heartbeat                              CH EE
  application_layer_protocol_negotiation CH EE
  signed_certificate_timestamp           CH CR CT
  client_certificate_type                CH EE
  server_certificate_type                CH EE
  padding                                CH
  key_share                              CH SH HRR
  pre_shared_key                         CH SH
  psk_key_exchange_modes                 CH
  early_data                             CH EE NST
  cookie                                 CH HRR
  supported_versions                     CH SH HRR
  certificate_authorities                CH CR
  oid_filters                            CR
  post_handshake_auth                    CH
  signature_algorithms_cert              CH CR
]]

local CODES = { "CH", "SH", "HRR", "EE", "CR", "CT", "NST", "SH12" }

describe("wolfssl.tls.extension", function()
  it("allows each extension where RFC 8446 section 4.2 does", function()
    for name, places in RFC8446:gmatch("([%w_]+) +([%u ]+)\n") do
      local allowed = {}
      for code in places:gmatch("%u+") do allowed[code] = true end
      for _, code in ipairs(CODES) do
        if code ~= "SH12" then
          local kind = extension.definition(name)[code]
          assert.equal(allowed[code], kind and true, name .. " " .. code)
        end
      end
    end
  end)

  it("has a format for every registered extension that has a published one", function()
    local without = {}
    for _, entry in ipairs(tls.registry.extension_type.list) do
      if not extension.definition(entry.value) then without[#without + 1] = entry.name end
    end
    assert.same({ "TLMSP", "TLMSP_proxying", "TLMSP_delegate",
      "sequence_number_encryption_algorithms", "encrypted_server_name" }, without)
  end)

  it("knows no places but those", function()
    local known = {}
    for _, code in ipairs(CODES) do known[code] = true end
    for _, entry in ipairs(tls.registry.extension_type.list) do
      for code in pairs(extension.definition(entry.value) or {}) do assert.is_true(known[code]) end
    end
  end)

  for _, code in ipairs(CODES) do
    it("brings all extensions of " .. code .. " there and back", function()
      local rng = generator.rng(code)
      local list = wire.named(code, extension.list(code))
      for name, kind in pairs(extension.types(code)) do
        for _ = 1, generator.times(60, 10000) do
          local value = { { extension_type = tls.registry.extension_type.by_name[name],
            extension_data = wire.random(kind, rng) } }
          local bytes = wire.encode(list, value)
          local decoded, message = wire.decode(list, bytes)
          assert(decoded, message)
          assert.is_nil(generator.difference(value, decoded, name))
          assert.equal(bytes, wire.encode(list, decoded))
        end
      end
    end)
  end

  it("takes names for everything when encoding", function()
    local list = wire.named("list", extension.list("CH"))
    local bytes = wire.encode(list, {
      { extension_type = "supported_versions", extension_data = { versions = { "TLS 1.3" } } },
      { extension_type = "GREASE (0x1a1a)", extension_data = "\0" },
      { extension_type = "server_name", extension_data = {
        server_name_list = { { name_type = "host_name", name = "a.example" } } } },
    })
    local decoded = wire.decode(list, bytes)
    assert.is_true(decoded[2].extension_type.grease)
    assert.equal("a.example",
      extension.find(decoded, "server_name").server_name_list[1].name)
  end)

  it("names the extension that cannot be encoded", function()
    local list = wire.named("list", extension.list("CH"))
    assert.error_matches(function()
      wire.encode(list, { { extension_type = "supported_groups",
        extension_data = { named_group_list = { "x25519", "x25518" } } } })
    end, "%[1%]%.extension_data%.named_group_list%[2%]: x25518 is no named group")
  end)

  it("keeps numbers of QUIC as they were written", function()
    local list = wire.named("list", extension.list("CH"))
    for _, parameters in ipairs {
      "\1\2\64\100",                               -- max_idle_timeout, two bytes
      "\64\1\1\5",                                 -- its id not written shortest
      "\1\64\1\5",                                 -- its length not written shortest
      "\255\1\2\3\4\5\6\7\0",                      -- an id beyond 2^53
    } do
      local bytes = wire.pack(#parameters + 4, 2) .. "\0\57" .. wire.pack(#parameters, 2)
        .. parameters
      local decoded = assert(wire.decode(list, bytes))
      assert.equal(1, #decoded[1].extension_data.transport_parameters)
      assert.equal(bytes, wire.encode(list, decoded))
    end
  end)
end)
