--- URLs of http and https: taken apart, and relative ones completed.
-- @module wolfssl.https.url
-- @see RFC 3986 section 5.2

local M = {}

local PORTS = { http = 80, https = 443 }

-- RFC 3986 section 3.2.1. Whoever reads anything else, such as a backslash, in another way finds
-- another host.
local USER = "^[%w._~!$&'()*+,;=:%%-]*$"

-- What must not stand for itself goes as percent signs; a control character never goes.
local function escaped(text)
  return (text:gsub("[^%w!#$%%&'()*+,./:;=?@%[%]_~-]", function(c)
    return ("%%%02X"):format(c:byte())
  end))
end

local function unescaped(text)
  return (text:gsub("%%(%x%x)", function(digits) return string.char(tonumber(digits, 16)) end))
end

local function host_and_port(text, scheme)
  local host, rest = text:match "^%[([%x:.]+)%](.*)$"
  if not host then host, rest = text:match "^([%w_.-]+)(.*)$" end
  local port = rest == "" and "" or rest and rest:match "^:(%d*)$"
  local number = tonumber(port ~= "" and port or PORTS[scheme])
  if not port or not number or number < 1 or number > 65535 then return end
  if #host > 255 or host:find "^%." or host:find "%.%.$" then return end
  return host:lower(), number
end

--- Takes a URL apart.
-- @tparam string text
-- @treturn[1] table `scheme` "https" or "http", `host` (of an IPv6 address without brackets),
--   `port`, `path` with the query, `user` and `password` if there are any
-- @treturn[2] nil
-- @treturn[2] string what is wrong with it
function M.parse(text)
  if text:find "%c" then return nil, "a URL with control characters" end
  local scheme, authority, path = text:match "^(%a[%w+.-]*)://([^/?#]*)([^#]*)"
  scheme = scheme and scheme:lower()
  if not PORTS[scheme] then return nil, ("not an https URL: '%s'"):format(text:sub(1, 120)) end
  local user, place = authority:match "^(.*)@(.-)$"
  if user and not user:find(USER) then return nil, "a URL with a user that is none" end
  local host, port = host_and_port(place or authority, scheme)
  if not host then return nil, ("no host and port in the URL '%s'"):format(text:sub(1, 120)) end
  local url = { scheme = scheme, host = host, port = port,
    path = escaped(path:find "^/" and path or "/" .. path) }
  if user then
    local name, password = user:match "^([^:]*):(.*)$"
    url.user, url.password = unescaped(name or user), unescaped(password or "")
  end
  return url
end

--- The host as it stands in a Host field.
-- @tparam table url
-- @tparam ?boolean with_port also where it is the scheme's own
-- @treturn string
function M.authority(url, with_port)
  local host = url.host:find(":", 1, true) and "[" .. url.host .. "]" or url.host
  if url.port == PORTS[url.scheme] and not with_port then return host end
  return ("%s:%d"):format(host, url.port)
end

--- The URL as text, without a user.
-- @tparam table url
-- @treturn string
function M.text(url)
  return url.scheme .. "://" .. M.authority(url) .. url.path
end

-- Section 5.2.4
local function without_dots(path)
  local parts = {}
  local last
  for part in path:gmatch "/([^/]*)" do
    last = part
    if part == ".." then
      parts[#parts] = nil
    elseif part ~= "." then
      parts[#parts + 1] = part
    end
  end
  local tail = (last == "." or last == "..") and "/" or ""
  if #parts == 0 then return "/" end
  return "/" .. table.concat(parts, "/") .. tail
end

--- What a reference means on the page of a URL.
-- @tparam table base
-- @tparam string reference
-- @treturn[1] table as of `parse`
-- @treturn[2] nil
-- @treturn[2] string what is wrong with it
function M.resolve(base, reference)
  reference = reference:gsub("#.*$", "")
  if reference:find "^%a[%w+.-]*:" then return M.parse(reference) end
  if reference:find "^//" then return M.parse(base.scheme .. ":" .. reference) end
  local path, query = reference:match "^([^?]*)(.*)$"
  local old_path, old_query = base.path:match "^([^?]*)(.*)$"
  if path == "" then
    path, query = old_path, query ~= "" and query or old_query
  elseif not path:find "^/" then
    path = old_path:match "^.*/" .. path
  end
  return M.parse(("%s://%s%s%s"):format(base.scheme, M.authority(base, true), without_dots(path),
    query))
end

--- Whether two URLs are of the same origin.
-- @tparam table a
-- @tparam table b
-- @treturn boolean
function M.same_origin(a, b)
  return a.scheme == b.scheme and a.host == b.host and a.port == b.port
end

return M
