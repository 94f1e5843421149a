--- What a handshake and a record of 16 KiB cost where client and server are one process: TLS 1.3,
-- x25519, ECDSA, ChaCha20-Poly1305, as in descriptors.c.

local stream = require "wolfssl.stream"
local wolfssl = require "wolfssl"

local M = { HANDSHAKES = 200, RECORDS = 2000, WARM_UP = 8, RECORD = ("x"):rep(16384) }

local function read(path)
  local file = assert(io.open(path, "rb"))
  local bytes = file:read "*a"
  file:close()
  return bytes
end

local function context(make, options)
  options.min_version, options.groups = "TLS 1.3", { "x25519" }
  options.cipher_suites = { "TLS_CHACHA20_POLY1305_SHA256" }
  return assert(make(options))
end

-- Seconds of CPU time that the process has spent, to the microsecond.
local cpu = os.clock

-- One pair after the other; both sides run at once.
local function shake(host, first, last, list)
  local began = cpu()
  host.run(function()
    for i = first, last do assert(list[i].client:handshake()) end
  end, function()
    for i = first, last do assert(list[i].server:handshake()) end
  end)
  return (cpu() - began) * 1e9 / (last - first + 1)
end

local function pass(host, pair, count)
  local began = cpu()
  host.run(function()
    for _ = 1, count do assert(pair.client:write(M.RECORD)) end
  end, function()
    local missing = count * #M.RECORD
    while missing > 0 do missing = missing - #assert(pair.server:read()) end
  end)
  return (cpu() - began) * 1e9 / count
end

--- Measures a host.
-- @tparam table host see transport.contract
-- @string directory of the keys
-- @treturn number nanoseconds of CPU time for a handshake, both sides
-- @treturn number for a record
function M.measure(host, directory)
  local client = context(wolfssl.client, { trust = read(directory .. "/root-ecdsa.crt") })
  local server = context(wolfssl.server, { certificate = read(directory .. "/server-ecdsa.crt"),
    key = read(directory .. "/server-ecdsa.key") })
  local list = host.open(M.WARM_UP + M.HANDSHAKES)
  for i, pair in ipairs(list) do
    list[i] = {
      client = stream.new(client:connection { server_name = "localhost" }, pair[1]),
      server = stream.new(server:connection(), pair[2]),
    }
  end
  shake(host, 1, M.WARM_UP, list)
  local handshake = shake(host, M.WARM_UP + 1, #list, list)
  pass(host, list[#list], M.WARM_UP)
  local record = pass(host, list[#list], M.RECORDS)
  for _, pair in ipairs(list) do
    pair.client:close()
    pair.server:close()
  end
  return handshake, record
end

return M
