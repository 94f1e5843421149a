-- Many clients that begin a handshake and leave it there: what each costs a server.

local fd = require("wolfssl.core").fd
local helper = require "helper"
local pki = require "pki"
local poll = require "wolfssl.transport.poll"

local instrumented = os.getenv "UNDER" or os.getenv "WOLFSSL_BUILD" -- valgrind, sanitizers

local function resident()
  return tonumber(helper.read("/proc/self/statm"):match("^%d+ (%d+)")) * 4096
end

-- Bytes for each of so many connections that have got this far.
local function cost(count, begin, options)
  if instrumented then pending("memory is counted where nothing is instrumented") end
  local context, kept = pki.server(options), {}
  for i = 1, 20 do kept[i] = begin(context) end -- what is set up once
  collectgarbage()
  collectgarbage()
  local before = resident()
  for i = 1, count do kept[20 + i] = begin(context) end
  local each = (resident() - before) / count
  for _, connection in ipairs(kept) do connection:close() end
  return each
end

local function hello()
  local client = pki.client():connection { server_name = "localhost" }
  client:handshake()
  return client:data_to_send()
end

describe("a client that does not finish its handshake", function()
  local bytes = hello()

  local function receive(part)
    return function(context)
      local connection = context:connection()
      connection:receive_data(part)
      connection:handshake()
      connection:data_to_send()
      return connection
    end
  end

  it("costs 4 KB before its hello is whole", function()
    local each = cost(2000, receive(bytes:sub(1, -2)))
    assert.is_true(each < 4096, each)
  end)

  -- With its socket, its stream and the coroutine that waits for it.
  it("costs 32 KB before its hello is whole where a loop serves it over TCP", function()
    if instrumented then pending("memory is counted where nothing is instrumented") end
    local loop, context, clients = poll.new { limit = math.huge }, pki.server(), {}
    local listener, port = assert(fd.listen("127.0.0.1", 0))
    local served, codes, each = 0, {}, nil
    loop:listen(listener, function(transport)
      local stream = context:wrap(transport, { timeout = 100 })
      served = served + 1
      local _, _, code = stream:handshake()
      codes[#codes + 1] = code
      stream:close()
      if #codes == #clients then loop:stop() end
    end)
    local function come(count)
      for _ = 1, count do
        clients[#clients + 1] = assert(fd.connect("127.0.0.1", port, 10))
        fd.send(clients[#clients], bytes:sub(1, -2))
        while served < #clients do loop:wait(nil, nil, 0) end
      end
      for _ = 1, 3 do loop:wait(nil, nil, 0) end -- and what they sent is read
      collectgarbage()
      collectgarbage()
      return resident()
    end
    loop:spawn(function()
      local before = come(40)
      each = (come(360) - before) / 360
      for _, client in ipairs(clients) do fd.close(client) end
    end)
    loop:run()
    fd.close(listener)
    assert.equal(400, #codes)
    for _, code in ipairs(codes) do assert.equal("truncated", code) end
    assert.is_true(each < 32768, each)
  end)

  it("costs 96 KB once it has been answered: what wolfSSL needs for a handshake", function()
    local each = cost(100, receive(bytes))
    assert.is_true(each < 96 * 1024, each)
  end)

  it("costs 8 KB while its hello waits for the answer of a store", function()
    local old = pki.connected(pki.client { max_version = "TLS 1.2" }, pki.server())
    local client = pki.client { max_version = "TLS 1.2" }:connection { server_name = "localhost",
      session = old:session() }
    client:handshake()
    local resuming, parked, asked = client:data_to_send(), {}, 0
    local store = { put = function() end, get = function()
      asked = asked + 1
      coroutine.yield()
    end }
    local each = cost(6000, function(context)
      local connection = context:connection()
      parked[#parked + 1] = coroutine.wrap(function()
        connection:receive_data(resuming)
        connection:handshake()
      end)
      parked[#parked]()
      return connection
    end, { sessions = store, ticket_keys = { ("k"):rep(48) } })
    assert.equal(6020, asked)
    assert.is_true(each < 8192, each)
  end)

  it("cannot make the server keep more than 64 KiB of a hello", function()
    local connection = pki.server():connection()
    connection:receive_data("\22\3\1\0\4\1\1\0\0")
    assert.equal("want_read", select(3, connection:handshake()))
    connection = pki.server():connection()
    connection:receive_data("\22\3\1\0\4\1\1\0\1")
    assert.equal("peer_misbehaved", select(3, connection:handshake()))
    assert.equal("decode_error", connection:info().alert_sent.name)
  end)
end)
