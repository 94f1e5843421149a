--- Key log in the format of NSS: the secrets of TLS connections, one to a line.
--
-- Besides the labels of RFC 9850 three tell what the key schedule begins with:
-- `PMS_CLIENT_RANDOM`, the premaster secret of TLS 1.2, which Wireshark knows, too; and for TLS 1.3
-- `PRE_SHARED_KEY` and `SHARED_SECRET`, of our own connections.
-- @module wolfssl.trace.keylog
-- @see RFC 9850

local M = {}

-- Filled as they come: bytes by two digits in either case, and digits by bytes.
local BYTES = setmetatable({}, { __index = function(bytes, pair)
  bytes[pair] = string.char(tonumber(pair, 16))
  return bytes[pair]
end })
local DIGITS = setmetatable({}, { __index = function(digits, byte)
  digits[byte] = ("%02x"):format(byte:byte())
  return digits[byte]
end })

local function from_hex(text)
  if #text % 2 == 1 or text:find("%X") then return nil end
  return (text:gsub("..", BYTES))
end

local function to_hex(bytes)
  return (bytes:gsub(".", DIGITS))
end

--- The premaster secret of an RSA key exchange, by the start of what encrypts it, or the master
-- secret of a session, by its id.
local function parse_rsa(line)
  local session, master = line:match("^RSA Session%-ID:(%x*) Master%-Key:(%x+)$")
  local start, premaster = line:match("^RSA (%x+) (%x+)$")
  local id = from_hex(session or start or "?")
  if not id then return nil, "an RSA line takes two fields in hex" end
  return {
    label = "RSA", secret = from_hex(master or premaster),
    session_id = session and id, encrypted_premaster = start and id,
  }
end

local function parse_line(line)
  local label, random, secret = line:match("^([%w_]+) (%S+) (%S+)$")
  if not label then return nil, "not a label and two fields" end
  local entry, message
  if label == "RSA" then
    entry, message = parse_rsa(line)
    if not entry then return nil, message end
  else
    entry = { label = label, client_random = from_hex(random), secret = from_hex(secret) }
    if not entry.client_random or #entry.client_random ~= 32 then
      return nil, "the client random is not 32 bytes in hex"
    end
  end
  if not entry.secret then return nil, "the secret is not in hex" end
  return entry
end

--- One line of key log without its line end.
-- @tparam string line
-- @treturn table|nil `{label, client_random, secret}`, raw bytes; for the label "RSA"
--   `encrypted_premaster` (its first 8 bytes) or `session_id` in place of `client_random`; nil
--   alone for blank lines and comments
-- @treturn string message when the line is malformed
function M.parse_line(line)
  local text = line:match "^.*%S" -- in time that grows with the line, unlike "%s+$"
  if not text or text:sub(1, 1) == "#" then return nil end
  return parse_line(text)
end

--- Reads a key log.
-- @param input string, or an open file
-- @treturn table list of entries, see `parse_line`, in the order of the lines
-- @treturn table list of `{line, message}` for lines that are malformed and left out
function M.read(input)
  local text = type(input) == "string" and input or input:read("*a")
  local entries, problems, number = {}, {}, 0
  for line in (text .. "\n"):gmatch("([^\n]*)\n") do
    number = number + 1
    local entry, message = M.parse_line(line)
    if entry then entries[#entries + 1] = entry end
    if message then problems[#problems + 1] = { line = number, message = message } end
  end
  return entries, problems
end

--- One line for an entry, without a line end: the reverse of `parse_line`.
-- @tparam table entry
-- @treturn string
function M.format(entry)
  if entry.session_id then
    return ("RSA Session-ID:%s Master-Key:%s"):format(to_hex(entry.session_id),
      to_hex(entry.secret))
  end
  local id = entry.client_random or entry.encrypted_premaster
  return ("%s %s %s"):format(entry.label, to_hex(id), to_hex(entry.secret))
end

--- The text of a key log.
-- @tparam table entries
-- @treturn string one line for each, all ended
function M.write(entries)
  local lines = {}
  for i, entry in ipairs(entries) do lines[i] = M.format(entry) .. "\n" end
  return table.concat(lines)
end

--- Secrets by connection.
-- @tparam table entries
-- @treturn table `index[client_random][label] = secret`; of repeated lines the last counts
function M.index(entries)
  local index = {}
  for _, entry in ipairs(entries) do
    local random = entry.client_random
    if random then
      index[random] = index[random] or {}
      index[random][entry.label] = entry.secret
    end
  end
  return index
end

return M
