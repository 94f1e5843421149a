local luasocket = require "wolfssl.transport.luasocket"
local memory = require "wolfssl.transport.memory"
local plain = require "transport.plain"
local stream = require "wolfssl.stream"
local has_socket, socket = pcall(require, "socket")

local function pair()
  local listener = assert(socket.bind("127.0.0.1", 0))
  local _, port = listener:getsockname()
  local client = assert(socket.connect("127.0.0.1", port))
  local server = assert(listener:accept())
  listener:close()
  return client, server
end

describe("wolfssl.transport.luasocket", function()
  if not has_socket then
    pending("needs package lua-socket")
    return
  end

  it("reads and writes over a LuaSocket object", function()
    local client, server = pair()
    local t = luasocket.new(client)
    server:send("hello")
    assert.equal("hello", t:read(10, 50))
    assert.is_true(t:write("back", 50))
    assert.equal("back", server:receive(4))
    assert.same({ nil, "timeout" }, { t:read(10, 0) })
    assert.is_number(t:getfd())
    assert.same({ "127.0.0.1", (select(2, server:getsockname())) + 0 }, { t:getpeername() })
    t:close()
    assert.same({ nil, "closed", "" }, { server:receive(1) })
  end)

  it("hands over first what LuaSocket has read ahead", function()
    local client, server = pair()
    server:send("220 go ahead\r\n" .. ("x"):rep(5000))
    assert.equal("220 go ahead", client:receive())
    assert.is_true(client:dirty())
    server:send("more")
    local t = luasocket.new(client)
    local bytes = ""
    while #bytes < 5004 do bytes = bytes .. t:read(10000, 50) end
    assert.equal(("x"):rep(5000) .. "more", bytes)
    t:close()
    server:close()
  end)

  it("takes no more than that from a peer that sends without a pause", function()
    local ahead = ("x"):rep(100)
    local busy = { settimeout = function() end, dirty = function() return ahead ~= "" end }
    function busy.receive(_, count)
      if count > #ahead then ahead = ahead .. ("y"):rep(8192) end -- as LuaSocket does
      local bytes = ahead:sub(1, count)
      ahead = ahead:sub(count + 1)
      return bytes
    end
    assert.equal(("x"):rep(100), luasocket.read_ahead(busy))
  end)

  it("refuses a closed socket", function()
    local client, server = pair()
    client:close()
    server:close()
    assert.has_error(function() luasocket.new(client) end, "the socket is closed")
  end)
end)

-- What LuaSocket's own receive answers, over a plain socket, is what a stream answers.
describe("wolfssl.stream's receive", function()
  if not has_socket then
    pending("needs package lua-socket")
    return
  end

  local function of_socket(chunks, calls, keep_open)
    local client, server = pair()
    server:send(table.concat(chunks))
    if not keep_open then server:close() end
    if chunks[1] then assert(socket.select({ client }, nil, 50)[1]) end
    client:settimeout(keep_open and 0.05 or 50)
    local results = {}
    for i, call in ipairs(calls) do results[i] = { client:receive(call[1], call[2]) } end
    client:close()
    return results
  end

  local function of_stream(chunks, calls, keep_open)
    local near, far = memory.pair()
    local a, b = stream.new(plain.new(), near), stream.new(plain.new(), far)
    local results = {}
    memory.run(function()
      a:settimeout(keep_open and 0.02 or 50)
      for i, call in ipairs(calls) do
        local text, err, partial = a:receive(call[1], call[2])
        results[i] = { text, err, partial }
      end
    end, function()
      for _, chunk in ipairs(chunks) do b:send(chunk) end
      if not keep_open then b:shutdown() end
    end)
    return results
  end

  local cases = {
    { "lines", { "one\r\ntw", "o\n\n", "a\rb\r\r\nrest" }, { {}, { "*l" }, { "*l" }, {}, {}, {} } },
    {
      "lines with a prefix", { "ne\ntwo\nend" },
      { { "*l", "o\r\n" }, { nil, "" }, { "*l", "th" } },
    },
    { "all", { "one\r\n", "two" }, { { "*a" }, { "*a" }, { "*a", "x" } } },
    { "all with a prefix", { "two" }, { { "*a", "one" } } },
    { "nothing but the end", {}, { { "*a" }, { 1 }, { "*l" }, { 0 } } },
    { "counts", { "abc", "defgh" }, { { 2 }, { 3 }, { "2" }, { 5 }, { 1 } } },
    {
      "counts with a prefix", { "abcdef" },
      { { 3, "x" }, { 2, "xyz" }, { 3, "xyz" }, { 9, "xy" } },
    },
    { "nothing at all", { "abc" }, { { 0 }, { 0, "x" }, { 3 }, { 0 } } },
    { "counts that are not whole", { "abcdef" }, { { 2.5 }, { 0.5 } } },
  }
  for _, case in ipairs(cases) do
    it("equals LuaSocket's for " .. case[1], function()
      assert.same(of_socket(case[2], case[3]), of_stream(case[2], case[3]))
    end)
    it("equals LuaSocket's for " .. case[1] .. " when time runs out", function()
      assert.same(of_socket(case[2], case[3], true), of_stream(case[2], case[3], true))
    end)
  end

  it("takes the patterns of Lua 5.3, too, and no others", function()
    local results = of_stream({ "one\ntwo" }, { { "l" }, { "a" } })
    assert.same({ { "one" }, { "two" } }, results)
    for _, bad in ipairs { "*x", "", "*line?", -1, true } do
      assert.has_error(function() of_stream({ "x" }, { { bad } }) end)
    end
  end)
end)
