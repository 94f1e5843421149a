local generator = require "tls.generator"
local helper = require "helper"
local tls = require "wolfssl.tls"

local unhex, record, wire = helper.unhex, tls.record, tls.wire

local function read_all(bytes, size)
  local reader, got = record.reader(), {}
  for at = 1, #bytes, size do
    reader:push(bytes:sub(at, at + size - 1))
    while true do
      local one, text, code, detail = reader:next()
      if not one then
        if text then return got, text, code, detail end
        break
      end
      got[#got + 1] = one
    end
  end
  return got
end

describe("wolfssl.tls.record", function()
  local stream = unhex "16 0303 0004 0e000000  15 0301 0002 0100  17 0303 0000"

  it("reads records from pieces of any size", function()
    for size = 1, #stream do
      local got = read_all(stream, size)
      assert.equal(3, #got)
      assert.same({ "handshake", "TLS 1.2", "\14\0\0\0", 0 },
        { got[1].type.name, got[1].legacy_record_version.name, got[1].fragment, got[1].offset })
      assert.same({ "alert", "TLS 1.0", "\1\0", 9 },
        { got[2].type.name, got[2].legacy_record_version.name, got[2].fragment, got[2].offset })
      assert.same({ "application_data", "", 16 }, { got[3].type.name, got[3].fragment,
        got[3].offset })
    end
  end)

  it("waits where a record is not whole", function()
    for size = 0, 8 do
      local reader = record.reader()
      reader:push(stream:sub(1, size))
      local one, text = reader:next()
      assert.is_nil(one)
      assert.is_nil(text)
    end
  end)

  it("writes what it reads", function()
    local bytes = ""
    for _, one in ipairs(read_all(stream, 7)) do bytes = bytes .. record.encode(one) end
    assert.equal(stream, bytes)
    assert.equal(unhex "15 0303 0002 0228", record.encode {
      type = "alert", legacy_record_version = "TLS 1.2",
      fragment = tls.encode_alert { level = "fatal", description = "handshake_failure" },
    })
  end)

  it("says what is not TLS, where, and says it again", function()
    local reader = record.reader()
    reader:push(unhex "15 0301 0002 0100" .. "HTTP/1.1 400 Bad Request\r\n")
    assert.equal("alert", reader:next().type.name)
    for _ = 1, 2 do
      local value, text, code, detail = reader:next()
      assert.is_nil(value)
      assert.equal('TLS record: type at offset 7: not TLS, it begins with "HTTP/"', text)
      assert.equal("decode_error", code)
      assert.same({ path = "type", offset = 7 }, detail)
    end
  end)

  it("refuses a record that is too long before it has arrived", function()
    local _, text, code, detail = read_all(unhex "17 0303 4801", 5)
    assert.truthy(text:find("length 18433 is not in 0..18432", 1, true))
    assert.equal("decode_error", code)
    assert.same({ path = "fragment", offset = 3 }, detail)
    assert.equal(1, #read_all(unhex "17 0303 4800" .. ("x"):rep(18432), 999))
  end)

  it("recognises TLS, the SSLv2 hello and others", function()
    assert.equal("tls", record.recognise(stream))
    assert.equal("sslv2", record.recognise(unhex "802e 01 0301 0015"))
    assert.equal("other", record.recognise("GET / HTTP/1.1"))
    assert.equal("other", record.recognise(""))
  end)

  it("survives any bytes", function()
    local rng = generator.rng("record")
    for _ = 1, generator.times(2000, 100000) do
      local bytes = {}
      for i = 1, rng(1, 40) do bytes[i] = string.char(rng(1, 3) == 1 and 3 or rng(0, 255)) end
      local _, text, code = read_all(table.concat(bytes), rng(1, 9))
      assert.is_true(text == nil or code == "decode_error")
      record.datagram(table.concat(bytes))
    end
  end)

  it("takes one-byte pieces of a megabyte in linear time", function()
    local function take(count)
      local bytes = record.encode { type = 23, legacy_record_version = 0x0303,
        fragment = ("x"):rep(16384) }
      local reader, got = record.reader(), 0
      for _ = 1, count do
        for at = 1, #bytes do
          reader:push(bytes:sub(at, at))
          if reader:next() then got = got + 1 end
        end
      end
      assert.equal(count, got)
    end
    local least = math.huge
    for _ = 1, 5 do   -- somebody else may be busy
      local few = helper.best_of(1, function() take(4) end)
      least = math.min(least, helper.best_of(1, function() take(16) end) / (few + 0.01))
      if least < 8 then break end
    end
    assert.is_true(least < 8, least)
  end)
end)

describe("wolfssl.tls.record.datagram", function()
  it("takes a datagram apart", function()
    local one = unhex "16 fefd 0001 000000000002 0003 aabbcc"
    local list = assert(record.datagram(one .. one))
    assert.equal(2, #list)
    assert.same({ "handshake", "DTLS 1.2", 1, 2, "\170\187\204", 16 },
      { list[2].type.name, list[2].version.name, list[2].epoch, list[2].sequence_number,
        list[2].fragment, list[2].offset })
    assert.equal(one, wire.encode(record.dtls_type, list[1]))
  end)

  it("reads the short headers of DTLS 1.3", function()
    local list = assert(record.datagram(unhex "2e 0102 0002 aabb  22 07 ccdd"))
    assert.same({ true, 2, 258, "\170\187" },
      { list[1].unified, list[1].epoch_bits, list[1].sequence_bits, list[1].fragment })
    assert.same({ 2, 7, "\204\221" },
      { list[2].epoch_bits, list[2].sequence_bits, list[2].fragment })
    list = assert(record.datagram(unhex "37 99 07 0001 cc", 1))
    assert.same({ "\153", 7, "\204" }, { list[1].connection_id, list[1].sequence_bits,
      list[1].fragment })
  end)

  it("gives what came before the damage", function()
    local one = unhex "16 fefd 0001 000000000002 0003 aabbcc"
    for cut = 1, #one - 1 do
      local list, text, code, detail = record.datagram(one .. one:sub(1, cut))
      assert.equal(1, #list)
      assert.is_string(text)
      assert.equal("decode_error", code)
      assert.is_true(detail.offset >= #one)
    end
  end)
end)
