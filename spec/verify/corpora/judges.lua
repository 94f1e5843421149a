--- Who says whether a case is accepted: true or false, and why not.

local attack = require "attack.server"
local blocking = require "wolfssl.transport.blocking"
local core = require "wolfssl.core"
local helper = require "helper"
local issue = require "wolfssl.issue"
local mime = require "mime"
local wolfssl = require "wolfssl"

local M = {}

local SECONDS = 100
local directory, listener, port

local function file(name, ders, label)
  directory = directory or helper.tempdir()
  local pems = {}
  for i, der in ipairs(ders) do
    pems[i] = ("-----BEGIN %s-----\n%s-----END %s-----\n"):format(label,
      mime.b64(der):gsub(("."):rep(64), "%0\n"):gsub("[^\n]$", "%0\n"), label)
  end
  return helper.write(directory .. "/" .. name, table.concat(pems))
end

--- wolfssl.verify.
-- @tparam table case
-- @tparam ?string profile
function M.offline(case, profile)
  local trust, message = wolfssl.trust(case.trust)
  if not trust then return false, message end
  local verdict
  verdict, message = wolfssl.verify(case.chain, { trust = trust, host = case.host, ip = case.ip,
    purpose = case.purpose, time = case.time, crls = case.crls[1] and case.crls,
    depth = tonumber(case.depth), profile = profile })
  if not verdict then return false, message end
  local words = {}
  for i, e in ipairs(verdict.errors) do words[i] = e.depth .. ":" .. e.code end
  return verdict.ok, table.concat(words, " ")
end

--- `openssl verify`, at the level of security that is our default.
function M.openssl(case)
  local words = { "openssl verify -no-CApath -no-CAstore -auth_level 2 -purpose",
    case.purpose == "client_auth" and "sslclient" or "sslserver",
    "-CAfile", file("anchors", case.trust, "CERTIFICATE"),
    "-untrusted", file("chain", case.chain, "CERTIFICATE") }
  local function add(option, value)
    if value then words[#words + 1] = option .. " " .. helper.quote(value) end
  end
  add("-verify_hostname", case.host)
  add("-verify_ip", case.ip)
  add("-attime", case.time)
  add("-verify_depth", case.depth)
  if case.crls[1] then add("-crl_check -CRLfile", file("crls", case.crls, "X509 CRL")) end
  words[#words + 1] = file("leaf", { case.chain[1] }, "CERTIFICATE")
  local output, status = helper.run(table.concat(words, " "))
  return status == 0, output:match("error %d+ at[^\n]*") or output
end

local SCHEMES = {
  ecdsa_secp256r1_sha256 = "\4\3", ecdsa_secp384r1_sha384 = "\5\3", ecdsa_secp521r1_sha512 = "\6\3",
  rsa_pss_rsae_sha256 = "\8\4", ed25519 = "\8\7",
}

local OF_KEY = {
  secp256r1 = "ecdsa_secp256r1_sha256", secp384r1 = "ecdsa_secp384r1_sha384",
  secp521r1 = "ecdsa_secp521r1_sha512", rsa = "rsa_pss_rsae_sha256", ed25519 = "ed25519",
}

local strangers = {}

-- A stranger's key that is of the kind of the leaf's: another kind would be refused as such.
local function stranger(case)
  local leaf = wolfssl.certificate(case.chain[1])
  local public = leaf and leaf:public_key() or {}
  local kind = public.curve or public.algorithm
  if not OF_KEY[kind] then kind = "secp256r1" end
  strangers[kind] = strangers[kind] or issue.key(kind)
  return strangers[kind]
end

-- Signs with the leaf's key, or else a stranger's.
local function signer(case)
  local key = case.key and issue.load_key(case.key)
  local own = key ~= nil
  key = key or stranger(case)
  local kind, _, curve = key:algorithm()
  local scheme = OF_KEY[curve or kind] or "ecdsa_secp256r1_sha256"
  return own, function(server)
    local signature = assert(key:sign(scheme,
      (" "):rep(64) .. "TLS 1.3, server CertificateVerify\0" .. server:digest()))
    return attack.message(15, SCHEMES[scheme] .. attack.v16(signature))
  end
end

-- Returns the alert of a client that does not go along.
local function serve(case, sign)
  local transport = blocking.new(assert(core.fd.accept(listener, SECONDS)))
  local server = attack.new(transport, { chain = case.chain })
  server.verify = sign
  local ran, done = pcall(server.handshake, server)
  if ran and done then server:send(21, "\1\0") end
  transport:finish()
  if not server.alert then pcall(server.listen, server) end
  transport:close()
  return server.alert
end

-- Clocks that stand still, as far as processes can tell.
local function at(time)
  return time and ("TZ=UTC FAKETIME_DONT_FAKE_MONOTONIC=1 faketime -f '%s' "):format(
    os.date("!%Y-%m-%d %H:%M:%S", time)) or ""
end

--- spec/examples/tls_client.lua in a handshake of TLS 1.3. The corpora do not have all keys: where
-- one is missing the signature is a stranger's, and a client that objects to nothing before that
-- has accepted the chain. nil: not for a server
function M.handshake(case)
  if case.purpose ~= "server_auth" then return nil end
  if not listener then listener, port = assert(core.fd.listen("127.0.0.1", 0)) end
  local own, sign = signer(case)
  local name = case.host or case.ip or ""
  local client = ("%s%s spec/examples/tls_client.lua %d %s %s %s %s %s"):format(at(case.time),
    helper.interpreter(), port, file("trust", case.trust, "CERTIFICATE"),
    case.host and "DNS" or case.ip and "IP" or "NONE", helper.quote(name),
    case.crls[1] and file("lists", case.crls, "X509 CRL") or "-", case.depth or "")
  local pipe = io.popen(("{ %s\n} 2>&1 </dev/null; printf '\\n%%d' $?"):format(client))
  local ran, alert = pcall(serve, case, sign)
  local output, status = pipe:read("*a"):match("^(.*)\n(%d+)$")
  pipe:close()
  assert(tonumber(status) < 2, output)
  local accepted = status == "0"
  if not own then accepted = ran and alert == "decrypt_error" end
  return accepted, output
end

--- Ends what the judges have begun.
function M.close()
  if listener then core.fd.close(listener) end
  directory, listener, port = nil, nil, nil
  helper.cleanup()
end

return M
