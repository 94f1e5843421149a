--- HTTP/2, as much of it as one page takes. Of a request nothing is decoded: the paths that there
-- are, and what else matters, are looked for as they are written and as Huffman has them.
-- @module wolfssl.cli.mirror.h2
-- @see RFC 9113
-- @see RFC 7541
local guest = require "wolfssl.cli.mirror.guest"
local number = require("wolfssl.trace.octets").number

local M = {}

local PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
local DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION =
  0, 1, 3, 4, 6, 7, 8, 9
local ACK, END_STREAM, END_HEADERS, INITIAL_WINDOW_SIZE = 1, 1, 4, 4
local MOST_FRAME, MOST_HEAD, WINDOW = 16384, 32768, 65535
-- Names of the static table: RFC 7541 appendix A.
local OK, CONTENT_TYPE, CONTENT_LENGTH, CACHE_CONTROL = "\136", "\15\16", "\15\13", "\15\9"
-- RFC 7541 appendix B
local CODES = { ["/"] = "011000", a = "00011", e = "00101", f = "100101", g = "100110",
  h = "100111", i = "00110", j = "1110100", l = "101000", m = "101001", n = "101010",
  o = "00111", p = "101011", r = "101100", s = "01000", t = "01001", x = "1111001",
  A = "100001", D = "1011111", E = "1100000", H = "1100011" }

local function packed(bits)
  return (bits:sub(1, #bits - #bits % 8):gsub("%d%d%d%d%d%d%d%d", function(byte)
    return string.char(tonumber(byte, 2))
  end))
end

local function has(block, word)
  local bits = word:gsub(".", CODES)
  local huffman = packed(bits .. ("1"):rep(-#bits % 8))
  return block:find(string.char(#word) .. word, 1, true)
    or block:find(string.char(128 + #huffman) .. huffman, 1, true)
end

local function likes_html(block)
  return block:find("text/html", 1, true)
    or block:find(packed(("text/html"):gsub(".", CODES)), 1, true)
end

local function path_in(block)
  for _, path in ipairs { "text", "json", "html", "fingerprint" } do
    if has(block, "/" .. path) then return path end
  end
  return likes_html(block) and "html" or "text"
end

local function value_of(bytes, first, last)
  local value = 0
  for i = first, last do value = value * 256 + bytes:byte(i) end
  return value
end

local function say(link, kind, flags, stream, payload)
  link.c.timeout = link.seconds
  return link.c:write(number(#payload, 3) .. string.char(kind, flags) .. number(stream, 4)
    .. payload)
end

local function pull(link, size)
  while #link.buffer < size do
    local bytes = link.hear()
    if not bytes then return nil end
    link.buffer = link.buffer .. bytes
  end
  local bytes = link.buffer:sub(1, size)
  link.buffer = link.buffer:sub(size + 1)
  return bytes
end

-- What is answered to frames that may come at any time; nothing for the end of the matter.
local answers = { [GOAWAY] = function() end }

answers[SETTINGS] = function(link, frame)
  if frame.flags == ACK then return true end
  for at = 1, #frame.payload - 5, 6 do
    if value_of(frame.payload, at, at + 1) == INITIAL_WINDOW_SIZE then
      local size = value_of(frame.payload, at + 2, at + 5)
      link.room, link.initial = link.room + size - link.initial, size
    end
  end
  return say(link, SETTINGS, ACK, 0, "")
end

answers[PING] = function(link, frame)
  return frame.flags == ACK or say(link, PING, ACK, 0, frame.payload)
end

answers[WINDOW_UPDATE] = function(link, frame)
  local more = value_of(frame.payload, 1, #frame.payload) % 2 ^ 31
  if frame.stream == 0 then link.window = link.window + more end
  if frame.stream == link.stream then link.room = link.room + more end
  return true
end

answers[RST_STREAM] = function(link, frame) return frame.stream ~= link.stream end

local function next_frame(link)
  local head = pull(link, 9)
  local size = head and value_of(head, 1, 3)
  local payload = size and size <= MOST_FRAME and pull(link, size)
  if not payload then return nil end
  local frame = { kind = head:byte(4), flags = head:byte(5),
    stream = value_of(head, 6, 9) % 2 ^ 31, payload = payload }
  local answer = answers[frame.kind]
  return (not answer or answer(link, frame)) and frame or nil
end

local function request(link)
  local frame
  repeat frame = next_frame(link) until not frame or frame.kind == HEADERS
  link.stream = frame and frame.stream
  local block = ""
  while frame and #block <= MOST_HEAD do
    block = block .. frame.payload
    if frame.flags % (2 * END_HEADERS) >= END_HEADERS then return block end
    frame = next_frame(link)
    if frame and frame.kind ~= CONTINUATION then return nil end
  end
end

-- As fast as the client lets us.
local function put(link, body)
  local at = 1
  while at <= #body do
    local size = math.min(MOST_FRAME, link.window, link.room, #body - at + 1)
    local last = at + size > #body and END_STREAM or 0
    local ok
    if size > 0 then ok = say(link, DATA, last, link.stream, body:sub(at, at + size - 1))
    else ok, size = next_frame(link), 0 end
    if not ok then return false end
    at, link.window, link.room = at + size, link.window - size, link.room - size
  end
  return true
end

local function field(name, value) return name .. string.char(#value) .. value end

--- Answers one request; to any path that there is not as to /.
-- @tparam Conversation c
-- @func page function(name) that returns the body, not empty, and its content type, for "text",
-- "json", "html" and "fingerprint"
-- @tparam number seconds for all that the client says, and for each of our words
-- @treturn boolean whether an answer went out
function M.serve(c, page, seconds)
  local link = { c = c, seconds = seconds, hear = guest.ear(c, seconds), buffer = "",
    window = WINDOW, room = WINDOW, initial = WINDOW }
  if not say(link, SETTINGS, 0, 0, "") or pull(link, #PREFACE) ~= PREFACE then return false end
  local asked = request(link)
  if not asked then return false end
  local body, kind = page(path_in(asked))
  local bare = has(asked, "HEAD")
  local ok = say(link, HEADERS, END_HEADERS + (bare and END_STREAM or 0), link.stream,
    OK .. field(CONTENT_TYPE, kind) .. field(CONTENT_LENGTH, tostring(#body))
    .. field(CACHE_CONTROL, "no-store"))
  return ok and (bare or put(link, body))
    and say(link, GOAWAY, 0, 0, number(link.stream, 4) .. number(0, 4)) and true or false
end

return M
