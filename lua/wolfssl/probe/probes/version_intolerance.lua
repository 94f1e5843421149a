--- Whether a server chooses an older version when a client offers one that does not exist yet.
-- @module wolfssl.probe.probes.version_intolerance
-- @see RFC 5246 appendix E.1
-- @see RFC 8446 section 4.2.1 and appendix D
local extension_type = require "wolfssl.tls.registry.extension_type"
local probe = require "wolfssl.probe"
local reply = require "wolfssl.probe.reply"
local versions = require "wolfssl.tls.registry.version"

-- All at once, as far as one hello can; and one by one, where that was too much.
local TOGETHER = { { legacy_version = 0x03FF, record = 0x0304 },
  { supported_versions = 0x0305, record = 0x0304 } }
local APART = { { legacy_version = 0x0304 }, { legacy_version = 0x03FF },
  { supported_versions = 0x0305 }, { record = 0x0304 } }

local SUPPORTED_VERSIONS = 43

-- Before TLS 1.3 the newest version stood in legacy_version; with it nobody need read that.
local function say(target, offer)
  local options
  if offer.legacy_version then
    local old = target:newest "TLS 1.2"
    if not old then return "server_hello" end
    options = { versions = { old }, legacy_version = offer.legacy_version }
  end
  return reply.to_hello(target, options, function(message)
    for _, one in ipairs(offer.supported_versions and message.body.extensions or {}) do
      if extension_type:value(one.extension_type) == SUPPORTED_VERSIONS then
        table.insert(one.extension_data.versions, 1, offer.supported_versions)
      end
    end
    return { version = offer.record }
  end)
end

local function bears(target, offers)
  for _, offer in ipairs(offers) do
    local word, message, code = say(target, offer)
    if not word then return nil, message, code end
    if word ~= "server_hello" then return false end
  end
  return true
end

local function search(target, report)
  local ok, text, why = reply.takes_hellos(target)
  if not ok then return nil, text, why end
  local list = {}
  for _, offer in ipairs(APART) do
    local word, message, code = say(target, offer)
    if not word then return nil, message, code end
    if word ~= "server_hello" then
      local by, value = next(offer)
      local version = versions:entry(value)
      list[#list + 1] = { version = version, by = by, answer = word }
      report("intolerant", version.name, by, word)
    end
  end
  return list
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
    local fine, message, code = bears(target, TOGETHER)
    if fine == nil then return nil, message, code end
    local list = {}
    if not fine then list, message, code = search(target, report) end
    if not list then return nil, message, code end
    fact("version_intolerance", list)
    return true
  end,
}
