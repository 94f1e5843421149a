--- Who wants to see records before wolfSSL does. They are held back while anybody does, and no
-- longer.
-- @module wolfssl.connection.hold

local core = require "wolfssl.core"

local methods = core.connection_methods

local M = {}

--- Records are to be held back from now on.
-- @tparam table own of the connection
-- @tparam table who the module that wants it
-- @tparam ?boolean asking true: a server's first ClientHello before it is looked at, too
function M.wait(own, who, asking)
  own.waiting = own.waiting or {}
  own.waiting[who] = true
  methods.hold(own.connection, true, asking)
end

--- One has seen what it was waiting for.
-- @tparam table own
-- @tparam table who
function M.done(own, who)
  own.waiting[who] = nil
  if next(own.waiting) == nil then methods.hold(own.connection, false) end
end

--- Nobody waits for anything any more.
-- @tparam table own
function M.forget(own)
  own.waiting = nil
  methods.hold(own.connection, false)
end

return M
