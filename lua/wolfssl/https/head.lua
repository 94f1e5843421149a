--- The head of a response: status line and fields, read strictly, and how its body ends.
-- @module wolfssl.https.head
-- @see RFC 9112 section 4
-- @see RFC 9112 section 5
-- @see RFC 9112 section 6.3

local M = {}

local MOST = 65536    -- bytes of all lines of a head
local FIELDS = 256
local INTERIM = 16    -- responses 1xx before the one that counts

local TOKEN = "^[%w!#$%%&'*+.^_`|~-]+$"

--- Whether this is a name of a field, or of a method.
-- @tparam string text
-- @treturn boolean
function M.is_token(text)
  return text:find(TOKEN) ~= nil
end

local function quoted(text)
  return '"' .. text:sub(1, 60):gsub("[^\32-\126]", "?") .. '"'
end

-- In time that grows with the text, unlike "(.-)[ \t]*$".
local function trimmed(text)
  local first = text:find "[^ \t]"
  return first and text:match("^.*[^ \t]", first) or ""
end

local function add(fields, last, line)
  if line:gsub("\t", " "):find "%c" then return end
  if line:find "^[ \t]" and last then -- obs-fold: section 5.2
    fields[last] = fields[last] .. " " .. trimmed(line)
    return last
  end
  local name, value = line:match "^([^:]*):(.*)$"
  if not name or not M.is_token(name) then return end
  name, value = name:lower(), trimmed(value)
  fields[name] = fields[name] and fields[name] .. ", " .. value or value
  return name
end

--- Reads fields up to the empty line behind them.
-- @tparam Wire wire
-- @treturn[1] table values by name in small letters; those of fields that come several times are
--   joined by ", "
-- @treturn[2] nil, message, code, detail
function M.fields(wire)
  local fields, left, last = {}, MOST
  for _ = 1, FIELDS + 1 do
    local line, message, code, detail = wire:line(left)
    if not line then return nil, message, code, detail end
    if line == "" then return fields end
    left = left - #line - 2
    last = add(fields, last, line)
    if not last then
      return nil, "a header field has a wrong form: " .. quoted(line), "decode_error"
    end
  end
  return nil, ("more than %d header fields"):format(FIELDS), "peer_misbehaved"
end

local function read(wire)
  local line, message, code, detail = wire:line(MOST)
  if not line then return nil, message, code, detail end
  local minor, status, reason = line:match "^HTTP/1%.(%d) (%d%d%d)(.*)$"
  if not status or not reason:find "^ " and reason ~= "" or line:gsub("\t", " "):find "%c" then
    return nil, "the server does not speak HTTP/1: " .. quoted(line), "decode_error"
  end
  local fields
  fields, message, code, detail = M.fields(wire)
  if not fields then return nil, message, code, detail end
  return { line = line, minor = tonumber(minor), status = tonumber(status), fields = fields }
end

--- Reads the head of a response; those that only announce it (1xx) are passed over.
-- @tparam Wire wire
-- @treturn[1] table `line`, `minor` (of HTTP/1.minor), `status`, `fields`
-- @treturn[2] nil, message, code, detail
function M.read(wire)
  for _ = 1, INTERIM do
    local head, message, code, detail = read(wire)
    if not head then return nil, message, code, detail end
    if head.status == 101 then
      return nil, "the server changes the protocol, and nobody asked", "peer_misbehaved"
    elseif head.status < 100 or head.status > 599 then
      return nil, "a status that does not exist: " .. quoted(head.line), "decode_error"
    elseif head.status >= 200 then
      return head
    end
  end
  return nil, ("more than %d interim responses"):format(INTERIM), "peer_misbehaved"
end

-- Several times the same length is one; section 6.3 number 5.
local function content_length(text)
  local length = text:match "^%d+"
  for part in (text .. ","):gmatch "([^,]*)," do
    part = trimmed(part)
    if part ~= length or #part > 15 then
      return nil, "Content-Length is wrong: " .. quoted(text), "decode_error"
    end
  end
  return tonumber(length)
end

--- How the body ends.
-- @tparam table head
-- @tparam string method of the request
-- @treturn[1] string|int "chunked", "close" or its length; 0 where there is none
-- @treturn[2] nil, message, code
function M.framing(head, method)
  local coding, length = head.fields["transfer-encoding"], head.fields["content-length"]
  if method == "HEAD" or head.status == 204 or head.status == 304 then
    return 0
  elseif coding and length then
    return nil, "both Transfer-Encoding and Content-Length", "peer_misbehaved"
  elseif coding and (coding:lower() ~= "chunked" or head.minor == 0) then
    return nil, "Transfer-Encoding is not understood: " .. quoted(coding), "peer_misbehaved"
  elseif coding then
    return "chunked"
  elseif length then
    return content_length(length)
  end
  return "close"
end

--- Whether the connection stays, for all the head says.
-- @tparam table head
-- @treturn boolean
function M.persists(head)
  local words = "," .. (head.fields.connection or ""):lower():gsub("[ \t]", "") .. ","
  if words:find(",close,", 1, true) then return false end
  return head.minor >= 1 or words:find(",keep-alive,", 1, true) ~= nil
end

return M
