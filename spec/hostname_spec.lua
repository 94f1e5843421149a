-- Whom a certificate is for: RFC 9525 section 6.

local core = require "wolfssl.core"
local der = require "der"
local helper = require "helper"
local openssl = require "openssl"

local it_with_openssl = openssl.it(it, pending)

describe("hostname", function()
  local dir, rich

  lazy_setup(function()
    if not helper.have("openssl") then return end
    dir = helper.tempdir()
    local pem = openssl.make(dir, "rich", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
      "-set_serial 0x80f1")
    rich = assert(core.certificate(pem))
  end)

  lazy_teardown(helper.cleanup)

  local certificate

  -- A name of so many characters, the longest labels first.
  local function long(length)
    return (("a"):rep(63) .. "."):rep(3) .. ("b"):rep(length - 192)
  end

  lazy_setup(function()
    local names = {}
    for _, name in ipairs { "example.com", "*.example.org", "*.test", "*", "f*.partial",
      "www.*.middle", "127.0.0.9", "*.0.1", "nul.test\0.org", "", "dotted.test.",
      "xn--bcher-kva.test", "a_b.cd", "host", "*-part.test", long(253), long(254) } do
      names[#names + 1] = der.tlv(0x82, name)
    end
    local value = der.sequence(table.concat(names), der.tlv(0x87, "\192\0\2\1"),
      der.tlv(0x87, "\32\1\13\184" .. ("\0"):rep(11) .. "\1"),
      der.tlv(0x81, "m@example.net"), der.tlv(0x86, "https://example.net"))
    certificate = assert(core.certificate(der.certificate {
      extensions = { der.extension("2.5.29.17", value) } }))
  end)

  local yes = { "example.com", "EXAMPLE.Com", "example.com.", "www.example.org", "WWW.EXAMPLE.ORG.",
    "xn--p1ai.example.org", "xn--bcher-kva.test", "a_b.cd", "host", "192.0.2.1", "2001:db8::1",
    "2001:DB8:0:0::0.0.0.1", "2001:0db8:0:0:0:0:0:1" }
  local no = { "", ".", "example.com..", "www.example.com", "com", "example.org", "a.b.example.org",
    ".example.org", "*.example.org", "w*.example.org", "foo.test", "localhost", "foo.partial",
    "f*.partial", "www.a.middle", "www.*.middle", "127.0.0.9", "x.0.1", "127.0.1", "nul.test",
    "nul.test\0.org", "dotted.test", "dotted.test.", "b\195\188cher.test", "example.net",
    "m@example.net", "192.0.2.2", "192.0.2.01", "192.0.2.1.", "3221225985", "0xc0.0.2.1",
    "::ffff:192.0.2.1", "[2001:db8::1]", "2001:db8::1%eth0", "2001:db8::2", "::1", "example.com\0",
    "example.com ", " example.com", "-a.example.org", ("a"):rep(64) .. ".example.org",
    "a-.example.org", "192.0.2.1\0.org", "x.part.test", "x-part.test",
    "exa mple.com", "example.com:443", ("a."):rep(200) .. "example.com" }

  it("knows whom the certificate is for", function()
    for _, name in ipairs(yes) do assert.is_true(certificate:matches(name), name) end
  end)

  it("knows whom it is not for", function()
    for _, name in ipairs(no) do assert.is_false(certificate:matches(name), name) end
  end)

  it("accepts a label of 63 and a name of 253 characters", function()
    assert.is_true(certificate:matches(("a"):rep(63) .. ".example.org"))
    assert.is_true(certificate:matches(long(253)))
    assert.is_false(certificate:matches(long(254)))
  end)

  it("does not look at the common name", function()
    local plain = core.certificate(der.certificate { subject = der.common_name("example.com") })
    assert.is_false(plain:matches("example.com"))
    local other = core.certificate(der.certificate { subject = der.common_name("example.com"),
      extensions = { der.extension("2.5.29.17", der.sequence("\130\5a.com")) } })
    assert.is_false(other:matches("example.com"))
  end)

  it_with_openssl("agrees with openssl where the rules are the same", function()
    for _, host in ipairs { "example.com", "www.example.com", "a.b.example.com", "example.org",
      "EXAMPLE.com" } do
      local shown = openssl.run(dir, "x509 -in rich.pem -noout -checkhost " .. host)
      assert.equal(not shown:find("NOT match", 1, true), rich:matches(host), host)
    end
    for _, ip in ipairs { "192.0.2.1", "192.0.2.2", "2001:db8::1", "2001:db8:0::1", "::1" } do
      local shown = openssl.run(dir, "x509 -in rich.pem -noout -checkip " .. ip)
      assert.equal(not shown:find("NOT match", 1, true), rich:matches(ip), ip)
    end
  end)
end)
