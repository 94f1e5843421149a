--- The closed list of error codes. Codes are stable; messages are for people and may change.
--
-- What the world did comes back as `nil, message, code[, detail]`; the caller's mistake is raised.
-- @module wolfssl.errors

local M = {}

--- One code.
-- @table code
-- @tfield string meaning one sentence
-- @tfield string blame "nobody", "caller" (its files and answers), "peer", "network" or "us"
-- @tfield boolean retryable the same call can be made again; otherwise the connection is over

--- All codes, by name.
M.codes = {
  want_read = {
    meaning = "More bytes from the network are needed first.",
    blame = "nobody",
    retryable = true,
  },
  want_write = {
    meaning = "Bytes must go out to the network first.",
    blame = "nobody",
    retryable = true,
  },
  held = {
    meaning = "A handshake message waits for the application's answer.",
    blame = "nobody",
    retryable = true,
  },
  timeout = {
    meaning = "The time given was over before the operation was; nothing is lost.",
    blame = "network",
    retryable = true,
  },
  closed = {
    meaning = "The connection was closed properly: by the peer's close_notify, or by ourselves.",
    blame = "nobody",
    retryable = false,
  },
  truncated = {
    meaning = "The byte stream ended without a close_notify: data may be missing.",
    blame = "peer",
    retryable = false,
  },
  decode_error = {
    meaning = "Bytes do not have the form they must have; detail = {path, offset}.",
    blame = "peer",
    retryable = false,
  },
  peer_misbehaved = {
    meaning = "The peer did what the protocol forbids.",
    blame = "peer",
    retryable = false,
  },
  peer_incompatible = {
    meaning = "No version, suite, group or scheme suits both sides, or there is no STARTTLS.",
    blame = "peer",
    retryable = false,
  },
  alert_received = {
    meaning = "The peer gave up and said why; detail = the alert.",
    blame = "peer",
    retryable = false,
  },
  certificate_invalid = {
    meaning = "The peer's certificate chain is not trusted; detail = list of {depth, reason, ...}.",
    blame = "peer",
    retryable = false,
  },
  rejected = {
    meaning = "A handler of the application refused, or a limit that it set.",
    blame = "caller",
    retryable = false,
  },
  file_error = {
    meaning = "A file, or the PEM or DER in it, could not be read.",
    blame = "caller",
    retryable = false,
  },
  network_error = {
    meaning = "No such host, nobody listening, or the connection was reset.",
    blame = "network",
    retryable = false,
  },
  not_compiled_in = {
    meaning = "The wolfSSL in use was built without this.",
    blame = "us",
    retryable = false,
  },
  internal = {
    meaning = "Out of memory, or a fault in this library or in wolfSSL.",
    blame = "us",
    retryable = false,
  },
}

--- Whether the operation that gave this code may simply be called again.
-- @tparam string code raises when it is not in the list
-- @treturn boolean
function M.retryable(code)
  local entry = M.codes[code]
  if not entry then
    error("no such error code: " .. tostring(code), 2)
  end
  return entry.retryable
end

return M
