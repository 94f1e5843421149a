--- The key schedule as a graph: every secret, what it is made from, whether we have it.
-- @module wolfssl.trace.explain.schedule
local key_schedule = require "wolfssl.trace.key_schedule.tls13"
local secrets = require "wolfssl.trace.notes.secrets"
local words = require "wolfssl.trace.explain.words"

local M = {}

local IV_LENGTH = 12

local function copy(template)
  local row = {}
  for name, value in pairs(template) do row[name] = value end
  return row
end

-- What is not for the reader stays inside of the scene.
local function publish(scene, rows, row, secret)
  local after = row.after
  scene.after[row] = after
  row.after, row.only, row.without_psk, row.keys = nil, nil, nil, nil
  row.known = secret ~= nil
  row.length = secret and #secret or row.length
  row.value = secret and scene.options.secrets and words.hex(secret) or nil
  rows[#rows + 1] = row
end

local function derived_key(scene, rows, from, name, label, length, secret)
  scene.named[from.name .. "." .. name] = true
  publish(scene, rows, {
    name = from.name .. "." .. name, title = name == "key" and "its key" or "its IV",
    operation = "expand", inputs = { from.name }, label = label, length = length,
    purpose = name == "key" and "the key of the cipher"
      or "mixed with the number of the record, it is the nonce",
    after = from.after,
  }, secret)
end

local function add_keys(scene, rows, from, secret, suite)
  local key, iv
  if secret and suite.key_length then
    key, iv = key_schedule.traffic_keys(suite.hash:lower(), secret, suite.key_length, IV_LENGTH)
  end
  derived_key(scene, rows, from, "key", "key", suite.key_length, key)
  derived_key(scene, rows, from, "iv", "iv", IV_LENGTH, iv)
end

local function wanted(only, scene)
  local external = scene.psk_kind == "external"
  if only == "psk" then return scene.summary.resumed end
  if only == "resumption" then return scene.summary.resumed and not external end
  if only == "external" then return scene.summary.resumed and external end
  if only == "early" then return scene.summary.early_data_offered end
  return true
end

local UPDATE_AFTER = { client = "client key_update", server = "server key_update" }

-- Rows of the observer that the template does not name: new keys, tickets.
local function add_others(scene, rows, list, size)
  for _, found in ipairs(list) do
    if not scene.named[found.name] then
      local ticket = found.name:find("^resumption_psk")
      local side = found.name:match("^(%a+)_application")
      publish(scene, rows, {
        name = found.name, title = ticket and "pre-shared key of a ticket"
          or found.name:gsub("_", " "):gsub("%.", ", "),
        operation = found.operation, inputs = { found.from }, label = found.label, length = size,
        context = ticket and "the ticket's nonce" or nil,
        purpose = ticket and "the key of a later connection" or "follows the one before",
        after = ticket and "server new_session_ticket" or UPDATE_AFTER[side or ""],
      }, found.secret)
    end
  end
end

local function sources(list)
  local by_name = {}
  for _, found in ipairs(list) do by_name[found.name] = found.source end
  return by_name
end

local function list13(scene, found)
  local rows, size, from = {}, found.size, sources(found.rows)
  local suite = scene.summary.cipher_suite
  for _, template in ipairs(secrets.tls13) do
    scene.named[template.name] = true
    if wanted(template.only, scene) then
      local row, secret = copy(template), found.secrets[template.name]
      row.length, row.source = template.name ~= "shared_secret" and size or nil, from[row.name]
      if not scene.summary.resumed then row.inputs = template.without_psk or row.inputs end
      publish(scene, rows, row, secret)
      if template.keys then add_keys(scene, rows, template, secret, suite) end
    end
  end
  add_others(scene, rows, found.rows, size)
  return rows
end

-- The master secret of a resumed session is the old one; the premaster secret is gone.
local function master_row(row, scene)
  if scene.summary.resumed then
    row.operation, row.inputs, row.label, row.context = "known", { "the earlier session" }, nil, nil
  elseif scene.summary.extended_master_secret then
    row.label = "extended master secret"
    row.context = "hash of all messages up to ClientKeyExchange"
  end
end

-- AEAD suites have no MAC keys, some no IVs; a resumed session has no premaster secret.
local function is_absent(row, secret, found, resumed)
  if row.name == "premaster_secret" then return resumed end
  if row.operation ~= "cut" or secret then return false end
  return found.secrets.key_block ~= nil or found.suite.aead and row.name:find("MAC_key") ~= nil
end

local function list12(scene, found)
  local rows, from = {}, sources(found.rows)
  local resumed, offsets = scene.summary.resumed, {}
  for _, row in ipairs(found.rows) do offsets[row.name] = row.offset end
  for _, template in ipairs(secrets.tls12) do
    local row, secret = copy(template), found.secrets[template.name]
    row.source, row.offset = from[row.name], offsets[row.name]
    if resumed then row.after = "server server_hello" end
    if row.name == "master_secret" then master_row(row, scene) end
    if row.name == "premaster_secret" then
      row.inputs = secrets.premaster[found.suite.key_exchange] or { "the key exchange" }
    end
    if not is_absent(row, secret, found, resumed) then publish(scene, rows, row, secret) end
  end
  return rows
end

--- The schedules of all handshakes.
-- @tparam table scene
-- @treturn {table,...} see `wolfssl.trace.explain`
function M.list(scene)
  local list = {}
  scene.after, scene.named = {}, {}
  for i, found in ipairs(scene.observer.schedules) do
    scene.named, scene.psk_kind = {}, sources(found.rows).psk
    list[i] = {
      version = scene.tls13 and "TLS 1.3" or "TLS 1.2", hash = found.hash,
      rows = (scene.tls13 and list13 or list12)(scene, found),
    }
  end
  return list
end

--- The rows that are known with a step, by name.
-- @tparam table scene
-- @tparam table entry
-- @tparam table step
-- @treturn {string,...}
function M.known_after(scene, entry, step)
  local names, schedule = {}, scene.model.schedules[math.max(scene.handshake, 1)]
  local message = entry.from .. " " .. entry.name
  for _, row in ipairs(schedule and schedule.rows or {}) do
    if not row.step and scene.after[row] == message then
      row.step = step.number
      names[#names + 1] = row.name
    end
  end
  return names
end

return M
