--- The journal of a scan: its results so far, one line of JSON each, written as they come. A scan
-- that was ended in any way goes on where it was: what the journal holds is told again and not
-- asked again, so the output of the scan that comes to its end has each target once.
--
-- The first line says which probes were run. A line that was cut short is taken away: its target is
-- scanned again. A line goes to the system as soon as it is written, so that it outlives this
-- program, though not a loss of power.
-- @module wolfssl.cli.scan.journal
local cjson = require "cjson"

local input = require "wolfssl.cli.input"
local json = require "wolfssl.trace.render.json"
local records = require "wolfssl.cli.records"

local M = {}

local Journal = {}
Journal.__index = Journal

-- Whether the last line is whole; nil when there is no line.
local function is_whole(file)
  if file:seek "end" == 0 then return nil end
  file:seek("end", -1)
  return file:read(1) == "\n"
end

-- The journal without its last line, which was cut short.
local function mend(path, file)
  local new, message = io.open(path .. ".new", "wb")
  if not new then return nil, message end
  file:seek "set"
  local last
  for line in file:lines() do
    if last then new:write(last, "\n") end
    last = line
  end
  local ok, why = new:close()
  if ok then ok, why = os.rename(path .. ".new", path) end
  return ok, why
end

-- Makes an existing file fit to be read: true; false when there is nothing in it.
local function prepare(path)
  local there = io.open(path, "rb")
  if not there then return false end
  there:close()
  local file, reason = input.open(path)
  if not file then return nil, reason end
  local whole, ok, message = is_whole(file), true, nil
  if whole == false then ok, message = mend(path, file) end
  file:close()
  if not ok then return nil, message end
  if whole == false then return prepare(path) end
  return whole ~= nil
end

local function check_header(path, header)
  local file = assert(io.open(path, "rb"))
  local line = file:read "*l"
  file:close()
  local ok, found = pcall(cjson.decode, line or "")
  if not ok or type(found) ~= "table" or not found.journal then
    return nil, path .. " is no journal of a scan"
  end
  if found.probes ~= header.probes then
    return nil, ("%s was begun with other probes: %s"):format(path, tostring(found.probes))
  end
  return true
end

local function replay(self, path, tell)
  return records.each(path, function(record)
    local key = records.key(record)
    if not self.known[key] then
      self.known[key], self.count = true, self.count + 1
      tell(record)
    end
  end)
end

--- Opens a journal, or begins one.
-- @tparam string path
-- @tparam string probes their names: a journal is about the same probes from its beginning to its
-- end
-- @tparam function tell function(record), called for each that is there already
-- @treturn[1] Journal its `count` says how many were there
-- @treturn[2] nil
-- @treturn[2] string message
function M.open(path, probes, tell)
  local self = setmetatable({ known = {}, count = 0 }, Journal)
  local header = { journal = "wolfprobe scan", probes = probes }
  local there, message = prepare(path)
  if there == nil then return nil, message end
  local ok = true
  if there then ok, message = check_header(path, header) end
  if ok and there then ok, message = replay(self, path, tell) end
  if ok then self.file, message = io.open(path, "ab") end
  if self.file and not there then ok, message = self:write(header) end
  if not (self.file and ok) then return nil, message end
  return self
end

function Journal:write(value)
  local ok, message = self.file:write(json.line(value), "\n")
  if ok then ok, message = self.file:flush() end
  return ok, message
end

--- Claims a target: nobody else scans it from now on.
-- @tparam table place
-- @treturn boolean false when somebody has
function Journal:claim(place)
  local key = records.key(place)
  local free = not self.known[key]
  self.known[key] = true
  return free
end

--- Notes a result.
-- @tparam table record
-- @return true; or nil, message
function Journal:add(record)
  return self:write(record)
end

--- Closes the file.
function Journal:close()
  return self.file:close()
end

return M
