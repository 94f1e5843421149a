local helper = require "helper"
local registry = require "wolfssl.tls.registry"
local wire = require "wolfssl.tls.wire"
local generator = require "tls.generator"

local unhex, hex = helper.unhex, helper.hex

local colour = registry.rows("colour", 1, { { 1, "red" }, { 2, "green" } })

local function refused(kind, bytes, path, offset, what)
  local value, message, code, detail = wire.decode(kind, unhex(bytes))
  assert.is_nil(value)
  assert.equal("decode_error", code)
  assert.same({ path = path, offset = offset }, detail)
  assert.truthy(message:find(what, 1, true), message)
end

local function both_ways(kind, bytes, value, context)
  assert.same(value, wire.decode(kind, unhex(bytes), context))
  assert.equal(bytes:gsub("%s", ""), hex(wire.encode(kind, value, context)))
end

describe("wolfssl.tls.wire", function()
  it("reads and writes numbers of 1, 2, 3, 4 and 6 bytes", function()
    both_ways(wire.uint8, "ff", 255)
    both_ways(wire.uint16, "0102", 258)
    both_ways(wire.uint24, "010203", 66051)
    both_ways(wire.uint32, "fffefdfc", 4294901244)
    both_ways(wire.uint48, "ffffffffffff", 281474976710655)
    refused(wire.uint16, "01", "", 0, "2 bytes needed, 1 left")
  end)

  it("does not write numbers that do not fit", function()
    for _, bad in ipairs { -1, 256, 1.5, "1", 0 / 0 } do
      assert.error_matches(function() wire.encode(wire.uint8, bad) end, "0%.%.255 expected")
    end
  end)

  it("gives code points as registry entries, and takes names and numbers", function()
    local kind = wire.enum(colour)
    assert.equal(colour.by_name.green, wire.decode(kind, "\2"))
    assert.same({ value = 7, name = "unknown (0x07)", unknown = true }, wire.decode(kind, "\7"))
    assert.equal("\2", wire.encode(kind, "green"))
    assert.equal("\7", wire.encode(kind, 7))
    assert.equal("\7", wire.encode(kind, { value = 7 }))
    assert.error_matches(function() wire.encode(kind, "blue") end, "blue is no colour")
  end)

  it("holds lengths against their bounds", function()
    local kind = wire.opaque(1, 4)
    both_ways(kind, "03 616263", "abc")
    refused(kind, "00", "", 0, "length 0 is not in 1..4")
    refused(kind, "05 6162636465", "", 0, "length 5 is not in 1..4")
    refused(kind, "03 6162", "", 0, "length 3, but 2 bytes left")
    refused(kind, "01 61 62", "", 2, "1 byte left over")
    assert.error_matches(function() wire.encode(kind, "abcde") end, "5 bytes, 1%.%.4 allowed")
    both_ways(wire.opaque(0, 256), "0001 61", "a")
    both_ways(wire.opaque(0, 65536), "000001 61", "a")
  end)

  it("reads vectors by their length in bytes", function()
    local kind = wire.vector(wire.uint16, 2, 6)
    both_ways(kind, "04 0001 0002", { 1, 2 })
    refused(kind, "03 0001 00", "[2]", 3, "2 bytes needed, 1 left")
    refused(kind, "00", "", 0, "length 0 is not in 2..6")
  end)

  local pair = wire.struct { { "first", wire.uint8 }, { "second", wire.opaque(0, 255) } }

  it("names the field that failed by its path", function()
    local kind = wire.named("sample", wire.struct {
      { "head", wire.uint8 }, { "pairs", wire.vector(pair, 0, 255) },
    })
    refused(kind, "00 05 01 00 01 04 61", "pairs[2].second", 5, "length 4, but 1 byte left")
    local _, message = wire.decode(kind, unhex "00 02 01 09")
    assert.equal("sample: pairs[1].second at offset 3: length 9, but 0 bytes left", message)
  end)

  it("names the field that cannot be written", function()
    local kind = wire.named("sample", wire.struct { { "pairs", wire.vector(pair, 0, 255) } })
    assert.error_matches(function()
      wire.encode(kind, { pairs = { { first = 1, second = "" }, { first = 1 } } })
    end, "cannot encode sample: pairs%[2%]%.second: a string expected, got nil")
  end)

  it("selects by an earlier field", function()
    local kind = wire.struct {
      { "colour", wire.enum(colour) },
      { "body", wire.select("colour", colour, { red = wire.uint16 }, wire.rest()) },
    }
    both_ways(kind, "01 0203", { colour = colour.by_name.red, body = 515 })
    both_ways(kind, "09 0203", { colour = colour:entry(9), body = "\2\3" })
    assert.equal("\1\0\5", wire.encode(kind, { colour = "red", body = 5 }))
  end)

  it("chooses by context", function()
    local kind = wire.choice({ wire.uint8, wire.uint16 }, function(_, context)
      return context.wide and wire.uint16 or wire.uint8
    end)
    both_ways(kind, "05", 5)
    both_ways(kind, "0005", 5, { wide = true })
  end)

  it("tells a missing field from an empty one", function()
    local kind = wire.struct {
      { "a", wire.uint8 }, { "list", wire.optional(wire.vector(wire.uint8, 0, 255)) },
    }
    both_ways(kind, "01", { a = 1 })
    both_ways(kind, "01 00", { a = 1, list = {} })
  end)

  it("takes raw bytes in the place of any value", function()
    local kind = wire.struct { { "a", wire.uint8 }, { "list", wire.vector(wire.uint8, 1, 255) } }
    assert.equal("\1\255\2", wire.encode(kind, { a = 1, list = { raw = "\255\2" } }))
    assert.equal("\1\2\7\9",
      wire.encode(kind, { a = 1, list = { { raw = "\7" }, { raw = "\9" } } }))
    assert.equal("x", wire.encode(kind, { raw = "x" }))
  end)

  it("takes a string for the content of a sized value", function()
    local kind = wire.sized(pair, 0, 65535)
    assert.equal("\0\2hi", wire.encode(kind, "hi"))
  end)

  it("finds the place of every field", function()
    local kind = wire.struct { { "head", wire.uint8 }, { "pairs", wire.vector(pair, 0, 255) } }
    local spans, list = wire.spans(kind, unhex "00 07 01 02 6162 03 01 63"), {}
    for span in spans:each() do list[#list + 1] = span end
    assert.same({
      { path = "head", offset = 0, length = 1, depth = 0, leaf = true },
      { path = "pairs", offset = 1, length = 8, prefix = 1, depth = 0, leaf = false },
      { path = "pairs[1]", offset = 2, length = 4, depth = 1, leaf = false },
      { path = "pairs[1].first", offset = 2, length = 1, depth = 2, leaf = true },
      { path = "pairs[1].second", offset = 3, length = 3, prefix = 1, depth = 2, leaf = true },
      { path = "pairs[2]", offset = 6, length = 3, depth = 1, leaf = false },
      { path = "pairs[2].first", offset = 6, length = 1, depth = 2, leaf = true },
      { path = "pairs[2].second", offset = 7, length = 2, prefix = 1, depth = 2, leaf = true },
    }, list)
    assert.equal(#list, spans.count)
    assert.equal(0, wire.spans(wire.empty, "").count)
  end)

  it("gives no spans of what it cannot decode", function()
    local spans, _, code, detail = wire.spans(pair, unhex "00 04 01")
    assert.is_nil(spans)
    assert.equal("decode_error", code)
    assert.same({ path = "second", offset = 1 }, detail)
  end)

  it("raises when it is given something other than bytes", function()
    for _, call in ipairs { wire.decode, wire.spans } do
      assert.error_matches(function() call(pair, nil) end, "a string of bytes expected, got nil")
    end
  end)

  it("lets errors that are not about the bytes through", function()
    local broken = wire.choice({}, function() error("a bug") end)
    assert.error_matches(function() wire.decode(broken, "x") end, "a bug")
    assert.error_matches(function() wire.encode(broken, "x") end, "a bug")
  end)

  it("makes random values that survive the way there and back", function()
    local rng = generator.rng("wire")
    local kind = wire.struct {
      { "colour", wire.enum(colour) },
      { "body", wire.select("colour", colour, { red = pair, green = wire.fixed(3) },
        wire.opaque(0, 20)) },
      { "list", wire.vector(pair, 3, 200) },
      { "tail", wire.optional(wire.sized(wire.rest(), 0, 65535)) },
    }
    for _ = 1, generator.times(300, 10000) do
      local value = wire.random(kind, rng)
      assert.is_nil(generator.difference(value, wire.decode(kind, wire.encode(kind, value))))
    end
  end)
end)
