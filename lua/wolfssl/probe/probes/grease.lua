--- Whether a server passes over values that it does not know, wherever a hello has a list.
-- @module wolfssl.probe.probes.grease
-- @see RFC 8701 section 3.1
local extension_type = require "wolfssl.tls.registry.extension_type"
local hello = require "wolfssl.probe.hello"
local probe = require "wolfssl.probe"
local reply = require "wolfssl.probe.reply"

local PLACES = { "cipher_suites", "extensions", "supported_groups", "key_share",
  "supported_versions", "signature_algorithms", "alpn", "psk_key_exchange_modes" }

local PSK_MODE = 0x2A   -- RFC 8701 section 2 has others for this registry

local function data_of(message, name)
  for _, one in ipairs(message.body.extensions) do
    if extension_type:value(one.extension_type) == extension_type:value(name) then
      return one.extension_data
    end
  end
end

-- A list with a value before the others; lists of a hello may be those that all hellos have.
local function with(value, list)
  local longer = { value }
  for i, item in ipairs(list) do longer[i + 1] = item end
  return longer
end

-- Puts a value into a list; where a hello does not have it, nothing happens.
local function into(extension, list, value)
  return function(message)
    local data = data_of(message, extension)
    if data then data[list] = with(value or hello.grease(), data[list]) end
  end
end

local PUT = {
  supported_groups = into("supported_groups", "named_group_list"),
  supported_versions = into("supported_versions", "versions"),
  signature_algorithms = into("signature_algorithms", "supported_signature_algorithms"),
  alpn = into("application_layer_protocol_negotiation", "protocol_name_list", "\10\10"),
  psk_key_exchange_modes = into("psk_key_exchange_modes", "ke_modes", PSK_MODE),
}

function PUT.cipher_suites(message)
  message.body.cipher_suites = with(hello.grease(), message.body.cipher_suites)
end

function PUT.extensions(message)
  local first = hello.grease()
  local list = with({ extension_type = first, extension_data = "" }, message.body.extensions)
  list[#list + 1] = { extension_type = first == 0x0A0A and 0x1A1A or 0x0A0A,
    extension_data = "\0" }
  message.body.extensions = list
end

-- A share is of a group that is offered.
function PUT.key_share(message)
  local groups, shares = data_of(message, "supported_groups"), data_of(message, "key_share")
  if not shares then return end
  local group = hello.grease()
  groups.named_group_list = with(group, groups.named_group_list)
  shares.client_shares = with({ group = group, key_exchange = "\0" }, shares.client_shares)
end

local function say(target, places)
  return reply.to_hello(target, { alpn = { "h2", "http/1.1" } }, function(message)
    for _, place in ipairs(places) do PUT[place](message) end
  end)
end

-- The places where one value alone is too much.
local function search(target, report)
  local ok, message, code = reply.takes_hellos(target)
  if not ok then return nil, message, code end
  local where = {}
  for _, place in ipairs(PLACES) do
    local word, text, why = say(target, { place })
    if not word then return nil, text, why end
    if word ~= "server_hello" then
      where[#where + 1] = place
      report("intolerant", place, word)
    end
  end
  return where
end

return probe.define {
  name = "grease", summary = "Does the server pass over values that it does not know?",
  findings = {
    intolerant = { severity = "error", reference = "RFC 8446 section 9.3",
      message = "an unknown value in %s: %s" },
  },
  needs = { "versions" },
  facts = {
    grease = "`tolerated`: reserved values everywhere are passed over; `where`: list of the places "
      .. "in a hello where one alone is not",
  },
  run = function(target, report, fact)
    if not target:newest() then return true end
    local word, message, code = say(target, PLACES)
    if not word then return nil, message, code end
    local where = {}
    if word ~= "server_hello" then
      where, message, code = search(target, report)
      if not where then return nil, message, code end
    end
    fact("grease", { tolerated = word == "server_hello", where = where })
    return true
  end,
}
