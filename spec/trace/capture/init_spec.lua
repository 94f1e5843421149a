local capture = require "wolfssl.trace.capture"
local frames = require "trace.capture.frames"
local helper = require "helper"

local SYN, ACK = frames.SYN, frames.ACK
local CLIENT_HELLO, SERVER_HELLO = "\22\3\1\0\6\1\0\0\2\3\3", "\22\3\3\0\6\2\0\0\2\3\3"

local function only_connection(list)
  return assert(capture.read(frames.pcap(list))).connections[1]
end

--- A small capture of everything: TCP both ways, a fragmented datagram, secrets.
local function samples()
  local udp = frames.udp(("0123456789"):rep(3))
  local mac = ("\2"):rep(12) .. "\8\0"
  local list = {
    frames.tcp("client", 100, "", SYN), frames.tcp("server", 900, "", SYN + ACK, 101),
    frames.tcp("client", 101, CLIENT_HELLO), frames.tcp("server", 901, SERVER_HELLO, ACK, 112),
    frames.tcp("client", 105, "overlap"),
    mac .. frames.ipv4(17, udp:sub(1, 16), 0x2000), mac .. frames.ipv4(17, udp:sub(17), 2),
  }
  local writer = capture.writer()
  local connection = writer:connection { time = 1 }
  connection:send("client", CLIENT_HELLO)
  connection:finish()
  writer:secrets("CLIENT_RANDOM 00 11")
  return { pcap = frames.pcap(list), pcapng = writer:bytes() }
end

--- What holds for every input, however bad.
local function assert_sane(bytes)
  local result, message, code, detail = capture.read(bytes)
  if result then
    assert.are.equal("table", type(result.connections))
  else
    assert.are.same({ "string", "decode_error" }, { type(message), code })
    assert.is_true(detail.offset >= 0 and detail.offset <= #bytes)
    result = detail.capture
  end
  for _, connection in ipairs(result.connections) do
    for _, stream in pairs(connection.streams) do
      capture.tls_start(stream)
      assert.is_true(#frames.data(stream) <= #bytes)
    end
  end
  return result
end

describe("wolfssl.trace.capture", function()
  it("takes the sender of the SYN for the client", function()
    local connection = only_connection {
      frames.tcp("server", 900, "", SYN + ACK, 101), frames.tcp("client", 100, "", SYN),
    }
    assert.are.same({ 49152, "syn" }, { connection.client.port, connection.roles })
  end)

  it("takes the sender of a ClientHello for the client where no SYN was seen", function()
    local connection = only_connection {
      frames.tcp("server", 900, CLIENT_HELLO), frames.tcp("client", 100, SERVER_HELLO),
    }
    assert.are.same({ 443, "hello" }, { connection.client.port, connection.roles })
    assert.are.equal(CLIENT_HELLO, frames.data(connection.streams.client))
  end)

  it("knows the server by its ServerHello alone", function()
    local connection = only_connection { frames.tcp("server", 900, SERVER_HELLO) }
    assert.are.same({ 443, "hello" }, { connection.server.port, connection.roles })
  end)

  it("takes the lower port for the server where nothing else tells", function()
    local connection = only_connection { frames.tcp("server", 900, "220 mail\r\n") }
    assert.are.same({ 443, "port" }, { connection.server.port, connection.roles })
  end)

  it("reads files as it reads strings", function()
    for _, bytes in pairs(samples()) do
      local file = assert(io.tmpfile())
      file:write(bytes)
      file:seek("set")
      assert.are.same({ capture.read(bytes) }, { capture.read(file) })
      file:seek("set")
      file:close()
    end
  end)

  it("reads files in pieces, and reserves nothing on a length's word alone", function()
    local asked = 0
    local at, bytes = 1, frames.pcap {} .. ("\0"):rep(8) .. "\0\0\255\0\0\0\255\0" .. "x"
    local file = { read = function(_, count)
      asked = math.max(asked, count)
      local piece = bytes:sub(at, at + count - 1)
      at = at + #piece
      return piece ~= "" and piece or nil
    end }
    local _, message = capture.read(file)
    assert.matches("claims 16711680 bytes, the file has 1 more", message)
    assert.are.equal(65536, asked)
  end)

  it("raises for what is neither bytes nor an open file", function()
    local closed = assert(io.tmpfile())
    closed:close()
    for _, wrong in ipairs { 7, false, {}, closed } do
      assert.has_error(function() capture.read(wrong) end,
        "capture.read takes a string of bytes or an open file")
    end
  end)

  it("gives datagrams with their ends, time and packet number", function()
    local result = assert(capture.read(samples().pcap))
    assert.are.same({ {
      source = { address = "192.0.2.1", port = 4444 },
      destination = { address = "192.0.2.2", port = 4445 },
      bytes = ("0123456789"):rep(3), missing = 0, time = 7.000007, packet = 7,
    } }, result.datagrams)
  end)

  it("reports damaged datagrams", function()
    local short = frames.ipv4(17, "\0\1\0\2\0")
    local long = frames.ipv4(17, "\0\1\0\2\0\99\0\0")
    local result = assert(capture.read(frames.pcap({ short, long }, 101)))
    assert.are.equal("the UDP header is cut short", result.errors[1].message)
    assert.are.equal("the UDP header contradicts itself", result.errors[2].message)
    assert.are.same({ 1, 24 }, { result.errors[1].packet, result.errors[1].offset })
  end)

  it("stops at the limit of bytes kept, and gives what it has", function()
    local list = {}
    for i = 1, 10 do list[i] = frames.tcp("client", i * 100, ("x"):rep(100)) end
    local result, message, code, detail = capture.read(frames.pcap(list), { limit = 450 })
    assert.is_nil(result)
    assert.matches("more than 450 bytes", message)
    assert.are.equal("decode_error", code)
    assert.are.equal(500, detail.capture.connections[1].streams.client.length)
  end)

  it("keeps at most 1000 errors and counts the others", function()
    local list = {}
    for i = 1, 1010 do list[i] = "" end
    local errors = assert(capture.read(frames.pcap(list, 101))).errors
    assert.are.same({ 1000, 10 }, { #errors, errors.more })
  end)

  for name, bytes in pairs(samples()) do
    it("gives the beginning of every prefix of a " .. name .. " file", function()
      local whole, previous = assert(capture.read(bytes)), 0
      for i = 0, #bytes - 1 do
        local packets = assert_sane(bytes:sub(1, i)).packets
        assert.is_true(packets >= previous and packets <= whole.packets)
        previous = packets
      end
    end)

    it("survives every byte of a " .. name .. " file flipped", function()
      local limit = 5 * helper.reference()
      for i = 1, #bytes do
        local byte = bytes:byte(i)
        for _, other in ipairs { 255 - byte, (byte + 1) % 256, (byte + 128) % 256, 0, 255 } do
          local changed = bytes:sub(1, i - 1) .. string.char(other) .. bytes:sub(i + 1)
          local function read() assert_sane(changed) end
          local took = helper.best_of(1, read)
          if took >= limit then   -- somebody else was busy, or it was time to collect
            collectgarbage()
            took, limit = helper.best_of(5, read), 5 * helper.reference()
          end
          assert.is_true(took < limit, ("byte %d as %d: %g s"):format(i, other, took))
        end
      end
    end)
  end
end)
