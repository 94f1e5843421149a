--- The key schedule: each secret with what goes into it and what comes out of it.
-- @module wolfssl.trace.render.html.keys
local h = require "wolfssl.trace.render.html.element"
local piece = require "wolfssl.trace.render.html.piece"

local M = {}

local OPERATIONS = {
  agreement = "key agreement", cut = "cut out of the key block", expand = "HKDF-Expand-Label",
  extract = "HKDF-Extract", known = "known before", prf = "PRF",
}

local function by_name(rows)
  local found, users = {}, {}
  for _, row in ipairs(rows) do
    found[row.name], users[row.name] = row, users[row.name] or {}
  end
  for _, row in ipairs(rows) do
    for _, input in ipairs(row.inputs or {}) do
      if users[input] then users[input][#users[input] + 1] = row.name end
    end
  end
  return found, users
end

local function chips(names, found, schedule)
  return h.ul({ class = "chips" }, piece.map(names, function(name)
    local row = found[name]
    if not row then return h.li({ class = "plain" }, name) end
    return h.li(h.a({ href = "#" .. piece.key_id(schedule, name) }, row.title or name))
  end))
end

local function recipe(row)
  local parts = { h.span(OPERATIONS[row.operation] or row.operation or "") }
  if row.label then parts[#parts + 1] = { " with label ", h.code('"' .. row.label .. '"') } end
  if row.context then parts[#parts + 1] = { " over ", row.context } end
  if row.length then parts[#parts + 1] = { ", ", piece.bytes(row.length) } end
  return parts
end

local function value(row)
  if row.value then return h.code({ class = "secret" }, row.value) end
  return h.span({ class = "muted" }, row.known and "known here, not shown" or "not known here")
end

local function entry(row, found, users, schedule)
  local used = users[row.name]
  return h.li({ id = piece.key_id(schedule, row.name),
      class = { "key", row.known and "known" or "closed" } },
    h.div({ class = "name" }, h.h4(row.title or row.name), h.code(row.name)),
    row.purpose and h.p(row.purpose),
    h.dl(h.dt "How", h.dd(recipe(row)),
      h.dt "From", h.dd(chips(row.inputs or {}, found, schedule)),
      used and #used > 0 and { h.dt "Used for", h.dd(chips(used, found, schedule)) },
      row.step and { h.dt "Since", h.dd(piece.step_link(row.step)) },
      row.source and { h.dt "Here from", h.dd(row.source) },
      h.dt "Value", h.dd(h.span({ class = "in" }, value(row)),
        h.span({ class = "out muted" }, "hidden from the eavesdropper"))))
end

-- TLS 1.2 cuts one block into pieces: a bar of them, to scale.
local function block_bar(rows)
  local pieces, total = {}, 0
  for _, row in ipairs(rows) do
    if row.offset and (row.length or 0) > 0 then
      pieces[#pieces + 1] = row
      total = math.max(total, row.offset + row.length)
    end
  end
  if #pieces == 0 then return nil end
  local bars = piece.map(pieces, function(row, i)
    return h.rect({ x = row.offset, y = 0, width = row.length, height = 10, class = "p" .. i % 2 })
  end)
  local words = piece.map(pieces, function(row)
    return h.li(row.title or row.name, h.span({ class = "muted" },
      (" bytes %.0f–%.0f"):format(row.offset, row.offset + row.length - 1)))
  end)
  return h.figure({ class = "cut" },
    h.svg({ viewBox = ("0 0 %.0f 10"):format(total), preserveAspectRatio = "none",
      ["aria-hidden"] = "true" }, bars),
    h.figcaption("The key block, cut into pieces, the same on both sides:", h.ol({}, words)))
end

local function one(schedule, number, count)
  local found, users = by_name(schedule.rows)
  local title = ("%s, %s"):format(schedule.version or "", (schedule.hash or ""):upper())
  return h.div({ class = "schedule" },
    h.h3(count > 1 and ("Handshake %.0f: "):format(number) or nil, title),
    block_bar(schedule.rows),
    h.ol({ class = "keys" }, piece.map(schedule.rows, function(row)
      return entry(row, found, users, number)
    end)))
end

--- The section of keys; nil when nothing was derived.
-- @tparam table model
-- @treturn ?table element
function M.view(model)
  local count = #(model.schedules or {})
  if count == 0 then return nil end
  return h.section({ id = "keys", ["aria-labelledby"] = "keys-title" },
    h.h2({ id = "keys-title" }, "Keys"),
    h.p({ class = "lead" }, "Each secret is computed from the ones before it. Follow its inputs "
      .. "back, and you arrive at what never crossed the network."),
    h.p({ class = "out lead" },
      "The eavesdropper knows how all this is computed, and has none of it."),
    piece.map(model.schedules, function(schedule, i) return one(schedule, i, count) end))
end

return M
