--- XMPP, from client to server.
-- @module wolfssl.starttls.xmpp
-- @see RFC 6120 section 5.4

local MOST = 65536

local function escape(text)
  return (text:gsub("[<>&'\"]", function(c) return ("&#%d;"):format(c:byte()) end))
end

return function(talk, options, namespace)
  local text, message, code
  if not options.server_name then error("STARTTLS: xmpp needs 'server_name'", 0) end
  local ok
  ok, message, code = talk:send(("<?xml version='1.0'?><stream:stream to='%s' xmlns='%s' "
    .. "xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"):format(
    escape(options.server_name), namespace or "jabber:client"))
  if not ok then return nil, message, code end
  text, message, code = talk:up_to("</stream:%l+>", MOST)
  if not text then return nil, message, code end
  if not text:find("<starttls[%s/>]") then
    return nil, "the server does not offer it", "peer_incompatible"
  end
  ok, message, code = talk:send "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"
  if not ok then return nil, message, code end
  text, message, code = talk:up_to(">", MOST)
  if not text then return nil, message, code end
  if not text:find("^%s*<proceed[%s/>]") then
    return nil, "the server will not", "peer_incompatible"
  end
  if text:find("/>$") then return true end
  text, message, code = talk:up_to(">", MOST)
  if not text then return nil, message, code end
  if text:find("^%s*</proceed%s*>$") then return true end
  return nil, "more than <proceed/>", "peer_misbehaved"
end
