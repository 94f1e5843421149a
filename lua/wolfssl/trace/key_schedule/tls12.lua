--- The key schedule of TLS 1.0 to 1.2: from the premaster secret to the keys of each direction.
--
-- A schedule keeps `rows` as `wolfssl.trace.key_schedule.tls13` does: `{name, from, label, context,
-- secret, source}`, `context` being the seed of the PRF; the pieces of the key block have `offset`
-- in place of label and context.
-- @module wolfssl.trace.key_schedule.tls12
-- @see RFC 5246 section 5
-- @see RFC 5246 section 6.3
-- @see RFC 5246 section 8.1
-- @see RFC 7627
local crypto = require "wolfssl.trace.crypto"
local octets = require "wolfssl.trace.octets"
local rows = require "wolfssl.trace.key_schedule.rows"

local M = {}

local TLS12 = 0x0303
local VERIFY_DATA_LENGTH = 12

local schedule = { add = rows.add }
schedule.__index = schedule

--- The hash of the PRF, as wolfCrypt calls it.
-- @tparam number version
-- @tparam table suite registry entry
-- @treturn string "md5sha1" before TLS 1.2
function M.prf_hash(version, suite)
  return version < TLS12 and "md5sha1" or suite.hash:lower()
end

--- Makes an empty schedule.
-- @tparam table negotiated `{version =, suite =, client_random =, server_random =}`
-- @treturn table schedule with `hash`, `rows` and `secrets` (by name)
function M.new(negotiated)
  return setmetatable({
    version = negotiated.version, suite = negotiated.suite,
    randoms = negotiated.client_random .. negotiated.server_random,
    reversed_randoms = negotiated.server_random .. negotiated.client_random,
    hash = M.prf_hash(negotiated.version, negotiated.suite), rows = {}, secrets = {},
  }, schedule)
end

local function prf(self, name, from, label, seed, length)
  return self:add {
    name = name, operation = "prf", from = from, label = label, context = seed,
    secret = crypto.prf(self.hash, self.secrets[from], label, seed, length),
  }
end

--- Derives the master secret; the premaster secret must be there.
-- @tparam ?string session_hash of the messages up to ClientKeyExchange, for extended_master_secret
-- @treturn string
-- @see RFC 7627 section 4
function schedule:master(session_hash)
  local label = session_hash and "extended master secret" or "master secret"
  return prf(self, "master_secret", "premaster_secret", label, session_hash or self.randoms, 48)
end

-- RFC 5246 section 6.3: the order in which the key block is cut.
local PIECES = {
  { "client_write_MAC_key", "mac" }, { "server_write_MAC_key", "mac" },
  { "client_write_key", "key" }, { "server_write_key", "key" },
  { "client_write_IV", "iv" }, { "server_write_IV", "iv" },
}

--- Derives the key block and cuts it; the master secret must be there.
-- @treturn table `client_write_MAC_key`, `server_write_MAC_key`, `client_write_key` … by name
function schedule:key_block()
  local suite = self.suite
  local lengths = {
    mac = not suite.aead and suite.mac_length or 0, key = suite.key_length,
    -- RFC 4346 section 6.2.3.2: the IV of CBC stands in the record.
    iv = (suite.aead or self.version < 0x0302) and suite.fixed_iv_length or 0,
  }
  local block = prf(self, "key_block", "master_secret", "key expansion", self.reversed_randoms,
    2 * (lengths.mac + lengths.key + lengths.iv))
  local keys, offset = {}, 0
  for _, piece in ipairs(PIECES) do
    local name, length = piece[1], lengths[piece[2]]
    keys[name] = block:sub(offset + 1, offset + length)
    if length > 0 then
      self:add { name = name, operation = "cut", from = "key_block", offset = offset,
        secret = keys[name] }
    end
    offset = offset + length
  end
  return keys
end

--- The code of a Finished message.
-- @tparam string side "client" or "server"
-- @tparam string transcript_hash of all messages before it
-- @treturn string verify_data; nil when the master secret is not known
-- @see RFC 5246 section 7.4.9
function schedule:verify_data(side, transcript_hash)
  local master = self.secrets.master_secret
  return master
    and crypto.prf(self.hash, master, side .. " finished", transcript_hash, VERIFY_DATA_LENGTH)
end

--- Keying material for the application.
-- @tparam string label
-- @tparam ?string context nil is not the same as ""
-- @tparam number length bytes
-- @treturn string; nil when the master secret is not known
-- @see RFC 5705 section 4
function schedule:exporter(label, context, length)
  local master = self.secrets.master_secret
  if not master then return nil end
  local seed = self.randoms .. (context and octets.vector(context, 2) or "")
  return crypto.prf(self.hash, master, label, seed, length)
end

return M
