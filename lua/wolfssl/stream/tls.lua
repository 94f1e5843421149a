--- Methods of a stream for the TLS under it: what was agreed, fresh keys, a certificate asked for
-- late. All raise on a closed stream.
-- @module wolfssl.stream.tls

local after = require "wolfssl.stream.after"
local role = require "wolfssl.stream.role"

--- @type Stream
local Stream = {}

--- What was negotiated.
-- @treturn table see `connection:info`
function Stream:info()
  role.check(self)
  return self.conn:info()
end

--- The peer's certificates.
-- @treturn {certificate,...} the leaf first; empty when it has shown none
function Stream:peer_certificates()
  role.check(self)
  return self.conn:peer_certificates()
end

--- What was found out about them.
-- @treturn table see `connection:verdict`
function Stream:verdict()
  role.check(self)
  return self.conn:verdict()
end

--- What a later connection resumes: a client's. In TLS 1.3 it comes after the handshake, with what
-- is read.
-- @treturn ?session nil: there is none
function Stream:session()
  role.check(self)
  return self.conn:session()
end

--- Keying material for the application.
-- @param ... see `connection:export`
-- @treturn[1] string
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
-- @see RFC 5705 section 4
function Stream:export(...)
  role.check(self)
  return self.conn:export(...)
end

--- What binds an authentication inside this stream to it.
-- @param ... see `connection:channel_binding`
-- @treturn[1] string
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
-- @see RFC 5929 section 2
function Stream:channel_binding(...)
  role.check(self)
  return self.conn:channel_binding(...)
end

--- A server asks its client for a certificate and waits for the answer; what the client sends
-- before it is kept for the next reads.
-- @tparam[opt="required"] string mode "required" or "optional": may the client have none?
-- @treturn[1] boolean true: it was answered, see `verdict`
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code "timeout": call it again; "want_read": read first, too much data came
--   before the answer; "peer_incompatible": the client cannot be asked, and the stream goes on; or
--   why the connection failed
-- @treturn[2] ?table detail
-- @see RFC 8446 section 4.6.2
function Stream:request_certificate(mode)
  role.check(self)
  local ok, message, code, detail = self:handshake()
  if not ok then
    return nil, message, code, detail
  end
  role.enter(self, "reader")
  ok, message, code, detail = after.request_certificate(self.loop, mode,
    self.loop:begin(self.timeout))
  self.reader = nil
  return ok, message, code, detail
end

--- Writes with fresh keys from now on.
-- @tparam[opt=false] boolean request_peer true: and the peer is to do so, too
-- @treturn[1] boolean true
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code "timeout": `flush` goes on; "peer_incompatible": TLS 1.2 has no such
--   thing, and the stream goes on; or why the connection failed
-- @treturn[2] ?table detail
-- @see RFC 8446 section 4.6.3
function Stream:update_keys(request_peer)
  role.check(self)
  local ok, message, code, detail = self:handshake()
  if not ok then
    return nil, message, code, detail
  end
  role.enter(self, "writer")
  ok, message, code, detail = after.update_keys(self.loop, request_peer,
    self.loop:begin(self.timeout))
  self.writer = nil
  return ok, message, code, detail
end

return Stream
