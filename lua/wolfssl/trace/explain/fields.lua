--- The fields of a message: where they are, what they say, what they are for.
-- @module wolfssl.trace.explain.fields
local notes = require "wolfssl.trace.notes"
local observer = require "wolfssl.trace.observer"
local value = require "wolfssl.trace.explain.value"
local words = require "wolfssl.trace.explain.words"

local M = {}

local CODES = {
  client_hello = "CH", hello_retry_request = "HRR", encrypted_extensions = "EE",
  certificate = "CT", certificate_request = "CR", client_certificate_request = "CR",
  new_session_ticket = "NST",
}

local function code_of(entry, tls13)
  if entry.name == "server_hello" then return tls13 and "SH" or "SH12" end
  return CODES[entry.name]
end

-- The value at a path such as "body.extensions[2].extension_data".
local function at(message, path)
  local here = message
  for name, index in path:gmatch("([^%.%[%]]*)%[?(%d*)%]?") do
    if name ~= "" then here = type(here) == "table" and here[name] or nil end
    if index ~= "" then here = type(here) == "table" and here[tonumber(index)] or nil end
  end
  return here
end
M.at = at

local function name_of(path, what)
  if type(what) == "table" and what.extension_type then
    return "extension " .. what.extension_type.name
  end
  return path:match("([^%.]+)$")
end

local function describe(path, what)
  local name = path:match("([%a_][%w_]*)[%[%]%d]*$")
  return value.describe(name, what)
end

local function hex_of(entry, span)
  return words.hex(entry.bytes:sub(span.offset + 1, span.offset + span.length))
end

local function make(entry, span, context)
  local what = at(entry.message, span.path)
  local note, section = notes.field(entry.name, span.path, context.extension_at, context.code)
  local text, meaning = describe(span.path, what)
  return {
    path = span.path, name = name_of(span.path, what), depth = span.depth, value = text,
    meaning = meaning, note = words.by_version(note, context.tls13),
    section = words.by_version(section, context.tls13), offset = span.offset,
    length = span.length, prefix = span.prefix, bytes = span.leaf and hex_of(entry, span) or nil,
  }
end

--- The fields of an entry.
-- @tparam table entry of the observer
-- @tparam ?boolean tls13 the version of the connection
-- @treturn {table,...} see `wolfssl.trace.explain`
function M.list(entry, tls13)
  local spans = entry.message and entry.bytes and observer.spans(entry)
  if not spans then return {} end
  local context = { tls13 = tls13, code = code_of(entry, tls13) }
  function context.extension_at(path)
    local found = at(entry.message, path)
    return type(found) == "table" and found.extension_type and found.extension_type.name
  end
  local list = {}
  for span in spans:each() do list[#list + 1] = make(entry, span, context) end
  return list
end

return M
