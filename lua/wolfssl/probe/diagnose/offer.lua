--- The hello of another client as a case: why does that one fail?
-- @module wolfssl.probe.diagnose.offer
local cases = require "wolfssl.probe.diagnose.case"
local handshake = require "wolfssl.tls.handshake"
local hello = require "wolfssl.probe.hello"

local M = {}

-- Values that mean nothing.
local function is_grease(value)
  local low = value % 256
  return low % 16 == 10 and low * 257 == value
end

local function names_of(list)
  local names = {}
  for _, entry in ipairs(list or {}) do
    if not is_grease(entry.value) then names[#names + 1] = entry.name or entry.value end
  end
  return names
end

-- How the content of an extension stands in a case.
local READERS = {}

function READERS.supported_versions(case, data) case.versions = names_of(data.versions) end
function READERS.supported_groups(case, data) case.groups = names_of(data.named_group_list) end
function READERS.session_ticket(case) case.session_ticket = "" end
function READERS.status_request(case) case.status_request = true end
function READERS.application_layer_protocol_negotiation(case, data)
  case.alpn = data.protocol_name_list
end
function READERS.signature_algorithms(case, data)
  case.signature_algorithms = names_of(data.supported_signature_algorithms)
end
-- For a share that we cannot make stands padding: the hello is as long as it was.
function READERS.key_share(case, data)
  case.shares = {}
  for _, share in ipairs(data.client_shares) do
    local name = share.group.name
    if #cases.shareable { name } > 0 then
      table.insert(case.shares, name)
    elseif not is_grease(share.group.value) then
      case.add = { { extension_type = "padding",
        extension_data = ("\0"):rep(#share.key_exchange) } }
    end
  end
end

local MADE = { server_name = true, extended_master_secret = true, renegotiation_info = true,
  ec_point_formats = true, psk_key_exchange_modes = true }

-- What depends on a session that we do not have, and what hides from us what comes back.
local DROPPED = { pre_shared_key = true, early_data = true, cookie = true,
  compress_certificate = true }

local function read_extension(case, item)
  local name, list = item.extension_type.name, case.extensions
  if is_grease(item.extension_type.value) then
    case.grease = true
    list[#list + 1] = "grease"
  elseif READERS[name] then
    READERS[name](case, item.extension_data)
    list[#list + 1] = name
  elseif MADE[name] then
    list[#list + 1] = name
  elseif not DROPPED[name] then
    list[#list + 1] = item
  end
end

--- Reads a ClientHello.
-- @tparam table message
-- @treturn table case, see `wolfssl.probe.diagnose.attempt`. Extensions keep their order; the
-- server name is left open, and what would compress the server's certificate is left out
function M.read(message)
  local case = { extensions = {}, cipher_suites = names_of(message.body.cipher_suites) }
  for _, item in ipairs(message.body.extensions or {}) do read_extension(case, item) end
  if not case.versions then case.versions = { message.body.legacy_version.name } end
  if message.body.legacy_session_id == "" then case.session_id = "" end
  return case
end

--- The hello of a client that is recorded, see `wolfssl.probe.hello`.
-- @tparam string name "chromium", "curl" …
-- @treturn table case
function M.template(name)
  return M.read(assert(handshake.decode((hello.template(name)))))
end

return M
