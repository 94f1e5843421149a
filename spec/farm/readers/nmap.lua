-- nmap's XML, with what its scripts on TLS say.

local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local common = require "farm.readers.common"

local put = common.put

local function elem(text, key)
  return text:match('<elem key="' .. key .. '">([^<]*)</elem>')
end

local function table_of(text, key)
  return text:match('<table key="' .. key .. '">(.-)</table>') or ""
end

local function read_version(facts, name, text)
  put(facts, "versions", name)
  for suite in table_of(text, "ciphers"):gsub("</?table>", ""):gmatch '<elem key="name">([%w_]+)' do
    suite = suite:gsub("TLS_AKE_WITH_", "TLS_")
    put(facts, "suites: " .. name, cipher_suite:value(suite) and suite)
  end
  for bits in text:gmatch '<elem key="kex_info">dh (%d+)</elem>' do
    facts["dhe: bits"] = math.min(facts["dhe: bits"] or 65536, tonumber(bits))
  end
  local order = elem(text, "cipher preference")
  if order == "server" or order == "client" then facts["order: " .. name] = order end
  if not table_of(text, "compressors"):find "NULL" then return end
  facts["compression"] = facts["compression"] or text:find ">DEFLATE<" ~= nil
end

-- A table in a table ends the pattern of the inner one: versions stand at the beginnings of lines.
local function read_ciphers(facts, text)
  facts["versions"] = {}
  text = text:gsub("<table>\n", ""):gsub("</elem>\n</table>\n(<elem key=)", "</elem>\n%1")
  local name, from
  for place, version in text:gmatch '()<table key="(%u%u%uv[%d.]+)">' do
    if name then read_version(facts, name, text:sub(from, place)) end
    name, from = common.VERSIONS[version:match "v(.*)"], place
  end
  if name then read_version(facts, name, text:sub(from)) end
end

local CURVES = { prime256v1 = "secp256r1" }
-- Ed25519 is the one kind in the farm that it does not know.
local KINDS = { rsa = "rsa", ec = "ecdsa" }

local function read_certificate(facts, text)
  local key = table_of(text, "pubkey")
  local kind = elem(key, "type")
  local prefix = "certificate " .. (KINDS[kind] or "eddsa") .. ": "
  facts[prefix .. "key"] = kind == "ec" and (CURVES[elem(key, "curve")] or elem(key, "curve"))
    or KINDS[kind] and tonumber(elem(key, "bits")) or kind
  facts[prefix .. "signature"] = common.signature(elem(text, "sig_algo"))
  facts[prefix .. "subject"] = elem(table_of(text, "subject"), "commonName")
  facts[prefix .. "issuer"] = elem(table_of(text, "issuer"), "commonName")
  facts[prefix .. "from"] = common.minute(elem(text, "notBefore"))
  facts[prefix .. "to"] = common.minute(elem(text, "notAfter"))
  local names = text:match 'Subject Alternative Name</elem>\n<elem key="value">([^<]*)' or ""
  for name in names:gmatch "[^,]+:([^,]+)" do put(facts, prefix .. "names", name) end
end

local function verdict(name)
  return function(facts, text)
    local state = elem(text, "state")
    if state then facts[name] = state:find "^VULNERABLE" ~= nil end
  end
end

local READ = {
  ["ssl-enum-ciphers"] = read_ciphers,
  ["ssl-cert"] = read_certificate,
  ["ssl-heartbleed"] = verdict "heartbleed",
  ["ssl-ccs-injection"] = verdict "ccs injection",
  ["tls-ticketbleed"] = verdict "ticketbleed",
  ["tls-alpn"] = function(facts, text)
    put(facts, "alpn")
    for name in text:gmatch "<elem>([^<]+)</elem>" do put(facts, "alpn", name) end
  end,
  sslv2 = function(facts) facts["sslv2"] = true end,
}

return function(output)
  local facts = { sslv2 = false, alpn = {} }   -- their scripts say nothing where there is none
  for id, text in output:gmatch '<script id="([%w%-]+)"(.-)</script>' do
    if READ[id] then READ[id](facts, text) end
  end
  return facts
end
