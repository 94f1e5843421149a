--- The journal of a scan: its results so far, one line of JSON each, written as they come. A scan
-- that was ended in any way goes on where it was: what the journal holds is told again and not
-- asked again, so the output of the scan that comes to its end has each target once.
--
-- The first line says which probes were run. A line that was cut short is taken away: its target is
-- scanned again. A line goes to the system as soon as it is written, so that it outlives this
-- program, though not a loss of power. One scan at a time has it.
-- @module wolfssl.cli.scan.journal
local cjson = require "cjson"

local core = require("wolfssl.core").fd
local input = require "wolfssl.cli.input"
local json = require "wolfssl.trace.render.json"
local records = require "wolfssl.cli.records"

local M = {}

local Journal = {}
Journal.__index = Journal

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

-- Whether the first line is ours: true; false where there is none, or only the beginning of it.
local function check_header(path, file, header)
  if file:seek "end" == 0 then return false end   -- there are devices without an end, too
  file:seek "set"
  local line, ours = file:read "*l" or "", json.line(header)
  if line ~= "" and #line < #ours and ours:sub(1, #line) == line then return false end
  local ok, found = pcall(cjson.decode, line)
  if not ok or type(found) ~= "table" or not found.journal then
    return nil, path .. " is no journal of a scan"
  end
  if found.probes ~= header.probes then
    return nil, ("%s was begun with other probes: %s"):format(path, tostring(found.probes))
  end
  return true
end

local function is_whole(file)
  return file:seek "end" == 0 or file:seek("end", -1) and file:read(1) == "\n"
end

-- Makes a file fit to be read: true; false when there is nothing in it. What was mended is another
-- file, to be locked anew.
local function prepare(self, path, header)
  local file, message = input.open(path)
  if not file then return nil, message end
  local ours, why = check_header(path, file, header)
  local ok = ours ~= nil
  if ok and not is_whole(file) then
    ok, why = mend(path, file)
    core.close(self.lock)
    self.lock, message = core.lock(path)
    ok, why = ok and self.lock, why or message
  end
  file:close()
  if not ok then return nil, why end
  return ours
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
  local self = setmetatable({ path = path, known = {}, count = 0 }, Journal)
  local header = { journal = "wolfprobe scan", probes = probes }
  local locked, message = core.lock(path)
  if not locked then return nil, message end
  self.lock = locked
  local ours, why = prepare(self, path, header)
  local ok = ours ~= nil
  if ours then ok, why = replay(self, path, tell) end
  if ok then self.file, why = io.open(path, "ab") end
  if self.file and not ours then ok, why = self:write(header) end
  if self.file and ok then return self end
  if self.lock then core.close(self.lock) end
  return nil, why
end

function Journal:write(value)
  local ok, message = self.file:write(json.line(value), "\n")
  if ok then ok, message = self.file:flush() end
  return ok, not ok and ("%s: %s"):format(self.path, message) or nil
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
  core.close(self.lock)
  return self.file:close()
end

return M
