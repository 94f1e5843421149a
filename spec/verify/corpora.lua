-- What we and OpenSSL say of the chains of public corpora, in Markdown; nothing is downloaded.
-- Chains of RFC 5280 and of the web's PKI are also judged by the profile of that name.
-- From the top of the checkout, built: lua5.4 spec/verify/corpora.lua [--handshakes=N] FILE...
--
--   FILE            limbo.json of x509-limbo, or what BetterTLS's program exports
--   --handshakes=N  shows up to N chains of each category, taken evenly, to
--                   spec/examples/tls_client.lua as well (needs faketime)

package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path
package.cpath = "build/" .. _VERSION:match("%d%.%d") .. "/?.so;" .. package.cpath

local cases = require "verify.corpora.cases"
local judges = require "verify.corpora.judges"

local most, paths = nil, {}
for _, word in ipairs(arg) do
  local number = word:match("^%-%-handshakes=([1-9]%d*)$")
  if number then most = tonumber(number) else paths[#paths + 1] = word end
end
if not paths[1] then
  io.stderr:write("usage: corpora.lua [--handshakes=N] FILE...\n")
  os.exit(2)
end

local COLUMNS = most and { "offline", "profile", "handshake", "openssl" }
  or { "offline", "profile", "openssl" }
local KINDS = { "chains", "right", "lax", "strict" }
local rows, row_of, lists = {}, {}, {}

local function row_for(case)
  local name = case.corpus .. " | " .. case.category
  if not row_of[name] then
    rows[#rows + 1] = name
    row_of[name] = { offline = {}, profile = {}, handshake = {}, openssl = {} }
  end
  return row_of[name]
end

local function count(case, column, accepted)
  if accepted == nil then return end
  local cell = row_for(case)[column]
  local kind = accepted == case.good and "right" or accepted and "lax" or "strict"
  cell[kind] = (cell[kind] or 0) + 1
  cell.chains = (cell.chains or 0) + 1
end

local function list(title, case, why)
  if not lists[title] then
    lists[#lists + 1] = title
    lists[title] = {}
  end
  table.insert(lists[title], ("- `%s`: %s"):format(case.id, (why or ""):gsub("%s+", " ")))
end

-- Categories whose chains are as a profile has it, but for what is wrong with them.
local PROFILES = { rfc5280 = "rfc5280", webpki = "webpki" }

local function judge_profile(case)
  local profile = PROFILES[case.category]
  if not profile then return end
  local accepted, found = judges.offline(case, profile)
  count(case, "profile", accepted)
  if accepted ~= case.good then
    list(accepted and "Bad by the corpus, good by its profile"
      or "Good by the corpus, bad by its profile", case, found)
  end
end

local function judge(case, shown)
  judge_profile(case)
  local offline, found = judges.offline(case)
  local openssl, said = judges.openssl(case)
  local handshake, told
  if shown then handshake, told = judges.handshake(case) end
  count(case, "offline", offline)
  count(case, "handshake", handshake)
  count(case, "openssl", openssl)
  local word = case.good and "good" or "bad"
  if (offline or handshake) and not openssl then
    list(("Accepted here, refused by OpenSSL, %s by the corpus"):format(word), case, said)
  elseif offline and not case.good then
    list("Accepted here and by OpenSSL, bad by the corpus", case)
  end
  if case.good and not offline then list("Refused here, good by the corpus", case, found) end
  if handshake ~= nil and handshake ~= offline then
    list(("%s in a handshake alone"):format(handshake and "Accepted" or "Refused"), case, told)
  end
end

local function judge_all(list_of_cases)
  local sizes, seen = {}, {}
  for _, case in ipairs(list_of_cases) do
    sizes[case.category] = (sizes[case.category] or 0) + 1
  end
  for _, case in ipairs(list_of_cases) do
    local category = case.category
    local before = seen[category] or 0
    seen[category] = before + 1
    judge(case, most and before % math.ceil(sizes[category] / most) == 0)
  end
end

-- A row: its first cells, then value(column, kind) for each.
local function row(cells, value)
  for _, column in ipairs(COLUMNS) do
    for _, kind in ipairs(KINDS) do cells[#cells + 1] = value(column, kind) end
  end
  io.write("| ", table.concat(cells, " | "), " |\n")
end

for _, path in ipairs(paths) do judge_all(cases.read(path)) end
row({ "corpus", "category" }, function(column, kind) return column .. " " .. kind end)
row({ "---", "---" }, function() return "---" end)
for _, name in ipairs(rows) do
  row({ name }, function(column, kind) return row_of[name][column][kind] or 0 end)
end
for _, title in ipairs(lists) do
  io.write(("\n%s (%d)\n\n"):format(title, #lists[title]), table.concat(lists[title], "\n"), "\n")
end
judges.close()
