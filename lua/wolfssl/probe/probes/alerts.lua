--- What a server says to clients that are wrong.
-- @module wolfssl.probe.probes.alerts
-- @see RFC 8446 section 6.2
local probe = require "wolfssl.probe"
local reply = require "wolfssl.probe.reply"

local NO_SUITE = 0xFFFE      -- for private use
local SSL3, TLS13 = 0x0300, 0x0304
local GARBAGE = ("\255"):rep(64)
local FORGED = { content_type = "application_data", content = ("\0"):rep(64) }
local REQUEST = "GET / HTTP/1.0\r\n\r\n"

local WRONG = {}

function WRONG.unknown_suite(target)
  return reply.to_hello(target, { cipher_suites = { NO_SUITE } })
end

-- One that is older than what is spoken.
function WRONG.wrong_version(target)
  local list = target.facts.versions
  local oldest = list[#list]
  if oldest.value <= SSL3 then return "not applicable" end
  return reply.to_hello(target, { legacy_version = oldest.value - 1,
    versions = { oldest.value >= TLS13 and "TLS 1.2" or oldest.name } })
end

function WRONG.garbage(target)
  return reply.to(target, GARBAGE, target.patience)
end

function WRONG.plain_http(target)
  local c, message, code = target:connect()
  if not c then return nil, message, code end
  c:send(REQUEST)
  local word, _, text = reply.next(c, target.patience)
  c:abort()
  return word == "unreadable" and text:find '"HTTP/' and "HTTP" or word
end

-- A record that nobody sealed; from one who has no certificate, where that may be wrong already.
function WRONG.bad_record(target)
  local c, message, code = target:connect()
  if not c then return nil, message, code end
  local hello = reply.hello(target, { versions = { target:newest() } })
  if not c:handshake { hello = hello } then return "not applicable" end
  c:send(FORGED, { secret = false })
  local word, expected = reply.last(c, nil, target.patience), "alert bad_record_mac"
  c:abort()
  if word ~= expected and target:said(c, "certificate_request") then return "not applicable" end
  return word
end

local ORDER = { "unknown_suite", "wrong_version", "garbage", "plain_http", "bad_record" }

return probe.define {
  name = "alerts", summary = "What does the server say to clients that are wrong?",
  findings = {
    tolerated = { severity = "error", message = "goes along with %s" },
    unreadable = { severity = "info", message = "answers %s with what is no TLS" },
  },
  needs = { "versions" },
  facts = {
    alerts = "answers by fault (unknown_suite, wrong_version, bad_record, garbage, plain_http): "
      .. "\"alert NAME\", \"closed\", \"timeout\", \"unreadable\", the name of a message, \"HTTP\" "
      .. "for that in the clear, \"not applicable\" where there is no such fault, or no handshake",
  },
  run = function(target, report, fact)
    if not target:newest() then return true end
    local told = {}
    for _, name in ipairs(ORDER) do
      local word, message, code = WRONG[name](target)
      if not word then return nil, message, code end
      told[name] = word
      if word == "server_hello" or word == "application_data" then report("tolerated", name) end
      if word == "unreadable" then report("unreadable", name) end
    end
    fact("alerts", told)
    return true
  end,
}
