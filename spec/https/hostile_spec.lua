-- Servers that break the rules of HTTP, and what the client says to it.

local scripted = require "https.scripted"

local ask = scripted.ask
local OK = "HTTP/1.1 200 OK\r\n"

describe("wolfssl.https refuses", function()
  local function refuses(what, code, pattern, text, options)
    it(what, function()
      local result = ask(text, options)
      assert.is_nil(result.ok, result.line)
      assert.equal(code, result.code, result.message)
      assert.truthy(result.message:find(pattern), result.message)
    end)
  end

  -- Goes on until the client has had enough.
  local function endless(first, text)
    return function(stream)
      scripted.request(stream)
      stream:write(first)
      while stream:write(text) do end -- luacheck: ignore 542
      stream:close()
    end
  end

  refuses("header fields without end", "peer_misbehaved", "256 header fields",
    endless(OK, "X-Field: 1\r\n"))
  refuses("a header field without end", "peer_misbehaved", "bytes of head",
    endless(OK .. "X-Field: ", ("x"):rep(4096)))
  refuses("a folded field without end", "peer_misbehaved", "bytes of head",
    endless(OK .. "X: y\r\n", " " .. ("z"):rep(4000) .. "\r\n"))
  refuses("interim responses without end", "peer_misbehaved", "16 interim",
    endless("", "HTTP/1.1 100 Continue\r\n\r\n"))
  refuses("a trailer without end", "peer_misbehaved", "header fields",
    endless(OK .. "Transfer-Encoding: chunked\r\n\r\n0\r\n", "A: b\r\n"))
  refuses("the extension of a chunk without end", "peer_misbehaved", "256 bytes",
    endless(OK .. "Transfer-Encoding: chunked\r\n\r\n1;", ("x"):rep(1000)))
  refuses("a body larger than allowed", "rejected", "more than 100000 bytes",
    endless(OK .. "\r\n", ("x"):rep(1000)), { max_body = 100000 })

  refuses("a body that is announced to be larger", "rejected", "more than 4 bytes",
    OK .. "Content-Length: 5\r\n\r\n", { max_body = 4 })
  refuses("more than 64 MiB for a string", "rejected", "more than 67108864 bytes",
    OK .. "Content-Length: 67108865\r\n\r\n", { simple = true })

  refuses("what is not HTTP", "decode_error", "does not speak", "SSH-2.0-OpenSSH\r\n\r\n")
  refuses("HTTP/2 in an HTTP/1 connection", "decode_error", "does not speak", "HTTP/2 200\r\n\r\n")
  refuses("a status of four digits", "decode_error", "does not speak", "HTTP/1.1 2000 OK\r\n\r\n")
  refuses("a status that does not exist", "decode_error", "does not exist",
    "HTTP/1.1 600 Huh\r\n\r\n")
  refuses("a control character in the status line", "decode_error", "does not speak",
    "HTTP/1.1 200 \27[31m\r\n\r\n")
  refuses("lines that end in LF alone", "decode_error", "CR LF", "HTTP/1.1 200 OK\n\n")
  refuses("a change of protocol", "peer_misbehaved", "nobody asked",
    "HTTP/1.1 101 Switching\r\nUpgrade: x\r\n\r\n")
  for name, field in pairs {
    ["a name with a space"] = "Content-Length : 5", ["no colon"] = "Content-Length",
    ["no name"] = ": 5", ["a NUL"] = "X: a\0b", ["a bare CR"] = "X: a\rContent-Length: 5",
    ["a bare CR where it goes on"] = "X: a\r\n b\rContent-Length: 5",
    ["an escape sequence where it goes on"] = "X: a\r\n \27[2J",
    ["a first line that is folded"] = " Content-Length: 5", ["a name beyond ASCII"] = "X\255: 5",
  } do
    refuses("a header field with " .. name, "decode_error", "wrong form",
      OK .. field .. "\r\n\r\nhello")
  end

  for _, length in ipairs { "-1", "+5", "0x5", "5 5", "5, 6", "", "5,", "1e1",
    "99999999999999999999" } do
    refuses("a Content-Length of '" .. length .. "'", "decode_error", "Content%-Length is wrong",
      OK .. "Content-Length: " .. length .. "\r\n\r\nhello")
  end
  refuses("two lengths", "decode_error", "Content%-Length is wrong",
    OK .. "Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello")
  refuses("a body that is shorter than it says", "truncated", "ended within",
    OK .. "Content-Length: 6\r\n\r\nhello")
  refuses("a body that is longer than it says", "peer_misbehaved", "more than its response",
    OK .. "Content-Length: 4\r\n\r\nhello")
  refuses("a body where there can be none", "peer_misbehaved", "more than its response",
    "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello")
  refuses("a second response behind the first", "peer_misbehaved", "more than its response",
    OK .. "Content-Length: 5\r\n\r\nhello" .. OK .. "Content-Length: 4\r\n\r\nevil")
  refuses("chunks and a length", "peer_misbehaved", "both",
    OK .. "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
  for _, coding in ipairs { "gzip, chunked", "identity", "chunked, chunked", "xchunked" } do
    refuses("the transfer coding '" .. coding .. "'", "peer_misbehaved", "not understood",
      OK .. "Transfer-Encoding: " .. coding .. "\r\n\r\n0\r\n\r\n")
  end
  refuses("chunks of HTTP/1.0", "peer_misbehaved", "not understood",
    "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")

  local CHUNKED = OK .. "Transfer-Encoding: chunked\r\n\r\n"
  for _, line in ipairs { "", "x", "-5", "0x5", "5 5", "+5", "fffffffffffff", " 5" } do
    refuses("a chunk of size '" .. line .. "'", "decode_error", "size of a chunk",
      CHUNKED .. line .. "\r\nhello\r\n0\r\n\r\n")
  end
  refuses("a chunk that is longer than it says", "decode_error", "not as long",
    CHUNKED .. "4\r\nhello\r\n0\r\n\r\n")
  refuses("a chunk that is shorter than it says", "decode_error", "not as long",
    CHUNKED .. "7\r\nhello\r\n0\r\n\r\n")
  refuses("chunks without the last", "truncated", "ended within", CHUNKED .. "5\r\nhello\r\n")
  refuses("a chunk that is cut", "truncated", "ended within", CHUNKED .. "5\r\nhel")
  refuses("a trailer of a wrong form", "decode_error", "wrong form", CHUNKED .. "0\r\n:\r\n\r\n")

  refuses("no response at all", "truncated", "instead of a response", function(stream)
    scripted.request(stream)
    stream:close()
  end)

  it("a body up to the end that ends without close_notify", function()
    local result = ask(function(stream)
      scripted.request(stream)
      stream:write(OK .. "\r\nhello")
      stream.transport:close()
    end)
    assert.is_nil(result.ok)
    assert.equal("truncated", result.code)
  end)

  it("a server that is slow on purpose, when the time is over", function()
    local result = ask(function(stream)
      scripted.request(stream)
      stream:write(OK .. "\r\n")
      while stream:write "x" do coroutine.yield() end
    end, { timeout = 0.3 })
    assert.is_nil(result.ok)
    assert.equal("timeout", result.code)
  end)

  it("a server that is endlessly fast, when the time is over", function()
    local result = ask(endless(OK .. "\r\n", ("x"):rep(16384)), {
      timeout = 0.3, sink = function() return 1 end,
    })
    assert.is_nil(result.ok)
    assert.equal("timeout", result.code)
  end)

  -- It takes no more time than any other line.
  it("no field for the spaces in it", function()
    local value = "a" .. (" "):rep(60000) .. "b"
    local result = ask(OK .. "X: \t" .. value .. " \t\r\nY:\r\nContent-Length: 0 \r\n\r\n")
    assert.same({ 1, value, "" }, { result.ok, result.headers.x, result.headers.y })
    result = ask(OK .. "Content-Length: 5" .. (" "):rep(60000) .. "5\r\n\r\n")
    assert.equal("decode_error", result.code)
  end)

  it("every response that is cut within its head", function()
    local text = OK .. "Content-Type: text/plain\r\nContent-Length: 0\r\n\r\n"
    for cut = 1, #text - 1 do
      local result = ask(text:sub(1, cut))
      assert.is_nil(result.ok, cut)
      assert.equal("truncated", result.code, cut)
    end
  end)
end)
