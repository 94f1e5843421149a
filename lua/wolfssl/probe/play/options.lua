--- What the messages of a conversation take, and whole handshakes, which pass it on to them.
-- @module wolfssl.probe.play.options
local options_of = require "wolfssl.options"

local M = {}

local function set(words)
  local kinds = {}
  for name in words:gmatch "%S+" do kinds[name] = "any" end
  return kinds
end

local MESSAGES = {
  server_hello = set [[version cipher_suite key_kind random session_id compression_method
    extensions group share selected_psk alpn extended_master_secret encrypt_then_mac
    session_ticket]],
  hello_retry_request = set "group cookie cipher_suite session_id extensions",
  encrypted_extensions = set "alpn early_data extensions",
  certificate_request = set "signature_algorithms context authorities",
  server_key_exchange = set "key scheme group p g identity_hint",
  client_key_exchange = set "premaster identity",
  new_session_ticket = set "ticket lifetime nonce age_add early_data",
}

local HANDSHAKES = {
  client = set "hello message early_data certificate key scheme identity premaster",
  server = set "certificate key scheme request retry ticket",
}
for _, name in ipairs { "server_hello", "encrypted_extensions", "server_key_exchange" } do
  for option in pairs(MESSAGES[name]) do HANDSHAKES.server[option] = "any" end
end

-- A server's messages whose options are a table among those of a handshake.
local NESTED = { request = "certificate_request", retry = "hello_retry_request" }

local function check_message(name, options, level)
  options_of.check(options, MESSAGES[name], name, level + 1)
end

--- Raises at the caller of a method for options that its message does not take.
-- @tparam string name of the message
-- @tparam ?table options
-- @treturn table the options
function M.of_message(name, options)
  options = options or {}
  check_message(name, options, 4)
  return options
end

--- Raises at the caller of a method for options that a whole handshake does not take.
-- @tparam string role "client" or "server"
-- @tparam ?table options
-- @treturn table a copy
function M.of_handshake(role, options)
  options = options or {}
  options_of.check(options, HANDSHAKES[role], "a handshake as " .. role, 4)
  local copy = {}
  for name, value in pairs(options) do copy[name] = value end
  for name, message in pairs(role == "server" and NESTED or {}) do
    if copy[name] then check_message(message, copy[name], 4) end
  end
  return copy
end

--- Those options of a handshake that one of its messages takes.
-- @tparam string name of the message
-- @tparam table options
-- @treturn table
function M.among(name, options)
  local own = {}
  for option in pairs(MESSAGES[name]) do own[option] = options[option] end
  return own
end

return M
