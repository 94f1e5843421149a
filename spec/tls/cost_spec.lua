-- What 64 KiB from an enemy can cost: never more than 50 ms, told as a ratio to a fixed loop of the
-- same run, and never more than 10 MB: all that is allocated, from the first byte on. The places of
-- all fields may take no more. On a quiet machine the loop takes 5 ms with Lua 5.4; the worst
-- decode takes 3.5 times that, the worst spans 7 times.

local descriptions = require "tls.descriptions"
local generator = require "tls.generator"
local helper = require "helper"
local tls = require "wolfssl.tls"

local unhex = helper.unhex
local wire = tls.wire

local SIZE = 65000
local LIMIT = 10 * 1024    -- KiB

-- Nothing is collected meanwhile, so that this is a bound on the peak, whatever the collector does.
local function allocated_once(work)
  collectgarbage()
  collectgarbage()
  collectgarbage "stop"
  local before = collectgarbage "count"
  work()
  local after = collectgarbage "count"
  collectgarbage "restart"
  return after - before
end

-- The table in which Lua keeps every string of the process doubles when it is full: megabytes in a
-- large heap, once, for whoever comes with the next string.
local function allocated(work)
  local size = allocated_once(work)
  return size < LIMIT and size or math.min(size, allocated_once(work))
end

-- Code points, each another, almost none of them in a registry.
local function strange(count, tail)
  local list = {}
  for i = 1, count do list[i] = wire.pack((0x3000 + 2 * i) % 0x10000, 2) .. tail end
  return table.concat(list)
end

local function hello(suites, extensions)
  local body = "\3\3" .. ("r"):rep(32) .. "\0" .. wire.pack(#suites, 2) .. suites .. "\1\0"
    .. extensions
  return "\1" .. wire.pack(#body, 3) .. body
end

local function with_extensions(list)
  return hello("\19\1", wire.pack(#list, 2) .. list)
end

local function with_extension(value, list)
  return with_extensions(wire.pack(value, 2) .. wire.pack(#list + 2, 2) .. wire.pack(#list, 2)
    .. list)
end

-- A ServerHello of TLS 1.2.
local function answer(extensions)
  local body = "\3\3" .. ("r"):rep(32) .. "\0\192\47\0" .. wire.pack(#extensions, 2) .. extensions
  return "\2" .. wire.pack(#body, 3) .. body
end

local LONGEST = math.floor(65000 / 2)

-- What a hello can be filled with; each of the second kind fails at its very end.
local HELLOS = {
  ["unknown extensions, each another"] = with_extensions(strange(16383, "\0\0")),
  ["one unknown extension, again and again"] = with_extensions(unhex "77770000":rep(16383)),
  ["GREASE, again and again"] = with_extensions(unhex "fafa0000":rep(16383)),
  ["a known extension, again and again"] = with_extensions(unhex "00170000":rep(16383)),
  ["suites"] = hello(unhex "1301":rep(32746), "\0\0"),
  ["unknown suites, each another"] = hello(strange(32746, ""), "\0\0"),
  ["unknown groups, each another"] = with_extension(10, strange(LONGEST, "")),
  ["protocols"] = with_extension(16, ("\1x"):rep(LONGEST)),
  ["cached objects of an unknown type"] = answer(wire.pack(25, 2) .. wire.pack(64902, 2)
    .. wire.pack(64900, 2) .. ("\0"):rep(64900)),
  ["key shares of unknown groups"] = with_extension(51, strange(13000, "\0\1x")),
}
local BROKEN = {
  ["unknown extensions"] = with_extensions(strange(16382, "\0\0") .. unhex "77770001"),
  ["known extensions"] = with_extensions(unhex "00170000":rep(16382) .. unhex "00170001"),
  ["unknown suites"] = hello(strange(32746, ""), "\0\1"),
  ["unknown groups"] = with_extension(10, strange(LONGEST, "") .. "x"),
  ["key shares"] = with_extension(51, strange(13000, "\0\1x") .. "x"),
}

describe("what a message of 64 KiB costs:", function()
  local reference = helper.reference()

  local function check(name, work, most)
    local size = allocated(work)
    assert.is_true(size < LIMIT, ("%s: %.1f MB"):format(name, size / 1024))
    local times = helper.loops(work, most, reference)
    assert.is_true(times < most, ("%s: %.1f times the loop"):format(name, times))
  end

  local function check_decode(name, decode) check(name, decode, 15) end
  local function check_spans(name, spans) check("spans of " .. name, spans, 15) end

  for name, bytes in pairs(HELLOS) do
    it("a hello of " .. name, function()
      assert(tls.decode_handshake(bytes))
      check_decode(name, function() tls.decode_handshake(bytes) end)
      check_spans(name, function() assert(tls.handshake.spans(bytes)) end)
    end)
  end

  for name, bytes in pairs(BROKEN) do
    it("a hello that fails behind its " .. name, function()
      local value, _, code, detail = tls.decode_handshake(bytes)
      assert.is_nil(value)
      assert.equal("decode_error", code)
      assert.is_true(detail.offset > 64000)
      check_decode(name, function() tls.decode_handshake(bytes) end)
      check_spans(name, function() tls.handshake.spans(bytes) end)
    end)
  end

  local CONTEXT = { version = 0x0304, cipher_suite = "TLS_AES_128_GCM_SHA256" }

  -- The shortest elements are the ones of which there can be most.
  local function shortest(element)
    local rng, best, seen = generator.rng "shortest", {}, {}
    for _ = 1, 60 do
      local ok, bytes = pcall(wire.encode, element, wire.random(element, rng, CONTEXT), CONTEXT)
      if ok and not seen[bytes] then
        seen[bytes] = true
        best[#best + 1] = bytes
      end
    end
    table.sort(best, function(a, b) return #a < #b or #a == #b and a < b end)
    return best
  end

  it("any vector there is, full of its shortest elements", function()
    local count = 0
    descriptions.each(tls.handshake.type, function(kind)
      if kind.kind ~= "vector" or not (kind.rest or kind.max > SIZE) or not kind.element.random then
        return
      end
      local elements = shortest(kind.element)
      for i = 1, math.min(2, #elements) do
        local content, name = elements[i]:rep(math.floor(SIZE / #elements[i])), elements[i]
        local bytes = kind.rest and content or wire.pack(#content, kind.prefix) .. content
        assert(wire.decode(kind, bytes, CONTEXT))
        check_decode(helper.hex(name), function() wire.decode(kind, bytes, CONTEXT) end)
        if i == 1 then
          check_spans(helper.hex(name), function() assert(wire.spans(kind, bytes, CONTEXT)) end)
        end
        count = count + 1
      end
    end)
    assert.is_true(count > 20, count)
  end)
end)
