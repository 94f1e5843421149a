--- What a server does about the name it is asked for.
-- @module wolfssl.probe.probes.sni
-- @see RFC 6066 section 3
local probe = require "wolfssl.probe"
local reply = require "wolfssl.probe.reply"

local UNKNOWN = "nobody.invalid"   -- a name that nobody has: RFC 2606 section 2

-- "" for none, and for a list that came before a version was agreed on.
local function leaf_of(message)
  local list = message and message.body.certificate_list
  local leaf = list and list[1]
  return type(leaf) == "table" and leaf.cert_data or leaf or ""
end

local function was_warned(c)
  for _, entry in ipairs(c:entries()) do
    if entry.kind == "alert" and entry.message
        and entry.message.description.name == "unrecognized_name" then
      return true
    end
  end
end

-- The leaf that is shown for a name, false for none; or how it is refused. Or nil, message, code.
local function shown_for(target, version, name)
  local answer, c, code = target:ask(reply.hello(target, { versions = { version },
    server_name = name }), "certificate", "server_key_exchange", "server_hello_done")
  if answer == nil then return nil, c, code end
  if not answer then return false, c end
  return leaf_of(answer), was_warned(c) and "warning" or "accepted"
end

return probe.define {
  name = "sni", summary = "What a server does about the name it is asked for.",
  needs = { "versions" },
  findings = {
    required = { severity = "info", message = "does not talk to clients that name no server: %s" },
    case_sensitive = { severity = "warning", reference = "RFC 6066 section 3",
      message = "takes the same name in capitals for another" },
  },
  facts = { sni = "{required: whether a name must be sent; without, unknown: what becomes of "
    .. "clients that send none, or one that nobody has (\"accepted\", \"warning\" where an alert "
    .. "does not end it, \"alert NAME\" where one does, \"closed\", \"timeout\"); "
    .. "default_certificate_differs: whether those without a name are shown another certificate; "
    .. "case_sensitive: absent where the server is asked for by its address}; absent where no "
    .. "ordinary hello is taken" },
  run = function(target, report, fact)
    local version = target:newest()
    if not version then return end
    local c, message, code = target:sample(version)
    if not c then return nil, message, code end
    if not target:said(c, "server_hello") then return end
    local usual = leaf_of(target:said(c, "certificate"))
    local sni = {}
    local leaf, how, why = shown_for(target, version, false)
    if leaf == nil then return nil, how, why end
    sni.required, sni.without = not leaf, how
    sni.default_certificate_differs = leaf and leaf ~= usual
    if not leaf then report("required", how) end
    leaf, how, why = shown_for(target, version, UNKNOWN)
    if leaf == nil then return nil, how, why end
    sni.unknown = how
    if probe.extension(c:entries()[1].message, "server_name") then
      leaf, how, why = shown_for(target, version, target.server_name:upper())
      if leaf == nil then return nil, how, why end
      sni.case_sensitive = leaf ~= usual
      if sni.case_sensitive then report "case_sensitive" end
    end
    fact("sni", sni)
  end,
}
