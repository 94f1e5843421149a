-- lua probe_get.lua HOST PORT: a page over TLS 1.3, every message of the handshake by hand.
local probe = require "wolfssl.probe"

local host, port = arg[1], tonumber(arg[2])
local c = assert(probe.connect(host, port))
assert(c:send(c:client_hello { versions = { "TLS 1.3" }, alpn = { "http/1.1" } }))
local hello = assert(c:expect "server_hello")
assert(c:expect "encrypted_extensions")
local shown = assert(c:expect "certificate")
assert(c:expect "certificate_verify")
assert(c:expect "finished")
assert(c:send(c:finished()))
assert(c:write("GET / HTTP/1.0\r\nHost: " .. host .. "\r\n\r\n"))
print(hello.body.cipher_suite.name, #shown.body.certificate_list .. " certificates")
print(assert(c:read()))
c:close()
