local json = require "wolfssl.trace.render.json"

describe("wolfssl.trace.render.json", function()
  it("writes scalars", function()
    assert.equal("true", json.encode(true))
    assert.equal("12", json.encode(12))
    assert.equal("0.25", json.encode(0.25))
    assert.equal("1795240135", json.encode(1795240135))
    assert.equal('"a"', json.encode("a"))
  end)

  it("escapes what must be escaped", function()
    assert.equal([["\" \\ \n \u0000 \u001b \u007f /"]], json.encode('" \\ \n \0 \27 \127 /'))
  end)

  it("writes UTF-8 as it is, and other bytes as Latin-1", function()
    assert.equal('"\195\188"', json.encode("\195\188"))
    assert.equal('"\195\188"', json.encode("\252"))
    -- Halves of a character that surrogates make, a character in too many bytes, one that others
    -- interrupt.
    for _, text in ipairs { "\237\160\128", "\224\128\128", "\224\194\128\160\128" } do
      local written = json.encode(text):gsub("\\u00[89][0-9a-f]", "")
      assert.is_nil((written:gsub("[\194\195][\128-\191]", "")):find "[\128-\255]")
    end
  end)

  it("escapes what steers a terminal, ends a line or turns the direction of writing", function()
    assert.equal([["\u009b\u2028\u202e\u2066\u200f"]], json.encode("\194\155\226\128\168"
      .. "\226\128\174\226\129\166\226\128\143"))
  end)

  it("sorts keys and indents", function()
    local text = json.encode { b = {}, a = { 1, 2 } }
    assert.equal('{\n  "a": [\n    1,\n    2\n  ],\n  "b": []\n}', text)
  end)

  it("writes an empty table as an array, or as the object that it is marked as", function()
    for _, write in ipairs { json.line, json.encode } do
      assert.equal("[]", write {})
      assert.equal("{}", write(json.object {}))
    end
  end)

  it("writes what another reader reads back", function()
    local has, cjson = pcall(require, "cjson")
    if not has then
      pending("needs package lua-cjson")
      return
    end
    local bytes = {}
    for i = 1, 127 do bytes[i] = string.char(i) end
    local value = { text = table.concat(bytes), list = { { n = 1.5 }, { n = -3 } }, yes = false }
    assert.same(value, cjson.decode(json.encode(value)))
  end)
end)
