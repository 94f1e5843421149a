--- Key shares that are not of their group: what wolfSSL imports, or might.

local core = require("wolfssl.core").crypto
local helper = require "helper"

local function nist(group, size)
  local _, good = core.keypair(group)
  local zero, last = ("\0"):rep(size), good:byte(-1)
  return {
    "\4" .. zero .. zero,
    "\4" .. zero:sub(2) .. "\1" .. zero:sub(2) .. "\1",
    good:sub(1, -2) .. string.char((last + 1) % 256), -- beside the curve
    good:sub(1, 1 + size) .. zero,
    "\4" .. ("\255"):rep(2 * size),
    good:sub(1, -2), good .. "\0", good:sub(1, 1 + size), "\0",
    string.char(2 + last % 2) .. good:sub(2, 1 + size), -- compressed
  }
end

local function x25519()
  local list = { ("x"):rep(31), ("x"):rep(33) }
  for _, hex in ipairs {
    "00" .. ("00"):rep(31), "01" .. ("00"):rep(31),
    "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
    "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
    "ec" .. ("ff"):rep(30) .. "7f", "ed" .. ("ff"):rep(30) .. "7f", "ee" .. ("ff"):rep(30) .. "7f",
  } do
    local point = helper.unhex(hex)
    local private = core.keypair("x25519")
    assert(not core.shared_secret("x25519", private, point), hex) -- of small order indeed
    list[#list + 1] = point
    list[#list + 1] = point:sub(1, 31) .. string.char((point:byte(32) + 128) % 256)
  end
  return list
end

return { of = { secp256r1 = nist("secp256r1", 32), secp384r1 = nist("secp384r1", 48),
  x25519 = x25519() } }
