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

  it("says so where there is no memory to hash it, and goes on when there is", function()
    local t, hash = transcript.new(), crypto.hash
    t:add("hello")
    finally(function() crypto.hash = hash end)
    crypto.hash = function() return nil, "sha256: out of memory", "internal" end
    assert.same({ nil, "sha256: out of memory", "internal" }, { t:digest("sha256") })
    t:retry("sha256")
    assert.equal("hello", t:bytes())
    crypto.hash = hash
    local digest = crypto.digest("sha256", "hello")
    assert.equal(digest, t:digest("sha256"))
    t.running.sha256.state = { copy = function() return nil, "no copy", "internal" end,
      digest = function() return digest end }
    assert.same({ nil, "no copy", "internal" }, { t:digest("sha256", "more") })
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
