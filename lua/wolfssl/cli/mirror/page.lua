--- The pages of `wolfprobe mirror`, over HTTP/1.1, and over HTTP/2 to who agreed on that.
-- @module wolfssl.cli.mirror.page

local entries_of = require "wolfssl.cli.entries"
local guest = require "wolfssl.cli.mirror.guest"
local h2 = require "wolfssl.cli.mirror.h2"
local html = require "wolfssl.trace.render.html"
local json = require "wolfssl.trace.render.json"

local M = {}

local HEAD = 16384   -- bytes of a request

local views = {}

function views.json(_, report) return json.encode(report) .. "\n", "application/json" end

function views.text(_, report) return entries_of.text { report.hello }, "text/plain" end

function views.html(c, report)
  return html.render(c:explain { origin = "Your connection from " .. report.address
    .. ", as this server saw it." }), "text/html"
end

function views.fingerprint(_, report)
  local lines = {}
  for _, name in ipairs { "ja3", "ja4" } do
    local value = report.fingerprints and report.fingerprints[name]
    lines[#lines + 1] = value and ("%s %s\n"):format(name, value)
  end
  return table.concat(lines), "text/plain"
end

-- The head of a request; nil where none comes in time.
local function request(c, seconds)
  local head, hear = "", guest.ear(c, seconds)
  while not head:find "\r?\n\r?\n" and #head <= HEAD do
    local bytes = hear()
    if not bytes then return nil end
    head = head .. bytes
  end
  return #head <= HEAD and head or nil
end

local function view_for(head)
  local path = head:match "^%u+ /([%w]*)[? ]"
  if path == "" then path = head:lower():find "\naccept:[^\n]*text/html" and "html" or "text" end
  return path and views[path]
end

local function answer(head, status, kind, body)
  local top = ("HTTP/1.1 %s\r\nContent-Type: %s; charset=utf-8\r\nContent-Length: %d\r\n"
    .. "Cache-Control: no-store\r\nConnection: close\r\n\r\n"):format(status, kind, #body)
  return head:find "^HEAD " and top or top .. body
end

local function serve_http1(c, report, seconds)
  local head = request(c, seconds)
  if not head then return false end
  c.timeout = seconds
  local view = view_for(head)
  local bytes
  if view then
    local body, kind = view(c, report)
    bytes = answer(head, "200 OK", kind, body)
  else
    bytes = answer(head, "404 Not Found", "text/plain",
      "there are /, /text, /json, /html and /fingerprint\n")
  end
  return c:write(bytes) and true or false
end

--- Answers one request.
-- @tparam Conversation c
-- @tparam table report
-- @tparam number seconds for the request, and for the answer
-- @treturn boolean whether an answer went out
function M.serve(c, report, seconds)
  local protocol = c:summary().protocol
  if protocol ~= "h2" then return serve_http1(c, report, seconds) end
  return h2.serve(c, function(name)
    local body, kind = views[name](c, report)
    return body, kind .. "; charset=utf-8"
  end, seconds)
end

--- The answer to HTTP without TLS.
-- @tparam string place where to find us with TLS
-- @treturn string
function M.without_tls(place)
  return answer("", "400 Bad Request", "text/plain", "this is a server of TLS: " .. place .. "\n")
end

return M
