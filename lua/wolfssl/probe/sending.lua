--- How a conversation sends: messages into records, under the keys that are in force.
-- @module wolfssl.probe.sending
local alert = require "wolfssl.tls.alert"
local conversation = require "wolfssl.probe.conversation"
local decryptor = require "wolfssl.trace.decryptor"
local handshake = require "wolfssl.tls.handshake"
local options_of = require "wolfssl.options"
local versions = require "wolfssl.tls.registry.version"

local Conversation = conversation.Conversation

local FRAGMENT = 16384
local OPTIONS = { fragment = "number", padding = "number", version = "any", iv = "string",
  mangle = "function", secret = "any", hold = "boolean" }
local TLS10, TLS12, TLS13 = 0x0301, 0x0303, 0x0304
local TYPES = { change_cipher_spec = 20, alert = 21, handshake = 22, application_data = 23,
  heartbeat = 24 }

-- The candidate in force for what we send. A server that does not say that it takes early data has
-- left them out: whoever goes on is under the handshake keys.
local function in_force(self)
  for _, candidate in ipairs(self:seen().directions[self.role].candidates) do
    local early = candidate.name == "client_early_traffic_secret"
    if not (early and self.refused_early_data) then return candidate end
  end
end

-- One that is, was or will be in force.
local function named(self, name)
  for candidate in pairs(self.seals) do
    if candidate.name == name then return candidate end
  end
  for _, candidate in ipairs(self:seen().directions[self.role].candidates) do
    if candidate.name == name then return candidate end
  end
end

--- What seals the next record.
-- @tparam ?string|boolean secret name of another secret than the one in force; false for none
-- @treturn[1] table protection, see `wolfssl.trace.decryptor`
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string "internal"
function Conversation:protection(secret)
  local candidate
  if secret then candidate = named(self, secret) elseif secret == nil then
    candidate = in_force(self)
  end
  if not candidate then
    if secret then return nil, "there are no keys of " .. secret, "internal" end
    return decryptor.plain(math.min(self:version() or TLS10, TLS12))
  end
  if not self.seals[candidate] then
    local protection, message = candidate:make()
    if not protection then return nil, message, "internal" end
    self.seals[candidate] = protection
  end
  return self.seals[candidate]
end

-- A ServerHello is the first to stand in records of the version that it names.
local function version_of(message)
  local names_it = message.msg_type == "server_hello"
  return names_it and message.body and versions:value(message.body.legacy_version) or nil
end

-- The content type of a message and its bytes.
local function encoded(self, message)
  if message.msg_type then
    return TYPES.handshake, handshake.encode(message, self:seen().context)
  elseif message.description then
    return TYPES.alert, alert.encode(message)
  elseif message.content then
    local kind = message.content_type
    return TYPES[kind] or kind, message.content
  end
  error("a handshake message, an alert or {content_type =, content =} expected", 4)
end

-- Bytes by content type, as few records as it takes: neighbours of one type are joined.
local function contents(self, messages, options)
  local list = {}
  for _, message in ipairs(messages) do
    local kind, bytes = encoded(self, message)
    if options.mangle then bytes = options.mangle(bytes) end
    local last = list[#list]
    if last and last.kind == kind then
      last.bytes = last.bytes .. bytes
    else
      list[#list + 1] = { kind = kind, bytes = bytes, version = version_of(message) }
    end
  end
  return list
end

local function put(self, bytes)
  self.held[#self.held + 1] = bytes
  self:see(self.role, bytes)
end

local function put_records(self, content, options)
  local size, first = options.fragment or FRAGMENT, 1
  local how = { version = options.version or content.version, padding = options.padding,
    iv = options.iv }
  repeat
    -- TLS 1.3 never protects ChangeCipherSpec.
    local bare = content.kind == TYPES.change_cipher_spec and (self:version() or 0) >= TLS13
    local secret = options.secret
    if bare and secret == nil then secret = false end
    local protection, message, code = self:protection(secret)
    if not protection then return nil, message, code end
    local part = content.bytes:sub(first, first + size - 1)
    put(self, protection:seal(content.kind, part, how))
    first = first + size
  until first > #content.bytes
  return true
end

--- Sends what `send` with `hold` kept.
-- @return true; or nil, message, code
function Conversation:flush()
  local bytes = table.concat(self.held)
  self.held = {}
  if bytes == "" then return true end
  local ok, reason = self.transport:write(bytes, self.timeout)
  if ok then return true end
  return conversation.network_error(reason, "writing")
end

--- Sends a message, several, or bytes.
-- @param what a string: it goes out as it is, record headers and all; or a message: of a handshake
-- (`{msg_type =, body =}`), an alert (`{level =, description =}`), or `{content_type =, content =}`
-- with a name or number and any bytes; or a list of messages, which share records
-- @tparam ?table options
--
-- - `fragment`: most bytes in a record; `padding`: see `wolfssl.trace.decryptor`; `version`: of the
--   record headers;
-- - `mangle`: function(bytes) that returns what goes out in the place of each message;
-- - `secret`: name of the secret to seal under; false for no protection;
-- - `hold`: true to wait for the next `send` or `flush`, so that both share a packet
-- @return true; or nil, message, code: "network_error", "timeout", or "internal" for keys that
-- nobody knows
function Conversation:send(what, options)
  options = options or {}
  options_of.check(options, OPTIONS, "what is sent")
  if type(what) == "string" then
    put(self, what)
  else
    local list = (what.msg_type or what.description or what.content) and { what } or what
    for _, content in ipairs(contents(self, list, options)) do
      local ok, message, code = put_records(self, content, options)
      if not ok then return nil, message, code end
    end
  end
  if options.hold then return true end
  return self:flush()
end

--- Sends application data.
-- @tparam string data
-- @tparam ?table options those of `send`
-- @return true; or nil, message, code
function Conversation:write(data, options)
  return self:send({ content_type = "application_data", content = data }, options)
end

--- Sends ChangeCipherSpec.
-- @tparam ?table options those of `send`
-- @return true; or nil, message, code
function Conversation:change_cipher_spec(options)
  return self:send({ content_type = "change_cipher_spec", content = "\1" }, options)
end

--- Sends an alert.
-- @tparam string|number description "handshake_failure", "close_notify" …
-- @tparam ?string|number level default "fatal", of close_notify and user_canceled "warning"
-- @return true; or nil, message, code
function Conversation:alert(description, level)
  local mild = description == "close_notify" or description == "user_canceled"
  return self:send { level = level or mild and "warning" or "fatal", description = description }
end

return {}
