--- LuaSec's interface (version 1.3) on wolfSSL: `require "ssl"` and its modules become this.
--
--     lua -lwolfssl.luasec prog.lua               -- prog.lua requires "ssl"
--     require("wolfssl.luasec").install()         -- also where LuaSec is loaded already
--
-- Loading this module makes `require "ssl"` find it; `install` also takes the place of a LuaSec
-- that is loaded. As in LuaSec, who does not say `verify = "peer"` talks to anybody, and the name
-- in the certificate is the program's affair, but in `ssl.https`; `wolfssl.connect` verifies both.
-- What wolfSSL cannot do is refused. Where it differs from LuaSec:
--
-- - TLS 1.2 and 1.3 only. `dhparam`, `dane`, hints of pre-shared keys, and options that
--   `ssl.config.options` does not list are refused.
-- - `mode` that is neither "client" nor "server" makes `newcontext` and `setmode` fail, they do not
--   raise and are not silent.
-- - A timeout that is over is "timeout"; "wantread" and "wantwrite" are for timeouts of 0.
-- - After a failed handshake every further call fails likewise; after `close` they return "closed".
-- - Callbacks may yield, also during the handshake; ALPN and PSK callbacks that raise end the
--   connection, and `dohandshake` returns a message.
-- - What LuaSocket has read ahead before `wrap` belongs to the handshake.
-- - A connection that is reset is not "closed", so that it does not pass for a whole response.
-- - `getpeerchain` without certificates is an empty list. Names in certificates are UTF-8.
-- - `ssl.https` verifies certificate and name by the system's roots, unless `verify` says "none";
--   `settimeout` counts.
-- - A server whose `alpn` shares nothing with the client's refuses it (RFC 7301); a function that
--   returns nil goes on without. The server's order of cipher suites counts, always.
-- - Without `ciphers` only suites with AEAD and forward secrecy are used. A client shows one
--   certificate. Keys of RSA must have 2048 bits; chains end after 12 certificates.
-- - A hello without the server's name is sent where `sni` was not called; an address is not sent.
-- - Contexts, connections and certificates are tables.
-- @module wolfssl.luasec

local config = require "wolfssl.luasec.config"
local connection = require "wolfssl.luasec.connection"
local context = require "wolfssl.luasec.context"
local core = require "wolfssl.luasec.core"
local newcontext = require "wolfssl.luasec.newcontext"
local read_ahead = require("wolfssl.transport.luasocket").read_ahead
local x509 = require "wolfssl.luasec.x509"

local M = {
  _VERSION = "1.3.2",
  _COPYRIGHT = core.copyright(),
  config = config.public,
  newcontext = newcontext.newcontext,
  loadcertificate = x509.load,
}

--- Puts TLS on a connected socket, which it takes over.
-- @tparam userdata|table sock with `getfd` and `setfd`, such as a TCP object of LuaSocket
-- @tparam table cfg what `newcontext` takes or returns
-- @treturn[1] Connection see `wolfssl.luasec.connection`
-- @treturn[2] nil
-- @treturn[2] string message
function M.wrap(sock, cfg)
  local ctx, refused = newcontext.newcontext(cfg)
  if not ctx then return nil, refused end
  local conn, message = connection.create(ctx)
  if not conn then return nil, message end
  local descriptor = sock:getfd()
  connection.setfd(conn, descriptor, descriptor >= 0 and read_ahead(sock) or nil)
  sock:setfd(core.SOCKET_INVALID)
  return conn
end

local MODULES = {
  ssl = function() return M end,
  ["ssl.core"] = function() return core end,
  ["ssl.config"] = function() return config.public end,
  ["ssl.context"] = function() return context end,
  ["ssl.x509"] = function() return x509 end,
  ["ssl.https"] = function() return require "wolfssl.luasec.https" end,
}

for name, load in pairs(MODULES) do package.preload[name] = load end

--- Makes `require "ssl"`, `"ssl.https"` and the others return this, whatever was loaded before.
-- @treturn table this module
function M.install()
  for name, load in pairs(MODULES) do
    package.preload[name] = load
    package.loaded[name] = nil
  end
  return M
end

return M
