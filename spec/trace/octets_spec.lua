local octets = require "wolfssl.trace.octets"

describe("trace.octets", function()
  it("has an exclusive or that undoes itself and is 0 only of equals", function()
    for a = 0, 255 do
      for b = 0, 255, 17 do
        local c = octets.xor(string.char(a), string.char(b))
        assert.equal(string.char(a), octets.xor(c, string.char(b)))
        assert.equal(a == b, c == "\0")
      end
    end
    assert.equal("\255\0\170", octets.xor("\15\85\255", "\240\85\85"))
  end)

  it("writes numbers, the most significant byte first", function()
    assert.equal("\0\0\1\2", octets.number(258, 4))
    assert.equal("\0\31\255\255\255\255\255\255", octets.number(2 ^ 53 - 1, 8))
  end)

  it("writes vectors with their lengths", function()
    assert.equal("\0\3abc", octets.vector("abc", 2))
    assert.equal("\0", octets.vector("", 1))
  end)
end)
