--- Small words: bytes, numbers and lists as people read them.
-- @module wolfssl.trace.explain.words
local M = {}

--- Bytes in hexadecimal.
-- @tparam string bytes
-- @treturn string
function M.hex(bytes)
  return (bytes:gsub(".", function(c) return ("%02x"):format(c:byte()) end))
end

--- Bytes in hexadecimal, long ones cut.
-- @tparam string bytes
-- @tparam ?number most bytes shown; default 16
-- @treturn string
function M.short_hex(bytes, most)
  most = most or 16
  if bytes == "" then return "(empty)" end
  if #bytes <= most then return M.hex(bytes) end
  return M.hex(bytes:sub(1, most)) .. "..."
end

--- A count with its noun: "1 byte", "3 bytes".
-- @tparam number count
-- @tparam string noun in the singular
-- @tparam ?string nouns in the plural; default with an s
-- @treturn string
function M.count(count, noun, nouns)
  return ("%.0f %s"):format(count, count == 1 and noun or nouns or noun .. "s")
end

--- A list in a sentence: "a, b and c".
-- @tparam {string,...} items
-- @tparam ?string last word before the last one; default "and"
-- @treturn string
function M.list(items, last)
  if #items < 2 then return items[1] or "" end
  return table.concat(items, ", ", 1, #items - 1) .. " " .. (last or "and") .. " " .. items[#items]
end

--- Bytes as text, if that is what they are.
-- @tparam string bytes
-- @treturn ?string nil where there are control characters or bytes above 126
function M.printable(bytes)
  return bytes ~= "" and not bytes:find("[^\32-\126]") and bytes or nil
end

--- Bytes as text in any case: line ends as \n, what cannot be shown as a dot.
-- @tparam string bytes
-- @tparam ?number most bytes shown; default 256
-- @treturn string
function M.text(bytes, most)
  local shown = bytes:sub(1, most or 256)
  local text = shown:gsub("\r", "\\r"):gsub("\n", "\\n"):gsub("[^\32-\126]", ".")
  return text .. (#shown < #bytes and "..." or "")
end

--- A word with a capital.
-- @tparam string text
-- @treturn string
function M.capital(text)
  return (text:gsub("^%l", string.upper))
end

--- The other side.
-- @tparam string side "client" or "server"
-- @treturn string
function M.peer(side)
  return side == "client" and "server" or "client"
end

--- A text that may differ by version: a string, or `{tls12 =, tls13 =}`.
-- @tparam ?string|table text
-- @tparam ?boolean tls13
-- @treturn ?string
function M.by_version(text, tls13)
  if type(text) ~= "table" then return text end
  return tls13 and text.tls13 or not tls13 and text.tls12 or text.tls13 or text.tls12
end

--- Seconds since 1970 as a date and time in UTC.
-- @tparam number seconds
-- @treturn string
function M.date(seconds)
  return os.date("!%Y-%m-%d %H:%M:%S UTC", seconds)
end

--- An entry's name as the RFCs write it: "ClientHello".
-- @tparam string name "client_hello"
-- @treturn string
function M.message(name)
  if name == "change_cipher_spec" then return "ChangeCipherSpec" end
  if name == "application_data" then return "application data" end
  if name == "alert" or name == "heartbeat" then return name end
  if name == "sslv2_client_hello" then return "SSLv2 ClientHello" end
  return (name:gsub("_?(%a)(%a*)", function(first, rest) return first:upper() .. rest end))
end

return M
