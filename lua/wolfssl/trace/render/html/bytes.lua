--- Bytes beside the fields they stand for. The script lights one when the other is pointed at:
-- it finds `data-o` (offset), `data-n` (length) and `data-p` (length bytes in front) in the rows,
-- and `data-x` (the byte that somebody changed) with the bytes.
-- @module wolfssl.trace.render.html.bytes
local h = require "wolfssl.trace.render.html.element"
local piece = require "wolfssl.trace.render.html.piece"

local M = {}

local MOST, ROW = 6144, 16

local function lines(hex)
  local list = {}
  for at = 1, math.min(#hex, 2 * MOST), 2 * ROW do
    local row = hex:sub(at, at + 2 * ROW - 1):gsub("..", " %0")
    list[#list + 1] = ("%04x "):format((at - 1) / 2) .. row
  end
  if #hex > 2 * MOST then list[#list + 1] = "" end
  return table.concat(list, "\n")
end

local function rest(hex)
  local more = #hex / 2 - MOST
  return more > 0 and h.p({ class = "muted" }, "and ", piece.bytes(more), " more") or nil
end

-- A note that many fields share, such as that of each offered suite, is given with the first; so is
-- a section, unless it is the one that the reader has before him already.
local function row_maker(given, section)
  return function(field)
    local note = field.note and not given[field.note] and field.note or nil
    if note then given[note] = true end
    local other = field.section ~= section and field.section
    return h.tr({ ["data-o"] = field.offset, ["data-n"] = field.length, ["data-p"] = field.prefix },
      h.th({ class = "d" .. math.min(field.depth or 0, 7) }, field.name or field.path),
      h.td(field.value and h.b(field.value), field.meaning and h.span(" ", field.meaning),
        note and h.p(note, other and h.span({ class = "muted" }, " ", other))))
  end
end

local function fields_table(fields, options)
  if not fields or #fields == 0 then return nil end
  return h.table({ class = "fields", ["aria-label"] = "Fields of " .. options.name },
    h.tbody(piece.map(fields, row_maker(options.given or {}, options.section))))
end

--- Bytes, with their fields.
-- @tparam string hex
-- @tparam ?table fields of the explanation
-- @tparam table options `name`: "ClientHello"; `section`: where the message is specified; `given`:
-- set of notes that stand elsewhere, grows; `changed`: offset of a byte to mark
-- @treturn table element
function M.view(hex, fields, options)
  return h.div({ class = { "bytes", fields and #fields > 0 and "both" or "alone" } },
    h.div({ class = "dump" },
      h.pre({ class = "hex", tabindex = 0, role = "group", ["data-x"] = options.changed,
        ["aria-label"] = "Bytes of " .. options.name }, lines(hex)), rest(hex)),
    fields_table(fields, options))
end

return M
