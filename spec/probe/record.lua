-- Records the ClientHellos of programs that are installed here:
--     lua5.4 spec/probe/record.lua    (after make build, from the top of the tree)
-- writes lua/wolfssl/probe/templates/NAME.lua for each.

package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path
package.cpath = ("build/%s/?.so;"):format(_VERSION:match "%d%.%d") .. package.cpath

local helper = require "helper"
local probe = require "wolfssl.probe"
local socket = require "socket"

local PROGRAMS = {
  { "openssl", "openssl s_client -connect localhost:PORT", "openssl version" },
  { "gnutls", "gnutls-cli --insecure -p PORT localhost", "gnutls-cli --version | head -1" },
  { "curl", "curl -sk https://localhost:PORT/", "curl --version | head -1" },
  { "chromium", "chromium --headless --no-sandbox --disable-gpu --user-data-dir=$(mktemp -d)"
    .. " --dump-dom https://localhost:PORT/", "chromium --version --no-sandbox" },
  { "wolfssl", "./lua/bin/wolfprobe connect --insecure localhost:PORT",
    "echo lua-wolfssl on $(dpkg-query -W -f 'wolfSSL ${Version}' libwolfssl35)" },
}

local TEMPLATE = [[
--- The ClientHello of %s.
-- Recorded on loopback, for the name "localhost".
-- @module wolfssl.probe.templates.%s
return {
  source = "%s",
  hex = %s,
}
]]

local function wrapped(hex)
  local lines = {}
  for i = 1, #hex, 88 do lines[#lines + 1] = "    " .. hex:sub(i, i + 87) end
  return "[[\n" .. table.concat(lines, "\n") .. "\n  ]]"
end

local function record(name, command, version)
  local listener = assert(socket.bind("127.0.0.1", 0))
  listener:settimeout(20)
  local _, port = listener:getsockname()
  local process = helper.spawn((command:gsub("PORT", ("%d"):format(port))))
  local accepted = assert(listener:accept())
  local c = probe.accept(accepted)
  local _, entry = assert(c:expect "client_hello")
  c:abort()
  listener:close()
  process:stop()
  local source = helper.run(version):gsub("%s+$", ""):gsub("^.*\n", ""):sub(1, 70)
    :gsub(" libcurl.*", ""):gsub(" %d+ %a+ 20%d%d.*", ""):gsub("%s+$", "")
  helper.write(("lua/wolfssl/probe/templates/%s.lua"):format(name),
    TEMPLATE:format(source, name, source, wrapped(helper.hex(entry.bytes))))
  print(name, source, #entry.bytes)
end

for _, program in ipairs(PROGRAMS) do record(program[1], program[2], program[3]) end
helper.cleanup()
