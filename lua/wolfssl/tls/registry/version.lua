--- Protocol versions, as ProtocolVersion carries them.
-- @module wolfssl.tls.registry.version
-- @see RFC 8446 section 4.2.1 and appendix D
-- @see RFC 9147 section 5.3
local registry = require "wolfssl.tls.registry"

local rows = {
  { 0x0002, "SSL 2.0" }, { 0x0300, "SSL 3.0" },
  { 0x0301, "TLS 1.0" }, { 0x0302, "TLS 1.1" }, { 0x0303, "TLS 1.2" }, { 0x0304, "TLS 1.3" },
  { 0xFEFF, "DTLS 1.0" }, { 0xFEFD, "DTLS 1.2" }, { 0xFEFC, "DTLS 1.3" }, { 0x0100, "DTLS 0.9" },
}
for draft = 14, 28 do
  rows[#rows + 1] = { 0x7F00 + draft, "TLS 1.3 draft " .. draft }
end

return registry.rows("protocol version", 2, rows, nil, true)
