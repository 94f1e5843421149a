--- A TLS 1.3 client without manners: it does what the key schedule says, a spec says the rest.
-- One suite at a time, x25519, no verification of the server.
--
-- Clients that `wolfssl.probe` plays are in spec/guest.lua. It keeps a trace of all that passes,
-- and says messages. This one is for what it does not say: binders over other bytes than were sent,
-- right signatures under another code point, records that a spec seals and joins itself; and for
-- handshakes by the thousand, or without memory.

local core = require "wolfssl.core"
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local decryptor = require "wolfssl.trace.decryptor"
local tls = require "wolfssl.tls"

local crypto = core.crypto
local M = {}

local function u8(n) return string.char(n) end
local function u16(n) return string.char(math.floor(n / 256), n % 256) end
local function v8(s) return u8(#s) .. s end
local function v16(s) return u16(#s) .. s end
local function extension(kind, content) return u16(kind) .. v16(content) end

function M.u32(n)
  return u16(math.floor(n / 65536)) .. u16(n % 65536)
end

--- A handshake message.
function M.message(kind, body)
  return u8(kind) .. u8(math.floor(#body / 65536)) .. u16(#body % 65536) .. body
end

--- A plaintext record.
function M.record(kind, body)
  return u8(kind) .. "\3\3" .. v16(body)
end

local Attacker = {}
Attacker.__index = Attacker

--- A client that talks to `peer`, a connection of a server.
-- @tparam Connection peer
-- @tparam ?table options `suite`: its name; `share`: false for none; `session_id`
function M.new(peer, options)
  options = options or {}
  local suite = cipher_suite:entry(
    cipher_suite:value(options.suite or "TLS_CHACHA20_POLY1305_SHA256"))
  local private, public = crypto.keypair("x25519")
  return setmetatable({ peer = peer, suite = suite, hash = suite.hash:lower(), transcript = "",
    private = private, public = public, random = crypto.random(32), name = "localhost",
    share = options.share ~= false, session_id = options.session_id or "",
    binder_label = "res binder" }, Attacker)
end

function Attacker:digest(more)
  return crypto.digest(self.hash, self.transcript .. (more or ""))
end

function Attacker:expand(secret, label, context, length)
  return crypto.hkdf_expand_label(self.hash, secret, label, context, length or #secret)
end

--- The extensions of a hello, in order, as `{type, content}`; a spec may change them.
function Attacker:extensions()
  local share = self.share and u16(29) .. v16(self.public) or ""
  return {
    { 0, v16("\0" .. v16(self.name)) }, { 43, v8 "\3\4" }, { 10, v16 "\0\29" },
    { 13, v16 "\8\7\4\3\5\3\8\4\8\5\8\6" }, { 45, v8 "\1" }, { 51, v16(share) },
  }
end

--- A ClientHello with PSKs `{identity =, key =, age =}`; one without a key gets a binder of zeros.
function Attacker:hello(psks, extensions)
  local list = {}
  for i, e in ipairs(extensions or self:extensions()) do list[i] = extension(e[1], e[2]) end
  local identities, binders, zeros = {}, {}, {}
  for i, psk in ipairs(psks or {}) do
    identities[i] = v16(psk.identity) .. (psk.age or "\0\0\0\0")
    zeros[i] = v8(("\0"):rep(self.hash == "sha384" and 48 or 32))
  end
  local blank = v16(table.concat(zeros))
  if psks then list[#list + 1] = extension(41, v16(table.concat(identities)) .. blank) end
  local suites = u16(self.suite.value) .. (self.suites or "")
  local body = "\3\3" .. self.random .. v8(self.session_id) .. v16(suites) .. "\1\0"
    .. v16(table.concat(list))
  local message = M.message(1, body)
  if not psks then return message end
  local head = message:sub(1, -#blank - 1)
  for i, psk in ipairs(psks) do
    binders[i] = psk.key and v8(self:binder(psk.key, head)) or zeros[i]
  end
  return head .. v16(table.concat(binders))
end

function Attacker:binder(key, head)
  local early = crypto.hkdf_extract(self.hash, "", key)
  local binder = self:expand(early, self.binder_label, crypto.digest(self.hash, ""))
  return crypto.hmac(self.hash, self:expand(binder, "finished", ""), self:digest(head))
end

function Attacker:send(kind, content)
  if self.write then
    self.peer:receive_data(self.write:seal(kind, content))
  else
    local size = self.cut or 16384
    for i = 1, math.max(#content, 1), size do -- also an empty one
      self.peer:receive_data(M.record(kind, content:sub(i, i + size - 1)))
    end
  end
  return self.peer:handshake()
end

-- All records that the server has sent by now, opened.
function Attacker:receive()
  local bytes, list = self.peer:data_to_send(), {}
  while #bytes >= 5 do
    local size = bytes:byte(4) * 256 + bytes:byte(5)
    local content, kind = bytes:sub(6, 5 + size), bytes:byte(1)
    if self.read and kind == 23 then
      content, kind = assert(self.read:open { type = { value = 23 }, fragment = content,
        legacy_record_version = { value = 0x0303 } })
    end
    list[#list + 1] = { kind = kind, content = content }
    if not self.read and kind == 22 and content:byte(1) == 2 then self:server_hello(content) end
    bytes = bytes:sub(6 + size)
  end
  return list
end

function Attacker:server_hello(content)
  local hello = assert(tls.decode_handshake(content))
  local share, psk
  for _, e in ipairs(hello.body.extensions) do
    if e.extension_type.name == "key_share" then share = e.extension_data.server_share end
    if e.extension_type.name == "pre_shared_key" then psk = true end
  end
  if not share then return end
  self.transcript = self.transcript .. content
  self.resumed = psk or false
  local zeros = ("\0"):rep(self.hash == "sha384" and 48 or 32)
  local early = crypto.hkdf_extract(self.hash, "", psk and self.chosen or zeros)
  local empty = crypto.digest(self.hash, "")
  local handshake = crypto.hkdf_extract(self.hash, self:expand(early, "derived", empty),
    assert(crypto.shared_secret("x25519", self.private, share.key_exchange)))
  self.master = crypto.hkdf_extract(self.hash, self:expand(handshake, "derived", empty), zeros)
  self.client_secret = self:expand(handshake, "c hs traffic", self:digest())
  self.write = decryptor.tls13(self.suite, self.client_secret)
  self.read = decryptor.tls13(self.suite, self:expand(handshake, "s hs traffic", self:digest()))
end

--- The whole handshake; a CertificateRequest is answered with no certificate, or not at all by one
-- that is `silent`. `options`: `extensions`, `before_finished` = list of messages; a method
-- `before` may send more.
-- Returns what the server's last call of handshake did.
function Attacker:handshake(psks, options)
  options = options or {}
  local hello = self:hello(psks, options.extensions)
  self.chosen = psks and psks[#psks].key
  local ok, message, code = self:send(22, hello)
  self.transcript = self.transcript .. hello
  local asked
  for _, record in ipairs(self:receive()) do
    if record.kind == 22 and record.content:byte(1) ~= 2 then
      self.transcript = self.transcript .. record.content
      asked = asked or record.content:byte(1) == 13
    end
  end
  if not self.write then return ok, message, code end
  local read = decryptor.tls13(self.suite, self:expand(self.master, "s ap traffic", self:digest()))
  local application = self:expand(self.master, "c ap traffic", self:digest())
  if asked and not self.silent then self:post(M.message(11, "\0\0\0\0")) end
  for _, more in ipairs(options.before_finished or {}) do self:post(more) end
  if self.before then self:before() end
  local finished = crypto.hmac(self.hash, self:expand(self.client_secret, "finished", ""),
    self:digest())
  ok, message, code = self:post(M.message(20, finished))
  self.resumption = self:expand(self.master, "res master", self:digest())
  self.read, self.write = read, decryptor.tls13(self.suite, application)
  self.application = application
  return ok, message, code
end

function Attacker:post(message)
  self.transcript = self.transcript .. message
  return self:send(22, message)
end

--- The answer to a CertificateRequest after the handshake: `messages`, each made by a function that
-- finds the transcript up to it, and a Finished. Returns what the server's last call of
-- `request_certificate` did.
function Attacker:answer(request, messages)
  self.transcript = self.transcript .. request
  local context = v8(request:sub(6, 5 + request:byte(5)))
  for _, make in ipairs(messages) do self:post(make(self, context)) end
  self:post(M.message(20, crypto.hmac(self.hash, self:expand(self.application, "finished", ""),
    self:digest())))
  return self.peer:request_certificate()
end

--- A ticket that the server has sent, as a PSK.
function Attacker:ticket()
  for _, record in ipairs(self:receive()) do
    local body = record.kind == 22 and record.content:byte(1) == 4 and record.content:sub(5)
    if body then
      local nonce = body:sub(10, 9 + body:byte(9))
      local at = 10 + #nonce
      local length = body:byte(at) * 256 + body:byte(at + 1)
      return { identity = body:sub(at + 2, at + 1 + length), age = body:sub(5, 8),
        key = self:expand(self.resumption, "resumption", nonce) }
    end
  end
end

return M
