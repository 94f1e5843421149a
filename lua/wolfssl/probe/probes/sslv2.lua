--- SSL 2.0: whether a server still speaks what was given up in 1996.
-- @module wolfssl.probe.probes.sslv2
-- @see RFC 6176
local crypto = require "wolfssl.trace.crypto"
local deadline = require "wolfssl.transport.deadline"
local octets = require "wolfssl.trace.octets"
local probe = require "wolfssl.probe"
local sslv2 = require "wolfssl.tls.sslv2"

local SSL2, SERVER_HELLO, CIPHERS_OF_ITS_OWN = 0x0002, 4, 0x010000
local MOST = 32768

local function hello()
  local specs = {}
  for _, spec in ipairs(sslv2.cipher_spec.list) do
    if spec.value >= CIPHERS_OF_ITS_OWN then specs[#specs + 1] = spec end
  end
  local bytes = sslv2.encode { msg_type = 1, version = SSL2, cipher_spec_length = #specs * 3,
    session_id_length = 0, challenge_length = 16, cipher_specs = specs, session_id = "",
    challenge = crypto.random(16) }
  return octets.number(0x8000 + #bytes, 2) .. bytes
end

local function number(bytes, first, last)
  local value = 0
  for i = first, last do value = value * 256 + bytes:byte(i) end
  return value
end

-- What stands behind the header of a record of SSL 2.0 so far, and how much that will be; nil when
-- these bytes do not begin one.
local function record(bytes)
  local first, second = bytes:byte(1, 2)
  if not second then return "", 1 end
  local size, padded = first * 256 + second, first < 0x80
  return bytes:sub(padded and 4 or 3), padded and size % 0x4000 or size - 0x8000
end

-- The ciphers of a ServerHello of SSL 2.0; nil when it is none.
local function ciphers_in(body)
  if #body < 11 or body:byte(1) ~= SERVER_HELLO or number(body, 4, 5) ~= SSL2 then return nil end
  local list, first = {}, 12 + number(body, 6, 7)
  for i = first, math.min(first + number(body, 8, 9), #body + 1) - 3, 3 do
    list[#list + 1] = sslv2.cipher_spec:entry(number(body, i, i + 2))
  end
  return list
end

-- Reads until a record is whole, the other side has had enough, or our patience ends.
local function answer(c)
  local bytes, moment = "", deadline.after(c.timeout)
  while #bytes < MOST do
    local body, size = record(bytes)
    if #body >= size then return body end
    local more = c.transport:read(MOST, deadline.left(moment))
    if not more then return body end
    bytes = bytes .. more
  end
  return (record(bytes))
end

return probe.define {
  name = "sslv2", summary = "Does a server still speak SSL 2.0?",
  findings = {
    spoken = { severity = "error", message = "SSL 2.0 is spoken, with %d ciphers",
      reference = "RFC 6176" },
  },
  facts = { sslv2 = "whether SSL 2.0 is spoken",
    sslv2_ciphers = "those that the server names in its answer" },
  run = function(target, report, fact)
    local c, message, code = target:connect()
    if not c then return nil, message, code end
    c:send(hello())
    local list = ciphers_in(answer(c))
    fact("sslv2", list ~= nil)
    fact("sslv2_ciphers", list or {})
    if list then report("spoken", #list) end
  end,
}
