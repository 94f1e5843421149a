-- lua mutual_client.lua HOST PORT TRUST CHAIN KEY: shows a certificate of its own, sends a line,
-- prints the answer.
local wolfssl = require "wolfssl"

local host, port, trust, chain, key = ...
local stream, message, code = wolfssl.connect(host, port, {
  trust = trust, certificate = chain, key = key, timeout = 10,
})
local answer
if stream and stream:send("hello\n") then
  local _
  answer, message, _, code = stream:receive() -- in TLS 1.3 a refusal comes with the first read
end
print(answer or code, answer and "" or message)
