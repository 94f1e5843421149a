--- Compression, which gives secrets away.
-- @module wolfssl.probe.probes.compression
-- @see RFC 9325 section 3.3
local probe = require "wolfssl.probe"

return probe.define {
  name = "compression", summary = "Does the server compress?",
  findings = {
    compresses = { severity = "error", message = "compresses with %s: secrets can be guessed",
      reference = "RFC 9325 section 3.3" },
  },
  run = function(target, report)
    local answer, c, code = target:hello { versions = { "TLS 1.2" },
      compression_methods = { 1, 64, 0 } }
    if not answer then return nil, c, code end
    local method = answer.body and answer.body.legacy_compression_method
    if method and method.value ~= 0 then report("compresses", method.name) end
  end,
}
