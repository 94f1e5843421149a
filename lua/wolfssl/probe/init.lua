--- Probes: handshakes told message by message, as client or server, well-behaved or not.
--
--     local probe = require "wolfssl.probe"
--     local c = assert(probe.connect("example.org", 443))
--     assert(c:send(c:client_hello { alpn = { "h2", "http/1.1" } }))
--     assert(c:expect "server_hello")
--     print(assert(c:expect "encrypted_extensions").body.extensions[1])
--
-- See `wolfssl.probe.conversation` for what a conversation can do, `wolfssl.probe.hello` for
-- ClientHellos, `wolfssl.probe.file` for probes as files that `wolfprobe run` runs.
-- @module wolfssl.probe
local conversation = require "wolfssl.probe.conversation"
local extension = require "wolfssl.tls.extension"
local file = require "wolfssl.probe.file"
local hello = require "wolfssl.probe.hello"
local options_of = require "wolfssl.options"
local target = require "wolfssl.probe.target"
local transport = require "wolfssl.transport"
require "wolfssl.probe.sending"
require "wolfssl.probe.showing"
require "wolfssl.probe.client"
require "wolfssl.probe.authentication"
require "wolfssl.probe.play"

-- What servers alone say is loaded with the first of it.
local SERVER = {}
for name in ([[has_suite server_hello hello_retry_request encrypted_extensions certificate_request
  server_key_exchange new_session_ticket]]):gmatch "%S+" do
  SERVER[name] = true
end
local Conversation = conversation.Conversation
setmetatable(Conversation, { __index = function(_, name)
  return SERVER[name] and require "wolfssl.probe.server" and rawget(Conversation, name) or nil
end })

local M = { hello = hello }

--- A server to probe: any number of conversations.
-- @tparam string host
-- @tparam int port
-- @tparam ?table options
-- @treturn Target
-- @see wolfssl.probe.target.new
function M.target(host, port, options)
  return (target.new(host, port, options))
end

--- Declares a probe; what a probe file returns.
-- @function define
-- @see wolfssl.probe.file.define
M.define = file.define

--- Runs a probe on a target.
-- @tparam table one what `define` returned
-- @tparam Target on
-- @treturn table
-- @see wolfssl.probe.file.run
function M.run(one, on)
  options_of.argument(file.is(one), "probe.run", 1, "probe", one)
  options_of.argument(type(on) == "table" and on.results and on.conversations, "probe.run", 2,
    "target", on)
  return file.run(one, on)
end

--- Connects, and begins a conversation as client.
-- @tparam string host
-- @tparam int port
-- @tparam ?table options see `wolfssl.probe.target.new`
-- @return conversation; or nil, message, code
function M.connect(host, port, options)
  return target.new(host, port, options):connect()
end

--- Begins a conversation as server.
-- @param socket that was accepted, or a transport; see `wolfssl.transport.of`
-- @tparam ?table options see `wolfssl.probe.conversation.new`
-- @treturn Conversation
function M.accept(socket, options)
  return (conversation.new(transport.of(socket), "server", options))
end

--- Begins a conversation as client over a socket that is connected already.
-- @param socket or a transport
-- @tparam ?table options see `wolfssl.probe.conversation.new`
-- @treturn Conversation
function M.over(socket, options)
  return (conversation.new(transport.of(socket), "client", options))
end

--- The content of an extension of a message.
-- @tparam table message
-- @tparam string|number name
-- @return its decoded data; nil when it is not there
function M.extension(message, name)
  options_of.argument(type(message) == "table" and type(message.body) == "table",
    "probe.extension", 1, "message", message)
  return (extension.find(message.body.extensions, name))
end

return M
