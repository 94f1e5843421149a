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

-- Asks when half of a response's time is over. While somebody is being asked nobody else is.
local function refresh(source, context, connection)
  local now = M.clock()
  if now < source.due then return end
  source.due = now + PATIENCE
  local response = source.get(context:certificate(source.identity), connection)
  if response == nil then return end
  if type(response) ~= "string" then
    error("staple: the function must return DER or nil, got " .. type(response), 0)
  end
  local made, ends = context:set_response(source.identity, response)
  if made then source.due = math.max(made + (ends - made) / 2, source.due) end
end

--- Has functions asked for responses, each time that a connection is made and one is due.
-- @tparam table context with `core` and the method `connection`, which it then has of its own
-- @tparam {table,...} identities
function M.watch(context, identities)
  local sources, inner = {}, context.connection
  for i, identity in ipairs(identities) do
    if type(identity.staple) == "function" then
      sources[#sources + 1] = { identity = i, get = identity.staple, due = 0 }
    end
  end
  if #sources == 0 then return end
  function context.connection(self, options)
    local connection = inner(self, options)
    for _, source in ipairs(sources) do refresh(source, self.core, connection) end
    return connection
  end
end

return M
