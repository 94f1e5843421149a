--- Fingerprints of hellos: JA3, JA3S and JA4, with the texts they are made of.
--
--     local hello = assert(tls.decode_handshake(bytes))
--     print(fingerprint.client(hello).ja4)     --> t13d1516h2_8daaf6152771_02713d6af862
--
-- GREASE (RFC 8701) counts nowhere. The other members of the JA4 family (JA4S, JA4H, …) are not
-- here: their licence forbids it. Needs wolfSSL only for the hashes.
-- JA3 is described at https://github.com/salesforce/ja3, JA4 at https://github.com/FoxIO-LLC/ja4.
-- @module wolfssl.fingerprint

local extension = require "wolfssl.tls.extension"
local handshake = require "wolfssl.tls.handshake"

local M = {}

local function digest(name, text)
  local bytes = assert(require("wolfssl.core").crypto.digest(name, text))
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

-- The numbers of code points, or of what `field` says of each element.
local function values(list, field)
  local out = {}
  for _, element in ipairs(list or {}) do
    local point = field and element[field] or element
    if not point.grease then out[#out + 1] = point.value end
  end
  return out
end

-- An extension that is not well formed there stays bytes, and has no list.
local function listed(hello, name, field)
  local data = extension.find(hello.extensions, name)
  return type(data) == "table" and data[field] or {}
end

local function joined(list, format, separator)
  local out = {}
  for i, value in ipairs(list) do out[i] = format:format(value) end
  return table.concat(out, separator)
end

local function hello_of(what, name)
  local message = what
  if type(what) == "string" then
    local text, code, detail
    message, text, code, detail = handshake.decode(what)
    if not message then return nil, text, code, detail end
  end
  if type(message) ~= "table" then
    error(name .. " expected, got " .. type(what), 3)
  end
  if message.msg_type then
    if message.msg_type.name ~= name then
      error(name .. " expected, got " .. message.msg_type.name, 3)
    end
    message = message.body
  end
  return message
end

-- ---------------------------------------------------------------------------- JA3

local function decimals(list) return joined(list, "%d", "-") end

local function ja3_text(hello)
  return table.concat({
    hello.legacy_version.value,
    decimals(values(hello.cipher_suites)),
    decimals(values(hello.extensions, "extension_type")),
    decimals(values(listed(hello, "supported_groups", "named_group_list"))),
    decimals(values(listed(hello, "ec_point_formats", "ec_point_format_list"))),
  }, ",")
end

-- ---------------------------------------------------------------------------- JA4

local VERSIONS = {
  [0x0304] = "13", [0x0303] = "12", [0x0302] = "11", [0x0301] = "10", [0x0300] = "s3",
  [0x0002] = "s2", [0xfeff] = "d1", [0xfefd] = "d2", [0xfefc] = "d3",
}

-- DTLS counts its versions down.
local function highest(versions, legacy)
  local best
  for _, value in ipairs(versions) do
    local datagrams = value >= 0xfe00
    if not best or datagrams and value < best or not datagrams and value > best then
      best = value
    end
  end
  return VERSIONS[best or legacy] or "00"
end

local function ends(protocol)
  if not protocol or protocol == "" then return "00" end
  local first, last = protocol:sub(1, 1), protocol:sub(-1)
  if first:find "^[%w]$" and last:find "^[%w]$" then return first .. last end
  return ("%02x"):format(first:byte()):sub(1, 1) .. ("%02x"):format(last:byte()):sub(2)
end

local function count(list) return ("%02d"):format(math.min(#list, 99)) end

local function ja4_a(hello, suites, extensions, transport)
  local versions = values(listed(hello, "supported_versions", "versions"))
  local names = listed(hello, "application_layer_protocol_negotiation", "protocol_name_list")
  local _, server_name = extension.find(hello.extensions, "server_name")
  return table.concat {
    transport, highest(versions, hello.legacy_version.value), server_name and "d" or "i",
    count(suites), count(extensions), ends(names[1]),
  }
end

local function sorted(list)
  local copy = {}
  for i, value in ipairs(list) do copy[i] = value end
  table.sort(copy)
  return copy
end

-- They stand in the first part already.
local ELSEWHERE = { [0] = true, [16] = true }

local function without_names(extensions)
  local out = {}
  for _, value in ipairs(extensions) do
    if not ELSEWHERE[value] then out[#out + 1] = value end
  end
  return out
end

local function hexes(list) return joined(list, "%04x", ",") end

local function short(text)
  return text == "" and ("0"):rep(12) or digest("sha256", text):sub(1, 12)
end

local function ja4_text(a, suites, extensions, schemes)
  local text = table.concat({ a, hexes(suites), hexes(extensions) }, "_")
  return #schemes > 0 and text .. "_" .. hexes(schemes) or text
end

-- The second and the third part as 12 digits each.
local function ja4_hash(text)
  local a, suites, rest = text:match "^(.-)_(.-)_(.*)$"
  return table.concat({ a, short(suites), short(rest) }, "_")
end

local TRANSPORTS = { tcp = "t", quic = "q", dtls = "d" }

local function ja4_texts(hello, transport)
  local suites = values(hello.cipher_suites)
  local extensions = values(hello.extensions, "extension_type")
  local schemes = values(listed(hello, "signature_algorithms", "supported_signature_algorithms"))
  local a = ja4_a(hello, suites, extensions, transport)
  return ja4_text(a, sorted(suites), sorted(without_names(extensions)), schemes),
    ja4_text(a, suites, extensions, schemes)
end

-- ---------------------------------------------------------------------------- public

--- The texts of a ClientHello's fingerprints, without hashes: needs no wolfSSL.
-- @tparam string|table hello a ClientHello: message bytes, the decoded message, or its body
-- @tparam[opt="tcp"] string transport "tcp", "quic" or "dtls"
-- @treturn[1] table `ja3_text`; `ja4_r` (sorted), `ja4_ro` (as sent)
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string "decode_error"
-- @treturn[2] table `{path=, offset=}`
function M.client_text(hello, transport)
  local letter = TRANSPORTS[transport or "tcp"]
  if not letter then error("transport: \"tcp\", \"quic\" or \"dtls\" expected", 2) end
  local body, text, code, detail = hello_of(hello, "client_hello")
  if not body then return nil, text, code, detail end
  local ja4_r, ja4_ro = ja4_texts(body, letter)
  return { ja3_text = ja3_text(body), ja4_r = ja4_r, ja4_ro = ja4_ro }
end

--- The fingerprints of a ClientHello.
-- @tparam string|table hello a ClientHello: message bytes, the decoded message, or its body
-- @tparam[opt="tcp"] string transport "tcp", "quic" or "dtls"
-- @treturn[1] table `ja3`, `ja3_text`; `ja4` and its text `ja4_r`; `ja4_o` and `ja4_ro`: the same
--   in the order of the wire, with server_name and ALPN among the extensions
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string "decode_error"
-- @treturn[2] table `{path=, offset=}`
function M.client(hello, transport)
  local out, text, code, detail = M.client_text(hello, transport)
  if not out then return nil, text, code, detail end
  out.ja3 = digest("md5", out.ja3_text)
  out.ja4, out.ja4_o = ja4_hash(out.ja4_r), ja4_hash(out.ja4_ro)
  return out
end

--- The fingerprint of a ServerHello.
-- @tparam string|table hello a ServerHello: message bytes, the decoded message, or its body
-- @treturn[1] table `ja3s`, `ja3s_text`
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string "decode_error"
-- @treturn[2] table `{path=, offset=}`
function M.server(hello)
  local body, message, code, detail = hello_of(hello, "server_hello")
  if not body then return nil, message, code, detail end
  local text = table.concat({ body.legacy_version.value, body.cipher_suite.value,
    decimals(values(body.extensions, "extension_type")) }, ",")
  return { ja3s = digest("md5", text), ja3s_text = text }
end

return M
