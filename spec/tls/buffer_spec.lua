local buffer = require "wolfssl.tls.buffer"

describe("wolfssl.tls.buffer", function()
  it("gives bytes in order, in the sizes asked for", function()
    local b = buffer.new()
    for _, piece in ipairs { "ab", "", "c", "defg" } do b:append(piece) end
    assert.equal(7, b.size)
    assert.equal("abc", b:peek(3))
    assert.equal("ab", b:take(2))
    assert.equal("cde", b:take(3))
    b:append("hi")
    assert.equal(4, b.size)
    assert.is_nil(b:take(5))
    assert.equal("fghi", b:take(4))
    assert.equal("", b:take(0))
    assert.equal(0, b.size)
  end)
end)
