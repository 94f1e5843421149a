--- Probes for a fault that servers of TLS 1.2 or before can have.
-- @module wolfssl.probe.fault
local file = require "wolfssl.probe.file"

local function runner(name, verdict)
  return function(target, report, fact)
    if not target:newest() then return true end
    local version, said, message, code = target:newest "TLS 1.2", "not applicable", nil, nil
    if version then said, message, code = verdict(target, version) end
    if not said then return nil, message, code end
    if said == "vulnerable" then report "vulnerable" end
    fact(name, said)
    return true
  end
end

--- Declares one: its fact has its name, and is a verdict.
-- @function fault
-- @tparam table declaration `name`, `summary`; `message` and `reference` of the finding
--   "vulnerable"; `fact`: what the verdict can be, in words; `verdict`: function(target, version)
--   that returns it, "not applicable" among others, or nil, message, code
-- @treturn probe
return function(declaration)
  local name = declaration.name
  return file.define {
    name = name, summary = declaration.summary, needs = { "versions" },
    findings = { vulnerable = { severity = "error", message = declaration.message,
      reference = declaration.reference } },
    facts = { [name] = declaration.fact },
    run = runner(name, declaration.verdict),
  }
end
