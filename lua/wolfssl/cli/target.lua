--- HOST[:PORT] on a command line.
-- @module wolfssl.cli.target

local harmless = require "wolfssl.trace.render.harmless"

local M = {}

local NAME, SHOWN = 253, 60   -- bytes of a name, RFC 1035 section 2.3.4; and of what is none

--- What somebody wrote, for a message.
-- @tparam string text
-- @treturn string
function M.quote(text)
  return harmless.text(#text > SHOWN and text:sub(1, SHOWN) .. "..." or text)
end

--- Whether something can be a host's name or address.
-- @param host
-- @treturn boolean
function M.is_host(host)
  return type(host) == "string" and #host <= NAME and host:find "^[!-~]+$" ~= nil
    and not (host:find "^%." or host:find "%.%.$")
end

--- For `--servername`, as argparse converts options.
-- @string text
-- @treturn[1] string the same
-- @treturn[2] nil
-- @treturn[2] string why not
function M.server_name(text)
  if M.is_host(text) then return text end
  return nil, ("--servername: '%s' is no host name"):format(M.quote(text))
end

-- Groups of up to four hexadecimal digits in `text`, with a colon between; nil for anything else.
local function groups(text)
  local count = 0
  if text == "" then return count end
  for group in (text .. ":"):gmatch "([^:]*):" do
    if not group:find "^%x%x?%x?%x?$" then return nil end
    count = count + 1
  end
  return count
end

-- An IPv6 address, of RFC 4291 section 2.2, maybe with a zone.
local function is_ipv6(text)
  text = text:gsub("%%[%w.]+$", ""):gsub("%d+%.%d+%.%d+%.%d+$", "0:0")
  local head, tail = text:match "^(.-)::(.*)$"
  local before, after = groups(head or text), groups(tail or "")
  if not before or not after then return false end
  if head then return before + after < 8 end
  return before == 8
end

--- Reads a target.
-- @tparam string text "host", "host:port", "192.0.2.1:443", "[2001:db8::1]:443" or "2001:db8::1"
-- @tparam ?int default_port
-- @treturn[1] table `{host=, port=}`, without a port where neither says one
-- @treturn[2] nil
-- @treturn[2] string message
function M.parse(text, default_port)
  local host, port = text:match("^%[([^%]]+)%]:?(%d*)$")
  if host and not is_ipv6(host) then
    host = nil
  elseif not host and is_ipv6(text) then
    host, port = text, ""
  elseif not host then
    host, port = text:match("^([^:%s/%[%]]+):?(%d*)$")
  end
  if not M.is_host(host) then
    return nil, ("'%s' is not HOST or HOST:PORT"):format(M.quote(text))
  end
  port = port == "" and default_port or tonumber(port)
  if port and (port < 1 or port > 65535) then
    return nil, ("%.0f is no port"):format(port)
  end
  return { host = host, port = port }
end

--- Reads several.
-- @tparam {string,...} texts
-- @tparam ?int default_port
-- @treturn[1] {table,...}
-- @treturn[2] nil
-- @treturn[2] string message
function M.list(texts, default_port)
  local places = {}
  for i, text in ipairs(texts) do
    local place, message = M.parse(text, default_port)
    if not place then return nil, message end
    places[i] = place
  end
  return places
end

--- How a target is written.
-- @tparam table target
-- @treturn string
function M.text(target)
  return (target.host:find(":") and "[%s]:%d" or "%s:%d"):format(target.host, target.port)
end

return M
