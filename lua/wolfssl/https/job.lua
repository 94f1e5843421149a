--- What is asked for: the options of a request, checked, and what its header fields are.
-- @module wolfssl.https.job

local deadline = require "wolfssl.transport.deadline"
local head = require "wolfssl.https.head"
local route = require "wolfssl.https.route"
local transports = require "wolfssl.transport"
local urls = require "wolfssl.https.url"
local wolfssl = require "wolfssl"

local M = {}

local Job = {}
Job.__index = Job

local OPTIONS = {
  url = "string", method = "string", headers = "table", body = "string", source = "function",
  sink = "function", step = "function", redirect = "boolean", maxredirects = "number",
  max_body = "number", proxy = "string", proxy_context = "table", timeout = "number",
  context = "table", transport = "any", insecure_http = "boolean",
}

-- Those of ours, and those of a client context.
local function split(options)
  local ours, others = {}, {}
  for name, value in pairs(options) do
    local kind = OPTIONS[name]
    if kind and kind ~= "any" and type(value) ~= kind then
      error(("option '%s': %s expected, got %s"):format(name, kind, type(value)), 0)
    end
    local part = kind and ours or others
    part[name] = value
  end
  if ours.context and next(others) ~= nil then
    error(("option '%s' belongs to the context, and there is one already"):format(
      tostring(next(others))), 0)
  end
  return ours, others
end

-- The caller's header fields, by names in small letters.
local function own_fields(given)
  local fields = {}
  for name, value in pairs(given or {}) do
    if type(name) ~= "string" or not head.is_token(name) then
      error(("option 'headers': '%s' is no name of a field"):format(tostring(name)), 0)
    elseif type(value) ~= "string" and type(value) ~= "number" then
      error(("option 'headers': %s: string expected, got %s"):format(name, type(value)), 0)
    elseif tostring(value):gsub("\t", " "):find "%c" then
      error(("option 'headers': %s: control characters"):format(name), 0)
    end
    fields[name:lower()] = tostring(value)
  end
  return fields
end

local function check_body(self)
  local length, coding = self.own["content-length"], self.own["transfer-encoding"]
  if self.body and self.source then error("option 'source' stands instead of 'body'", 0) end
  if length and not (self.source and length:find "^%d+$")
    and length ~= ("%d"):format(#(self.body or "")) then
    error("option 'headers': content-length is not that of the body", 0)
  elseif coding and (coding:lower() ~= "chunked" or length or not self.source) then
    error("option 'headers': transfer-encoding can only be chunked, of a source", 0)
  end
  self.own["transfer-encoding"] = nil
end

local function proxy_of(text)
  local proxy, why = urls.parse(text)
  if not proxy then error("option 'proxy': " .. why, 0) end
  return proxy
end

local function nowhere()
  return 1
end

-- One for all requests without options.
local default

local function client_of(ours, others)
  if ours.context then return ours.context end
  local plain = next(others) == nil
  if plain and default then return default end
  others.alpn = others.alpn or { "http/1.1" }
  local client, message, code = wolfssl.client(others)
  if plain then default = client end
  return client, message, code
end

local function new(options)
  local ours, others = split(options)
  local self = setmetatable(ours, Job)
  self.own = own_fields(self.headers)
  self.method = self.method or self.body and "POST" or "GET"
  if not head.is_token(self.method) or self.method == "CONNECT" then
    error(("option 'method': a word other than CONNECT expected, got '%s'"):format(self.method), 0)
  end
  check_body(self)
  self.proxy = self.proxy and proxy_of(self.proxy)
  self.loop, self.sink = transports.choose(self.transport), self.sink or nowhere
  self.moment = deadline.after(self.timeout)
  local url, message, code = self:parsed(self.url or "")
  if not url then return nil, message, code end
  self.url, self.own.authorization = url, self.own.authorization or route.credentials(url)
  self.keep = self.own.connection == nil and (ours.context ~= nil or next(others) == nil)
  self.context, message, code = client_of(ours, others)
  if not self.context then return nil, message, code end
  return self
end

--- Makes one.
-- @tparam table options those of `wolfssl.https.request`
-- @treturn[1] table
-- @treturn[2] nil, message, code
function M.new(options)
  local ok, self, message, code = pcall(new, options)
  if not ok then error(self, 3) end
  return self, message, code
end

--- A URL that may be asked.
-- @tparam string text
-- @tparam ?table base of a relative one
-- @treturn[1] table
-- @treturn[2] nil, message, code
function Job:parsed(text, base)
  local url, message
  if base then url, message = urls.resolve(base, text) else url, message = urls.parse(text) end
  if not url then return nil, message, "decode_error" end
  if url.scheme == "https" or self.insecure_http then return url end
  return nil, ("'%s' is not https; option 'insecure_http' would allow it"):format(urls.text(url)),
    base and "peer_misbehaved" or "decode_error"
end

--- Whether its connection is to serve later requests, too.
-- @treturn boolean
function Job:keeps()
  return self.keep and self.url.scheme == "https"
end

local WITH_BODY = { POST = true, PUT = true, PATCH = true }

--- The header fields of the request.
-- @treturn table
function Job:fields()
  local fields = {
    host = urls.authority(self.url),
    ["user-agent"] = "lua-wolfssl/" .. wolfssl.version.module,
    ["accept-encoding"] = "identity",
    connection = not self:keeps() and "close" or nil,
  }
  if self.body or WITH_BODY[self.method] and not self.source then
    fields["content-length"] = ("%d"):format(#(self.body or ""))
  elseif self.source and not self.own["content-length"] then
    fields["transfer-encoding"] = "chunked"
  end
  for name, value in pairs(self.own) do fields[name] = value end
  return fields
end

local IDEMPOTENT = {
  GET = true, HEAD = true, OPTIONS = true, PUT = true, DELETE = true, TRACE = true,
}

--- Whether it may be sent a second time, when the first has met a closed connection.
-- @treturn boolean
-- @see RFC 9110 section 9.2.2
function Job:repeatable()
  return IDEMPOTENT[self.method] and not self.pulled
end

return M
