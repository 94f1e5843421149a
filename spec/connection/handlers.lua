--- Every handler that there is, each with the connection in which it is asked.
--
-- A row has `name`: of the option, as errors have it; `title`; `side`: whose it is; `versions`;
-- `contexts(version, f)`: the contexts of that side and of the other, with f for the handler;
-- and the options of the client's connection; f may be called before the connection begins;
-- `answer`: what a good handler returns; `nonsense`: what none may return; `observer`: nobody looks
-- at what it returns; `late`: the server asks for a certificate after the handshake; `after`: it is
-- called after the handshake: `unseen`: when the other side has seen the end, `failed`: when the
-- connection has failed with this code.

local farm = require "verify.farm"
local ocsp = require "verify.ocsp"
local parked = require "connection.parked"
local pki = require "pki"
local wolfssl = require "wolfssl"

local M = {}

local KEY, TICKET_KEYS = ("k"):rep(32), { ("t"):rep(48) }
local ONLY12, ONLY13 = { "TLS 1.2" }, { "TLS 1.3" }
local at = parked.at

local function row(fields)
  fields.title = fields.title or fields.name
  fields.versions = fields.versions or parked.VERSIONS
  M[#M + 1] = fields
end

local leaf, leaf_key = pki.leaf "secp256r1"

local function with_certificate(options)
  options.certificate, options.key = leaf, leaf_key
  return options
end

local function client(version, options)
  return pki.client(at(version, options))
end

local function server(version, options)
  return assert(wolfssl.server(with_certificate(at(version, options))))
end

local function required(options)
  options.verify, options.trust = "required", pki.root
  return options
end

local function option(name, f, more)
  more = more or {}
  more[name] = f
  return more
end

-- ---------------------------------------------------------------------- those that decide

row {
  name = "on_client_hello", side = "server", nonsense = 7,
  contexts = function(version, f)
    return server(version, { on_client_hello = f }), client(version)
  end,
}

row {
  name = "on_server_certificate", side = "client", answer = true, nonsense = 7,
  contexts = function(version, f)
    return client(version, { on_server_certificate = f }), server(version)
  end,
}

row {
  name = "on_client_certificate", side = "server", answer = true, nonsense = 7,
  contexts = function(version, f)
    return server(version, required { on_client_certificate = f }),
      client(version, with_certificate {})
  end,
}

row {
  name = "on_client_certificate", title = "on_client_certificate of a context in names",
  side = "server", answer = true, nonsense = 7,
  contexts = function(version, f)
    local named = server(version, required { on_client_certificate = f })
    return server(version, { names = { localhost = named } }), client(version, with_certificate {})
  end,
}

row {
  name = "on_client_certificate", title = "on_client_certificate after the handshake",
  side = "server", answer = true, nonsense = 7, versions = ONLY13, after = {}, late = true,
  contexts = function(version, f)
    return server(version, { trust = pki.root, on_client_certificate = f }),
      client(version, with_certificate { post_handshake_auth = true })
  end,
}

row {
  name = "on_certificate_request", side = "client", nonsense = 7,
  contexts = function(version, f)
    return client(version, with_certificate { on_certificate_request = f }),
      server(version, required {})
  end,
}

row {
  name = "on_certificate_request", title = "on_certificate_request after the handshake",
  side = "client", nonsense = 7, versions = ONLY13, after = {}, late = true,
  contexts = function(version, f)
    return client(version,
        with_certificate { post_handshake_auth = true, on_certificate_request = f }),
      server(version, { trust = pki.root })
  end,
}

row {
  name = "on_psk", title = "on_psk of a server", side = "server", answer = KEY, nonsense = "short",
  contexts = function(version, f)
    return assert(wolfssl.server(at(version, { on_psk = f }))),
      assert(wolfssl.client(at(version, { psk = { identity = "me", key = KEY } })))
  end,
}

row {
  name = "on_psk", title = "on_psk of a client", side = "client",
  answer = { identity = "me", key = KEY }, nonsense = { identity = "me" },
  contexts = function(version, f)
    return assert(wolfssl.client(at(version, { on_psk = f }))),
      assert(wolfssl.server(at(version, { psks = { me = KEY } })))
  end,
}

local chain, anchor, levels = farm.chain { [0] = { subject_alt_names = { "dns:localhost" } } }

row {
  name = "staple", side = "server", nonsense = 7,
  answer = ocsp.response { certificate = levels[1].certificate, issuer = levels[2] },
  contexts = function(version, f)
    return assert(wolfssl.server(at(version, { certificate = chain, key = levels[1].key,
        staple = f }))),
      assert(wolfssl.client(at(version, { trust = anchor, staple = "request" })))
  end,
}

-- ---------------------------------------------------------------------- those that look on

for _, name in ipairs { "on_message", "on_secret" } do
  for _, side in ipairs { "client", "server" } do
    row {
      name = name, title = ("%s of a %s"):format(name, side), side = side, observer = true,
      contexts = function(version, f)
        if side == "client" then return client(version, option(name, f)), server(version) end
        return server(version, option(name, f)), client(version)
      end,
    }
  end
end

-- The client is told of an end that the server has seen, and the server of one that nobody sees.
row {
  name = "on_alert", title = "on_alert of a client", side = "client", observer = true, after = {},
  contexts = function(version, f) return client(version, { on_alert = f }), server(version) end,
}

row {
  name = "on_alert", title = "on_alert of a server", side = "server", observer = true,
  after = { unseen = true },
  contexts = function(version, f) return server(version, { on_alert = f }), client(version) end,
}

row {
  name = "on_session", side = "client", observer = true, versions = ONLY12,
  contexts = function(version, f) return client(version, { on_session = f }), server(version) end,
}

row {
  name = "on_session", title = "on_session after the handshake", side = "client", observer = true,
  versions = ONLY13, after = {},
  contexts = function(version, f) return client(version, { on_session = f }), server(version) end,
}

-- ---------------------------------------------------------------------- stores of sessions

local function store_that(method, f)
  local bytes = {}
  local store = {
    get = function(_, id) return bytes[id] end,
    put = function(_, id, value) bytes[id] = value end,
    remove = function(_, id) bytes[id] = nil end,
  }
  local plain = store[method]
  store[method] = function(self, ...)
    local said = f(...)
    if said ~= nil then return said end
    return plain(self, ...)
  end
  return store
end

local function of_client(method)
  return function(version, f)
    return client(version, { sessions = store_that(method, f) }), server(version)
  end
end

-- What the server is asked to resume was made before anybody listened.
local function of_server(method)
  return function(version, f)
    local near = server(version, { sessions = store_that(method, f), ticket_keys = TICKET_KEYS })
    local far = client(version)
    local options = method == "get" and { session = assert(pki.connected(far, near):session()) }
    return near, far, options or nil
  end
end

row { name = "sessions", title = "get of a client's store", side = "client", nonsense = 7,
  contexts = of_client "get" }
row { name = "sessions", title = "put of a client's store", side = "client", observer = true,
  versions = ONLY12, contexts = of_client "put" }
row { name = "sessions", title = "put of a client's store after the handshake", side = "client",
  observer = true, versions = ONLY13, after = {}, contexts = of_client "put" }
row { name = "sessions", title = "get of a server's store", side = "server", observer = true,
  versions = ONLY12, contexts = of_server "get" }
row { name = "sessions", title = "put of a server's store", side = "server", observer = true,
  versions = ONLY12, contexts = of_server "put" }
row { name = "sessions", title = "remove of a server's store", side = "server", observer = true,
  versions = ONLY12, after = { failed = "peer_misbehaved" }, contexts = of_server "remove" }

return M
