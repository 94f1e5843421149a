--- Facts in words that all scanners share: `{[name] = value}`, where a value is a string, a number,
-- a boolean or a set. What stands before the colon of a name is the kind of fact.

local M = {}

M.VERSIONS = { ["2"] = "SSL 2.0", ["3"] = "SSL 3.0", ["1.0"] = "TLS 1.0", ["1.1"] = "TLS 1.1",
  ["1.2"] = "TLS 1.2", ["1.3"] = "TLS 1.3" }

--- Puts an item into the set of that name.
function M.put(facts, name, item)
  facts[name] = facts[name] or {}
  if item ~= nil then facts[name][item] = true end
end

local MONTHS = {}
for month in ("Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"):gmatch "%S+" do
  MONTHS[#MONTHS + 1] = month
  MONTHS[month] = #MONTHS
end

--- A time as all of them can say it, to the minute: Unix seconds, or their words in UTC.
function M.minute(time)
  if type(time) == "number" then return os.date("!%Y-%m-%d %H:%M", time) end
  local month, day, clock, year = time:match "^(%a+) +(%d+) (%d+:%d+):%d+ (%d+)"
  if month then return ("%s-%02d-%02d %s"):format(year, MONTHS[month], day, clock) end
  return (time:gsub("T", " "):match "^%d+%-%d+%-%d+ %d+:%d+")
end

--- A signature algorithm: "ecdsa sha384" of ecdsa-with-SHA384, "rsa sha256" of
-- sha256WithRSAEncryption or "SHA256 with RSA".
function M.signature(text)
  if not text then return nil end
  local words = text:lower():gsub("%W", "")
  return (words:match "ed%d+" or words:match "ecdsa" or words:match "rsa")
    .. (words:match "ed%d+" and "" or " " .. words:match "sha%d+")
end

return M
