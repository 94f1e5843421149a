-- Our registries against the lists that tshark has of the same code points: who is right where the
-- two differ, and what only one of them knows.

local helper = require "helper"
local tls = require "wolfssl.tls"

local FIELDS = {
  ["tls.handshake.ciphersuite"] = "cipher_suite",
  ["tls.handshake.extensions_supported_group"] = "named_group",
  ["tls.handshake.sig_hash_alg"] = "signature_scheme",
  ["tls.handshake.extension.type"] = "extension_type",
  ["tls.handshake.type"] = "handshake_type",
  ["tls.alert_message.desc"] = "alert",
  ["tls.alert_message.level"] = "alert_level",
  ["tls.handshake.comp_method"] = "compression_method",
  ["tls.compress_certificate.algorithm"] = "certificate_compression_algorithm",
  ["tls.handshake.extensions_ec_point_format"] = "ec_point_format",
  ["tls.handshake.server_curve_type"] = "ec_curve_type",
  ["tls.handshake.key_update.request_update"] = "key_update_request",
}

-- tshark's words for what IANA calls otherwise, by registry and value.
local OTHER_WORDS = {
  cipher_suite = {
    -- Drafts of RFC 7905, which tshark calls like the suites of the RFC.
    [0xCC13] = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    [0xCC14] = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    [0xCC15] = "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
  },
  extension_type = {
    [34] = "delegated_credentials", [40] = "Reserved (key_share)",
    [53] = "connection_id (deprecated)", [17513] = "application_settings",
    [65445] = "quic_transport_parameters (drafts version)",
  },
  -- Open Quantum Safe's code points, from before IANA gave these to ML-KEM.
  named_group = { [0x0200] = "frodo640aes", [0x0201] = "frodo640shake", [0x0202] = "frodo976aes" },
  -- tshark's other list of handshake types: names as it prints them.
  handshake_type = { [21] = "Client Certificate URL", [67] = "Encrypted Extensions" },
}

-- What tshark names and IANA does not.
local function is_private(registry, value)
  if registry == "cipher_suite" then
    return value == 0x001C or value == 0x001D           -- FORTEZZA, of SSL 3.0; now Kerberos
      or value >= 0xE001 and value <= 0xE05A            -- Chinese suites (GM/T 0024)
      or value >= 0xE410 and value <= 0xE41F            -- drafts: Salsa20
      or value == 0xFFE0 or value == 0xFFE1             -- Netscape's FIPS suites, their other pair
  elseif registry == "named_group" then
    return value >= 0x0203 and value <= 0x0246 or value >= 0x2F00 and value <= 0x2F46
  elseif registry == "signature_scheme" then
    return value >= 0xFE00 and value <= 0xFEFF          -- Open Quantum Safe, both of them
  elseif registry == "extension_type" then
    return value == 46                                  -- a draft of TLS 1.3
  end
  return false
end

-- SSL 2.0's message types, which tshark has in the same list.
local SSL2_MESSAGES = {
  [0] = "Error", [2] = "Client Master Key", [3] = "Client Finished", [4] = "Server Hello",
  [5] = "Server Verify", [6] = "Server Finished", [7] = "Request Certificate",
  [8] = "Client Certificate",
}

-- Newer than tshark 4.0, or not told in this list of its own: first and last value.
local NEWER = {
  cipher_suite = { { 0x1306, 0x1307 } },                -- AEGIS
  named_group = {
    { 0x001F, 0x0021 }, { 0x0022, 0x0028 },             -- RFC 8734; RFC 9189, RFC 9367
    { 0x11EB, 0x11EE }, { 0x4138, 0x4138 }, { 0x6399, 0x639A }, { 0xFE30, 0xFE30 }, -- ML-KEM
  },
  signature_scheme = {
    { 0x0000, 0x0606 },                                 -- pairs of TLS 1.2, which it splits
    { 0x0420, 0x0620 },                                 -- RFC 9963
    { 0x0704, 0x0707 }, { 0x0709, 0x070F },             -- identities; GOST (RFC 9367)
    { 0x081A, 0x081C },                                 -- Brainpool (RFC 8734)
    { 0x0904, 0x0906 }, { 0x0911, 0x091C },             -- ML-DSA, SLH-DSA
  },
  extension_type = {
    { 26, 26 }, { 29, 33 }, { 36, 39 }, { 60, 62 }, { 256, 256 }, { 17613, 17613 },
    { 51764, 51764 }, { 64768, 64768 }, { 65037, 65037 },
  },
  handshake_type = { { 9, 10 }, { 17, 17 }, { 26, 26 }, { 203, 203 }, { 254, 254 } },
  alert = { { 52, 52 }, { 117, 117 } },
}

local function is_newer(registry, value)
  for _, range in ipairs(NEWER[registry] or {}) do
    if value >= range[1] and value <= range[2] then return true end
  end
  return false
end

-- Names by registry and value; a value can have several.
local function of_tshark()
  local lists = {}
  for _, registry in pairs(FIELDS) do lists[registry] = {} end
  local output = helper.run("tshark -G values 2>/dev/null | LC_ALL=C grep -a '^V.tls\\.'")
  for field, value, name in output:gmatch("V\t(%S+)\t(%S+)\t([^\r\n]*)") do
    local list = lists[FIELDS[field]]
    if list then
      value = tonumber(value)
      list[value] = list[value] or {}
      table.insert(list[value], name)
    end
  end
  return lists
end

local function plain(name) return (name:lower():gsub(" ", "_")) end

local function agrees(registry, value, name)
  local entry = tls.registry[registry].by_value[value]
  if registry == "handshake_type" and name == SSL2_MESSAGES[value] then return true end
  if not entry then return is_private(registry, value) end
  if entry.grease then return name:find("GREASE", 1, true) ~= nil end
  local other = (OTHER_WORDS[registry] or {})[value]
  return plain(name) == plain(entry.name) or name == other
end

describe("what tshark lists:", function()
  if not helper.have "tshark" then
    pending("needs package tshark")
    return
  end

  local lists = of_tshark()

  for _, registry in pairs(FIELDS) do
    it(registry .. " has the same names", function()
      local count = 0
      for value, names in pairs(lists[registry]) do
        for _, name in ipairs(names) do
          count = count + 1
          assert.is_true(agrees(registry, value, name), ("%s 0x%04x: %s, %s")
            :format(registry, value, name, tls.registry[registry]:name(value)))
        end
      end
      assert.is_true(count > 1)
    end)

    it(registry .. " has nothing else but what is newer", function()
      for _, entry in ipairs(tls.registry[registry].list) do
        assert.is_true(lists[registry][entry.value] ~= nil or is_newer(registry, entry.value),
          ("%s 0x%04x %s"):format(registry, entry.value, entry.name))
      end
    end)
  end
end)
