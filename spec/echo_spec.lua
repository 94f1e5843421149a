-- Much data there and back through one connection, cut up at random: what returns is what went.
--
-- ECHO_MIB: how much in all, shared among versions and roles, so that each role has 64. ECHO_SEED:
-- that of an earlier run, which its report names.

local core = require "wolfssl.core"
local pki = require "pki"

local slow = os.getenv "UNDER" or os.getenv "WOLFSSL_BUILD" -- valgrind, sanitizers
local MIB = tonumber(os.getenv "ECHO_MIB" or slow and 4 or 128)
local SEED = tonumber(os.getenv "ECHO_SEED" or os.time())

local BLOCK = core.crypto.random(2 ^ 20)
local UNDER_WAY = 2 ^ 20 -- bytes written and not yet back, at most, or nearly so

-- The same numbers in every Lua: 1 to max, by a linear congruential generator modulo 2^31.
local function generator(seed)
  local state = seed % 2 ^ 31
  return function(max)
    state = (state * 69069 + 12345) % 2 ^ 31
    return math.floor(state / 2 ^ 31 * max) + 1
  end
end

-- A size of a random scale: one byte is as likely as about 2^bits.
local function size(random, bits)
  return random(2 ^ (random(bits + 1) - 1))
end

local function counter()
  return { digest = core.crypto.hash "sha256", length = 0 }
end

local function count(c, bytes)
  c.digest:update(bytes)
  c.length = c.length + #bytes
end

local function move(from, to, random)
  local bytes = from:data_to_send(size(random, 17))
  if bytes ~= "" then to:receive_data(bytes) end
end

-- All that can be read, in pieces of random size.
local function drain(connection, random, take)
  while true do
    local bytes, message, code = connection:read(size(random, 15))
    if not bytes then
      assert.equal("want_read", code, message)
      return
    end
    take(bytes)
  end
end

-- Writes so much at a, which b sends back.
local function echo(a, b, total, random)
  local sent, returned = counter(), counter()
  while returned.length < total do
    if sent.length < total and sent.length - returned.length < UNDER_WAY then
      local i = random(#BLOCK)
      local j = math.min(i + size(random, 18) - 1, #BLOCK, i + total - sent.length - 1)
      assert.equal(j, a:write(BLOCK, i, j))
      count(sent, BLOCK:sub(i, j))
    end
    move(a, b, random)
    drain(b, random, function(bytes) assert.equal(#bytes, b:write(bytes)) end)
    move(b, a, random)
    drain(a, random, function(bytes) count(returned, bytes) end)
  end
  assert.equal(total, sent.length)
  assert.equal(total, returned.length)
  assert.is_true(sent.digest:digest() == returned.digest:digest())
end

-- Sends text from a to b, its ciphertext byte by byte, reading after each.
local function trickle(a, b, text)
  assert.equal(#text, a:write(text))
  local ciphertext, parts = a:data_to_send(), {}
  for i = 1, #ciphertext do
    b:receive_data(ciphertext:sub(i, i))
    parts[#parts + 1] = b:read()
  end
  assert.is_true(table.concat(parts) == text)
end

describe(("A connection, with ECHO_SEED=%.0f,"):format(SEED), function()
  for i, version in ipairs { "TLS 1.2", "TLS 1.3" } do
    for j, role in ipairs { "client", "server" } do
      local function pair()
        local options = { min_version = version, max_version = version }
        local a, b = pki.connected(pki.client(options), pki.server(options))
        if role == "server" then return b, a end
        return a, b
      end

      it(("echoes %g MiB that a %s of %s writes, cut at random"):format(MIB / 4, role, version),
        function()
          local a, b = pair()
          echo(a, b, MIB * 2 ^ 20 / 4, generator(SEED + 2 * i + j))
        end)

      it(("brings 64 KiB from and to a %s of %s byte by byte"):format(role, version), function()
        local a, b = pair()
        trickle(a, b, BLOCK:sub(1, 65536))
        trickle(b, a, BLOCK:sub(-65536))
      end)
    end
  end
end)
