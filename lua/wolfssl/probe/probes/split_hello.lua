--- Whether a ClientHello may come in pieces: over several records, or over several packets.
-- @module wolfssl.probe.probes.split_hello
-- @see RFC 8446 section 5.1
local handshake = require "wolfssl.tls.handshake"
local probe = require "wolfssl.probe"
local record = require "wolfssl.tls.record"
local reply = require "wolfssl.probe.reply"

local RECORD = 64            -- bytes in each record
local PACKETS = { 3, 100 }   -- ends of packets: in the header of the record, and behind it
local PAUSE = 0.05           -- seconds, so that packets are not joined on their way

local function in_records(target)
  return reply.to_hello(target, nil, function() return { fragment = RECORD } end)
end

-- An answer to a part is an answer, too.
local function in_packets(target)
  local early
  local word, c, message = reply.to(target, function(c)
    local bytes = record.encode { type = "handshake", legacy_record_version = 0x0301,
      fragment = handshake.encode(c:client_hello(reply.hello(target))) }
    local first = 1
    for _, last in ipairs(PACKETS) do
      c:send(bytes:sub(first, last))
      early = early or reply.next(c, PAUSE)
      if early ~= "timeout" then return end
      early, first = nil, last + 1
    end
    c:send(bytes:sub(first))
  end)
  if word == "hello_retry_request" then word = "server_hello" end
  return word and (early or word), c, message
end

return probe.define {
  name = "split_hello", summary = "Does the server take hellos in pieces?",
  findings = {
    refused = { severity = "warning", message = "a ClientHello over several %s: %s",
      reference = "RFC 8446 section 5.1" },
  },
  needs = { "versions" },
  facts = { split_hello = "whether it takes a ClientHello in several: `records`, `tcp` packets" },
  run = function(target, report, fact)
    if not target:newest() then return true end
    local told = {}
    for _, way in ipairs { { "records", in_records }, { "tcp", in_packets } } do
      local name, word, message, code = way[1], way[2](target)
      if not word then return nil, message, code end
      told[name] = word == "server_hello"
      if not told[name] then
        local ok, text, why = reply.takes_hellos(target)
        if not ok then return nil, text, why end
        report("refused", name == "tcp" and "packets" or "records", word)
      end
    end
    fact("split_hello", told)
    return true
  end,
}
