--- Whether a server chooses an older version when a client offers one that does not exist yet.
-- @module wolfssl.probe.probes.version_intolerance
-- @see RFC 5246 appendix E.1
-- @see RFC 8446 section 4.2.1 and appendix D
local extension_type = require "wolfssl.tls.registry.extension_type"
local probe = require "wolfssl.probe"
local reply = require "wolfssl.probe.reply"
local versions = require "wolfssl.tls.registry.version"

local OFFERS = { { "legacy_version", 0x0304 }, { "legacy_version", 0x03FF },
  { "supported_versions", 0x0305 }, { "record", 0x0304 } }

local SAY = {}

-- Before TLS 1.3 the newest version stood there.
function SAY.legacy_version(target, version)
  local old = target:newest "TLS 1.2"
  if not old then return "server_hello" end   -- it need not read it
  return reply.to_hello(target, { versions = { old }, legacy_version = version })
end

function SAY.supported_versions(target, version)
  return reply.to_hello(target, nil, function(message)
    for _, one in ipairs(message.body.extensions) do
      if extension_type:value(one.extension_type) == 43 then
        table.insert(one.extension_data.versions, 1, version)
      end
    end
  end)
end

function SAY.record(target, version)
  return reply.to_hello(target, nil, function() return { version = version } end)
end

return probe.define {
  name = "version_intolerance", summary = "Does the server bear versions to come?",
  findings = {
    intolerant = { severity = "error", reference = "RFC 8446 appendix D.2",
      message = "%s offered as %s: %s" },
  },
  needs = { "versions" },
  facts = {
    version_intolerance = "list of what it does not bear: {version, by, answer}; `by` is "
      .. "legacy_version, supported_versions or record (the version in the record's header)",
  },
  run = function(target, report, fact)
    if not target:newest() then return true end
    local list = {}
    for _, offer in ipairs(OFFERS) do
      local by, version = offer[1], versions:entry(offer[2])
      local word, message, code = SAY[by](target, version.value)
      if not word then return nil, message, code end
      if word ~= "server_hello" then
        local ok, text, why = reply.takes_hellos(target)
        if not ok then return nil, text, why end
        list[#list + 1] = { version = version, by = by, answer = word }
        report("intolerant", version.name, by, word)
      end
    end
    fact("version_intolerance", list)
    return true
  end,
}
