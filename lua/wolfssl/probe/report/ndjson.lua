--- Records of scans as lines of JSON, each complete by itself; `wolfssl.probe.scan` says what is
-- in them.
-- @module wolfssl.probe.report.ndjson
local json = require "wolfssl.trace.render.json"

local M = {}

--- Writes records one by one.
-- @tparam function write function(text)
-- @treturn table `record(self, record)`, `finish(self)`
function M.new(write)
  return { record = function(_, record) write(json.line(record) .. "\n") end,
    finish = function() end }
end

return M
