--- Other implementations at the other end of a socket on 127.0.0.1.

local helper = require "helper"
local blocking = require "wolfssl.transport.blocking"
local pki = require "pki"
local socket = require "socket"
local tls = require "wolfssl.tls"
local wolfssl = require "wolfssl"

local M = {}

local SECONDS = 60 -- for each call; a peer that says nothing must not hang the suite

--- Kinds of keys.
M.KINDS = { "rsa", "secp256r1", "secp384r1", "ed25519" }

--- What a client may show: nothing, or a certificate with such a key.
M.CLIENTS = { false, "rsa", "secp256r1", "secp384r1", "ed25519" }

M.VERSIONS = { "TLS 1.2", "TLS 1.3" }

--- The suites that are on by default, by version and a kind of key that they go with.
M.SUITES = {
  ["TLS 1.2"] = {
    rsa = {
      "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
      "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    },
    secp256r1 = {
      "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
      "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    },
  },
  ["TLS 1.3"] = {
    rsa = { "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384" },
  },
}

--- Their words for versions.
M.OPENSSL = { ["TLS 1.2"] = "-tls1_2", ["TLS 1.3"] = "-tls1_3" }
M.GNUTLS = {
  ["TLS 1.2"] = "NORMAL:-VERS-ALL:+VERS-TLS1.2", ["TLS 1.3"] = "NORMAL:-VERS-ALL:+VERS-TLS1.3",
}
M.CURL = { ["TLS 1.2"] = "--tlsv1.2 --tls-max 1.2", ["TLS 1.3"] = "--tlsv1.3" }

--- OpenSSL's name of a cipher suite.
function M.openssl_suite(name)
  local exchange, cipher = name:match("^TLS_(ECDHE_%u+)_WITH_(.+)$")
  if not exchange then return name end
  cipher = cipher:gsub("AES_", "AES"):gsub("POLY1305_SHA256", "POLY1305")
  return (exchange .. "-" .. cipher):gsub("_", "-")
end

local HASHES = { sha256 = "SHA256", sha384 = "SHA384", sha512 = "SHA512" }
local SIGNATURES = { rsa_pss = "RSA-PSS", rsa_pkcs = "RSA", ecdsa = "ECDSA", ed25519 = "ed25519" }

--- OpenSSL's words for a signature scheme: those for the signature, and for the hash.
function M.openssl_scheme(name)
  local signature = name:match("^rsa_%l+") or name:match("^%w+")
  return SIGNATURES[signature], HASHES[name:match("%w+$")] or "UNDEF"
end

--- Whether a signature of that scheme is made with such a key.
function M.is_made_with(scheme, kind)
  local family = scheme:match("^%l+")
  return family == (kind:find("^secp") and "ecdsa" or kind:match("^%l+"))
end

local directory
local files = 0

--- A path among the files of this run.
function M.path(name)
  directory = directory or helper.tempdir()
  return directory .. "/" .. name
end

function M.cleanup()
  directory = nil
  helper.cleanup()
end

local function pem(chain)
  local parts = {}
  for i, der in ipairs(chain) do parts[i] = wolfssl.certificate(der):pem() end
  return table.concat(parts)
end

--- A file of certificates to trust: those in the list, or the one root.
function M.trust(list)
  files = files + 1
  return helper.write(M.path(("trust%d.pem"):format(files)), pem(list or { pki.root }))
end

--- The files of a chain of pki.leaf and its key.
function M.files(kind, fields)
  local chain, key = pki.leaf(kind, fields)
  local stem = M.path(kind .. (fields and "-special" or ""))
  return helper.write(stem .. ".pem", pem(chain)), helper.write(stem .. ".key", key:pem())
end

--- How each peer is told its certificate and key.
local IDENTITY = {
  openssl = "-cert %s -cert_chain %s -key %s",
  gnutls = "--x509certfile=%s --x509keyfile=%s",
  curl = "--cert %s --key %s",
}

--- Arguments that give a peer a certificate of that kind; none for nil.
function M.identity(peer, kind, fields)
  if not kind then return "" end
  local chain, key = M.files(kind, fields)
  if peer ~= "openssl" then return IDENTITY[peer]:format(chain, key) end
  return IDENTITY.openssl:format(chain, M.trust { pki.middle }, key)
end

--- Options that give a context of ours a certificate of that kind; none for nil.
function M.ours(kind, options, fields)
  local all = {}
  for name, value in pairs(options or {}) do all[name] = value end
  if kind then all.certificate, all.key = pki.leaf(kind, fields) end
  return all
end

--- Options for one version only, and whatever else.
function M.at(version, options)
  local all = { min_version = version, max_version = version }
  for name, value in pairs(options or {}) do all[name] = value end
  return all
end

-- ---------------------------------------------------------------------------------- servers

--- Starts `openssl s_server`; its field `port` says where.
function M.openssl_server(arguments)
  local process = helper.spawn(("cd %s; exec openssl s_server -accept 127.0.0.1:0 %s"):format(
    M.path(""), arguments))
  process.port = tonumber(process:wait_for("^ACCEPT .*:(%d+)$"))
  return process
end

--- Starts gnutls-serv; its field `port` says where.
function M.gnutls_server(arguments)
  local port = helper.free_port()
  local process = helper.spawn(("gnutls-serv -p %d %s"):format(port, arguments))
  process.port = port
  process:wait_for("listening on IPv4.*done")
  return process
end

local SHIM = [[
const char *gnutls_psk_server_get_username(void *session);
const char *gnutls_psk_server_get_username(void *session) { return session ? 0 : 0; }
]]

--- gnutls-cli with a pre-shared key, whose port is still PORT. Version 3.7 crashes after the
-- handshake, when it prints what it knows of a key of TLS 1.2: as a client it asks for the server's
-- view. Here that view is empty.
function M.gnutls_psk_client(identity, key, priority, more)
  local shim = M.path "no-username.so"
  if not helper.exists(shim) then
    local source = helper.write(M.path "no-username.c", SHIM)
    local output, status = helper.run(("gcc -shared -fPIC -o %s %s"):format(shim, source))
    assert(status == 0, output)
  end
  return ("env LD_PRELOAD=%s gnutls-cli -p PORT --pskusername=%s --pskkey=%s --priority=%s "
    .. "%s localhost"):format(shim, identity, key, priority, more or "")
end

--- Our client's stream to a server, its handshake done; or nil, message, code, detail.
function M.connect(process, context, options)
  local all = { context = context, server_name = "localhost", timeout = SECONDS }
  for name, value in pairs(options or {}) do all[name] = value end
  return wolfssl.connect("127.0.0.1", process.port, all)
end

-- A transport that keeps what passes through it.
local function tap(transport)
  local parts = {}
  return {
    read = function(_, ...)
      local data, err = transport:read(...)
      parts[#parts + 1] = data and { side = "server", bytes = data }
      return data, err
    end,
    write = function(_, data, timeout)
      parts[#parts + 1] = { side = "client", bytes = data }
      return transport:write(data, timeout)
    end,
    close = function() return transport:close() end,
  }, parts
end

--- The same over a tap; also the ciphertext so far, a list of `{side=, bytes=}` that grows.
function M.tapped(context, process, options)
  local all = { server_name = "localhost", timeout = SECONDS }
  for name, value in pairs(options or {}) do all[name] = value end
  local transport, parts = tap(assert(blocking.connect("127.0.0.1", process.port, SECONDS)))
  local stream = context:wrap(transport, all)
  assert(stream:handshake())
  return stream, parts
end

--- How many ClientHellos there are in that ciphertext. The length tells them from an encrypted
-- Finished, whose nonce may begin like one.
function M.count_hellos(parts)
  local count, reader = 0, tls.record_reader()
  for _, part in ipairs(parts) do
    if part.side == "client" then reader:push(part.bytes) end
  end
  for record in function() return reader:next() end do
    local kind, a, b, c = record.fragment:byte(1, 4)
    local whole = record.type.value == 22 and c and 4 + (a * 256 + b) * 256 + c == #record.fragment
    if whole and kind == 1 then count = count + 1 end
  end
  return count
end

-- ---------------------------------------------------------------------------------- clients

--- Runs a client against our server.
-- @param context of ours
-- @string command with PORT where the port goes
-- @func talk function(stream, process) for each connection; what it raises, this raises
-- @int[opt=1] count of connections
-- @treturn string all that the client wrote
function M.serve(context, command, talk, count)
  local listener = assert(socket.bind("127.0.0.1", 0))
  listener:settimeout(SECONDS)
  local _, port = listener:getsockname()
  local process = helper.spawn((command:gsub("%f[%w]PORT%f[%W]", ("%d"):format(port))))
  local ok, err = true, nil
  for _ = 1, count or 1 do
    local accepted, message = listener:accept()
    if not accepted then
      ok, err = false, message .. ", but the client wrote:\n" .. process:stop()
    else
      local stream = context:wrap(accepted, { timeout = SECONDS })
      ok, err = pcall(talk, stream, process)
      stream:close()
    end
    if not ok then break end
  end
  listener:close()
  if ok then return process:finish() end
  process:stop()
  error(err, 0)
end

return M
