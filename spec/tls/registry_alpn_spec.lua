-- ALPN protocol ids against two lists that others keep.

local helper = require "helper"
local meanings = require "wolfssl.tls.registry.alpn_protocol"

-- IANA's registry "TLS Application-Layer Protocol Negotiation (ALPN) Protocol IDs" as of May 2025,
-- the GREASE of RFC 8701 apart.
local IANA = [[
  http/0.9 http/1.0 http/1.1 spdy/1 spdy/2 spdy/3 stun.turn stun.nat-discovery h2 h2c webrtc
  c-webrtc ftp imap pop3 managesieve coap co xmpp-client xmpp-server acme-tls/1 mqtt dot ntske/1
  sunrpc h3 smb irc nntp nnsp doq sip/2 tds/8.0 dicom postgresql radius/1.0 radius/1.1
]]

local NMAP = "/usr/share/nmap/scripts/tls-alpn.nse"

-- The names between braces behind a text, up to the list's "Other sources".
local function names_behind(source, text)
  local _, start = source:find(text, 1, true)
  local list = source:match("^%s*(%b{})", start + 1):match("^(.-)%-%- Other") or ""
  local names = {}
  for name in list:gmatch('"([^"]+)"') do names[#names + 1] = name end
  return names
end

describe("wolfssl.tls.registry.alpn_protocol", function()
  it("has what IANA lists, and nothing else", function()
    local listed = {}
    for name in IANA:gmatch("%S+") do
      assert.is_string(meanings[name], name)
      listed[name] = true
    end
    for name in pairs(meanings) do assert.is_true(listed[name], name) end
  end)

  it("knows every registered name that nmap offers", function()
    if not helper.exists(NMAP) then
      pending("needs package nmap")
      return
    end
    local names = names_behind(helper.read(NMAP), "alpn_protos =")
    assert.is_true(#names >= 30, #names)
    for _, name in ipairs(names) do assert.is_string(meanings[name], name) end
  end)
end)
