--- A TLS server without manners: it does what the key schedule says, a spec says the rest. x25519,
-- TLS 1.2 without extended_master_secret.

local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local crypto = require("wolfssl.core").crypto
local decryptor = require "wolfssl.trace.decryptor"
local signature = require "attack.signature"
local tls = require "wolfssl.tls"
local tls12 = require "wolfssl.trace.key_schedule.tls12"
local tls13 = require "wolfssl.trace.key_schedule.tls13"

local M = {}

local function u16(n) return string.char(math.floor(n / 256), n % 256) end
local function v8(s) return string.char(#s) .. s end
local function v16(s) return u16(#s) .. s end
local function v24(s) return string.char(math.floor(#s / 65536)) .. u16(#s % 65536) .. s end

M.v16 = v16

--- A handshake message and a plaintext record.
function M.message(kind, body) return string.char(kind) .. v24(body) end
function M.record(kind, body) return string.char(kind) .. "\3\3" .. v16(body) end

local SESSION_ID = ("s"):rep(32)
local HASHES = { [0x0303] = "SHA256", [0x0304] = "SHA256" }

local Server = {}
Server.__index = Server

--- A server at the other end of a transport.
-- @tparam table options `version` (default 0x0304), `suite`: name, `chain`: DER, leaf first, `key`:
--   what signs, `hello`: function(hello) that may change the ServerHello; `resume`: the `session`
--   of an earlier one, for who asks for it, and with `force` for everybody; `cut`: most in a record
function M.new(transport, options)
  local version = options.version or 0x0304
  local private, public = crypto.keypair("x25519")
  local suite = options.suite or version == 0x0304 and "TLS_AES_128_GCM_SHA256"
    or "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"
  suite = assert(cipher_suite.by_name[suite], suite)
  return setmetatable({
    transport = transport, options = options, version = version, suite = suite,
    hash = (suite.hash or HASHES[version]):lower(), private = private, public = public,
    random = crypto.random(32), reader = tls.record_reader(), transcript = "", seen = "", data = "",
  }, Server)
end

--- The next record; nil at the end.
function Server:record()
  local record = self.reader:next()
  while not record do
    local bytes = self.transport:read(16384, 100)
    if not bytes then return nil end
    self.seen = self.seen .. bytes
    self.reader:push(bytes)
    record = self.reader:next()
  end
  return record
end

--- The content of the next record but ChangeCipherSpec, and its type. Alerts are kept as `alert`
-- and end it.
function Server:receive()
  local record = self:record()
  if not record then return nil end
  local content, kind = record.fragment, record.type.value
  if kind == 20 then
    self.read = self.next_read or self.read
    return self:receive()
  end
  if self.read and #content > 2 then -- what is shorter is an alert without protection
    content, kind = assert(self.read:open(record))
  end
  if kind ~= 21 then return content, kind end
  self.alert = assert(tls.decode_alert(content)).description.name
end

function Server:send(kind, content)
  local size = self.options.cut or 16384
  for i = 1, #content, size do
    local part = content:sub(i, i + size - 1)
    self.transport:write(self.write and self.write:seal(kind, part) or M.record(kind, part), 10)
  end
  return true
end

function Server:say(message)
  self.transcript = self.transcript .. message
  return self:send(22, message)
end

function Server:digest()
  return crypto.digest(self.hash, self.transcript)
end

--- Reads the ClientHello, answers with a ServerHello.
function Server:hello()
  local content = self:receive()
  if not content then return false end
  self.transcript = content
  self.client = assert(tls.decode_handshake(content)).body
  self.resumed = self:resumes()
  local hello = { msg_type = "server_hello", body = {
    legacy_version = 0x0303, random = self.random,
    legacy_session_id_echo = self.client.legacy_session_id, cipher_suite = self.suite.value,
    legacy_compression_method = 0, extensions = self:extensions(),
  } }
  if self.version < 0x0304 then
    hello.body.legacy_version, hello.body.legacy_session_id_echo = self.version, SESSION_ID
  end
  if self.options.hello then self.options.hello(hello.body, self) end
  self.random = hello.body.random
  return self:say(tls.encode_handshake(hello))
end

local function find(list, name)
  for _, e in ipairs(list) do
    if e.extension_type.name == name then return e.extension_data end
  end
end

-- Whether the client wants to go on with the session, or is made to.
function Server:resumes()
  local options = self.options
  if not options.resume then return false end
  if options.force then return true end
  if self.version < 0x0304 then return self.client.legacy_session_id == SESSION_ID end
  return find(self.client.extensions, "pre_shared_key") ~= nil
end

function Server:extensions()
  if self.version < 0x0304 then
    return { { extension_type = "renegotiation_info",
      extension_data = { renegotiated_connection = "" } } }
  end
  local list = {
    { extension_type = "supported_versions", extension_data = { selected_version = self.version } },
    { extension_type = "key_share", extension_data = { server_share = {
      group = "x25519", key_exchange = self.public } } },
  }
  if self.resumed then
    list[3] = { extension_type = "pre_shared_key", extension_data = { selected_identity = 0 } }
  end
  return list
end

local function list_of(chain, entry, first)
  local parts = {}
  for i, der in ipairs(chain) do parts[i] = v24(der) .. (i == 1 and first or entry) end
  return v24(table.concat(parts))
end

--- The Certificate of a chain.
function Server:certificate(chain)
  if self.version == 0x0304 then
    return M.message(11, "\0" .. list_of(chain, "\0\0", self.options.beside))
  end
  return M.message(11, list_of(chain, ""))
end

-- ---------------------------------------------------------------------------------- TLS 1.2

function Server:key_exchange()
  local params = "\3\0\29" .. v8(self.public)
  if self.suite.authentication == "anon" then return M.message(12, params) end
  local signed = assert(self.options.key:sign("ecdsa_secp256r1_sha256",
    self.client.random .. self.random .. params))
  return M.message(12, params .. "\4\3" .. v16(signed))
end

function Server:flight12()
  if self.suite.authentication ~= "anon" then self:say(self:certificate(self.options.chain)) end
  if self.options.after_certificate then self:say(self.options.after_certificate(self)) end
  self:say(self:key_exchange())
  return self:say(M.message(14, ""))
end

function Server:schedule12()
  return tls12.new { version = 0x0303, suite = self.suite, client_random = self.client.random,
    server_random = self.random }
end

function Server:hear_finished(keys)
  self.next_read = assert(decryptor.tls12(0x0303, self.suite, "client", keys))
  local finished = self:receive()
  self.transcript = self.transcript .. (finished or "")
  return finished ~= nil
end

function Server:say_finished(schedule, keys)
  self.transport:write(M.record(20, "\1"), 10)
  self.write = assert(decryptor.tls12(0x0303, self.suite, "server", keys))
  return self:say(M.message(20, schedule:verify_data("server", self:digest())))
end

function Server:finish12()
  local exchange = self:receive()
  if not exchange then return false end
  self.transcript = self.transcript .. exchange
  local schedule = self:schedule12()
  schedule:add { name = "premaster_secret",
    secret = assert(crypto.shared_secret("x25519", self.private, exchange:sub(6))) }
  self.session = schedule:master()
  local keys = schedule:key_block()
  return self:hear_finished(keys) and self:say_finished(schedule, keys)
end

-- RFC 5246 section 7.3, figure 2
function Server:resume12()
  local schedule = self:schedule12()
  schedule:add { name = "master_secret", secret = self.options.resume }
  local keys = schedule:key_block()
  return self:say_finished(schedule, keys) and self:hear_finished(keys)
end

-- ---------------------------------------------------------------------------------- TLS 1.3

function Server:verify()
  return signature.verify("server", self.options.scheme or signature.HONEST, self.options.key,
    self:digest())
end

function Server:prove()
  self:say(self:certificate(self.options.chain))
  if self.options.after_certificate then self:say(self.options.after_certificate(self)) end
  self:say(self:verify())
end

function Server:flight13()
  local shares = find(self.client.extensions, "key_share").client_shares
  local schedule = tls13.new(self.hash)
  schedule:early(self.resumed and self.options.resume or nil)
  for _, share in ipairs(shares) do
    if share.group.name == "x25519" then
      schedule:agree(assert(crypto.shared_secret("x25519", self.private, share.key_exchange)))
    end
  end
  local function secret(name) return schedule:derive(name .. "_secret", self:digest()) end
  self.read = decryptor.tls13(self.suite, secret "client_handshake_traffic")
  self.write = decryptor.tls13(self.suite, secret "server_handshake_traffic")
  if self.options.before_flight then self.options.before_flight(self) end
  self:say(M.message(8, "\0\0"))
  if not self.resumed then self:prove() end
  self:say(M.message(20, schedule:verify_data("server_handshake_traffic_secret", self:digest())))
  self.application = {
    schedule:derive("client_application_traffic_secret_0", self:digest()),
    schedule:derive("server_application_traffic_secret_0", self:digest()),
  }
  self.write = decryptor.tls13(self.suite, self.application[2])
  self.schedule = schedule
  return true
end

function Server:finish13()
  local finished = self:receive()
  if not finished then return false end
  self.read = decryptor.tls13(self.suite, self.application[1])
  self.transcript = self.transcript .. finished
  self.schedule:derive("resumption_master_secret", self:digest())
  return true
end

--- Sends a ticket, whose key then is `session`.
function Server:ticket()
  self.session = self.schedule:resumption_psk "n"
  return self:send(22, M.message(4, "\0\0\14\16" .. "ages" .. v8 "n" .. v16 "ticket" .. v16 ""))
end

-- ---------------------------------------------------------------------------------- both

--- All of the handshake; false when the client did not go along.
function Server:handshake()
  if not self:hello() then return false end
  if self.version == 0x0304 then return self:flight13() and self:finish13() end
  if self.resumed then return self:resume12() end
  return self:flight12() and self:finish12()
end

--- Reads to the end; what the client said is `data`.
function Server:listen()
  local content, kind = self:receive()
  while content do
    if kind == 23 then self.data = self.data .. content end
    content, kind = self:receive()
  end
end

return M
