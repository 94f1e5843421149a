--- One client of `wolfprobe mirror`: its handshake, done by our own key schedule, so that the old
-- and the odd are served, too; and what there is to say about its ClientHello.
-- @module wolfssl.cli.mirror.guest

local choice = require "wolfssl.probe.choice"
local deadline = require "wolfssl.transport.deadline"
local entries_of = require "wolfssl.cli.entries"
local probe = require "wolfssl.probe"

local M = {}

local SSL2, SSL3, TLS10, TLS13 = 0x0002, 0x0300, 0x0301, 0x0304
local LIMITS = { entries = 512, bytes = 262144 }
local MOST_SAID, RECORD = 131072, 32   -- bytes of a request; what an empty record counts for

-- RFC 6101 appendix E.2 has TLS in this format, SSL 2.0 has its own error: NO-CIPHER.
local NO_CIPHER = "\128\3\0\0\1"

local ALERTS = { decode_error = "decode_error", peer_misbehaved = "unexpected_message",
  peer_incompatible = "handshake_failure" }

local HELLOS = { client_hello = true, sslv2_client_hello = true }

-- In the words of the client's version: SSL 3.0 has no protocol_version.
local function refuse(c, offered, name)
  if offered == SSL2 then return c:send(NO_CIPHER) end
  if offered == SSL3 and name == "protocol_version" then name = "handshake_failure" end
  c:send({ level = "fatal", description = name },
    { version = offered and offered < TLS10 and offered or nil })
end

--- Whether a client speaks HTTP without TLS.
-- @tparam Conversation c
-- @treturn boolean
function M.speaks_http(c)
  local first = c.recording.chunks[1]
  return first ~= nil and first.bytes:find "^%u+ /" ~= nil
end

local function complain(c, code, name)
  name = name or ALERTS[code]
  if name and not M.speaks_http(c) then c:alert(name) end
end

local function meet(c, identities, alpn)
  local message, entry, code, detail = c:expect { "client_hello", "sslv2_client_hello" }
  if not message then
    complain(c, code)
    return nil, entry, code, detail
  end
  local hello = c.observer.handshake.client_hello
  local options, why, refusal, name = choice.of(hello, identities, alpn)
  if not options then
    refuse(c, hello.legacy_version.value, name)
    return nil, ("%s (%s)"):format(why, name), refusal
  end
  local summary, text, word, more = c:handshake(options)
  if word == "internal" then   -- shares that are none, records under no keys
    word, name = "peer_misbehaved", "illegal_parameter"
  end
  if not summary then complain(c, word, name) end
  return summary, text, word, more
end

--- Does the handshake of a client, as far as it goes.
-- @tparam table transport
-- @tparam {table,...} identities see `wolfssl.probe.choice`
-- @tparam {string,...} alpn
-- @tparam number seconds for each step
-- @treturn Conversation
-- @treturn ?string code of `wolfssl.errors` where there is no connection now
-- @treturn ?string message
function M.welcome(transport, identities, alpn, seconds)
  local c = probe.accept(transport, { timeout = seconds, entries = LIMITS.entries,
    bytes = LIMITS.bytes })
  local summary, message, code = meet(c, identities, alpn)
  if summary then return c end
  return c, code, message
end

--- Listens to a client that is connected. Who never stops talking is not let keep others waiting,
-- who are served by the same thread: there is an end to time and to bytes.
-- @tparam Conversation c
-- @tparam number seconds for all that it says
-- @treturn function() that returns what the client says next; nil where nothing more is heard
function M.ear(c, seconds)
  local moment, room = deadline.after(seconds), MOST_SAID
  return function()
    c.timeout = deadline.left(moment)
    local bytes = c.timeout > 0 and room > 0 and c:read() or nil
    room = room - RECORD - #(bytes or "")
    return bytes
  end
end

local function hello_of(c)
  for _, entry in ipairs(c:entries()) do
    if HELLOS[entry.name] then return entry end
  end
end

--- What there is to say.
-- @tparam Conversation c
-- @tparam string address of the client
-- @tparam string outcome
-- @treturn table `{address =, outcome =, hello =, fingerprints =}`, `hello` as
--   `wolfssl.cli.entries` describes it
function M.report(c, address, outcome)
  local entry = hello_of(c)
  local hello = entry and entries_of.describe(entry, (c:version() or 0) >= TLS13)
  return { address = address, outcome = outcome, hello = hello,
    fingerprints = hello and hello.fingerprints }
end

return M
