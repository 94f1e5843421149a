-- What tshark sees of handshake messages, held against our spans: every field that it names lies
-- where one of ours lies, and code points have the same names.

local helper = require "helper"
local tls = require "wolfssl.tls"

local M = {}

-- Fields that tshark makes out of parts of ours, or of several.
local NOT_OURS = {
  ["tls.handshake.random_time"] = "the four time bytes of random",
  ["tls.handshake.random_bytes"] = "random without them",
  ["tls.handshake.sig_hash_hash"] = "first byte of a signature scheme",
  ["tls.handshake.sig_hash_sig"] = "second byte of a signature scheme",
  ["tls.handshake.dname"] = "the content of a name, without its DER header",
}

local CERTIFICATE, CERTIFICATE_STATUS = "0b", "16"

-- SCTs inside certificates and OCSP responses are not of TLS.
local function in_sct(fields, name)
  local first, before = fields[1], fields[#fields]
  return name:find("^tls%.sct%.") and (first.value == CERTIFICATE
      or first.value == CERTIFICATE_STATUS)
    or name:find("^tls%.handshake%.sig_hash_") and before and before.sct
end

-- Code points whose names are compared, with the words where tshark and IANA differ.
local NAMED = {
  ["tls.handshake.ciphersuite"] = "cipher_suite",
  ["tls.handshake.extensions_supported_group"] = "named_group",
  ["tls.handshake.extensions_key_share_group"] = "named_group",
  ["tls.handshake.server_named_curve"] = "named_group",
  ["tls.handshake.sig_hash_alg"] = "signature_scheme",
  ["tls.handshake.extension.type"] = "extension_type",
}
local OTHER_WORDS = {
  delegated_credentials = "delegated_credential",
  ["Reserved (key_share)"] = "key_share_draft",
  application_settings = "application_settings_old",
  channel_id_old = "channel_id_old",
}

local function attribute(line, name)
  return line:match(" " .. name .. '="([^"]*)"')
end

-- The handshake messages of a capture as tshark shows them: lists of {name, offset, size, value,
-- show}. In what it decrypted, positions count from the beginning of the record's content.
local function tshark_messages(path)
  local output = helper.run("nice tshark -r " .. helper.quote(path) .. " -T pdml 2>/dev/null")
  local list, message, depth = {}, nil, nil
  for line in output:gmatch("[^\n]+") do
    local indent, name = #line:match("^ *"), line:match('<field name="([^"]*)"')
    if message and (line:find("^ *</field>") and indent <= depth) then message = nil end
    if name == "tls.handshake" and not line:find("/>$") then
      message, depth = {}, indent
      list[#list + 1] = message
    elseif message and name and name:find("^tls%.") then
      local at = tonumber(attribute(line, "pos"))
      message.base = message.base or at
      message[#message + 1] = {
        name = name, sct = in_sct(message, name), offset = at - message.base,
        size = tonumber(attribute(line, "size")), value = attribute(line, "value") or "",
        shown = attribute(line, "showname") or "",
      }
    end
  end
  return list
end

-- Everything that begins and ends somewhere: each field, its length prefix, what follows it.
local function boundaries(message)
  local set = {}
  for span in assert(tls.handshake.spans(message.bytes, message.context)):each() do
    local prefix = span.prefix or 0
    set[span.offset .. "+" .. span.length] = true
    set[span.offset .. "+" .. prefix] = true
    set[span.offset + prefix .. "+" .. span.length - prefix] = true
  end
  return set
end

local function same_bytes(bytes, fields)
  for _, field in ipairs(fields) do
    local there = helper.hex(bytes:sub(field.offset + 1, field.offset + #field.value / 2))
    if field.size * 2 == #field.value and there ~= field.value then return false end
  end
  return true
end

local function take_equal(ours, fields)
  local last = fields[#fields]
  for i, message in ipairs(ours) do
    if last.offset + last.size <= #message.bytes and same_bytes(message.bytes, fields) then
      return table.remove(ours, i)
    end
  end
end

-- Pairs of TLS 1.2 without a SignatureScheme: "SHA512 DSA".
local function iana_words(name)
  local hash, signature = name:match("^(%u+%d+) (%u+)$")
  if not hash then return OTHER_WORDS[name] or name end
  return (signature == "RSA" and "rsa_pkcs1" or signature:lower()) .. "_" .. hash:lower()
end

local function compare_name(field, where, differences)
  local registry = tls.registry[NAMED[field.name]]
  local name = field.shown:match(": (.*) %(%w+%)$")
  if not registry or not name or name:find("^Unknown") then return end
  local entry = registry:entry(tonumber(field.value, 16))
  local ours = entry.grease and "Reserved (GREASE)" or entry.name:gsub("_OLD$", "")
  if ours ~= iana_words(name) then
    differences[#differences + 1] = where .. ": " .. entry.name .. " is called " .. name
  end
end

local function compare_fields(message, fields, file, differences)
  local set, compared = boundaries(message), 0
  for _, field in ipairs(fields) do
    local where = ("%s %s at %d+%d"):format(file, field.name, field.offset, field.size)
    if field.size > 0 and not field.sct and not NOT_OURS[field.name] then
      compared = compared + 1
      if not set[field.offset .. "+" .. field.size] then
        differences[#differences + 1] = where .. " is no field of ours"
      end
    end
    if not field.sct then compare_name(field, where, differences) end
  end
  return compared
end

--- Compares all handshake messages of a capture that tshark shows.
-- @tparam string path
-- @tparam table ours list of `{bytes =, context =}`; what tshark shows, too, is taken out
-- @tparam table differences list of texts, added to
-- @treturn number fields compared
function M.compare(path, ours, differences)
  local compared, file = 0, path:match("[^/]+$")
  for _, fields in ipairs(tshark_messages(path)) do
    if #fields > 0 and fields[1].name == "tls.handshake.type" then
      local message = take_equal(ours, fields)
      if message then
        compared = compared + compare_fields(message, fields, file, differences)
      else
        differences[#differences + 1] = file .. ": we do not have " .. fields[1].shown
      end
    end
  end
  return compared
end

return M
