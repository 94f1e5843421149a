--- Compression, which gives secrets away.
-- @module wolfssl.probe.probes.compression
-- @see RFC 9325 section 3.3
local code_points = require "wolfssl.tls.registry.code_points"
local enumerate = require "wolfssl.probe.enumerate"
local probe = require "wolfssl.probe"

local DEFLATE, LZS = 1, 64

return probe.define {
  name = "compression", summary = "Does the server compress?", needs = { "versions" },
  findings = {
    compresses = { severity = "error", message = "compresses with %s: secrets can be guessed",
      reference = "RFC 9325 section 3.3" },
  },
  facts = { compression = "methods of compression that are chosen in TLS 1.2 or older" },
  run = function(target, report, fact)
    local version = target:newest "TLS 1.2"
    local found, stray, code = enumerate.exhaust(version and { DEFLATE, LZS } or {},
      function(left)
        local offered = { left[1], left[2], 0 }
        if not left[2] then offered = { left[1], 0 } end
        local answer, how, word = target:ask({ versions = { version },
          compression_methods = offered }, "server_hello")
        if not answer then return answer, how, word end
        local method = answer.body.legacy_compression_method.value
        return method ~= 0 and method
      end)
    if not found then return nil, stray, code end
    found[#found + 1] = stray
    for i, method in ipairs(found) do
      found[i] = code_points.compression_method:entry(method)
      report("compresses", found[i].name)
    end
    fact("compression", found)
  end,
}
