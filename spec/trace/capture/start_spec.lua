local capture = require "wolfssl.trace.capture"

local CLIENT_HELLO = "\22\3\1\0\10\1\0\0\6\3\3abcd"
local SERVER_HELLO = "\22\3\3\0\10\2\0\0\6\3\3abcd"
local DATA = "\23\3\3\0\2xy"

local function stream(list)
  local chunks, at = {}, 0
  for i, bytes in ipairs(list) do
    chunks[i] = { offset = at, bytes = bytes, packet = i }
    at = at + #bytes
  end
  return { chunks = chunks, gaps = {}, length = at }
end

local FOUND = {
  { "a ClientHello at once", CLIENT_HELLO, 0, "client_hello" },
  { "a ServerHello", SERVER_HELLO .. DATA, 0, "server_hello" },
  { "a ServerHello of a TLS 1.3 draft", "\22\3\1\0\10\2\0\0\6\127\18abcd", 0, "server_hello" },
  { "the start behind a STARTTLS prelude", "EHLO x\r\nSTARTTLS\r\n" .. CLIENT_HELLO, 18,
    "client_hello" },
  { "the start behind bytes that resemble a record", "\22\3\1\0\10\9..\22\3" .. CLIENT_HELLO, 10,
    "client_hello" },
  { "an alert", "220 go\r\n\21\3\1\0\2\2\40", 8, "other" },
  { "a hello split over two records", "\22\3\1\0\4\1\0\0\6\22\3\1\0\6\3\3abcd", 0,
    "client_hello" },
  { "a hello in SSL 2.0 format", "\128\12\1\3\1\0\3\0\0\0\0\0\0\0", 0, "sslv2" },
  { "a connection that began earlier", DATA .. DATA, 0, "other" },
}

local NOT_FOUND = {
  "", "\22", "\22\3", "\22\3\1\0\10", "GET / HTTP/1.1\r\n\r\n", "\22\3\1\0\0\1",
  "\22\3\1\255\255\1\0\0\6\3\3abcd", "\22\3\9\0\10\1\0\0\6\3\3abcd",
  "\22\3\1\0\10\1\9\0\6\3\3abcd", "\22\3\1\0\10\1\0\0\6\5\3abcd", CLIENT_HELLO .. "plain text",
}

describe("wolfssl.trace.capture.start", function()
  for _, case in ipairs(FOUND) do
    it("finds " .. case[1], function()
      assert.are.same({ case[3], case[4] }, { capture.tls_start(stream { case[2] }) })
    end)
  end

  it("finds a start that came byte by byte", function()
    local bytes = {}
    for byte in ("* OK\r\n" .. CLIENT_HELLO):gmatch(".") do bytes[#bytes + 1] = byte end
    assert.are.equal(6, (capture.tls_start(stream(bytes))))
  end)

  it("looks behind a gap", function()
    local broken = stream { "lost", CLIENT_HELLO }
    broken.chunks[2].offset = 100
    assert.are.equal(100, (capture.tls_start(broken)))
  end)

  it("finds nothing where there is no TLS", function()
    for _, bytes in ipairs(NOT_FOUND) do assert.is_nil(capture.tls_start(stream { bytes })) end
  end)

  it("gives the bytes from an offset up to the next gap", function()
    local broken = stream { "abc", "def", "xyz" }
    broken.chunks[3].offset = 10
    assert.are.equal("abcdef", capture.bytes(broken))
    assert.are.equal("ef", capture.bytes(broken, 4))
    assert.are.equal("", capture.bytes(broken, 6))
    assert.are.equal("yz", capture.bytes(broken, 11))
  end)
end)
