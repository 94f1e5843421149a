--- The functions of `ssl.context` that set application protocols and pre-shared keys.
-- @module wolfssl.luasec.callbacks

local alpn = require "wolfssl.luasec.alpn"

local M = {}

--- Adds them.
-- @tparam table context the module `wolfssl.luasec.context`
-- @tparam function check `check(ctx, name)` raises for what is no context
-- @tparam function need `need(value, kind, position, name)` raises for what is not of that type
function M.add(context, check, need)
  --- Application protocols.
  -- @tparam Context ctx
  -- @tparam string wire each name after its length
  function context.setalpn(ctx, wire)
    check(ctx, "setalpn")
    need(wire, "string", 2, "setalpn")
    local list = alpn.decode(wire)
    if not list then return false, "error setting ALPN (malformed list)" end
    ctx.alpn = list
    return true
  end

  --- A server's choice of an application protocol. It may yield.
  -- @tparam Context ctx
  -- @tparam function callback gets the client's list as on the wire, and returns one such, or nil
  function context.setalpncb(ctx, callback)
    check(ctx, "setalpncb")
    need(callback, "function", 2, "setalpncb")
    ctx.choose_alpn = function(offered)
      local wire = callback(alpn.encode(offered))
      return wire and alpn.decode(wire)
    end
    return true
  end

  --- A client's pre-shared key.
  -- @tparam Context ctx
  -- @tparam function callback gets nil (there are no hints), and the greatest sizes; returns
  -- identity and key
  function context.setclientpskcb(ctx, callback)
    check(ctx, "setclientpskcb")
    need(callback, "function", 2, "setclientpskcb")
    ctx.on_psk = function()
      local identity, key = callback(nil, 255, 64)
      return identity and { identity = identity, key = key } or nil
    end
    return true
  end

  --- A server's pre-shared keys.
  -- @tparam Context ctx
  -- @tparam function callback gets the identity and the greatest size of a key, which it returns
  function context.setserverpskcb(ctx, callback)
    check(ctx, "setserverpskcb")
    need(callback, "function", 2, "setserverpskcb")
    ctx.on_psk = function(identity)
      return (callback(identity, 64))
    end
    return true
  end
end

return M
