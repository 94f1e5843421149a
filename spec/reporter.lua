-- busted output handler of the suite: failures for people on standard output, and, into the file
-- named by -Xoutput, one tab-separated line per figure for spec/suite.lua to add up.

local base = require "busted.outputHandlers.base"
local busted = require "busted"

local function text(message)
  if message == nil then return "no message" end
  if type(message) == "string" then return message end
  return require("pl.pretty").write(message)
end

local function one_line(s)
  return (s:gsub("%s+", " "))
end

local function where(entry)
  local trace = entry.element.trace or entry.trace
  if not (trace and trace.short_src) then return "?" end
  return trace.short_src .. ":" .. tostring(trace.currentline)
end

return function(options)
  local handler = base()
  local file = assert(io.open(assert(options.arguments[1], "-Xoutput FILE is missing"), "w"))
  local slow = {}

  -- On disk before the test runs: it may be the one that takes the process down.
  function handler.starting(element)
    file:write("running\t", one_line(handler.getFullName(element)), "\n")
    file:flush()
    return nil, true
  end

  function handler.show(kind, entry)
    print(("%s %s %s\n  %s"):format(kind, where(entry), entry.name,
      (text(entry.message):gsub("\n", "\n  "))))
    if kind == "ERROR" and entry.trace and entry.trace.traceback then
      print("  " .. (entry.trace.traceback:gsub("\n", "\n  ")))
    end
  end

  function handler.timed(element)
    if (element.duration or 0) >= 1 then
      slow[#slow + 1] = ("%.1f s\t%s"):format(element.duration, handler.getFullName(element))
    end
    return nil, true
  end

  function handler.finish()
    for _, entry in ipairs(handler.failures) do handler.show("FAIL", entry) end
    for _, entry in ipairs(handler.errors) do handler.show("ERROR", entry) end
    file:write("passed\t", handler.successesCount, "\n")
    file:write("failed\t", handler.failuresCount + handler.errorsCount, "\n")
    file:write("seconds\t", ("%.1f"):format(handler.getDuration()), "\n")
    for _, entry in ipairs(handler.pendings) do
      local reason = entry.message
        and " (" .. one_line(text(entry.message):gsub("^[^:]*:%d+: ", "")) .. ")" or ""
      file:write("pending\t", one_line(entry.name), reason, "\n")
    end
    for _, line in ipairs(slow) do file:write("slow\t", line, "\n") end
    file:write("end\n")
    file:close()
    return nil, true
  end

  busted.subscribe({ "test", "start" }, handler.starting)
  busted.subscribe({ "test", "end" }, handler.timed)
  busted.subscribe({ "suite", "end" }, handler.finish)
  return handler
end
