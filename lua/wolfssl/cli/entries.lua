--- Messages of a connection, each for itself: fields, places, notes, fingerprints.
-- @module wolfssl.cli.entries

local fields = require "wolfssl.trace.explain.fields"
local fingerprint = require "wolfssl.fingerprint"
local page = require "wolfssl.trace.render.text.page"
local step = require "wolfssl.trace.render.text.step"

local M = {}

local function prints_of(entry)
  if not entry.message then return nil end
  if entry.name == "client_hello" then return fingerprint.client(entry.message) end
  if entry.name == "server_hello" then return fingerprint.server(entry.message) end
end

--- An entry as data.
-- @tparam table entry see `wolfssl.trace.observer`
-- @tparam ?boolean tls13 the version of the connection
-- @treturn table `from`, `kind`, `name`, `length`, `problem` = `{message, code, detail}`, `fields`
--   (as in `wolfssl.trace.explain`), `fingerprints` (as in `wolfssl.fingerprint`)
function M.describe(entry, tls13)
  return {
    from = entry.from, kind = entry.kind, name = entry.name,
    length = entry.bytes and #entry.bytes, problem = entry.problem and {
      message = entry.problem.message, code = entry.problem.code, detail = entry.problem.detail,
    },
    fields = fields.list(entry, tls13), fingerprints = prints_of(entry),
  }
end

local PRINTS = { "ja3", "ja3_text", "ja3s", "ja3s_text", "ja4", "ja4_r", "ja4_o", "ja4_ro" }

--- Entries as text.
-- @tparam {table,...} list described
-- @treturn string
function M.text(list)
  local out = page.new()
  local told = {}
  for i, entry in ipairs(list) do
    if i > 1 then out:line() end
    local size = entry.length and (", %.0f bytes"):format(entry.length) or ""
    out:line(("%s, from the %s%s"):format(entry.name, entry.from, size))
    step.fields(out, entry, told, true)
    for _, name in ipairs(PRINTS) do
      local value = entry.fingerprints and entry.fingerprints[name]
      if value then out:line(("     %-10s %s"):format(name, value)) end
    end
    if entry.problem then out:text(entry.problem.message, 5, "bad") end
  end
  return out:finish()
end

return M
