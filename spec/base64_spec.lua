local base64 = require "wolfssl.base64"

describe("wolfssl.base64", function()
  it("encodes what RFC 4648 section 10 does, and every byte", function()
    for bytes, text in pairs { [""] = "", f = "Zg==", fo = "Zm8=", foo = "Zm9v", foob = "Zm9vYg==",
      fooba = "Zm9vYmE=", foobar = "Zm9vYmFy", ["\0\16\131\255"] = "ABCD/w==" } do
      assert.equal(text, base64.encode(bytes))
    end
  end)
end)
