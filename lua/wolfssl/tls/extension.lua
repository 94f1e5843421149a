--- Extensions: which one may stand in which message, and lists of them.
--
-- Each file in `extension/` is a table from a message's code, as RFC 8446 section 4.2 writes it,
-- to the type of `extension_data` there:
--
--     CH  ClientHello            EE   EncryptedExtensions    CR  CertificateRequest
--     SH  ServerHello (1.3)      CT   Certificate            NST NewSessionTicket
--     HRR HelloRetryRequest      SH12 ServerHello of TLS 1.2 and older
--
-- A decoded list keeps the order. `extension_data` is the bytes themselves where the extension is
-- unknown or has no business in that message (`misplaced = true`); every further extension of a
-- type already seen has `duplicate = true`.
-- @module wolfssl.tls.extension
-- @see RFC 8446 section 4.2
local extension_type = require "wolfssl.tls.registry.extension_type"
local trace = require "wolfssl.tls.wire.trace"
local wire = require "wolfssl.tls.wire"

local M = {}

local byte, sub = string.byte, string.sub
local fail = trace.fail

-- Registered, but without a format that an RFC or a deployment has made stable.
local WITHOUT_FORMAT = {
  TLMSP = true, TLMSP_proxying = true, TLMSP_delegate = true,
  sequence_number_encryption_algorithms = true,
}

-- By value. Few of them come in one connection: each is loaded when it is first met.
local definitions = setmetatable({}, { __index = function(self, value)
  local entry = extension_type.by_value[value]
  if not entry or entry.grease or WITHOUT_FORMAT[entry.name] then return nil end
  local definition = require("wolfssl.tls.extension." .. entry.name)
  self[value] = definition
  return definition
end })

--- Loads every definition now, for those who may not find the files later, such as servers that
-- change their root directory.
function M.load()
  for _, entry in ipairs(extension_type.list) do M.definition(entry.value) end
end

--- The definition of an extension.
-- @tparam number|string|table what value, name or registry entry
-- @treturn table message code -> type, or nil
function M.definition(what)
  return definitions[extension_type:value(what)]
end

-- As decoded, or as given.
local function value_of(kind)
  return type(kind) == "table" and kind.value or extension_type:value(kind)
end

--- The first extension of a type in a decoded list.
-- @tparam ?table list as decoded; nil counts as empty
-- @tparam string|number what name or value
-- @return its `extension_data`, its entry in the list; or nil
function M.find(list, what)
  local value = extension_type:value(what)
  for i = 1, list and #list or 0 do
    local entry = list[i]
    if value_of(entry.extension_type) == value then return entry.extension_data, entry end
  end
end

--- Whether a list in bytes has an extension of a type; false also when it is malformed.
-- @tparam string s
-- @tparam number first position of the first extension
-- @tparam number last
-- @tparam number value
-- @treturn boolean
function M.present(s, first, last, value)
  while first + 3 <= last do
    local a, b, c, d = byte(s, first, first + 3)
    if a * 256 + b == value then return true end
    first = first + 4 + c * 256 + d
  end
  return false
end

local function read_data(kind, s, pos, last, env)
  if not kind then return sub(s, pos, last) end
  local data, after = kind.read(s, pos, last, env)
  if after <= last then fail(after, last - after + 1 .. " bytes left over") end
  return data
end

local function walk_type(_, _, last) return true, last + 1 end

local function walk_data(s, pos, last, env, kind)
  env.trace:prefix(2)
  if kind then read_data(kind, s, pos + 2, last, env) end
  return true, last + 1
end

local function overlong(s, pos, limit, _, value)
  local c, d = byte(s, pos, pos + 1)
  fail(pos, ("%s: length %d, but %d left")
    :format(extension_type:name(value), c * 256 + d, limit - pos - 1))
end

local function walk_entry(walk, kind, s, pos, last, env)
  walk:visit("extension_type", walk_type, s, pos, pos + 1, env)
  return walk:visit("extension_data", walk_data, s, pos + 2, last, env, kind)
end

-- The same walk as a structure {extension_type, extension_data<0..2^16-1>} would make, flat:
-- this is where decoding a ClientHello spends its time.
local function read_entry(code, s, pos, limit, env)
  if pos + 3 > limit then trace.short(pos, limit, 4) end
  local a, b, c, d = byte(s, pos, pos + 3)
  local value, last = a * 256 + b, pos + 3 + c * 256 + d
  local definition, walk = definitions[value], env.trace
  if last > limit then
    if walk then walk:visit("extension_data", overlong, s, pos + 2, limit, env, value) end
    overlong(s, pos + 2, limit, env, value)
  end
  local kind = definition and definition[code]
  if walk then return walk_entry(walk, kind, s, pos, last, env) end
  local entry = {
    extension_type = extension_type.by_value[value] or extension_type:entry(value),
    extension_data = read_data(kind, s, pos + 4, last, env),
  }
  if definition and not kind then entry.misplaced = true end
  return entry, last + 1
end

local function entry_of(data)
  return wire.struct {
    { "extension_type", wire.enum(extension_type) },
    { "extension_data", wire.sized(data, 0, 65535) },
  }
end

local writers = setmetatable({}, { __mode = "k" })
local bytes_entry = entry_of(wire.rest())

local function write_entry(code, out, entry, env)
  if type(entry) ~= "table" then fail(nil, "a table expected, got " .. type(entry)) end
  local definition = definitions[value_of(entry.extension_type)]
  local data = definition and definition[code]
  if data then writers[data] = writers[data] or entry_of(data) end
  (data and writers[data] or bytes_entry).write(out, entry, env)
end

local function allowed(code)
  local values = {}
  for _, entry in ipairs(extension_type.list) do
    local kind = definitions[entry.value]
    if kind and kind[code] and entry.name ~= "pre_shared_key" then
      values[#values + 1] = entry
    end
  end
  return values
end

-- Some extensions that may stand there, each once, sometimes one that nobody knows.
local function random_list(code, rng, env)
  local list, candidates = {}, allowed(code)
  for _ = 1, rng(0, 6) do
    if #candidates > 0 then
      local entry = { extension_type = table.remove(candidates, rng(1, #candidates)) }
      local kind = definitions[entry.extension_type.value][code]
      entry.extension_data = kind.random(rng, env, entry)
      list[#list + 1] = entry
    end
  end
  if rng(1, 3) == 1 then
    list[#list + 1] = { extension_type = extension_type:entry(rng(0xE000, 0xEFFF)),
      extension_data = ("?"):rep(rng(0, 9)) }
  end
  return list
end

local function flag_duplicates(list)
  local seen = {}
  for i = 1, #list do
    local value = list[i].extension_type.value
    if seen[value] then list[i].duplicate = true end
    seen[value] = true
  end
  return list
end

local function element(code)
  return {
    kind = "extension", code = code,
    read = function(s, pos, limit, env) return read_entry(code, s, pos, limit, env) end,
    write = function(out, entry, env) write_entry(code, out, entry, env) end,
  }
end

--- `Extension extensions<min..2^16-1>` as it stands in one message.
-- @tparam string code of the message, see above
-- @tparam ?number min bytes
-- @tparam ?number max bytes
-- @treturn table type
function M.list(code, min, max)
  local list = wire.vector(element(code), min or 0, max or 65535)
  local read = list.read
  list.read = function(s, pos, limit, env)
    local value, after = read(s, pos, limit, env)
    return env.trace and value or flag_duplicates(value), after
  end
  list.random = function(rng, env)
    local value
    repeat value = random_list(code, rng, env) until #value > 0 or (min or 0) == 0
    return value
  end
  return list
end

--- All types of `extension_data` that may stand in a message.
-- @tparam string code
-- @treturn table name -> type
function M.types(code)
  local types = {}
  M.load()
  for value, kind in pairs(definitions) do
    if kind[code] then types[extension_type.by_value[value].name] = kind[code] end
  end
  return types
end

return M
