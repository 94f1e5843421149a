--- Bodies: the peer's as a source of LTN12, ours as a sink.
--
-- A source returns nil at the end, nil and a message when it fails. What fails on the wire is kept
-- as `failure` of the wire, for the sake of its code.
-- @module wolfssl.https.body
-- @see RFC 9112 section 7.1

local head = require "wolfssl.https.head"

local M = {}

local CHUNK = 16384
local SIZE_LINE = 256

local function fail(wire, message, code, detail)
  wire.failure = { message, code, detail }
  return nil, message
end

local function cut(wire, message, code, detail)
  if code == "closed" or code == "truncated" then
    message, code = "the connection ended within the response", "truncated"
  end
  return fail(wire, message, code, detail)
end

local function of_length(wire, length)
  return function()
    if length == 0 then return nil end
    local bytes, message, code, detail = wire:read(math.min(length, CHUNK))
    if not bytes then return cut(wire, message, code, detail) end
    length = length - #bytes
    return bytes
  end
end

-- Without a length only close_notify tells the end from a cut.
local function up_to_close(wire)
  return function()
    local bytes, message, code, detail = wire:read(CHUNK)
    if bytes then return bytes end
    if code == "closed" then return nil end
    return cut(wire, message, code, detail)
  end
end

local function chunk_size(wire)
  local line, message, code, detail = wire:line(SIZE_LINE)
  if not line then return cut(wire, message, code, detail) end
  local digits, rest = line:match "^(%x+)[ \t]*(.*)$"
  if not digits or #digits > 12 or rest ~= "" and rest:sub(1, 1) ~= ";" then
    return fail(wire, "the size of a chunk has a wrong form", "decode_error")
  end
  return tonumber(digits, 16)
end

local function end_of_chunk(wire)
  local line, message, code, detail = wire:line(0)
  if line then return true end
  if code == "peer_misbehaved" then
    message, code = "a chunk is not as long as it says", "decode_error"
  end
  return cut(wire, message, code, detail)
end

local function chunked(wire)
  local left, ended = 0, false

  local function next_chunk()
    local message
    left, message = chunk_size(wire)
    if left ~= 0 then return left, message end
    ended = true
    local trailer, why, code, detail = head.fields(wire)
    if not trailer then return cut(wire, why, code, detail) end
  end

  return function()
    if ended then return nil end
    if left == 0 then
      local size, message = next_chunk()
      if not size then return nil, message end
    end
    local bytes, message, code, detail = wire:read(math.min(left, CHUNK))
    if not bytes then return cut(wire, message, code, detail) end
    left = left - #bytes
    if left == 0 then
      local ok, why = end_of_chunk(wire)
      if not ok then return nil, why end
    end
    return bytes
  end
end

local function too_long(wire, most)
  return fail(wire, ("a body of more than %d bytes"):format(most), "rejected")
end

local function make(wire, framing)
  if framing == "chunked" then return chunked(wire) end
  if framing == "close" then return up_to_close(wire) end
  return of_length(wire, framing)
end

--- The body of a response. At its end the wire is `complete`.
-- @tparam Wire wire
-- @tparam string|int framing as of `wolfssl.https.head`
-- @tparam ?int most bytes; more than that is a failure
-- @treturn function source
function M.source(wire, framing, most)
  local source, size = make(wire, framing), 0
  local announced = type(framing) == "number" and framing or 0
  return function()
    if most and announced > most then return too_long(wire, most) end
    local bytes, message = source()
    if message then return nil, message end
    wire.complete = bytes == nil
    size = size + #(bytes or "")
    if most and size > most then return too_long(wire, most) end
    return bytes
  end
end

local function put(wire, bytes)
  local ok, message, code, detail = wire:write(bytes)
  if ok then return 1 end
  return fail(wire, message, code, detail)
end

--- Where the body of a request goes.
-- @tparam Wire wire
-- @tparam ?int length that was announced; nil: in chunks
-- @treturn function sink; a source that gives more or less than was announced fails
function M.sink(wire, length)
  return function(bytes, err)
    if err then
      return fail(wire, tostring(err), "rejected")
    elseif not length then
      if bytes == "" then return 1 end
      return put(wire, bytes and ("%x\r\n%s\r\n"):format(#bytes, bytes) or "0\r\n\r\n")
    end
    length = length - #(bytes or "")
    if length < 0 or not bytes and length > 0 then
      return fail(wire, "the source does not give as much as Content-Length says", "rejected")
    end
    return bytes and put(wire, bytes) or 1
  end
end

--- Moves everything from a source to a sink.
-- @tparam function source
-- @tparam function sink
-- @tparam function step as `ltn12.pump.step`
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
function M.pump(source, sink, step)
  while true do
    local ok, err = step(source, sink)
    if not ok then
      if err then return nil, err end
      return true
    end
  end
end

--- One piece from a source to a sink.
-- @tparam function source
-- @tparam function sink
-- @treturn[1] int 1
-- @treturn[2] nil at the end
-- @treturn[2] ?string what failed
function M.step(source, sink)
  local bytes, why = source()
  local ok, refusal = sink(bytes, why)
  if bytes and ok then return 1 end
  return nil, why or refusal
end

return M
