-- What is wrong with messages of TLS 1.2 that cannot be decoded.

local handshake = require "wolfssl.tls.handshake"
local parked = require "connection.parked"
local pki = require "pki"
local record = require "wolfssl.tls.record"

local CERTIFICATE, SERVER_KEY_EXCHANGE, CERTIFICATE_REQUEST, SERVER_HELLO_DONE = 11, 12, 13, 14
local CERTIFICATE_VERIFY, CLIENT_KEY_EXCHANGE = 15, 16

-- The handshake messages among records.
local function messages_of(bytes)
  local parts, reader, list = handshake.reassembler(), record.reader(), {}
  reader:push(bytes)
  for one in reader.next, reader do
    if one.type.name == "handshake" then parts:push(one.fragment) end
  end
  for message in parts.next, parts do list[#list + 1] = message end
  return list
end

local function with_header(kind, body)
  return string.char(kind, 0, math.floor(#body / 256), #body % 256) .. body
end

-- In records of `size` bytes.
local function records_of(messages, size)
  local bytes, out = table.concat(messages), {}
  for i = 1, #bytes, size do
    local part = bytes:sub(i, i + size - 1)
    out[#out + 1] = "\22\3\3" .. string.char(math.floor(#part / 256), #part % 256) .. part
  end
  return table.concat(out)
end

-- One end that waits for the flight of the other with that message, and this flight.
local function waiting(kind, options)
  local chain, key = pki.leaf "rsa"
  local client = { max_version = "TLS 1.2", certificate = chain, key = key }
  local server = { max_version = "TLS 1.2", verify = "required", trust = pki.root }
  for name, value in pairs(options or {}) do client[name], server[name] = value, value end
  local a, b = pki.pair(pki.client(client), pki.server(server, "rsa"))
  parked.call(a, "handshake")
  pki.exchange(a, b)
  parked.call(b, "handshake")
  local flight = messages_of(b:data_to_send())
  for _, message in ipairs(flight) do
    if message:byte() == kind and kind ~= CERTIFICATE then return a, flight end
  end
  a:receive_data(records_of(flight, 1000))
  parked.call(a, "handshake")
  return b, messages_of(a:data_to_send())
end

local function refusal(kind, change, size, options)
  local c, flight = waiting(kind, options)
  for i, message in ipairs(flight) do
    if message:byte() == kind then flight[i] = with_header(kind, change(message:sub(5))) end
  end
  c:receive_data(records_of(flight, size))
  return c, parked.call(c, "handshake")
end

local function cut(body) return body:sub(1, -2) end
local function lengthen(body) return body .. "\0" end
local function empty() return "" end

local CASES = {
  { CERTIFICATE, cut, "certificate", "body.certificate_list", 4 },
  { CERTIFICATE, empty, "certificate", "body.certificate_list", 4 },
  { SERVER_KEY_EXCHANGE, cut, "server_key_exchange", "body.signed_params.signature", 42 },
  { SERVER_KEY_EXCHANGE, empty, "server_key_exchange", "body.params.curve_params.curve_type", 4 },
  { SERVER_KEY_EXCHANGE, lengthen, "server_key_exchange", "body" },
  { CERTIFICATE_REQUEST, cut, "certificate_request", "body.certificate_authorities" },
  { SERVER_HELLO_DONE, lengthen, "server_hello_done", "body", 4 },
  { CLIENT_KEY_EXCHANGE, cut, "client_key_exchange", "body.ecdh_yc", 4 },
  { CERTIFICATE_VERIFY, cut, "certificate_verify", "body.signature", 6 },
}

describe("decode_error", function()
  for _, case in ipairs(CASES) do
    local kind, change, name, path, offset = case[1], case[2], case[3], case[4], case[5]
    it(("says that %s of a %s is at fault, however it was cut"):format(path, name), function()
      for _, size in ipairs { 16000, 100, 7 } do
        local c, failed = refusal(kind, change, size)
        assert.equal("decode_error", failed.code, failed.message)
        assert.same({ name, path }, { failed.detail.message, failed.detail.path })
        assert.equal(offset or failed.detail.offset, failed.detail.offset)
        assert.same(failed.detail, select(4, c:read()))
      end
    end)
  end

  it("says it where there are handlers, too", function()
    local _, failed = refusal(SERVER_KEY_EXCHANGE, cut, 16000, { on_message = function() end })
    assert.same({ message = "server_key_exchange", path = "body.signed_params.signature",
      offset = 42 }, failed.detail)
  end)

  it("has no detail where no field is at fault", function()
    local a = pki.pair()
    a:handshake()
    a:receive_data("HTTP/1.0 400 Bad Request\r\n\r\n")
    local failed = parked.call(a, "handshake")
    assert.same({ "decode_error" }, { failed.code, failed.detail })
  end)
end)
