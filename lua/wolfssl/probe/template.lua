--- Recorded hellos of common clients, each in a file of `wolfssl.probe.templates`, and hellos made
-- after them.
-- @module wolfssl.probe.template
local crypto = require "wolfssl.trace.crypto"
local extension = require "wolfssl.tls.extension"
local extension_type = require "wolfssl.tls.registry.extension_type"
local handshake = require "wolfssl.tls.handshake"

local M = {}

--- The names of the recorded hellos.
M.names = { "chromium", "curl", "firefox", "git", "gnutls", "go", "java", "nmap", "node", "nss",
  "openssl", "openssl_tls12", "python", "rustls", "wget", "wolfssl" }

--- The bytes of a recorded hello, as it was on the wire.
-- @tparam string name
-- @treturn string handshake message
-- @treturn string the program and its version
-- @treturn table `{source =, recorded = date, command =, ja3 =, ja4 =}`
function M.read(name)
  local found, recorded = pcall(require, "wolfssl.probe.templates." .. tostring(name))
  if not found then error(("there is no template '%s'"):format(tostring(name)), 2) end
  return (recorded.hex:gsub("%s", ""):gsub("%x%x", function(pair)
    return string.char(tonumber(pair, 16))
  end)), recorded.source, recorded
end

--- Puts an extension in the place of the one of its type, or behind all others.
-- @tparam {table,...} list
-- @tparam table new
function M.put(list, new)
  for i, old in ipairs(list) do
    if extension_type:value(old.extension_type) == extension_type:value(new.extension_type) then
      list[i] = new
      return
    end
  end
  list[#list + 1] = new
end

-- ------------------------------------------------------------------------------- what is new

-- One new value for each that was recorded: a client that says one twice goes on to do so, and one
-- that says two never says the same.
local function reserved()
  local chosen, taken = {}, {}
  return function(old)
    if chosen[old] then return chosen[old] end
    local new
    repeat new = (crypto.random(1):byte() % 16 * 16 + 10) * 257 until not taken[new]
    chosen[old], taken[new] = new, true
    return new
  end
end

local LISTS = { supported_groups = "named_group_list", supported_versions = "versions",
  signature_algorithms = "supported_signature_algorithms" }

local function regrease(body, new)
  local function list(items)
    for i, item in ipairs(items) do
      if item.grease then items[i] = new(item.value) end
    end
  end
  list(body.cipher_suites)
  for _, entry in ipairs(body.extensions) do
    local name = LISTS[entry.extension_type.name]
    if entry.extension_type.grease then entry.extension_type = new(entry.extension_type.value) end
    if name then list(entry.extension_data[name]) end
  end
  local share = extension.find(body.extensions, "key_share")
  for _, entry in ipairs(share and share.client_shares or {}) do
    if entry.group.grease then entry.group = new(entry.group.value) end
  end
end

-- What stands for an encrypted hello where there is none: RFC 9849 section 6.2.
local function refresh_ech(body)
  local data = extension.find(body.extensions, "encrypted_client_hello")
  local outer = data and data.body
  if type(outer) ~= "table" or not outer.enc then return end
  if #outer.enc == 32 then outer.enc = select(2, crypto.keypair "x25519") end
  outer.payload, outer.config_id = crypto.random(#outer.payload), crypto.random(1):byte()
end

local function refresh_shares(body, keep)
  local share = extension.find(body.extensions, "key_share")
  for _, entry in ipairs(share and share.client_shares or {}) do
    if crypto.group_supported(entry.group.name) then
      local private, public = crypto.keypair(entry.group.name)
      keep { group = entry.group.name, private = private, public = public }
      entry.key_exchange = public
    end
  end
end

local function refresh(body, keep)
  body.random = crypto.random(32)
  body.legacy_session_id = crypto.random(#body.legacy_session_id)
  refresh_shares(body, keep)
  refresh_ech(body)
  regrease(body, reserved())
end

-- ------------------------------------------------------------------------------------ length

local LEAST, MOST = 256, 511   -- RFC 7685 section 4: lengths that are padded, to 512

local function is_named(entry, name)
  return extension_type:value(entry.extension_type) == extension_type:value(name)
end

-- Padding is what is missing to the length that was recorded.
local function repad(message, size)
  local list, at = message.body.extensions, nil
  for i, entry in ipairs(list) do
    if is_named(entry, "padding") then at = i end
  end
  if not at then return end
  local entry = table.remove(list, at)
  local length = #handshake.encode(message)
  if length < LEAST or length > MOST then return end
  entry.extension_data = { padding = ("\0"):rep(math.max(size - length - 4, 0)) }
  table.insert(list, at, entry)
end

local function place(list, options, server_name)
  for i = #list, 1, -1 do
    if is_named(list[i], "server_name") and options.server_name then
      if server_name then list[i].extension_data = server_name else table.remove(list, i) end
    elseif is_named(list[i], "application_layer_protocol_negotiation") and options.alpn then
      list[i].extension_data = { protocol_name_list = options.alpn }
    end
  end
  for _, item in ipairs(options.add or {}) do M.put(list, item) end
end

--- A recorded hello with what is ours put into its place; nothing else moves.
-- @tparam table options see `wolfssl.probe.hello.client`
-- @tparam function keep gets each private key
-- @tparam ?table server_name content of that extension, nil for none
-- @treturn table message
function M.fill(options, keep, server_name)
  local recorded = M.read(options.template)
  local message = assert(handshake.decode(recorded))
  if options.fresh ~= false then refresh(message.body, keep) end
  place(message.body.extensions, options, server_name)
  repad(message, #recorded)
  return message
end

return M
