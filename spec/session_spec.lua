-- Sessions: what resumes, and above all what does not.

local core = require "wolfssl.core"
local guest = require "guest"
local helper = require "helper"
local issue = require "wolfssl.issue"
local pki = require "pki"
local tls = require "wolfssl.tls"
local wolfssl = require "wolfssl"

local visit = pki.visit

local KEY = ("k"):rep(32)

for _, version in ipairs { "TLS 1.2", "TLS 1.3" } do
  describe("a session of " .. version, function()
    local options = { min_version = version, max_version = version }
    local function client_with(more)
      local all = { min_version = version, max_version = version }
      for name, value in pairs(more or {}) do all[name] = value end
      return pki.client(all)
    end

    it("resumes, and both sides know", function()
      local client, server = client_with(), pki.server(options)
      local session = assert(visit(client, server):session())
      for _ = 1, 2 do
        local a, b = visit(client, server, { session = session })
        assert.is_true(a:info().resumed)
        assert.is_true(b:info().resumed)
        session = a:session()
      end
    end)

    it("is good for as long as the ticket says, or a day", function()
      local server = pki.server { min_version = version, max_version = version,
        session_lifetime = 777 }
      local info = assert(visit(client_with(), server):session()):info()
      assert.equal(version == "TLS 1.3" and 777 or 86400, info.lifetime)
    end)

    it("is for the same server under the same policy", function()
      local client, server = client_with(), pki.server(options)
      local session = assert(visit(client, server):session())
      local chain, key = pki.leaf()
      for what, other in pairs {
        ["another name"] = { client, "127.0.0.1" },
        ["other trust"] = { client_with { trust = { pki.root, pki.middle } }, "localhost" },
        ["other protocols"] = { client_with { alpn = { "h2" } }, "localhost" },
        ["pins"] = { client_with { pins = { wolfssl.certificate(pki.root):spki_digest() } },
          "localhost" },
        ["a revocation list"] = { client_with { crls = issue.crl {
          issuer = { certificate = pki.root, key = pki.root_key } } }, "localhost" },
        ["a policy"] = { client_with { policy = "1.2.3", insecure_accept_invalid = true },
          "localhost" },
        ["a profile"] = { client_with { profile = "webpki", insecure_accept_invalid = true },
          "localhost" },
        ["less depth"] = { client_with { depth = 3 }, "localhost" },
        ["longer keys"] = { client_with { min_rsa_bits = 3072 }, "localhost" },
        ["a certificate of its own"] = { client_with { certificate = chain, key = key },
          "localhost" },
      } do
        local a = visit(other[1], server, { session = session, server_name = other[2] })
        assert.is_false(a:info().resumed, what)
      end
    end)

    it("is for the same trust, also where a connection has its own", function()
      local client, server = client_with(), pki.server(options)
      local own = wolfssl.trust { pki.root, pki.middle }
      local session = assert(visit(client, server, { trust = own }):session())
      assert.is_false(visit(client, server, { session = session }):info().resumed)
      local again = wolfssl.trust { pki.root, pki.middle }
      assert.is_true(visit(client, server, { session = session, trust = again }):info().resumed)
    end)

    it("is for the same server_name, also in the server's eyes", function()
      local client, server = client_with(), pki.server(options)
      local session = assert(visit(client, server):session())
      local a, b = visit(client, server, { session = session, send_server_name = false })
      assert.is_false(a:info().resumed)
      assert.is_nil(b:info().server_name)
    end)

    it("of an unverified connection never resumes on a verifying one", function()
      local server = pki.server(options)
      local session = assert(visit(client_with { insecure_accept_invalid = true },
        server):session())
      local a = visit(client_with(), server, { session = session })
      assert.is_false(a:info().resumed)
    end)

    it("does not resume on another context of the same process", function()
      local client = client_with()
      local session = assert(visit(client, pki.server(options)):session())
      local a = visit(client, pki.server(options), { session = session })
      assert.is_false(a:info().resumed)
    end)

    it("does not skip the client certificate of a stricter context with the same ticket keys",
      function()
      local keys = { ("t"):rep(48) }
      local client = client_with()
      local lenient = pki.server { min_version = version, max_version = version,
        ticket_keys = keys }
      local strict = pki.server { min_version = version, max_version = version, ticket_keys = keys,
        verify = "required", trust = pki.root }
      local session = assert(visit(client, lenient):session())
      local a, b = pki.pair(client, strict, { session = session })
      local _, right = pki.handshake(a, b)
      assert.equal("certificate_invalid", right.code, right.message)
    end)

    it("keeps the client's certificate", function()
      local chain, key = pki.leaf()
      local client = client_with { certificate = chain, key = key }
      local server = pki.server { min_version = version, max_version = version, verify = "required",
        trust = pki.root }
      local session = assert(visit(client, server):session())
      for _ = 1, 3 do
        local a, b = visit(client, server, { session = session })
        assert.is_true(a:info().resumed)
        assert.equal(wolfssl.certificate(chain[1]):der(), b:peer_certificates()[1]:der())
        session = assert(a:session())
      end
    end)

    it("says of the peer what the first connection said", function()
      local chain, key = pki.leaf()
      for _, certificate in ipairs { chain, false } do
        local client = client_with(certificate and { certificate = certificate, key = key })
        local server = pki.server { min_version = version, max_version = version,
          verify = "optional", trust = pki.root }
        local first, first_peer = visit(client, server)
        local a, b = visit(client, server, { session = assert(first:session()) })
        assert.is_true(b:info().resumed)
        assert.same(first:verdict(), a:verdict())
        assert.same(first_peer:verdict(), b:verdict())
        assert.equal(certificate ~= false, b:verdict().ok)
      end
    end)

    it("goes out and in again sealed, under its key only", function()
      local client, server = client_with(), pki.server(options)
      local session = assert(visit(client, server):session())
      local sealed = assert(session:export(KEY))
      local a = visit(client, server, { session = assert(wolfssl.session(sealed, KEY)) })
      assert.is_true(a:info().resumed)
      assert.equal("decode_error", select(3, wolfssl.session(sealed, ("x"):rep(32))))
      assert.not_equal(sealed, session:export(KEY))
    end)

    it("is not offered when it is older than it may be", function()
      local client, hellos = client_with(), {}
      local server = pki.server { ticket_keys = { ("t"):rep(48) },
        on_client_hello = function(hello) hellos[#hellos + 1] = hello end }
      local sealed = assert(visit(client, server):session()):export(KEY)
      local mark, nonce, tag = sealed:sub(1, 4), sealed:sub(5, 16), sealed:sub(17, 32)
      local plain = assert(core.crypto.open("aes-256-gcm", KEY, nonce, mark,
        sealed:sub(33) .. tag))
      local function resumed(bytes)
        local box = core.crypto.seal("aes-256-gcm", KEY, nonce, mark, bytes)
        local session = assert(wolfssl.session(mark .. nonce .. box:sub(-16) .. box:sub(1, -17),
          KEY))
        local a = visit(client, server, { session = session })
        return a:info().resumed, session:info().created
      end
      local _, created = resumed(plain)
      local offered = #hellos
      -- behind policy, length and version: when it was made
      local again, earlier = resumed(plain:sub(1, 37) .. "\0\0\0\1" .. plain:sub(42))
      assert.same({ false, 1 }, { again, earlier })
      assert.is_true(created > 1)
      local old, fresh = hellos[offered + 1], hellos[offered]
      assert.is_nil(tls.extension.find(old.extensions, "pre_shared_key"))
      if version == "TLS 1.2" then assert.not_equal("", fresh.legacy_session_id) end
      assert.not_equal(fresh.legacy_session_id, version == "TLS 1.2" and old.legacy_session_id)
    end)

    it("is bound to its policy also when it went out and came in again", function()
      local server = pki.server(options)
      local function passed(context, ...)
        local session = assert(visit(context, server, ...):session())
        return assert(wolfssl.session(session:export(KEY), KEY))
      end
      local lax, strict = client_with { insecure_accept_invalid = true }, client_with()
      for _, case in ipairs {
        { passed(lax), strict }, { passed(strict), client_with { depth = 3 } },
        { passed(strict), client_with { alpn = { "h2" } } },
        { passed(strict), client_with { trust = { pki.root, pki.middle } } },
        { passed(strict), strict, "127.0.0.1" },
      } do
        local a = visit(case[2], server, { session = case[1], server_name = case[3] })
        assert.is_false(a:info().resumed)
      end
      assert.is_true(visit(strict, server, { session = passed(strict) }):info().resumed)
    end)

    it("sealed, is refused when any byte of it was changed, or is missing", function()
      local sealed = assert(visit(client_with(), pki.server(options)):session()):export(KEY)
      for i = 1, #sealed do
        local changed = sealed:sub(1, i - 1) .. string.char((sealed:byte(i) + 1) % 256)
          .. sealed:sub(i + 1)
        assert.equal("decode_error", select(3, wolfssl.session(changed, KEY)))
        assert.equal("decode_error", select(3, wolfssl.session(sealed:sub(1, i - 1), KEY)))
      end
    end)

    it("does not outlive its server's ticket keys and store", function()
      local client = client_with()
      local session = assert(visit(client,
        pki.server { ticket_keys = { ("a"):rep(48) } }):session())
      local a = visit(client, pki.server { ticket_keys = { ("b"):rep(48) } }, { session = session })
      assert.is_false(a:info().resumed)
    end)
  end)
end

describe("tickets of TLS 1.3", function()
  it("are good on every server with the keys, also after the keys were rotated", function()
    local old, new = ("o"):rep(48), ("n"):rep(48)
    local client = pki.client()
    local session = assert(visit(client, pki.server { ticket_keys = { old } }):session())
    local a = visit(client, pki.server { ticket_keys = { new, old } }, { session = session })
    assert.is_true(a:info().resumed)
    local b = visit(client, pki.server { ticket_keys = { new } }, { session = a:session() })
    assert.is_true(b:info().resumed)
  end)

  it("are not given where they are switched off", function()
    assert.is_nil(visit(pki.client(), pki.server { tickets = false }):session())
  end)

  it("come after the handshake: there is no session before", function()
    local a, b = pki.pair()
    a:handshake()
    b:receive_data(a:data_to_send())
    b:handshake()
    a:receive_data(b:data_to_send())
    assert.is_true(a:handshake())
    assert.is_nil(a:session())
  end)
end)

describe("a ticket of somebody else", function()
  -- What a wire-tapper learns of a client with a certificate: the identity in its resuming hello.
  local function overheard(server)
    local chain, key = pki.leaf()
    local client = pki.client { min_version = "TLS 1.3", certificate = chain, key = key,
      cipher_suites = { "TLS_AES_128_GCM_SHA256" } }
    local session = assert(visit(client, server):session())
    local a = client:connection { server_name = "localhost", session = session }
    a:handshake()
    local hello = assert(tls.decode_handshake(a:data_to_send():sub(6)))
    for _, extension in ipairs(hello.body.extensions) do
      if extension.extension_type.name == "pre_shared_key" then
        return extension.extension_data.identities[1]
      end
    end
  end

  it("lends no certificate to a ticket of one's own in the same hello", function()
    local server = pki.server { verify = "optional", trust = pki.root }
    local stolen = overheard(server)
    local visitor, own = guest.with_ticket(server)
    local thief, connection = guest.of(server, { secrets = visitor.secrets })
    assert(thief:handshake { hello = { psks = { stolen, own } } })
    assert.is_true(connection:info().resumed)
    assert.same({}, connection:peer_certificates())
    assert.is_false(connection:verdict().ok)
  end)
end)

describe("a server's sessions of TLS 1.2", function()
  local client = pki.client { max_version = "TLS 1.2" }

  it("are limited in number, the least recently used going first", function()
    local server = pki.server { session_limit = 2 }
    local sessions = {}
    for i = 1, 2 do sessions[i] = visit(client, server):session() end
    assert.is_true(visit(client, server, { session = sessions[1] }):info().resumed)
    sessions[3] = visit(client, server):session()
    assert.is_true(visit(client, server, { session = sessions[1] }):info().resumed)
    assert.is_false(visit(client, server, { session = sessions[2] }):info().resumed)
    assert.is_true(visit(client, server, { session = sessions[1] }):info().resumed)
  end)

  it("are not kept with a limit of 0", function()
    local server = pki.server { session_limit = 0 }
    local session = visit(client, server):session()
    assert.is_false(visit(client, server, { session = session }):info().resumed)
  end)
end)

-- What f returns in each of two children of this process, which only LuaJIT can make.
local function in_children(f)
  local ffi = require "ffi"
  pcall(ffi.cdef, "int fork(void); int waitpid(int, int *, int); void _exit(int);")
  local said = {}
  for i = 1, 2 do
    local path = os.tmpname()
    local child = ffi.C.fork()
    if child == 0 then
      pcall(function() helper.write(path, f()) end)
      ffi.C._exit(0)
    end
    ffi.C.waitpid(child, nil, 0)
    said[i] = helper.read(path)
    os.remove(path)
  end
  return said[1], said[2]
end

describe("a session object", function()
  if rawget(_G, "jit") then
    it("never has the same nonce in two processes, though one made them both", function()
      local session = visit(pki.client(), pki.server()):session()
      session:export(KEY)
      local function nonce() return session:export(KEY):sub(5, 16) end
      local first, second = in_children(nonce)
      assert.equal(12, #first)
      assert.not_equal(first, second)
    end)
  end

  it("raises for a key of the wrong length, and once it is closed", function()
    local session = visit(pki.client(), pki.server()):session()
    assert.has_error(function() session:export("short") end)
    assert.has_error(function() wolfssl.session("x", "short") end)
    session:close()
    session:close()
    assert.has_error(function() session:export(KEY) end)
    assert.has_error(function() pki.pair(nil, nil, { session = session }) end)
  end)
end)
