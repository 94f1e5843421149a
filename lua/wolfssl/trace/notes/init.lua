--- What every record, message, extension and field is for. The texts are data, in the files beside.
--
-- A text is a string, or `{tls12 =, tls13 =}` where the versions differ. Paths are those of
-- `wolfssl.tls.wire`, without "body." and indexes: "extensions.extension_data". Elements of a list
-- have the note of the list.
-- @module wolfssl.trace.notes
local code_points = require "wolfssl.trace.notes.code_points"
local extensions = require "wolfssl.trace.notes.extensions"
local messages = require "wolfssl.trace.notes.messages"
local records = require "wolfssl.trace.notes.records"

local M = {}

--- Where the record header is specified.
M.record_section = "RFC 8446 section 5.1"

--- The note on a field of a record.
-- @tparam string name
-- @treturn ?string
function M.record(name)
  return records.fields[name]
end

--- What a content type is for.
-- @tparam string name
-- @treturn ?string
function M.content_type(name)
  return records.content_types[name]
end

--- What a code point means, where its name does not say it.
-- @tparam string registry its title
-- @tparam string name
-- @treturn ?string
function M.code_point(registry, name)
  return (code_points[registry] or {})[name]
end

--- The note on a message.
-- @tparam string name "client_hello" …, also "alert", "change_cipher_spec", "heartbeat"
-- @treturn ?table `{title, why, section, fields}`
function M.message(name)
  return messages[name]
end

--- The note on an extension.
-- @tparam string name
-- @treturn ?table `{about, section, fields}`; `about` may be a table by message code
function M.extension(name)
  return extensions[name]
end

local function bare(path)
  return (path:gsub("%[%d+%]", ""))
end

local function about(note, code)
  local text = note.about
  if type(text) ~= "table" then return text end
  return text[code] or text.CH
end

local GENERIC = {
  [""] = "One extension: a type, then its data.",
  extension_type = "Which extension this is.",
  extension_data = "An extension that is not known here: its bytes as they are. Whoever does not "
    .. "know an extension ignores it.",
}

-- A field inside the extension list of a message.
local function extension_field(rest, extension, code)
  local note = extension and extensions[extension]
  if rest == "extension_type" then return GENERIC.extension_type, note and note.section end
  local path = rest:match("^extension_data%.?(.*)$")
  if not note or rest == "" and not about(note, code) then return GENERIC[rest], nil end
  if rest == "" or path == "" then return about(note, code), note.section end
  return note.fields and note.fields[path], note.section
end

--- The note on a field of a message.
-- @tparam string message its name
-- @tparam string path
-- @tparam ?function extension_at (path of an extension) -> its name
-- @tparam ?string code of the message, as `wolfssl.tls.extension` has them
-- @treturn ?string|table text
-- @treturn ?string section
function M.field(message, path, extension_at, code)
  local note = messages[message] or {}
  local before, index, rest = path:match("^(.-extensions)%[(%d+)%]%.?(.*)$")
  if before and extension_at then
    return extension_field(bare(rest), extension_at(("%s[%s]"):format(before, index)), code)
  end
  local name = bare(path):gsub("^body%.?", "")
  if path == "msg_type" then return messages.header.msg_type, note.section end
  if path == "body" then return messages.header.body, note.section end
  return note.fields and note.fields[name], note.section
end

return M
