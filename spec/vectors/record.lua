-- lua5.4 spec/vectors/record.lua [NAME]: makes the recordings in spec/vectors again. OpenSSL and
-- GnuTLS speak through a relay that keeps what it passes on; each file holds its key log. What
-- opens a recording without that is in spec/vectors/recordings.lua.

package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path

local helper = require "helper"
local socket = require "socket"
local writer = require "wolfssl.trace.capture.writer"

local DIRECTORY = "spec/vectors/"

local function listen()
  local server = assert(socket.bind("127.0.0.1", 0))
  return server, select(2, server:getsockname())
end

-- Passes on what comes in until both sides have said all.
local function pump(sides, note)
  local open = { sides.client, sides.server }
  while #open > 0 do
    local ready = socket.select(open, nil, 10)
    if #ready == 0 then break end
    for _, from in ipairs(ready) do
      local name = from == sides.client and "client" or "server"
      local to = name == "client" and sides.server or sides.client
      local bytes, message, rest = from:receive(65536)
      bytes = bytes or rest
      if #bytes > 0 then
        note(name, bytes)
        to:send(bytes)
      end
      if message == "closed" then
        to:shutdown("send")
        for i = #open, 1, -1 do if open[i] == from then table.remove(open, i) end end
      end
    end
  end
end

local function relay(file, front, port, number)
  local client = assert(front:accept())
  local server = assert(socket.connect("127.0.0.1", port))
  client:settimeout(0)
  server:settimeout(0)
  local recording = file:connection {
    client = { address = "192.0.2.1", port = 50000 + number },
    server = { address = "192.0.2.2", port = 443 },
  }
  pump({ client = client, server = server }, function(from, bytes)
    recording:send(from, bytes, socket.gettime())
  end)
  recording:finish()
  client:close()
  server:close()
end

local OPENSSL = {
  server = "openssl s_server -accept 127.0.0.1:PORT -naccept COUNT KEYS OPTIONS",
  client = "openssl s_client -connect 127.0.0.1:PORT -servername server.example "
    .. "-keylogfile LOG OPTIONS",
}
local GNUTLS = {
  server = "gnutls-serv --echo -q -p PORT --x509keyfile=server.key --x509certfile=server.pem "
    .. "--priority=OPTIONS",
  client = "SSLKEYLOGFILE=LOG gnutls-cli --insecure -p PORT 127.0.0.1 --priority=OPTIONS",
}

local KEYS = "-key server.key -cert server.pem "

local function fill(command, values)
  return (command:gsub("%u%u%u+", values))
end

local function join(both, own)
  return ((both or "") .. " " .. (own or "")):match("^%s*(.-)%s*$")
end

local function wait_for(port)
  for _ = 1, 200 do
    local probe = io.open("/proc/net/tcp"):read("*a")
    if probe:find(("0100007F:%04X 00000000:0000 0A"):format(port))
        or probe:find(("00000000:%04X 00000000:0000 0A"):format(port)) then return end
    socket.sleep(0.02)
  end
  error("the server does not listen")
end

local function record(case, directory)
  local peer = case.gnutls and GNUTLS or OPENSSL
  local file, port = writer.new(), helper.free_port()
  local clients = case.clients or { case.client or "" }
  helper.run("rm -f " .. directory .. "/log")
  local server = helper.spawn(("cd %s && { sleep 1.2; printf '%s'; sleep 3; } | %s"):format(
    directory, case.says or "pong\\n", fill(peer.server, {
      PORT = port, COUNT = #clients, KEYS = KEYS, OPTIONS = join(case.both, case.server) })))
  wait_for(port)
  for number, options in ipairs(clients) do
    local front, front_port = listen()
    local client = helper.spawn(("cd %s && { sleep 0.3; printf '%s'; sleep 2; %s } | %s"):format(
      directory, case.asks or "ping\\n", case.gnutls and "" or "echo Q;",
      fill(peer.client, { PORT = front_port, LOG = "log",
        OPTIONS = join(case.both, options) })))
    relay(file, front, port, number)
    front:close()
    client:finish()
  end
  server:stop()
  if helper.exists(directory .. "/log") then file:secrets(helper.read(directory .. "/log")) end
  helper.write(DIRECTORY .. case.name .. ".pcapng", file:bytes())
end

-- The RSA key stays, because recordings are opened with it.
local function prepare(directory)
  for name, kind in pairs { rsa = "rsa:2048", ec = "ec -pkeyopt ec_paramgen_curve:P-256",
    ed = "ed25519", client = "ec -pkeyopt ec_paramgen_curve:P-384" } do
    local key = "-newkey " .. kind .. " -keyout " .. name .. ".key"
    if helper.exists(DIRECTORY .. name .. ".key") then
      helper.run(("cp %s%s.key %s"):format(DIRECTORY, name, directory))
      key = "-key " .. name .. ".key"
    end
    local output, status = helper.run(("cd %s && openssl req -x509 %s -nodes -days 3650 "
      .. "-subj /CN=%s.example -out %s.pem"):format(directory, key, name, name))
    assert(status == 0, output)
  end
end

local cases = dofile(DIRECTORY .. "recordings.lua")
local directory = helper.tempdir()
prepare(directory)
for _, case in ipairs(cases) do
  if not arg[1] or case.name == arg[1] then
    local key = case.key or "ec"
    helper.run(("cd %s && cp %s.key server.key && cp %s.pem server.pem")
      :format(directory, key, key))
    if key == "rsa" then helper.run(("cp %s/rsa.key %srsa.key"):format(directory, DIRECTORY)) end
    helper.write(directory .. "/early.txt", "early\n")
    record(case, directory)
    print(case.name, #helper.read(DIRECTORY .. case.name .. ".pcapng"))
  end
end
helper.cleanup()
