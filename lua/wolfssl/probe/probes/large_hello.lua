--- How large a ClientHello may be: with the share of a post-quantum group it fills more than a
-- packet.
-- @module wolfssl.probe.probes.large_hello
-- @see RFC 7685
local handshake = require "wolfssl.tls.handshake"
local probe = require "wolfssl.probe"
local reply = require "wolfssl.probe.reply"

-- Around a packet, a record, and the most that lengths of extensions allow.
local SIZES = { 512, 1500, 4096, 16384, 32768, 65000 }
local RECORD = 16384   -- who takes a record should take it full
local HEADER = 4   -- of an extension

local function padded(size)
  return function(message)
    local list = message.body.extensions
    local missing = size - #handshake.encode(message) - HEADER
    list[#list + 1] = { extension_type = "padding",
      extension_data = { padding = ("\0"):rep(math.max(missing, 0)) } }
  end
end

-- The largest size by place that is taken, 0 for none; the largest first, for most take that.
local function search(target)
  local taken, refused, answer = 0, #SIZES + 1, false
  local try = #SIZES
  while taken + 1 < refused do
    local word, message, code = reply.to_hello(target, nil, padded(SIZES[try]))
    if not word then return nil, message, code end
    if word == "server_hello" then taken = try else refused, answer = try, word end
    try = math.floor((taken + refused) / 2)
  end
  return taken, answer
end

return probe.define {
  name = "large_hello", summary = "Does the server take large hellos?",
  findings = {
    refused = { severity = "warning", reference = "RFC 8446 section 4.1.2",
      message = "a ClientHello of %d bytes: %s" },
  },
  needs = { "versions" },
  facts = {
    large_hello = "`tolerated`: bytes of the largest ClientHello that it takes, of "
      .. table.concat(SIZES, ", ") .. "; `refused`: the next size, or false; `answer` to that",
  },
  run = function(target, report, fact)
    if not target:newest() then return true end
    local taken, answer, code = search(target)
    if not taken then return nil, answer, code end
    local refused = SIZES[taken + 1]
    if refused then
      local ok, message, why = reply.takes_hellos(target)
      if not ok then return nil, message, why end
      if refused <= RECORD then report("refused", refused, answer) end
    end
    fact("large_hello", { tolerated = SIZES[taken] or 0, refused = refused or false,
      answer = answer })
    return true
  end,
}
