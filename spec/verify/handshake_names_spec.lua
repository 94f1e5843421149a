-- Whom a server's certificate is for, in real handshakes: RFC 9525 section 6.

local der = require "wolfssl.issue.der"
local farm = require "verify.farm"
local handshake = require "verify.handshake"
local pki = require "pki"

local DNS, IP = 0x82, 0x87
local LOOPBACK6 = ("\0"):rep(15) .. "\1"

-- Names in the certificate, by tag; names for which it is good; names for which it is not.
local CASES = {
  { "a host", { { DNS, "www.example.com" } },
    { "www.example.com", "WWW.Example.COM", "www.example.com." },
    { "example.com", "a.www.example.com", "www.example.com.evil.org" } },
  { "a wildcard", { { DNS, "*.example.com" } }, { "a.example.com", "xn--bcher-kva.example.com" },
    { "example.com", "a.b.example.com", "*.example.com" } },
  { "a wildcard under a top-level domain", { { DNS, "*.com" } }, {}, { "example.com", "com" } },
  { "a wildcard for everything", { { DNS, "*" } }, {}, { "localhost", "example.com" } },
  { "a wildcard inside a label", { { DNS, "f*o.example.com" } }, {},
    { "foo.example.com", "fo.example.com" } },
  { "a wildcard that is not left-most", { { DNS, "www.*.example.com" } }, {},
    { "www.a.example.com" } },
  { "a wildcard over an address", { { DNS, "*.0.0.1" } }, {}, { "127.0.0.1" } },
  { "an address in a DNS name", { { DNS, "127.0.0.1" }, { DNS, "::1" } }, {},
    { "127.0.0.1", "::1" } },
  { "addresses", { { IP, "\127\0\0\1" }, { IP, LOOPBACK6 } },
    { "127.0.0.1", "::1", "0:0:0:0:0:0:0:1" }, { "127.0.0.2", "::2", "::127.0.0.1", "localhost" } },
  { "an embedded NUL", { { DNS, "www.example.com\0.evil.org" } }, {},
    { "www.example.com", "evil.org" } },
  { "a trailing dot", { { DNS, "www.example.com." } }, {}, { "www.example.com",
    "www.example.com." } },
  { "an A-label", { { DNS, "xn--bcher-kva.example.com" } },
    { "xn--bcher-kva.example.com", "XN--BCHER-KVA.example.com" },
    { "xn--bcher-kvb.example.com", "bcher.example.com" } },
  { "no alternative name, only a common one", {}, {}, { "Leaf", "www.example.com" },
    subject = "www.example.com" },
}

describe("a server of", function()
  local root = farm.ca "Root"

  local function leaf_of(case)
    local names = {}
    for i, name in ipairs(case[2]) do names[i] = der.value(name[1], name[2]) end
    return farm.leaf(root, { subject_alt_names = false, subject = case.subject,
      extensions = #names > 0 and
        { { oid = "2.5.29.17", value = der.sequence(table.concat(names)) } } or nil })
  end

  it("two dots, or letters that are not ASCII, is no name at all", function()
    for _, name in ipairs { "www.example.com..", "b\195\188cher.example.com" } do
      assert.has_error(function() pki.client():connection { server_name = name } end)
    end
  end)

  for _, case in ipairs(CASES) do
    it(case[1] .. " is who it says that it is, and nobody else", function()
      local leaf = leaf_of(case)
      for _, version in ipairs(handshake.VERSIONS) do
        local function says(name)
          return (handshake.says("client", version, { leaf.certificate }, leaf.key,
            { trust = root.certificate }, { server_name = name, send_server_name = false }))
        end
        for _, name in ipairs(case[3]) do assert.equal("ok", says(name), name) end
        for _, name in ipairs(case[4]) do assert.equal("0:wrong_name", says(name), name) end
      end
    end)
  end
end)
