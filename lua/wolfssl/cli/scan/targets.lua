--- What to scan, as a stream: from arguments, from a file, from standard input while it comes.
--
-- A line is HOST, HOST:PORT, ADDRESS/BITS or ADDRESS/BITS:PORT; or an object of JSON with `host`
-- and, if need be, `port`, `server_name` and `starttls`. Empty lines are passed over, and what
-- follows a # that begins a word.
-- @module wolfssl.cli.scan.targets
local cjson = require "cjson"

local core = require("wolfssl.core").fd
local input = require "wolfssl.cli.input"
local starttls = require "wolfssl.starttls"
local target_of = require "wolfssl.cli.target"

local M = {}

local LINE = 4096   -- bytes that a line can have

--- Ports of a list such as "443,8443,9000-9010".
-- @tparam string text
-- @treturn[1] {int,...}
-- @treturn[2] nil
-- @treturn[2] string message
function M.ports(text)
  local list = {}
  for part in (text .. ","):gmatch "([^,]*)," do
    local first, last = part:match "^%s*(%d+)%-(%d+)%s*$"
    if not first then first = part:match "^%s*(%d+)%s*$" end
    first, last = tonumber(first), tonumber(last or first)
    if not first or first < 1 or last > 65535 or last < first then
      return nil, ("'%s' is no list of ports"):format(text)
    end
    for port = first, last do list[#list + 1] = port end
  end
  return list
end

-- ----------------------------------------------------------------------------- one line

local function number_of(address)
  local a, b, c, d = address:match "^(%d+)%.(%d+)%.(%d+)%.(%d+)$"
  a, b, c, d = tonumber(a), tonumber(b), tonumber(c), tonumber(d)
  if a and a < 256 and b < 256 and c < 256 and d < 256 then
    return ((a * 256 + b) * 256 + c) * 256 + d
  end
end

local function address_of(number)
  local parts = {}
  for i = 4, 1, -1 do
    parts[i] = ("%d"):format(number % 256)
    number = math.floor(number / 256)
  end
  return table.concat(parts, ".")
end

-- Each address of a network, of IPv4.
local function network(text)
  local address, bits, port = text:match "^([%d.]+)/(%d+):?(%d*)$"
  bits = tonumber(bits)
  local first = address and number_of(address)
  if not first or bits > 32 then
    return nil, ("'%s' is no network"):format(target_of.quote(text))
  end
  if port ~= "" and (tonumber(port) < 1 or tonumber(port) > 65535) then
    return nil, port .. " is no port"
  end
  local size, i = 2 ^ (32 - bits), -1
  first = first - first % size
  return function()
    i = i + 1
    if i < size then return { host = address_of(first + i), port = tonumber(port) } end
  end
end

local function once(place)
  return function()
    local one = place
    place = nil
    return one
  end
end

local function is_port(value)
  return type(value) == "number" and value >= 1 and value <= 65535 and value % 1 == 0
end

local function object(text)
  local ok, fields = pcall(cjson.decode, text)
  if not ok or type(fields) ~= "table" or not target_of.is_host(fields.host) then
    return nil, ("'%s' is no object with a host"):format(target_of.quote(text))
  end
  if fields.port ~= nil and not is_port(fields.port) then
    return nil, ("'%s' has no port that can be"):format(target_of.quote(text))
  end
  if fields.starttls ~= nil and not starttls.port(fields.starttls) then
    return nil, ("'%s' has no protocol that is known"):format(target_of.quote(text))
  end
  local name = fields.server_name
  if type(name) == "string" and not target_of.is_host(name) then
    return nil, ("'%s' has no server_name that can be"):format(target_of.quote(text))
  end
  return once { host = fields.host, port = fields.port and math.floor(fields.port),
    starttls = fields.starttls, server_name = type(name) == "string" and name or nil }
end

--- The places that a line names.
-- @tparam string line
-- @treturn[1] function that returns the next `{host, port, starttls, server_name}`, what was not
-- said being nil; nil at the end
-- @treturn[2] nil
-- @treturn[2] string message
function M.places(line)
  if line:find "^{" then return object(line) end
  if line:find "^[^/]+/%d+:?%d*$" then return network(line) end
  local place, message = target_of.parse(line)
  if not place then return nil, message end
  return once(place)
end

-- ----------------------------------------------------------------------------- many lines

local BYTE_ORDER_MARK = "^\239\187\191"   -- some editors begin files with it

local function clean(line)
  local text = line:gsub(BYTE_ORDER_MARK, ""):gsub("^%s+", "")
  if not text:find "^{" then text = (" " .. text):match "^(.-)%s#" or text end
  return text:match "%S.*%S" or text:match "%S" or ""
end

-- Reads on; the bytes of a line that is too long are nobody's target.
local function append(self)
  if not core.poll(0, "r", 0) then self.loop:wait(0, "r") end
  local bytes = core.read(0)
  if not bytes then self.ended = true end
  local rest = self.buffer:sub(self.from)
  self.buffer, self.from = (#rest > LINE and rest:sub(1, LINE) or rest) .. (bytes or "\n"), 1
end

--- The lines of standard input, without standing in the way of others that the loop runs.
-- @tparam Loop loop
-- @treturn function that returns the next line, nil at the end; it may wait
function M.stdin(loop)
  local self = { loop = loop, buffer = "", from = 1 }
  return function()
    while true do
      local line, last = self.buffer:match("^([^\n]*)\n()", self.from)
      if line then
        self.from = last
        return line
      end
      if self.ended then return nil end
      append(self)
    end
  end
end

--- The lines of a file.
-- @tparam string path
-- @treturn[1] function
-- @treturn[2] nil
-- @treturn[2] string message
function M.file(path)
  local file, message = input.open(path)
  if not file then return nil, message end
  return file:lines()
end

--- The items of a list.
-- @tparam {string,...} list
-- @treturn function
function M.list(list)
  local i = 0
  return function()
    i = i + 1
    return list[i]
  end
end

--- Whom places are asked of, which is what --per-host counts: a server can have many names.
-- @tparam Loop loop
-- @tparam number timeout seconds
-- @treturn function(place) that returns an address of its host, always the same, or the name that
-- has none; it may wait
function M.servers(loop, timeout)
  return function(place)
    local list = loop:resolve(place.host, timeout) or { place.host }
    table.sort(list)
    return list[1]
  end
end

--- What lines name, place by place, port by port.
-- @tparam {function,...} sources of lines, one after the other
-- @tparam {int,...} ports of places that name none
-- @tparam function wrong function(message) for lines that name nothing
-- @treturn function that returns the next `{host, port, starttls, server_name}`, nil at the end
function M.stream(sources, ports, wrong)
  local source, places, place, index = 1, nil, nil, 0
  local function next_line()
    while sources[source] do
      local line = sources[source]()
      if line then return clean(line) end
      source = source + 1
    end
  end
  local function next_place()
    while true do
      local found = places and places()
      if found then return found end
      local line = next_line()
      if not line then return nil end
      local message
      places, message = nil, nil
      if line ~= "" then places, message = M.places(line) end
      if message then wrong(message) end
    end
  end
  return function()
    if not place or place.port or index >= #ports then
      place, index = next_place(), 0
      if not place or place.port then return place end
    end
    index = index + 1
    return { host = place.host, port = ports[index], starttls = place.starttls,
      server_name = place.server_name }
  end
end

return M
