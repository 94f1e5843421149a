--- Where a response sends its client, and as what the request goes there.
-- @module wolfssl.https.redirect
-- @see RFC 9110 section 15.4

local urls = require "wolfssl.https.url"

local M = {}

local STATUS = { [301] = true, [302] = true, [303] = true, [307] = true, [308] = true }

-- Not for another origin's eyes.
local PRIVATE = { "authorization", "cookie", "host", "proxy-authorization" }

local OF_BODY = { "content-length", "content-type", "content-encoding", "content-language",
  "content-location", "content-range" }

local function forget(fields, names)
  for _, name in ipairs(names) do fields[name] = nil end
end

local function becomes_get(job, status)
  return status == 303 and job.method ~= "HEAD" or status <= 302 and job.method == "POST"
end

--- Whether to follow: not where a source would have to give its bytes again.
-- @tparam table job
-- @tparam table answer head of the response
-- @treturn boolean
function M.wanted(job, answer)
  return job.redirect ~= false and STATUS[answer.status] and answer.fields.location ~= nil
    and (not job.source or becomes_get(job, answer.status))
end

--- Makes the job what it is there.
-- @tparam table job
-- @tparam table answer
-- @treturn[1] boolean true
-- @treturn[2] nil, message, code
function M.follow(job, answer)
  local url, message, code = job:parsed(answer.fields.location, job.url)
  if not url then return nil, "redirect: " .. message, code end
  if becomes_get(job, answer.status) then
    job.method, job.body, job.source = "GET", nil, nil
    forget(job.own, OF_BODY)
  end
  if not urls.same_origin(url, job.url) then forget(job.own, PRIVATE) end
  job.url, job.redirected = url, true
  return true
end

return M
