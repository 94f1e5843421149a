--- Base64, in one piece.
-- @module wolfssl.base64
-- @see RFC 4648 section 4

local M = {}

local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

--- Encodes bytes.
-- @tparam string bytes
-- @treturn string
function M.encode(bytes)
  return (bytes:gsub("..?.?", function(three)
    local a, b, c = three:byte(1, 3)
    local number = a * 65536 + (b or 0) * 256 + (c or 0)
    local text = ""
    for place = 3, 0, -1 do
      local digit = math.floor(number / 64 ^ place) % 64
      text = text .. DIGITS:sub(digit + 1, digit + 1)
    end
    return text:sub(1, #three + 1) .. ("="):rep(3 - #three)
  end))
end

return M
