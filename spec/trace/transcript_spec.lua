local crypto = require "wolfssl.trace.crypto"
local transcript = require "wolfssl.trace.transcript"

describe("trace.transcript", function()
  it("hashes all messages so far, with any hash, as often as asked", function()
    local t, all = transcript.new(), ""
    for i = 1, 5 do
      local message = ("m"):rep(i * 100)
      t:add(message)
      all = all .. message
      for _, hash in ipairs { "sha256", "sha384", "md5sha1" } do
        assert.equal(crypto.digest(hash, all), t:digest(hash))
        assert.equal(crypto.digest(hash, all .. "more"), t:digest(hash, "more"))
        assert.equal(crypto.digest(hash, all), t:digest(hash))
      end
    end
    assert.equal(all, t:bytes())
  end)

  it("puts message_hash in the place of the first ClientHello", function()
    local t = transcript.new()
    t:add("hello")
    t:digest("sha256")
    t:retry("sha256")
    assert.equal("\254\0\0\32" .. crypto.digest("sha256", "hello"), t:bytes())
    assert.equal(crypto.digest("sha256", t:bytes()), t:digest("sha256"))
  end)

  it("leaves its copy alone", function()
    local t = transcript.new()
    t:add("one")
    local copy = t:copy()
    t:add("two")
    assert.equal("one", copy:bytes())
    assert.equal(crypto.digest("sha256", "one"), copy:digest("sha256"))
  end)

  it("gives up after a megabyte", function()
    local t = transcript.new()
    for _ = 1, 20 do t:add(("x"):rep(65536)) end
    assert.is_true(t.overflow)
    assert.is_nil(t:digest("sha256"))
    assert.is_true(#t:bytes() <= 1048576)
  end)
end)
