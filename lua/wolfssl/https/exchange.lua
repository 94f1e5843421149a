--- One request and its response on one connection.
-- @module wolfssl.https.exchange

local body = require "wolfssl.https.body"
local head = require "wolfssl.https.head"

local M = {}

local function capital(name)
  return (name:gsub("%f[%w]%l", string.upper))
end

local function head_of(job, fields)
  local names, lines = {}, { ("%s %s HTTP/1.1"):format(job.method, job.url.path) }
  for name in pairs(fields) do names[#names + 1] = name end
  table.sort(names)
  lines[2] = "Host: " .. fields.host
  for _, name in ipairs(names) do
    if name ~= "host" then lines[#lines + 1] = capital(name) .. ": " .. fields[name] end
  end
  return table.concat(lines, "\r\n") .. "\r\n\r\n"
end

-- What a pump has failed with: on the wire, or in the caller's source, sink or step.
local function failed(wire, message)
  local failure = wire.failure
  if failure and failure[1] == message then return nil, message, failure[2], failure[3] end
  return nil, tostring(message), "rejected"
end

local function send(job, wire)
  local fields = job:fields()
  local ok, message, code, detail = wire:write(head_of(job, fields) .. (job.body or ""))
  if not ok then return nil, message, code, detail end
  if not job.source then return true end
  job.pulled = true
  ok, message = body.pump(job.source, body.sink(wire, tonumber(fields["content-length"])),
    job.step or body.step)
  if ok then return true end
  return failed(wire, message)
end

local HUNG_UP = { closed = true, truncated = true, network_error = true }

--- Whether a failure is that of a connection on which the server no longer listened.
-- @tparam Wire wire
-- @tparam string code
-- @treturn boolean
function M.is_stale(wire, code)
  return HUNG_UP[code] and not wire.heard
end

--- Sends a request and reads the head of the response.
-- @tparam table job
-- @tparam Wire wire
-- @treturn[1] table see `wolfssl.https.head`
-- @treturn[2] nil, message, code, detail
function M.ask(job, wire)
  local ok, message, code, detail = send(job, wire)
  if not ok and not HUNG_UP[code] then return nil, message, code, detail end
  local answer, why, word, more = head.read(wire)
  if not ok then -- who does not want our body says so, and hangs up
    if not answer or answer.status < 400 then return nil, message, code, detail end
    answer.early = true
  elseif not answer and word == "closed" then
    return nil, "the server closed the connection instead of a response", "truncated"
  end
  return answer, why, word, more
end

--- Reads the body of a response.
-- @tparam table job
-- @tparam Wire wire
-- @tparam table answer its head
-- @tparam table to `sink`; optionally `step`, `max_body`
-- @treturn[1] boolean true
-- @treturn[2] nil, message, code, detail
function M.hear(job, wire, answer, to)
  local framing, message, code = head.framing(answer, job.method)
  if not framing then return nil, message, code end
  local ok
  ok, message = body.pump(body.source(wire, framing, to.max_body), to.sink, to.step or body.step)
  if not ok then return failed(wire, message) end
  if wire.complete and wire:dirty() then
    return nil, "the server sends more than its response", "peer_misbehaved"
  end
  answer.kept = wire.complete and framing ~= "close" and not answer.early and head.persists(answer)
  return true
end

return M
