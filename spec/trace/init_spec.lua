local capture = require "wolfssl.trace.capture"
local helper = require "helper"
local trace = require "wolfssl.trace"

local FILE = "spec/vectors/tls13-gcm128.pcapng"

-- The recording again, its chunks changed on their way into another file.
local function rewritten(change)
  local read = assert(capture.read(helper.read(FILE)))
  local file, list = capture.writer(), {}
  for _, from in ipairs { "client", "server" } do
    for _, chunk in ipairs(read.connections[1].streams[from].chunks) do
      list[#list + 1] = { from = from, bytes = chunk.bytes, packet = chunk.packet }
    end
  end
  table.sort(list, function(a, b) return a.packet < b.packet end)
  local connection = file:connection { client = { address = "192.0.2.1", port = 40000 },
    server = { address = "192.0.2.2", port = 25 } }
  for i, chunk in ipairs(change(list)) do connection:send(chunk.from, chunk.bytes, i) end
  connection:finish()
  file:secrets(read.secrets)
  return file:bytes()
end

local function names(connection)
  local list = {}
  for i, entry in ipairs(connection.entries) do list[i] = entry.from .. " " .. entry.name end
  return table.concat(list, "\n")
end

describe("trace.open_capture", function()
  local whole = names(assert(trace.open_capture(helper.read(FILE))).connections[1])

  it("takes a string or an open file", function()
    local file = assert(io.open(FILE, "rb"))
    assert.equal(whole, names(assert(trace.open_capture(file)).connections[1]))
    file:close()
  end)

  it("skips what is said before STARTTLS", function()
    local bytes = rewritten(function(list)
      local prelude = { { from = "server", bytes = "220 ready\r\n" },
        { from = "client", bytes = "STARTTLS\r\n" }, { from = "server", bytes = "220 go\r\n" } }
      for _, chunk in ipairs(list) do prelude[#prelude + 1] = chunk end
      return prelude
    end)
    assert.equal(whole, names(assert(trace.open_capture(bytes)).connections[1]))
  end)

  it("lists a connection without TLS, and nothing in it", function()
    local bytes = rewritten(function()
      return { { from = "client", bytes = "GET / HTTP/1.1\r\n\r\n" } }
    end)
    local connection = assert(trace.open_capture(bytes)).connections[1]
    assert.is_false(connection.tls)
    assert.same({}, connection.entries)
  end)

  it("gives what it could read of a file cut off anywhere", function()
    local bytes, most = helper.read(FILE), 0
    for length = 0, #bytes - 1, 97 do
      local result, message, code, detail = trace.open_capture(bytes:sub(1, length))
      if not result then
        assert.equal("string", type(message))
        assert.equal("decode_error", code)
        result = detail.trace
      end
      for _, connection in ipairs(result.connections) do
        most = math.max(most, #connection.entries)
      end
    end
    assert.is_true(most > 5)
  end)

  it("raises for options that secrets do not have the form of", function()
    assert.has_error(function()
      trace.open_capture(helper.read(FILE), { private_keys = { "x" } })
    end)
  end)
end)
