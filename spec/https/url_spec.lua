local url = require "wolfssl.https.url"

describe("wolfssl.https.url", function()
  it("takes URLs apart", function()
    local cases = {
      ["https://example.org"] = { "https", "example.org", 443, "/" },
      ["HTTPS://Example.ORG:8443/a?b#c"] = { "https", "example.org", 8443, "/a?b" },
      ["http://example.org?x"] = { "http", "example.org", 80, "/?x" },
      ["https://[2001:DB8::1]:1/"] = { "https", "2001:db8::1", 1, "/" },
      ["https://127.0.0.1:/%41b|c"] = { "https", "127.0.0.1", 443, "/%41b%7Cc" },
    }
    for text, expected in pairs(cases) do
      local u = assert(url.parse(text))
      assert.same(expected, { u.scheme, u.host, u.port, u.path })
    end
  end)

  it("takes users apart", function()
    local u = url.parse "https://a%40b:c:d%2F@example.org/@"
    assert.same({ "a@b", "c:d/", "example.org", "/@" }, { u.user, u.password, u.host, u.path })
    u = url.parse "https://me@example.org/"
    assert.same({ "me", "" }, { u.user, u.password })
  end)

  it("refuses what is none", function()
    for _, text in ipairs {
      "", "example.org", "/path", "ftp://a/", "https:/a", "https://", "https://:1/", "https://a:0/",
      "https://a:65536/", "https://a:x/", "https://a b/", "https://[::1/", "https://a/\n",
      "https://a\\b/", "https://a%00b/", "https://a\\@b/", "https://a[@b/",
      "https://[::1]443/", "https://[::1]::443/", "https://a:443:/",
      "https://a@b@c/", "https://./", "https://a../", "https://" .. ("a"):rep(256) .. "/",
    } do
      local u, message = url.parse(text)
      assert.is_nil(u, text)
      assert.is_string(message)
    end
  end)

  it("writes them", function()
    for text, expected in pairs {
      ["https://me:pass@a:443/x"] = "https://a/x", ["https://[::1]:8443"] = "https://[::1]:8443/",
    } do
      assert.equal(expected, url.text(url.parse(text)))
    end
    assert.equal("a:443", url.authority(url.parse "https://a/", true))
  end)

  -- RFC 3986 section 5.4, without those that name other schemes; fragments are never sent.
  it("completes relative references", function()
    local base = url.parse "https://a/b/c/d;p?q"
    for reference, expected in pairs {
      ["g"] = "/b/c/g", ["./g"] = "/b/c/g", ["g/"] = "/b/c/g/", ["/g"] = "/g",
      ["?y"] = "/b/c/d;p?y", ["g?y"] = "/b/c/g?y", ["#s"] = "/b/c/d;p?q", ["g#s"] = "/b/c/g",
      [";x"] = "/b/c/;x",
      ["g;x?y#s"] = "/b/c/g;x?y", [""] = "/b/c/d;p?q", ["."] = "/b/c/", ["./"] = "/b/c/",
      [".."] = "/b/", ["../g"] = "/b/g", ["../.."] = "/", ["../../g"] = "/g", ["../../../g"] = "/g",
      ["/./g"] = "/g", ["/../g"] = "/g", ["g."] = "/b/c/g.", ["..g"] = "/b/c/..g",
      ["./../g"] = "/b/g", ["./g/."] = "/b/c/g/", ["g/./h"] = "/b/c/g/h", ["g/../h"] = "/b/c/h",
      ["g;x=1/../y"] = "/b/c/y", ["g?y/../x"] = "/b/c/g?y/../x", ["https://a/z"] = "/z",
    } do
      assert.equal("https://a" .. expected, url.text(assert(url.resolve(base, reference))))
    end
    assert.equal("https://g/", url.text(url.resolve(base, "//g")))
    assert.is_nil(url.resolve(base, "mailto:x"))
  end)

  it("tells origins apart", function()
    local one = url.parse "https://a/x"
    for text, same in pairs { ["https://A:443/y"] = true, ["http://a/"] = false,
      ["https://a:8/"] = false, ["https://b/"] = false } do
      assert.equal(same, url.same_origin(one, url.parse(text)))
    end
  end)
end)
