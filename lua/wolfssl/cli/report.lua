--- What a handshake came to, as data and as lines of text.
-- @module wolfssl.cli.report

local harmless = require "wolfssl.trace.render.harmless"
local target_of = require "wolfssl.cli.target"

local M = {}

local DAY = 86400

local function names_of(certificate)
  local names = {}
  for i, name in ipairs(certificate:subject_alt_names() or {}) do
    names[i] = type(name.value) == "string" and name.value or name.type
  end
  return names
end

local function certificate_of(certificate)
  local key = certificate:public_key()
  return {
    subject = certificate:subject_string(),
    issuer = certificate:issuer_string(),
    names = names_of(certificate),
    not_before = certificate:not_before(),
    not_after = certificate:not_after(),
    serial = certificate:serial(),
    key = { algorithm = key.algorithm, bits = key.bits, curve = key.curve },
    signature = certificate:signature_algorithm().name,
    sha256 = certificate:fingerprint("sha256"),
  }
end

-- A registry's entry, reduced to what identifies it.
local function code_point(entry)
  return entry and { name = entry.name, value = entry.value }
end

--- Puts what a connection knows into a report.
-- @tparam table report
-- @tparam Connection connection
function M.add_facts(report, connection)
  local info = connection:info()
  for _, field in ipairs { "version", "cipher_suite", "group", "signature_scheme", "alert_sent",
    "alert_received" } do
    report[field] = code_point(info[field])
  end
  for _, field in ipairs { "alpn", "server_name", "resumed", "extended_master_secret" } do
    report[field] = info[field]
  end
  report.chain = {}
  for i, certificate in ipairs(connection:peer_certificates()) do
    report.chain[i] = certificate_of(certificate)
  end
  local verdict = connection:verdict()
  report.verdict = { trusted = verdict.ok, errors = verdict.errors }
end

local function date(seconds)
  return os.date("!%Y-%m-%d", seconds)
end

local function key_text(key)
  return ("%s %s"):format(key.algorithm, key.curve or (key.bits and key.bits .. " bits") or "")
end

local function add_chain(lines, report)
  for i, certificate in ipairs(report.chain) do
    local days = math.floor((certificate.not_after - os.time()) / DAY)
    lines[#lines + 1] = ("  %d  %s"):format(i - 1, certificate.subject)
    lines[#lines + 1] = ("     issued by %s"):format(certificate.issuer)
    lines[#lines + 1] = ("     %s, signed with %s, valid %s to %s (%d days left)"):format(
      key_text(certificate.key), certificate.signature or "?", date(certificate.not_before),
      date(certificate.not_after), days)
    if #certificate.names > 0 then
      lines[#lines + 1] = "     for " .. table.concat(certificate.names, ", ")
    end
  end
end

local function add_verdict(lines, report)
  if report.verdict.trusted then
    lines[#lines + 1] = "trust      the chain leads to a trusted root, and the name is right"
  elseif #report.verdict.errors == 0 then
    lines[#lines + 1] = "trust      nothing was verified"
  end
  for _, finding in ipairs(report.verdict.errors) do
    lines[#lines + 1] = ("trust      certificate %d: %s"):format(finding.depth, finding.reason)
  end
end

local NAMED = {
  { "version", "version" }, { "suite", "cipher_suite" }, { "group", "group" },
  { "signature", "signature_scheme" },
}

local function add_facts(lines, report)
  local function fact(title, value)
    if value then
      lines[#lines + 1] = ("%-10s %s"):format(title, value)
    end
  end
  for _, field in ipairs(NAMED) do
    fact(field[1], report[field[2]] and report[field[2]].name)
  end
  fact("alpn", report.alpn)
  if #report.chain > 0 then
    fact("chain", #report.chain == 1 and "1 certificate" or #report.chain .. " certificates")
    add_chain(lines, report)
  end
  add_verdict(lines, report)
end

-- The last line says it all.
local function conclusion(report)
  local failure = report.error
  if not failure then
    return report.verdict.trusted and "ok" or "ok, but NOT TRUSTED: --insecure was given"
  end
  return ("FAILED     %s (%s)"):format(failure.message, failure.code)
end

local function add_timings(lines, timings)
  local parts = {}
  for _, step in ipairs { "connect", "handshake" } do
    if timings[step] then
      parts[#parts + 1] = ("%s %.1f ms"):format(step, timings[step] * 1000)
    end
  end
  lines[#lines + 1] = "time       " .. table.concat(parts, ", ")
end

--- A report for people.
-- @tparam table report
-- @treturn string lines, without the last line's end
function M.text(report)
  local target = report.target
  local address = target.address and target.address ~= target.host and " (" .. target.address .. ")"
  local lines = { ("%-10s %s"):format("server", target_of.text(target) .. (address or "")) }
  if report.chain then
    add_facts(lines, report)
  end
  add_timings(lines, report.timings)
  lines[#lines + 1] = conclusion(report)
  for i, line in ipairs(lines) do lines[i] = harmless.text(line) end
  return table.concat(lines, "\n")
end

return M
