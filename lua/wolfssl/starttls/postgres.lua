--- PostgreSQL: SSLRequest, and one byte for an answer. See
-- https://www.postgresql.org/docs/current/protocol-flow.html
-- @module wolfssl.starttls.postgres

return function(talk)
  local ok, message, code = talk:send "\0\0\0\8\4\210\22\47"
  if not ok then return nil, message, code end
  local answer
  answer, message, code = talk:bytes(1)
  if not answer then return nil, message, code end
  if answer == "S" then return true end
  if answer == "N" then return nil, "the server will not", "peer_incompatible" end
  return nil, "the server does not speak it", "decode_error"
end
