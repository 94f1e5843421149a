--- Files of records: what `wolfprobe scan` wrote as NDJSON, or as its journal.
-- @module wolfssl.cli.records
local cjson = require "cjson"

local json = require "wolfssl.trace.render.json"
local scan = require "wolfssl.probe.scan"

local M = {}

local function is_record(value)
  return type(value) == "table" and type(value.host) == "string" and type(value.port) == "number"
    and type(value.facts) == "table" and type(value.findings) == "table"
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
  if not is_record(record) then return nil, "no record of a scan", record end
  if record.schema ~= scan.SCHEMA then
    return nil, ("a record of another schema than %d"):format(scan.SCHEMA)
  end
  json.object(record.facts)
  json.object(record.evidence or {})
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
  if path ~= "-" then file, message = io.open(path, "rb") end
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
