local target = require "wolfssl.cli.target"

describe("wolfssl.cli.target", function()
  local good = {
    ["example.org"] = { "example.org", 443 },
    ["example.org:8443"] = { "example.org", 8443 },
    ["192.0.2.1:1"] = { "192.0.2.1", 1 },
    ["[2001:db8::1]:853"] = { "2001:db8::1", 853 },
    ["[::1]"] = { "::1", 443 },
    ["2001:db8::1"] = { "2001:db8::1", 443 },
    ["[fe80::1%eth0]:443"] = { "fe80::1%eth0", 443 },
    ["::"] = { "::", 443 },
    ["1:2:3:4:5:6:7:8"] = { "1:2:3:4:5:6:7:8", 443 },
    ["1:2:3:4:5:6:7::"] = { "1:2:3:4:5:6:7::", 443 },
    ["::ffff:192.0.2.1"] = { "::ffff:192.0.2.1", 443 },
  }
  for text, expected in pairs(good) do
    it("reads " .. text, function()
      local t = assert(target.parse(text, 443))
      assert.same(expected, { t.host, t.port })
      assert.same(t, target.parse(target.text(t), 443))
    end)
  end

  local bad = { "", ":443", "host:port", "a b", "host:0", "host:65536", "[::1", "http://x",
    "a:b:c", "1:2:3:4:5:6:7:8:9", "1::2::3", "1:2:3:4::5:6:7:8", "12345::1", "::g", ":::",
    "[localhost]:443", ".", ".a:443", "a..:443", "b\195\188cher:443", "[]:443", "[1:2]:443",
    "192.0.2.1::" }
  for _, text in ipairs(bad) do
    it("refuses '" .. text .. "'", function()
      local t, message = target.parse(text, 443)
      assert.is_nil(t)
      assert.is_string(message)
    end)
  end
end)
