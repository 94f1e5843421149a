--- Ticket keys that a fleet of servers shares and changes, as one sealed record.
--
-- The first key seals, all of them open. The second is the next first one: it is everywhere before
-- anybody uses it, provided that each server looks once between two rotations.
-- @module wolfssl.session_store.keyring

local core = require "wolfssl.core"

local M = {}

local CIPHER, KEY, NONCE = "chacha20-poly1305", 48, 12
local KEPT = 4 -- the one that seals, the next one, and two that only open

local function random(size)
  return assert(core.crypto.random(size))
end

--- The record that follows.
-- @tparam ?table ring `{version=, time=, keys=}`; nil: there is none, or none any more
-- @tparam int time seconds, as of `os.time`
-- @tparam ?int last version that was known where there is no record
-- @treturn table ring
function M.rotated(ring, time, last)
  if not ring then
    return { version = (last or 0) + 1, time = time, keys = { random(KEY), random(KEY) } }
  end
  local keys = { ring.keys[2], random(KEY), ring.keys[1] }
  for i = 3, KEPT - 1 do keys[#keys + 1] = ring.keys[i] end
  return { version = ring.version + 1, time = time, keys = keys }
end

--- A record as bytes that only who has the secret can read or make.
-- @tparam table ring
-- @tparam string secret 32 bytes
-- @tparam string name of the place where it will be: there only is it good
-- @treturn string
function M.seal(ring, secret, name)
  local nonce = random(NONCE)
  local text = ("%d %d "):format(ring.version, ring.time) .. table.concat(ring.keys)
  return nonce .. core.crypto.seal(CIPHER, secret, nonce, name, text)
end

--- Opens such bytes.
-- @tparam string bytes
-- @tparam string secret
-- @tparam string name
-- @treturn ?table ring; nil: they were changed, or made with another secret or for another place
function M.open(bytes, secret, name)
  if #bytes < NONCE + 16 then return nil end
  local text = core.crypto.open(CIPHER, secret, bytes:sub(1, NONCE), name, bytes:sub(NONCE + 1))
  if not text then return nil end
  local version, time, rest = text:match("^(%d+) (%d+) (.*)$")
  local keys = {}
  for i = 1, #rest, KEY do keys[#keys + 1] = rest:sub(i, i + KEY - 1) end
  return { version = tonumber(version), time = tonumber(time), keys = keys }
end

return M
