--- One object of every class, open, for specs that do everything to each.

local core = require "wolfssl.core"
local pair = require "robust.pair"

local M = {}

-- TLS_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256
local SUITES = "\19\1\204\169"

local function context(role)
  local made = core.context(role, 0x0303, 0x0304)
  made:set_suites(SUITES)
  return made
end

local function connections()
  local client, server = assert(pair.contexts("TLS 1.3"))
  return client:connection { server_name = "localhost" }, server:connection()
end

local function open(side)
  local a, b = connections()
  assert(pair.handshake(a, b))
  return side == "client" and a or b
end

local function failed()
  local a, b = connections()
  b:receive_data("GET / HTTP/1.0\r\n")
  assert(not b:handshake())
  a:close()
  return b
end

--- Constructors by name.
M.new = {
  ["client context"] = function() return context("client") end,
  ["server context"] = function() return context("server") end,
  ["fresh client"] = function() return (connections()) end,
  ["fresh server"] = function() return select(2, connections()) end,
  ["open client"] = function() return open("client") end,
  ["open server"] = function() return open("server") end,
  ["failed server"] = failed,
  session = function() return pair.session(assert(pair.contexts("TLS 1.3"))) end,
  certificate = function() return assert(core.certificate(pair.ca)) end,
  key = function() return core.issue.key("secp256r1") end,
  hash = function() return core.crypto.hash("sha256") end,
}

--- Values that are hardly ever what is asked for: a list of {what it is, value}.
function M.wrong_values()
  local closed = M.new.certificate()
  closed:close()
  return {
    { "nil", nil }, { "true", true }, { "false", false }, { "0", 0 }, { "1", 1 }, { "-1", -1 },
    { "1.5", 1.5 }, { "2^31", 2 ^ 31 }, { "2^53", 2 ^ 53 }, { "-2^63", -2 ^ 63 },
    { "1e300", 1e300 }, { "infinity", math.huge }, { "NaN", 0 / 0 }, { "an empty string", "" },
    { "a digit", "1" }, { "a word", "client" }, { "zeros", ("\0"):rep(48) },
    { "a long string", ("\48\130"):rep(40000) },
    { "a table", {} }, { "a list", { 1, 2 ^ 60, "x" } }, { "a function", function() end },
    { "a coroutine", coroutine.create(print) }, { "a file", io.stdout }, { "a key", M.new.key() },
    { "a closed certificate", closed },
  }
end

return M
