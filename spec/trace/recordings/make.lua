-- lua5.4 spec/trace/recordings/make.lua: makes lua/wolfssl/trace/recordings/*.lua again, from
-- handshakes between `openssl s_server` and `openssl s_client` through a proxy that writes down
-- what passes. Keys and certificates are made for this and used for nothing else.

package.path = "spec/?.lua;lua/?.lua;lua/?/init.lua;" .. package.path
package.cpath = "build/5.4/?.so;" .. package.cpath

local helper = require "helper"
local issue = require "wolfssl.issue"
local socket = require "socket"
local wolfssl = require "wolfssl"

local NAME = "demo.example"
local PSK = "6c75612d776f6c6673736c2064656d6f"
local YEARS = 365 * 86400
local directory = helper.tempdir()

local root_key, key = issue.key "secp256r1", issue.key "rsa"
local root = issue.certificate { subject = "Recording Root CA", key = root_key, ca = true,
  not_after = os.time() + 50 * YEARS }
local leaf = issue.certificate {
  subject = NAME, key = key, issuer = { certificate = root, key = root_key },
  subject_alt_names = { "dns:" .. NAME }, extended_key_usage = { "server_auth" },
  not_after = os.time() + 50 * YEARS,
}
helper.write(directory .. "/server.pem", wolfssl.certificate(leaf):pem() .. key:pem())
helper.write(directory .. "/root.pem", wolfssl.certificate(root):pem())

local CERTIFICATE = "-cert server.pem -key server.pem"

local KINDS = {
  { name = "tls12_rsa", server = CERTIFICATE, both = "-tls1_2 -cipher AES128-SHA256", rsa = true,
    what = "RSA key exchange" },
  { name = "tls12_psk", server = "-nocert", psk = true,
    both = "-tls1_2 -cipher PSK-AES128-GCM-SHA256", what = "a pre-shared key" },
}

local function accept(listener)
  listener:settimeout(10)
  return assert(listener:accept())
end

-- Passes bytes on until both sides have closed: list of {from, seconds, bytes}.
local function proxy(near, far)
  local log, began, open = {}, socket.gettime(), { client = near, server = far }
  local peers = { client = far, server = near }
  near:settimeout(0)
  far:settimeout(0)
  while next(open) do
    socket.select({ open.client, open.server }, nil, 10)
    for _, from in ipairs { "client", "server" } do
      local bytes, message, rest
      if open[from] then bytes, message, rest = open[from]:receive(65536) end
      local got = bytes or rest or ""
      if got ~= "" then
        log[#log + 1] = { from, socket.gettime() - began, got }
        peers[from]:send(got)
      end
      if message == "closed" then
        peers[from]:shutdown "send"
        open[from] = nil
      end
    end
  end
  return log, began
end

local function shell(command)
  return ("cd %s && %s"):format(directory, command)
end

local function record(kind)
  local psk = kind.psk and (" -psk %s -psk_identity alice"):format(PSK) or ""
  local port = helper.free_port()
  local server = helper.spawn(shell(("openssl s_server -accept 127.0.0.1:%d %s %s%s -rev "
    .. "-keylogfile keys.txt"):format(port, kind.server, kind.both, psk)))
  server:wait_for "ACCEPT"
  local listener = assert(socket.bind("127.0.0.1", 0))
  local _, at = listener:getsockname()
  local client = helper.spawn(shell(("(echo 'hello server'; sleep 1; echo Q) | openssl s_client "
    .. "-connect 127.0.0.1:%d -servername %s -CAfile root.pem %s%s -quiet -no_ign_eof"):format(
    math.floor(at), NAME, kind.both, psk)))
  local near, far = accept(listener), assert(socket.connect("127.0.0.1", port))
  local log, began = proxy(near, far)
  client:stop()
  server:stop()
  local keylog = helper.read(directory .. "/keys.txt")
  os.remove(directory .. "/keys.txt")
  return log, began, keylog
end

-- A string literal of several lines.
local function literal(text, indent)
  local lines = {}
  for i = 1, #text, 72 do lines[#lines + 1] = ("%s%q"):format(indent, text:sub(i, i + 71)) end
  return table.concat(lines, " ..\n")
end

local function keylog_lines(put, keylog)
  put "  keylog = {"
  for line in keylog:gmatch "[^\n]+" do
    if not line:find "^#" then put("%s,", literal(line, "    ")) end
  end
  put "  },"
end

local function knowledge(put, kind)
  if kind.rsa then put("  rsa_keys = { [[\n%s]] },", key:pem()) end
  if kind.psk then
    put("  psks = { { identity = \"alice\", key = %q, hash = \"sha256\" } },", PSK)
  else
    put("  trust =\n%s,", literal(helper.hex(root), "    "))
  end
end

local ORIGIN = "A recording of %s on both sides, with %s: the engine here has no such handshake."

local function module_of(kind, log, began, keylog)
  local version = helper.run "openssl version":match "^OpenSSL %S+"
  local out = {}
  local function put(format, ...) out[#out + 1] = format:format(...) end
  put("--- A recording: TLS with %s.", kind.what)
  put("-- Made by spec/trace/recordings/make.lua; the keys in it are used for nothing else.")
  put("-- @module wolfssl.trace.recordings.%s", kind.name)
  put("return {")
  put("  origin =\n%s,", literal(ORIGIN:format(version, kind.what), "    "))
  put("  server_name = %q,", NAME)
  put("  began = %.3f,", began)
  keylog_lines(put, keylog)
  knowledge(put, kind)
  put("  chunks = {")
  for _, chunk in ipairs(log) do
    put("    { %q, %.6f,\n%s },", chunk[1], chunk[2], literal(helper.hex(chunk[3]), "      "))
  end
  put("  },\n}")
  return table.concat(out, "\n") .. "\n"
end

for _, kind in ipairs(KINDS) do
  local path = ("lua/wolfssl/trace/recordings/%s.lua"):format(kind.name)
  helper.write(path, module_of(kind, record(kind)))
  print(path)
end
helper.cleanup()
