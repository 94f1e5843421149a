--- The hellos: what was offered, what was chosen, and which side of 1.3 a connection is on.
-- @module wolfssl.trace.observer.hello
local decryptor = require "wolfssl.trace.decryptor"
local extension = require "wolfssl.tls.extension"
local negotiated = require "wolfssl.tls.message.negotiated"
local transcript = require "wolfssl.trace.transcript"
local versions = require "wolfssl.tls.registry.version"

local M = {}

local TLS13, DRAFTS, LAST_DRAFT = 0x0304, 0x7F00, 0x7F1C

--- State of one handshake.
-- @tparam table secrets
-- @treturn table
function M.handshake(secrets)
  return {
    secrets = secrets, transcript = transcript.new(), contexts = {}, public_keys = {},
    reasons = {},
  }
end

--- The content of an extension of a hello.
-- @tparam table hello
-- @tparam string name
-- @return extension_data, entry; or nil
function M.find(hello, name)
  return extension.find(hello.extensions, name)
end

local function host_name(hello)
  local names = M.find(hello, "server_name")
  local list = type(names) == "table" and names.server_name_list
  return list and list[1].name or nil
end

local function protocols(hello)
  local alpn = M.find(hello, "application_layer_protocol_negotiation")
  return type(alpn) == "table" and alpn.protocol_name_list or nil
end

--- Takes a ClientHello.
-- @tparam table hs handshake
-- @tparam table hello decoded body
-- @tparam table summary
function M.client(hs, hello, summary)
  hs.client_hello, hs.client_random = hello, hello.random
  summary.client_random = hello.random
  summary.server_name = host_name(hello)
  summary.offered_protocols = protocols(hello)
end

-- Why records will not be opened, or nil.
local function obstacle(hs, hello, version)
  local compression = hello.legacy_compression_method
  if compression and compression.value ~= 0 and hs.version < TLS13 then
    return "compressed records are not supported"
  end
  if version.value > DRAFTS and version.value < LAST_DRAFT then
    return version.name .. " is not decrypted"
  end
  local ok, message = decryptor.supports(hs.version, hs.suite)
  return not ok and message or nil
end

--- Takes a ServerHello or HelloRetryRequest.
-- @tparam table hs handshake
-- @tparam table hello decoded body
-- @tparam table context of the codec, after it
-- @tparam table summary
function M.server(hs, hello, context, summary)
  local version = versions:entry(versions:value(context.version))
  hs.version, hs.suite = negotiated.version(context), hello.cipher_suite
  hs.server_hello, hs.server_random = hello, hello.random
  hs.unsupported = obstacle(hs, hello, version)
  summary.version = version
  summary.cipher_suite = hello.cipher_suite
  local share = M.find(hello, "key_share")
  local server_share = type(share) == "table" and share.server_share
  if server_share then summary.group = server_share.group end
  summary.protocol = (protocols(hello) or {})[1] or summary.protocol
end

--- Takes the protocol chosen in EncryptedExtensions.
-- @tparam table body decoded
-- @tparam table summary
function M.encrypted(body, summary)
  summary.protocol = (protocols(body) or {})[1]
  summary.early_data = M.find(body, "early_data") ~= nil or nil
end

return M
