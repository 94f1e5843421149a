--- What the schedules of all versions have in common: rows, and secrets by name.
-- @module wolfssl.trace.key_schedule.rows
local M = {}

--- Adds a row; of two with the same name the first stays.
-- @tparam table schedule
-- @tparam table row with `name` and `secret`
-- @treturn string its secret
function M.add(schedule, row)
  if not schedule.secrets[row.name] and row.secret then
    schedule.rows[#schedule.rows + 1] = row
    schedule.secrets[row.name] = row.secret
  end
  return schedule.secrets[row.name]
end

return M
