--- Heartbleed: whether the server answers a heartbeat with more than it was sent.
--
-- A single byte more is asked for, the answer is not read beyond its header, and nothing of it is
-- kept.
-- @module wolfssl.probe.probes.heartbleed
-- @see RFC 6520 section 4
local probe = require "wolfssl.probe"
local reply = require "wolfssl.probe.reply"

-- A request whose payload is said to have two bytes, has one, and no padding: to be discarded.
local REQUEST = "\1\0\2x"
local HEADER, HEARTBEAT = 5, 24
local OFFER = { { extension_type = "heartbeat",
  extension_data = { mode = "peer_allowed_to_send" } } }

local function has_heartbeat(target, version)
  local c, how, code = target:sample(version)
  if not c then return nil, how, code end
  for _, name in ipairs { "encrypted_extensions", "server_hello" } do
    local said = target:said(c, name)
    if said and said.body.extensions and probe.extension(said, "heartbeat") then return true end
  end
  return false
end

-- The type of the record that comes next; the rest of it stays where it is.
local function next_type(c, timeout)
  local bytes = ""
  while #bytes < HEADER do
    local more = c.transport:read(HEADER - #bytes, timeout)
    if not more then return nil end
    bytes = bytes .. more
  end
  return bytes:byte()
end

local function verdict(target, version)
  local word, c, message = reply.to_hello(target, { versions = { version }, add = OFFER })
  if not word then return nil, c, message end
  if word ~= "server_hello" then return "not applicable" end
  if reply.last(c, { server_hello_done = true }) ~= "server_hello_done" then
    return "not applicable"
  end
  c:send { content_type = "heartbeat", content = REQUEST }
  local kind = next_type(c, target.patience)
  c:abort()
  return kind == HEARTBEAT and "vulnerable" or "not vulnerable"
end

return probe.define {
  name = "heartbleed", summary = "Does the server give away memory to a heartbeat?",
  findings = {
    vulnerable = { severity = "error", reference = "CVE-2014-0160",
      message = "it answers a heartbeat with more than it was sent, out of its memory" },
    heartbeat = { severity = "info", message = "heartbeats are answered",
      reference = "RFC 6520" },
  },
  needs = { "versions" },
  facts = {
    heartbeat = "whether the newest version takes the extension heartbeat",
    heartbleed = "\"vulnerable\", \"not vulnerable\", or \"not applicable\" without heartbeats in "
      .. "TLS 1.2 and before",
  },
  run = function(target, report, fact)
    local newest, old = target:newest(), target:newest "TLS 1.2"
    if not newest then return end
    local beats, message, code = has_heartbeat(target, newest)
    if beats == nil then return nil, message, code end
    fact("heartbeat", beats)
    if beats then report "heartbeat" end
    local before = beats
    if old ~= newest then
      before = false
      if old then before, message, code = has_heartbeat(target, old) end
      if before == nil then return nil, message, code end
    end
    local said = "not applicable"
    if before then said, message, code = verdict(target, old) end
    if not said then return nil, message, code end
    if said == "vulnerable" then report "vulnerable" end
    fact("heartbleed", said)
  end,
}
