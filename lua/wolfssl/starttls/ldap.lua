--- LDAP: an extended request, and its response.
-- @module wolfssl.starttls.ldap
-- @see RFC 4511 section 4.14

local OID = "1.3.6.1.4.1.1466.20037"
local SEQUENCE, INTEGER, ENUMERATED, RESPONSE = 0x30, 2, 10, 0x78

local function tlv(tag, content)
  return string.char(tag, #content) .. content
end

-- One element: its tag, its content, what follows.
local function element(bytes)
  local tag, length = bytes:byte(1, 2)
  local at = 3
  if not length then return nil end
  if length > 0x80 then
    local count = length - 0x80
    if count > 2 or #bytes < 2 + count then return nil end
    length = 0
    for i = 3, 2 + count do length = length * 256 + bytes:byte(i) end
    at = 3 + count
  end
  if #bytes < at + length - 1 then return nil end
  return tag, bytes:sub(at, at + length - 1), bytes:sub(at + length)
end

-- The result code of message 1, or nil.
local function result(message)
  local tag, number, operation = element(message)
  if tag ~= INTEGER or number ~= "\1" then return nil end
  local kind, response = element(operation)
  if kind ~= RESPONSE then return nil end
  local of, value = element(response)
  return of == ENUMERATED and #value == 1 and value:byte() or nil
end

local function read(talk)
  local head, message, code = talk:bytes(2)
  if not head then return nil, message, code end
  local tag, length = head:byte(1, 2)
  if tag ~= SEQUENCE or length == 0x80 or length > 0x82 then
    return nil, "the server does not speak it", "decode_error"
  end
  if length > 0x80 then
    local more
    more, message, code = talk:bytes(length - 0x80)
    if not more then return nil, message, code end
    length = 0
    for i = 1, #more do length = length * 256 + more:byte(i) end
  end
  return talk:bytes(length)
end

return function(talk)
  local request = tlv(SEQUENCE, tlv(INTEGER, "\1") .. tlv(0x77, tlv(0x80, OID)))
  local ok, message, code = talk:send(request)
  if not ok then return nil, message, code end
  local answer
  answer, message, code = read(talk)
  if not answer then return nil, message, code end
  local status = result(answer)
  if not status then return nil, "the server does not speak it", "decode_error" end
  if status ~= 0 then
    return nil, ("the server will not: result code %d"):format(status), "peer_incompatible"
  end
  return true
end
