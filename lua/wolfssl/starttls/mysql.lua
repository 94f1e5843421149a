--- MySQL and MariaDB: the greeting, and SSLRequest. See
-- https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_connection_phase.html
-- @module wolfssl.starttls.mysql

local PROTOCOL_41, SSL, SECURE_CONNECTION = 0x0200, 0x0800, 0x8000

-- Where the two low bytes of the server's capabilities are: behind the version, a thread number and
-- eight bytes of a challenge.
local function capabilities(greeting)
  local _, nul = greeting:find("%z", 2)
  if not nul or #greeting < nul + 15 then return nil end
  local low, high = greeting:byte(nul + 14, nul + 15)
  return low + high * 256
end

local function has(set, bit)
  return math.floor(set / bit) % 2 == 1
end

local function little(number)
  return string.char(number % 256, math.floor(number / 256) % 256)
end

return function(talk)
  local header, message, code = talk:bytes(4)
  if not header then return nil, message, code end
  local a, b, c = header:byte(1, 3)
  local greeting
  greeting, message, code = talk:bytes(a + b * 256 + c * 65536)
  if not greeting then return nil, message, code end
  if greeting:byte() == 255 then
    return nil, "the server will not talk to us", "peer_incompatible"
  end
  local offered = greeting:byte() == 10 and capabilities(greeting)
  if not offered then return nil, "the server does not speak it", "decode_error" end
  if not has(offered, SSL) then
    return nil, "the server does not offer it", "peer_incompatible"
  end
  local sequence = (header:byte(4) + 1) % 256
  return talk:send("\32\0\0" .. string.char(sequence)
    .. little(PROTOCOL_41 + SSL + SECURE_CONNECTION) .. "\0\0" -- capabilities
    .. "\0\0\0\1" .. "\45" .. ("\0"):rep(23))                   -- longest packet, utf8mb4
end
