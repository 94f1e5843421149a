--- Files that a command reads.
-- @module wolfssl.cli.input

local M = {}

--- Opens a file for reading. A directory can be opened, too, but not read: that is said here.
-- @tparam string path
-- @treturn[1] file
-- @treturn[2] nil
-- @treturn[2] string message, with the path
function M.open(path)
  local file, message = io.open(path, "rb")
  if not file then return nil, message end
  local _, wrong = file:read(0)
  if not wrong then return file end
  file:close()
  return nil, path .. ": " .. wrong
end

return M
