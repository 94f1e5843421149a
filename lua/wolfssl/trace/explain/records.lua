--- The records of an explanation: what an eavesdropper has.
-- @module wolfssl.trace.explain.records
local notes = require "wolfssl.trace.notes"
local words = require "wolfssl.trace.explain.words"
local wire = require("wolfssl.tls.wire")

local M = {}

local HEADER = 5

local function wire_bytes(record)
  return wire.pack(record.type.value, 1) .. wire.pack(record.legacy_record_version.value, 2)
    .. wire.pack(#record.fragment, 2) .. record.fragment
end

local function field(name, value, meaning, offset, length, bytes)
  return {
    path = name, name = name, depth = 0, value = value, meaning = meaning,
    note = notes.record(name), section = notes.record_section, offset = offset, length = length,
    bytes = words.hex(bytes:sub(offset + 1, offset + length)),
  }
end

local function fields(record, bytes)
  local version = record.legacy_record_version
  local list = {
    field("type", record.type.name, notes.content_type(record.type.name), 0, 1, bytes),
    field("legacy_record_version", version.name, nil, 1, 2, bytes),
    field("length", words.count(#record.fragment, "byte"), nil, 3, 2, bytes),
  }
  list[4] = field("fragment", words.count(#record.fragment, "byte"),
    record.protected and "ciphertext" or "plaintext", HEADER, #record.fragment, bytes)
  list[4].bytes = nil
  return list
end

local function describe(number, entry, record)
  local bytes = wire_bytes(record)
  local content = record.content
  return {
    number = number, from = entry.from, time = entry.time, type = record.type.name,
    version = record.legacy_record_version.name, length = #record.fragment,
    offset = record.offset, wire = words.hex(bytes), fields = fields(record, bytes),
    protected = record.protected or false, sequence = record.sequence, padding = record.padding,
    secret = record.secret, content_length = record.protected and content and #content or nil,
    content_type = record.protected and content and entry.kind or nil,
    note = entry.kind == "unreadable" and entry.problem.message or nil,
  }
end

-- An SSLv2 hello has no record header of this form.
local function described(entry, record)
  return record.type and record.legacy_record_version and entry.kind ~= "problem"
end

local function since_start(scene, time)
  scene.zero = scene.zero or time
  return time and time - scene.zero
end

--- All records, in the order in which their messages were complete.
-- @tparam table scene gains `record_numbers`, by record
-- @treturn {table,...}
function M.list(scene)
  local list, numbers = {}, {}
  scene.record_numbers = numbers
  for _, entry in ipairs(scene.observer.entries) do
    for _, record in ipairs(entry.records or { entry.record }) do
      if not numbers[record] and described(entry, record) then
        numbers[record] = #list + 1
        list[#list + 1] = describe(#list + 1, entry, record)
        list[#list].time = since_start(scene, entry.time)
      end
    end
  end
  return list
end

return M
