--- How large a server's records are, and whether a client that has little memory can ask for less.
-- @module wolfssl.probe.probes.record_fragmentation
-- @see RFC 6066 section 4
-- @see RFC 8449
local probe = require "wolfssl.probe"
local reply = require "wolfssl.probe.reply"

local LIMIT = 512

local ASK = {
  record_size_limit = { record_size_limit = LIMIT },
  max_fragment_length = { max_fragment_length = 1 },   -- 2^9
}

local function answered(target, c, name)
  for _, message in ipairs { "encrypted_extensions", "server_hello" } do
    local said = target:said(c, message)
    if said and said.body.extensions and probe.extension(said, name) then return true end
  end
  return false
end

-- Bytes in the largest of the server's records.
local function largest(c)
  local most = 0
  for _, entry in ipairs(c:entries()) do
    for _, record in ipairs(entry.from == "server" and (entry.records or { entry.record }) or {}) do
      most = math.max(most, #(record.content or record.fragment))
    end
  end
  return most
end

-- A handshake with one of them alone, for a server leaves the older out where it has the newer. The
-- hello is small: behind a HelloRetryRequest it may be held to the limit already.
local function ask(target, version, name)
  local c, message, code = target:connect()
  if not c then return nil, message, code end
  c:handshake { hello = reply.hello(target, { versions = { version },
    add = { { extension_type = name, extension_data = ASK[name] } } }) }
  c:abort()
  return c
end

return probe.define {
  name = "record_fragmentation", summary = "How large are its records, and can one ask for less?",
  findings = {
    ignored = { severity = "error", reference = "RFC 8449 section 4",
      message = "agrees to records of %d bytes, and sends one of %d" },
  },
  needs = { "versions" },
  facts = {
    record_fragmentation = "`largest`: bytes in its largest record of a handshake; "
      .. "`record_size_limit`, `max_fragment_length`: whether it agrees to smaller ones; `kept`: "
      .. "whether it keeps to that, \"not applicable\" where it agrees to neither",
  },
  run = function(target, report, fact)
    local version = target:newest()
    if not version then return true end
    local c, message, code = target:sample(version)
    if not c then return nil, message, code end
    local told = { largest = largest(c), kept = "not applicable",
      record_size_limit = answered(target, c, "record_size_limit"),
      max_fragment_length = answered(target, c, "max_fragment_length") }
    for _, name in ipairs { "record_size_limit", "max_fragment_length" } do
      if told.record_size_limit or told[name] then
        local again, text, why = ask(target, version, name)
        if not again then return nil, text, why end
        told[name] = answered(target, again, name)
        if told[name] then
          local most = largest(again)
          if most > LIMIT then report("ignored", LIMIT, most) end
          told.kept = told.kept ~= false and most <= LIMIT
        end
      end
    end
    fact("record_fragmentation", told)
    return true
  end,
}
