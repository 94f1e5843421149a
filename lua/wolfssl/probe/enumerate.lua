--- What a server takes, found with few connections: offer all, take away what it chose, repeat.
--
-- Lists come in the order of the server's choice, code points as registry entries, `{value =,
-- name =, …}`. There is a connection for each answer and for each refusal, and one more for each
-- suite where candidates of several hellos are put in the server's order; what was asked before, of
-- this target, is not asked again. `target.connections` counts them. Where there is no network the
-- functions return `nil, message, code`; a server that hangs up on a hello has refused it.
-- @module wolfssl.probe.enumerate
local exchange = require "wolfssl.probe.enumerate.exchange"
local exhaust = require "wolfssl.probe.enumerate.exhaust"
local suites = require "wolfssl.probe.enumerate.suites"

local M = {}

--- @see wolfssl.probe.enumerate.suites.versions
M.versions = suites.versions

--- @see wolfssl.probe.enumerate.suites.suites
M.suites = suites.suites

--- @see wolfssl.probe.enumerate.exchange.groups
M.groups = exchange.groups

--- @see wolfssl.probe.enumerate.exchange.schemes
M.schemes = exchange.schemes

--- @see wolfssl.probe.enumerate.exchange.retry
M.retry = exchange.retry

--- @see wolfssl.probe.enumerate.exhaust
M.exhaust = exhaust

return M
