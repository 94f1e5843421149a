--- ticket_pinning. The server leaves out what it has not got: the proof in a first connection, the
-- ticket when it gives up pinning; the lengths tell which of both are there.
-- @module wolfssl.tls.extension.ticket_pinning
-- @see RFC 8672 section 3
local wire = require "wolfssl.tls.wire"

local proof = { "proof", wire.opaque(0, 255) }
local ticket = { "ticket", wire.opaque(0, 65535) }
local lifetime = { "lifetime", wire.uint32 }

local forms = {
  whole = wire.struct { proof, ticket, lifetime }, first = wire.struct { ticket, lifetime },
  last = wire.struct { proof, lifetime }, bare = wire.struct { lifetime },
}

-- The length of a ticket behind which only the lifetime follows.
local function ticket_ends(s, pos, limit)
  local a, b = s:byte(pos, pos + 1)
  return b and pos + 1 <= limit and pos + 1 + a * 256 + b == limit - 4
end

local function form_of(s, pos, limit)
  if limit - pos == 3 then return forms.bare end
  local length = s:byte(pos) or 0
  local behind = pos + 1 + length
  if behind <= limit and ticket_ends(s, behind, limit) then return forms.whole end
  if ticket_ends(s, pos, limit) then return forms.first end
  return behind == limit - 3 and forms.last or forms.whole
end

local function form_for(value)
  if type(value) ~= "table" then return forms.whole end
  return value.proof and (value.ticket and forms.whole or forms.last)
    or value.ticket and forms.first or forms.bare
end

local server = {
  kind = "choice", cases = { forms.whole, forms.first, forms.last, forms.bare },
  read = function(s, pos, limit, env) return form_of(s, pos, limit).read(s, pos, limit, env) end,
  write = function(out, value, env) form_for(value).write(out, value, env) end,
  random = forms.whole.random,
}

return { CH = wire.struct { { "ticket", wire.optional(wire.opaque(0, 65535)) } }, EE = server }
