--- XMPP, from server to server.
-- @module wolfssl.starttls.xmpp_server
-- @see RFC 6120 section 5.4

local xmpp = require "wolfssl.starttls.xmpp"

return function(talk, options) return xmpp(talk, options, "jabber:server") end
