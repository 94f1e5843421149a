--- The key schedule of TLS 1.3: every secret with what it was made from.
--
-- A schedule keeps `rows`, in the order in which the secrets became known, each
-- `{name, operation, from, label, context, salt, ikm, secret, source}`: "extract" rows have `salt`
-- and `ikm`, "expand" rows `from` (another row's name), `label` and `context` (a transcript hash);
-- `source` tells where a secret came from when it was not derived here.
-- @module wolfssl.trace.key_schedule.tls13
-- @see RFC 8446 section 7.1
local crypto = require "wolfssl.trace.crypto"
local rows = require "wolfssl.trace.key_schedule.rows"

local M = {}

-- A peer can send tickets and KeyUpdates without end.
local ROWS_WITH_TICKETS = 64
local KEPT_UPDATES = 8

local SIZES = { sha256 = 32, sha384 = 48, sha512 = 64 }

--- The secrets of section 7.1: `{from, label}` by name.
M.SECRETS = {
  external_binder_key = { "early_secret", "ext binder" },
  resumption_binder_key = { "early_secret", "res binder" },
  client_early_traffic_secret = { "early_secret", "c e traffic" },
  early_exporter_master_secret = { "early_secret", "e exp master" },
  client_handshake_traffic_secret = { "handshake_secret", "c hs traffic" },
  server_handshake_traffic_secret = { "handshake_secret", "s hs traffic" },
  client_application_traffic_secret_0 = { "master_secret", "c ap traffic" },
  server_application_traffic_secret_0 = { "master_secret", "s ap traffic" },
  exporter_master_secret = { "master_secret", "exp master" },
  resumption_master_secret = { "master_secret", "res master" },
}

--- The key and the IV of record protection.
-- @tparam string hash
-- @tparam string secret traffic secret
-- @tparam number key_length bytes
-- @tparam number iv_length bytes
-- @treturn string key
-- @treturn string iv
-- @see RFC 8446 section 7.3
function M.traffic_keys(hash, secret, key_length, iv_length)
  return crypto.hkdf_expand_label(hash, secret, "key", "", key_length),
    crypto.hkdf_expand_label(hash, secret, "iv", "", iv_length)
end

--- The traffic secret that follows a KeyUpdate.
-- @tparam string hash
-- @tparam string secret
-- @treturn string
-- @see RFC 8446 section 7.2
function M.next_secret(hash, secret)
  return crypto.hkdf_expand_label(hash, secret, "traffic upd", "", SIZES[hash])
end

local schedule = { add = rows.add }

local LATER = { rows = true, secrets = true }

-- Whoever looks at rows or secrets has what was put off done first.
function schedule:__index(key)
  local work = LATER[key] and rawget(self, "work")
  if not work then return schedule[key] end
  self.rows, self.secrets, self.work = self.kept.rows, self.kept.secrets, nil
  work()
  return self[key]
end

--- Makes an empty schedule.
-- @tparam string hash "sha256" or "sha384", of the cipher suite
-- @treturn table schedule with `hash`, `size` (bytes of every secret), `rows` and `secrets` (by
-- name)
function M.new(hash)
  return setmetatable({ hash = hash, size = SIZES[hash], rows = {}, secrets = {} }, schedule)
end

local function forget(self, name)
  self.secrets[name], self.secrets[name .. ".finished_key"] = nil, nil
  for i = #self.rows, 1, -1 do
    if not self.secrets[self.rows[i].name] then table.remove(self.rows, i) end
  end
end

local function extract(self, name, salt, ikm, from)
  return self:add {
    name = name, operation = "extract", from = from, salt = salt, ikm = ikm,
    secret = crypto.hkdf_extract(self.hash, salt, ikm),
  }
end

local function expand(self, name, from, label, context)
  return self:add {
    name = name, operation = "expand", from = from, label = label, context = context,
    secret = crypto.hkdf_expand_label(self.hash, self.secrets[from], label, context, self.size),
  }
end

-- Derive-Secret(from, "derived", ""), the salt of the next extraction.
local function derived(self, name, from)
  return expand(self, name, from, "derived", crypto.digest(self.hash, ""))
end

--- Puts off what adds rows until somebody looks at them.
-- @tparam function work
function schedule:later(work)
  self.kept, self.work = { rows = self.rows, secrets = self.secrets }, work
  self.rows, self.secrets = nil, nil
end

--- Extracts the early secret.
-- @tparam ?string psk
-- @treturn string secret
function schedule:early(psk)
  local zeros = ("\0"):rep(self.size)
  return extract(self, "early_secret", zeros, psk or zeros, psk and "psk" or nil)
end

--- Extracts the handshake secret and the master secret; the early secret must be there.
-- @tparam ?string shared secret of the key agreement; nil for psk_ke
-- @treturn string handshake secret
function schedule:agree(shared)
  local zeros = ("\0"):rep(self.size)
  local secret = extract(self, "handshake_secret",
    derived(self, "derived_from_early_secret", "early_secret"), shared or zeros,
    shared and "shared_secret" or nil)
  extract(self, "master_secret",
    derived(self, "derived_from_handshake_secret", "handshake_secret"), zeros)
  return secret
end

--- Derives one of `SECRETS`.
-- @tparam string name
-- @tparam string context the transcript hash; for binder keys that of no messages
-- @treturn string secret; nil when what it is made from is not known
function schedule:derive(name, context)
  local from, label = M.SECRETS[name][1], M.SECRETS[name][2]
  if self.secrets[name] or not self.secrets[from] then return self.secrets[name] end
  return expand(self, name, from, label, context)
end

--- The next traffic secret after a KeyUpdate; the first eight keep their rows.
-- @tparam string name of the present one, "client_application_traffic_secret_0" …
-- @treturn string secret, nil when the present one is not known
-- @treturn string its name, counted up
-- @see RFC 8446 section 7.2
function schedule:update(name)
  local stem, count = name:match("^(.-)(%d+)$")
  local next_name = ("%s%.0f"):format(stem, tonumber(count) + 1)
  if not self.secrets[name] then return nil, next_name end
  local secret = M.next_secret(self.hash, self.secrets[name])
  if tonumber(count) >= KEPT_UPDATES then forget(self, name) end
  return self:add { name = next_name, operation = "expand", from = name, label = "traffic upd",
    context = "", secret = secret }, next_name
end

--- The code of a Finished message, or a PSK binder.
-- @tparam string base name of the traffic secret or binder key
-- @tparam string transcript_hash
-- @treturn string verify_data; nil when the base is not known
-- @see RFC 8446 section 4.4.4
function schedule:verify_data(base, transcript_hash)
  if not self.secrets[base] then return nil end
  local key = expand(self, base .. ".finished_key", base, "finished", "")
  return crypto.hmac(self.hash, key, transcript_hash)
end

--- The PSK that a NewSessionTicket stands for.
-- @tparam string ticket_nonce
-- @treturn string psk; nil when the resumption master secret is not known
-- @see RFC 8446 section 4.6.1
function schedule:resumption_psk(ticket_nonce)
  local from = self.secrets.resumption_master_secret
  if not from then return nil end
  local nonce = ticket_nonce:gsub(".", function(c) return ("%02x"):format(c:byte()) end)
  local psk = crypto.hkdf_expand_label(self.hash, from, "resumption", ticket_nonce, self.size)
  if #self.rows >= ROWS_WITH_TICKETS then return psk end
  return self:add { name = "resumption_psk." .. nonce, operation = "expand",
    from = "resumption_master_secret", label = "resumption", context = ticket_nonce, secret = psk }
end

--- Keying material for the application.
-- @tparam string label
-- @tparam string context
-- @tparam number length bytes
-- @tparam ?string base "exporter_master_secret" (default) or "early_exporter_master_secret"
-- @treturn string; nil when the base is not known
-- @see RFC 8446 section 7.5
function schedule:exporter(label, context, length, base)
  local master = self.secrets[base or "exporter_master_secret"]
  if not master then return nil end
  local secret = crypto.hkdf_expand_label(self.hash, master, label,
    crypto.digest(self.hash, ""), self.size)
  return crypto.hkdf_expand_label(self.hash, secret, "exporter",
    crypto.digest(self.hash, context), length)
end

return M
