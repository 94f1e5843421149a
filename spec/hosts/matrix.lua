-- What works on which host, as the specs have seen it. They note each fact that held; when they
-- have run, `lua5.4 spec/hosts/matrix.lua` prints the table (the suite does, into build/hosts.md).

local M = {}

local NOTES = (os.getenv "OUT" or "build/test") .. "/hosts.notes"
local COLUMNS = {
  "client", "server", "full duplex", "timeout kept", "cancel", "back pressure", "yield in handler",
  "200 connections",
}

--- Notes that a host did what these columns (parted by ", ") mean.
function M.note(host, columns)
  local file = io.open(NOTES, "a")
  if file and columns ~= "" then
    for column in columns:gmatch "[^,]+" do
      file:write(host, "\t", column:match "^ *(.*)$", "\n")
    end
  end
  if file then file:close() end
end

local function read()
  local hosts, names = {}, {}
  local file = io.open(NOTES)
  for line in file and file:lines() or function() end do
    local host, column = line:match "^(.*)\t(.*)$"
    if not hosts[host] then
      hosts[host] = {}
      names[#names + 1] = host
    end
    hosts[host][column] = true
  end
  table.sort(names)
  return hosts, names
end

--- The table, in Markdown.
function M.render()
  local hosts, names = read()
  local lines = {
    "| host | " .. table.concat(COLUMNS, " | ") .. " |",
    "|" .. ("---|"):rep(#COLUMNS + 1),
  }
  for _, name in ipairs(names) do
    local row = { name }
    for _, column in ipairs(COLUMNS) do row[#row + 1] = hosts[name][column] and "yes" or "-" end
    lines[#lines + 1] = "| " .. table.concat(row, " | ") .. " |"
  end
  return table.concat(lines, "\n") .. "\n"
end

--- Writes the table, if there is anything to tell.
function M.write(path)
  local _, names = read()
  if #names > 0 then
    local file = assert(io.open(path, "w"))
    file:write(M.render())
    file:close()
  end
end

--- Forgets what earlier runs have noted.
function M.reset()
  os.remove(NOTES)
end

if arg and arg[0] and arg[0]:find "spec/hosts/matrix%.lua$" then io.write(M.render()) end

return M
