--- The ClientHello of SSL 2.0, with which old clients also offer SSL 3.0 and TLS.
-- @module wolfssl.tls.sslv2
-- @see RFC 5246 appendix E.2
-- @see RFC 6101 appendix E
local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local registry = require "wolfssl.tls.registry"
local version = require "wolfssl.tls.registry.version"
local wire = require "wolfssl.tls.wire"

local M = {}

--- The three-byte code points: those of SSL 2.0, and the TLS suites behind a zero byte, which are
-- not in `list`.
M.cipher_spec = registry.new("V2CipherSpec", 3, {
  { value = 0x010080, name = "SSL_CK_RC4_128_WITH_MD5" },
  { value = 0x020080, name = "SSL_CK_RC4_128_EXPORT40_WITH_MD5" },
  { value = 0x030080, name = "SSL_CK_RC2_128_CBC_WITH_MD5" },
  { value = 0x040080, name = "SSL_CK_RC2_128_CBC_EXPORT40_WITH_MD5" },
  { value = 0x050080, name = "SSL_CK_IDEA_128_CBC_WITH_MD5" },
  { value = 0x060040, name = "SSL_CK_DES_64_CBC_WITH_MD5" },
  { value = 0x0700C0, name = "SSL_CK_DES_192_EDE3_CBC_WITH_MD5" },
})
setmetatable(M.cipher_spec.by_value, { __index = cipher_suite.by_value })
setmetatable(M.cipher_spec.by_name, { __index = cipher_suite.by_name })

-- A field as long as an earlier one says.
local function counted(length_field, content)
  return {
    kind = "counted", content = content,
    read = function(s, pos, limit, env, parent)
      local last = pos + parent[length_field] - 1
      if last > limit then
        wire.fail(pos, ("%d bytes needed, %d left"):format(last - pos + 1, limit - pos + 1))
      end
      local value, after = content.read(s, pos, last, env)
      return value, after
    end,
    write = function(out, value, env, parent)
      local inner = {}
      content.write(inner, value, env, parent)
      local bytes = table.concat(inner)
      if #bytes ~= parent[length_field] then
        wire.fail(nil, ("%d bytes, but %s says %s")
          :format(#bytes, length_field, tostring(parent[length_field])))
      end
      out[#out + 1] = bytes
    end,
    random = function(rng, env, parent)
      local value
      repeat value = content.random(rng, env, parent)
      until content.element or #value <= parent[length_field]
      if content.element then
        while #value * 3 > parent[length_field] do table.remove(value) end
        while #value * 3 < parent[length_field] do
          value[#value + 1] = M.cipher_spec:entry(rng(0, 0xFFFF))
        end
        return value
      end
      return value .. ("\0"):rep(parent[length_field] - #value)
    end,
  }
end

local function length_field(holds, message)
  local kind = wire.check(wire.uint16, holds, message)
  kind.random = function(rng) return 3 * rng(1, 8) end
  return kind
end

local function any() return true end

local ClientHello = wire.named("SSLv2 ClientHello", wire.struct {
  { "msg_type", wire.check(wire.uint8, function(value) return value == 1 end,
    "not a ClientHello") },
  { "version", wire.enum(version) },
  { "cipher_spec_length", length_field(function(value) return value > 0 and value % 3 == 0 end,
    "not a positive multiple of 3") },
  { "session_id_length", length_field(any) },
  { "challenge_length", length_field(any) },
  { "cipher_specs", counted("cipher_spec_length", wire.rest_of(wire.enum(M.cipher_spec))) },
  { "session_id", counted("session_id_length", wire.rest()) },
  { "challenge", counted("challenge_length", wire.rest()) },
})

--- The description: the message behind its two bytes of length.
M.type = ClientHello

--- The length of the message when bytes begin with an SSLv2 ClientHello.
-- @tparam string bytes at least the first five of the stream
-- @treturn number bytes behind the two of the length, or nil when it is something else
function M.recognise(bytes)
  local a, b, msg_type, major = bytes:byte(1, 4)
  if major and a >= 0x80 and msg_type == 1 and (major == 3 or major == 0) then
    return (a - 0x80) * 256 + b
  end
end

--- Decodes the message behind its two bytes of length.
-- @tparam string bytes
-- @return hello; or nil, text, "decode_error", `{path =, offset =}`
function M.decode(bytes)
  return wire.decode(ClientHello, bytes)
end

--- Encodes the message, without its two bytes of length.
-- @tparam table hello
-- @treturn string bytes
function M.encode(hello)
  return wire.encode(ClientHello, hello)
end

return M
