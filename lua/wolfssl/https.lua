--- A client of HTTPS, called like LuaSocket's `socket.http`.
--
--     local https = require "wolfssl.https"
--     local body, code, headers, status = https.request "https://example.org/"
--
-- It verifies the server, waits in every loop that `wolfssl.connect` waits in, keeps connections
-- for the next request, and is strict with what servers send. LuaSocket's own client calls what
-- waits from within a `pcall` in C, which nothing can yield across; hence this one. It speaks
-- HTTP/1.1. HTTP/2 and compression are out: lua-http speaks HTTP/2 over a stream of ours, see
-- spec/examples/lua_http.lua.
--
--     local https = require "wolfssl.https"
--     local client = assert(wolfssl.client { alpn = { "http/1.1" } })  -- keeps its connections
--     local ok, code, headers, status = https.request {
--       url = "https://example.org/", context = client, timeout = 20,
--       sink = ltn12.sink.file(assert(io.open("page.html", "wb"))),
--     }
-- @module wolfssl.https
-- @see RFC 9110
-- @see RFC 9112

local exchange = require "wolfssl.https.exchange"
local jobs = require "wolfssl.https.job"
local options_of = require "wolfssl.options"
local redirect = require "wolfssl.https.redirect"
local route = require "wolfssl.https.route"
local urls = require "wolfssl.https.url"

local M = {}

local REDIRECTS = 5
local MOST = 67108864 -- bytes of a body that is returned

-- For the body of a redirect, which is read for the sake of the connection.
local UNSEEN = { max_body = 65536, sink = function() return 1 end }

-- On a connection that was left, if there is one. The server may close it in the same moment.
local function ask(job)
  local wire = route.again(job)
  local answer, message, code, detail
  if wire then
    answer, message, code, detail = exchange.ask(job, wire)
    if answer then return answer, wire end
    local again = exchange.is_stale(wire, code) and job:repeatable()
    wire:close()
    if not again then return nil, message, code, detail end
  end
  wire, message, code, detail = route.open(job)
  if not wire then return nil, message, code, detail end
  answer, message, code, detail = exchange.ask(job, wire)
  if answer then return answer, wire end
  wire:close()
  return nil, message, code, detail
end

local function finish(job, wire, answer)
  if answer.kept and job:keeps() then route.leave(job, wire) else wire:close() end
end

-- One that is too long or cut costs its connection, and nothing else: nobody wants it.
local function pass_over(job, wire, answer)
  local ok, message, code, detail = exchange.hear(job, wire, answer, UNSEEN)
  finish(job, wire, answer)
  if ok or code == "rejected" or code == "truncated" then return true end
  return nil, message, code, detail
end

local function conclude(job, wire, answer)
  local ok, message, code, detail = exchange.hear(job, wire, answer, job)
  finish(job, wire, answer)
  if not ok then return nil, message, code, detail end
  local headers = answer.fields
  if job.redirected then headers.location = headers.location or urls.text(job.url) end
  return 1, answer.status, headers, answer.line
end

local function perform(job)
  local most = job.maxredirects or REDIRECTS
  for _ = 0, most do
    local answer, wire, code, detail = ask(job)
    if not answer then return nil, wire, code, detail end
    if not redirect.wanted(job, answer) then return conclude(job, wire, answer) end
    local ok, message
    ok, message, code, detail = pass_over(job, wire, answer)
    if ok then ok, message, code = redirect.follow(job, answer) end
    if not ok then return nil, message, code, detail end
  end
  return nil, ("more than %d redirects"):format(most), "peer_misbehaved"
end

local function simple(url, body)
  local parts = {}
  local job, message, code = jobs.new {
    url = url, body = body, max_body = MOST,
    headers = body and { ["content-type"] = "application/x-www-form-urlencoded" },
    sink = function(bytes)
      parts[#parts + 1] = bytes
      return 1
    end,
  }
  if not job then return nil, message, code end
  local ok, status, headers, line = perform(job)
  if not ok then return nil, status, headers, line end
  return table.concat(parts), status, headers, line
end

--- Does a request.
--
-- Given a URL, it returns the body of the response; given a URL and a body, it posts it as a form.
-- Then nothing limits the time, and a body of more than 64 MiB is `rejected`.
-- Given a table, it returns 1, and the body goes to a sink. The table's fields:
--
--  * `url`; `https://user:password@host` authorizes
--  * `method`: "GET" (with a body "POST"), ...
--  * `headers`: table
--  * `body`: string; or `source`: function as in LTN12, sent in chunks, or in the length that
--    `headers` announce
--  * `sink`: function as in LTN12; `step`: what `ltn12.pump.step` is, for source and sink
--  * `max_body`: most bytes of the response's body
--  * `redirect`: false to get redirects (301, 302, 303, 307, 308) as they are; `maxredirects`: 5.
--    On its way to another origin a request loses Authorization and Cookie
--  * `timeout`: seconds for all of it, redirects too; only a name that the loop resolves without
--    yielding takes longer
--  * `proxy`: "http://user:password@host:port", or https; it is asked to CONNECT. `proxy_context`:
--    context for TLS to it, where that differs
--  * `context`: a client context; or any options of one, see `wolfssl.context`. Connections are
--    kept where it is given, or nothing of it
--  * `transport`: as for `wolfssl.connect`
--  * `insecure_http`: true: http URLs are asked without TLS, also where a redirect leads there
--
-- What the context shows to servers (a certificate) it shows to those that a redirect leads to.
-- @tparam string|table what
-- @tparam ?string body
-- @treturn[1] string|int body, or 1
-- @treturn[1] int code
-- @treturn[1] table headers, by names in small letters
-- @treturn[1] string status line
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code: besides those of `wolfssl.connect` `decode_error` and `peer_misbehaved`
--   for a response that breaks the rules, `truncated`, `timeout`, `rejected` by a source or sink
-- @treturn[2] ?table detail
function M.request(what, body)
  if type(what) == "table" then
    local job, message, code = jobs.new(what)
    if not job then return nil, message, code end
    return perform(job)
  elseif type(what) ~= "string" or body ~= nil and type(body) ~= "string" then
    error("a URL (and a body) or a table expected", 2)
  end
  return simple(what, body)
end

--- Closes the connections that a context keeps for later requests.
-- @tparam table context
function M.close_idle(context)
  options_of.argument(type(context) == "table", "https.close_idle", 1, "context", context)
  if context.idle then context.idle:close() end
end

return M
