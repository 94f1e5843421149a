--- `on_client_hello`: a server decides by the whole ClientHello, before there is anything of
-- wolfSSL for this connection.
-- @module wolfssl.connection.client_hello

local caller = require "wolfssl.connection.call"
local core = require "wolfssl.core"
local hold = require "wolfssl.connection.hold"
local identity = require "wolfssl.connection.identity"
local messages = require "wolfssl.connection.messages"
local extension = require "wolfssl.tls.extension"
local alert = require "wolfssl.tls.registry.alert"

local methods = core.connection_methods

local M = {}

local NAME = "on_client_hello"
local DECODE_ERROR = 50
local HOST_NAME = 0
local EXPECTED = "nothing, a table of context, certificate and key, alpn, psk, session, or nil and "
  .. "the name of an alert"

local function nonsense(own, value, expected)
  return caller.nonsense(own, NAME, value, expected or EXPECTED)
end

--- What an answer may hold, by its field: each gets the connection's own table and the value, in
-- this order. One that has ended the connection returns false.
M.answers = {
  {
    "context", function(own, context)
      if type(context) ~= "table" or type(context.core) ~= "userdata"
        or not tostring(context.core):find("^wolfssl%.context: server") then
        return nonsense(own, context, "a server's context")
      end
      methods.use_context(own.connection, context.core)
      own.change = context.handlers or {}
    end,
  },
  {
    "certificate", function(own, certificate, answer)
      return identity.use(own, NAME, certificate, answer.key, answer.password)
    end,
  },
  {
    "alpn", function(own, names)
      local parts = {}
      for i, name in ipairs(type(names) == "table" and names or { names }) do
        if type(name) ~= "string" or #name < 1 or #name > 255 or name:find(",", 1, true) then
          return nonsense(own, name, "names for ALPN of 1 to 255 bytes, without a comma")
        end
        parts[i] = string.char(#name) .. name
      end
      if #table.concat(parts) > 255 then return nonsense(own, names, "fewer names for ALPN") end
      methods.use_alpn(own.connection, table.concat(parts))
    end,
  },
  {
    "psk", function(own, psk)
      if type(psk) ~= "table"
        or not pcall(methods.set_psk, own.connection, psk.identity, psk.key, psk.hash) then
        return nonsense(own, psk, "{identity=, key=, hash=} for a context with pre-shared keys")
      end
    end,
  },
  {
    "session", function(own, session)
      if session == false then
        methods.refuse_sessions(own.connection)
      elseif type(session) ~= "string" or not (own.change or own.handlers).sessions then
        return nonsense(own, session, "false, or a session's bytes for a context with 'sessions'")
      end
      own.session_answer = session
    end,
  },
}

local WITH_OTHERS = { key = "certificate", password = "certificate" }

local function check(own, answer)
  local known = {}
  for _, row in ipairs(M.answers) do known[row[1]] = true end
  for field in pairs(answer) do
    if not known[field] and not (WITH_OTHERS[field] and answer[WITH_OTHERS[field]]) then
      nonsense(own, ("a table with '%s'"):format(tostring(field)))
    end
  end
end

local function apply(own, answer)
  check(own, answer)
  for _, row in ipairs(M.answers) do
    local value = answer[row[1]]
    if value ~= nil and row[2](own, value, answer) == false then return false end
  end
end

local function refuse(own, name)
  local entry = type(name) == "string" and alert.by_name[name]
  if not entry or entry.value == 0 then
    return nonsense(own, name, "nil and the name of an alert")
  end
  caller.reject(own, name, "on_client_hello refused the client: " .. name, entry.value)
  return false
end

local function first_host_name(data)
  for _, entry in ipairs(data and data.server_name_list or {}) do
    if entry.name_type.value == HOST_NAME then return entry.name end
  end
end

-- The whole message in the words of wolfssl.tls, and what most ask for.
local function describe(body)
  local protocols = extension.find(body.extensions, "application_layer_protocol_negotiation")
  body.server_name = first_host_name(extension.find(body.extensions, "server_name"))
  body.alpn = protocols and protocols.protocol_name_list or {}
  return body
end

--- Makes the first ClientHello wait.
-- @tparam table own
function M.begin(own)
  if not own.asked_for_hello then hold.wait(own, M, true) end
end

--- Asks the application.
-- @tparam table own
-- @tparam string records
-- @treturn ?boolean
function M.hello(own, records)
  own.asked_for_hello = true
  hold.done(own, M)
  local message, text, code = messages.plain(records)
  if not message then
    methods.reject(own.connection, text, DECODE_ERROR, code)
    return false
  elseif message.msg_type.name ~= "client_hello" then
    return true -- refused by the guards
  end
  local sound, answer, reason = caller.call(own, NAME, own.handlers[NAME], describe(message.body),
    own.connection)
  if not sound then return false end
  if answer == nil then
    if reason ~= nil then return refuse(own, reason) end
    return true
  end
  if type(answer) ~= "table" then return nonsense(own, answer) end
  return apply(own, answer)
end

return M
