--- The OCSP responses that a server staples to its certificates.
-- @module wolfssl.context.staple

local M = {}

local PATIENCE = 60 -- seconds until somebody who had no new response is asked again

--- What the time is, in Unix seconds.
M.clock = os.time

--- Sets those that are there as bytes.
-- @tparam userdata context of the core
-- @tparam {table,...} identities with `staple`: DER, or a function, which `watch` is for
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function M.set(context, identities)
  for i, identity in ipairs(identities) do
    local kind = type(identity.staple)
    if kind == "string" then
      local made, message, code = context:set_response(i, identity.staple)
      if not made then return nil, message, code end
    elseif kind ~= "nil" and kind ~= "function" then
      error("option 'staple': DER or a function expected, got " .. kind, 0)
    end
  end
  return true
end

--- What is to be asked for responses: the functions among them.
-- @tparam userdata context of the core
-- @tparam {table,...} identities
-- @treturn {table,...} each with `get`: the function, `certificate`: the leaf that it is asked for
function M.sources(context, identities)
  local sources = {}
  for i, identity in ipairs(identities) do
    if type(identity.staple) == "function" then
      sources[#sources + 1] = { get = identity.staple, certificate = context:certificate(i),
        context = context, identity = i, due = 0 }
    end
  end
  return sources
end

--- Whether to ask now: half of a response's time is over, and nobody else is asking.
-- @tparam table source who gets true asks
-- @treturn boolean
function M.is_due(source)
  local now = M.clock()
  if now < source.due then return false end
  source.due = now + PATIENCE
  return true
end

--- Has it sent from now on, unless it is not good for its certificate: then what there was stays.
-- @tparam table source
-- @tparam string response DER
-- @treturn ?string why it was refused
function M.take(source, response)
  local made, ends = source.context:set_response(source.identity, response)
  if not made then return ends end
  source.due = math.max(made + (ends - made) / 2, source.due)
end

return M
