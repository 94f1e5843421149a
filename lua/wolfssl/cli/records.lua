--- Files of records: what `wolfprobe scan` wrote as NDJSON, or as its journal.
-- @module wolfssl.cli.records
local cjson = require "cjson"

local probe_file = require "wolfssl.probe.file"
local input = require "wolfssl.cli.input"
local json = require "wolfssl.trace.render.json"
local scan = require "wolfssl.probe.scan"

local M = {}

local MOST = 2 ^ 40   -- of what is counted, and of seconds since 1970

-- Fields and what they hold: the name of a type, or a function; "?" before what may be missing.
local is = {}

local function fits(value, fields)
  if type(value) ~= "table" then return false end
  for name, kind in pairs(fields) do
    local mark, want = kind:match "^(%??)(.*)$"
    local field = value[name]
    if not (mark == "?" and field == nil) and not is[want](field) then return false end
  end
  return true
end

local function list_of(fields)
  return function(value)
    if type(value) ~= "table" then return false end
    for _, item in pairs(value) do
      if not fits(item, fields) then return false end
    end
    return true
  end
end

for _, kind in ipairs { "string", "table", "boolean" } do
  is[kind] = function(value) return type(value) == kind end
end

function is.seconds(value) return type(value) == "number" and value >= 0 and value < MOST end

function is.count(value) return is.seconds(value) and value % 1 == 0 end

function is.names(value)
  if type(value) ~= "table" then return false end
  for _, name in pairs(value) do
    if type(name) ~= "string" then return false end
  end
  return true
end

local WORDS = { status = { "tls", "no tls", "unreachable" },
  severity = probe_file.SEVERITIES, result = { "pass", "fail", "unknown" } }

for kind, words in pairs(WORDS) do
  is[kind] = function(value)
    for _, word in ipairs(words) do
      if word == value then return true end
    end
    return false
  end
end

is.findings = list_of { probe = "string", code = "string", severity = "severity",
  message = "string", reference = "?string" }
is.errors = list_of { probe = "string", message = "string", code = "?string" }
is.rules = list_of { rule = "string", result = "result", reason = "?string",
  reference = "?string" }
is.policies = list_of { pass = "boolean", rules = "rules" }

local RECORD = { host = "string", port = "count", starttls = "?string", server_name = "?string",
  address = "?string", time = "count", seconds = "seconds", status = "status", probes = "names",
  connections = "count", facts = "table", evidence = "table", findings = "findings",
  errors = "errors", policies = "?policies" }

-- Others may write null for what is missing; lists keep their places.
local function drop_nulls(value)
  for name, field in pairs(type(value) == "table" and value or {}) do
    if field ~= cjson.null then
      drop_nulls(field)
    elseif type(name) == "number" then
      value[name] = false
    else
      value[name] = nil
    end
  end
end

--- Reads a record.
-- @tparam string line of JSON
-- @treturn[1] table record
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] ?table what else the line holds
function M.read(line)
  local ok, record = pcall(cjson.decode, line)
  if not ok then return nil, "no JSON" end
  drop_nulls(record)
  if type(record) == "table" and record.facts and record.schema ~= scan.SCHEMA then
    return nil, ("a record of another schema than %d"):format(scan.SCHEMA)
  end
  if not fits(record, RECORD) then return nil, "no record of a scan", record end
  json.object(record.facts)
  json.object(record.evidence)
  return record
end

--- What tells targets apart.
-- @tparam table place target or record
-- @treturn string
function M.key(place)
  return ("%s|%d|%s|%s"):format(place.host, place.port, place.starttls or "",
    place.server_name or "")
end

--- Reads a file of records.
-- @tparam string path "-" for standard input
-- @tparam function visit function(record)
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
function M.each(path, visit)
  local file, message = io.stdin, nil
  if path ~= "-" then file, message = input.open(path) end
  if not file then return nil, message end
  local number = 0
  for line in file:lines() do
    number = number + 1
    local record, wrong, other = M.read(line)
    if record then
      visit(record)
    elseif line:find "%S" and not (type(other) == "table" and other.journal) then
      message = ("%s:%d: %s"):format(path, number, wrong)
      break
    end
  end
  file:close()
  if message then return nil, message end
  return true
end

return M
