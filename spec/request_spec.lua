-- The CertificateRequest of TLS 1.3, which is ours and not wolfSSL's: RFC 8446 section 4.3.2.

local extension = require "wolfssl.tls.extension"
local farm = require "verify.farm"
local issuer = require "wolfssl.issue.issuer"
local peers = require "interop.peers"
local pki = require "pki"

local TLS13 = "TLS 1.3"
local SUITES = { "TLS_CHACHA20_POLY1305_SHA256", "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384", "TLS_AES_128_CCM_SHA256", "TLS_AES_128_CCM_8_SHA256" }

local roots = { pki.root, farm.ca("Root").certificate,
  farm.ca("Office", nil, { subject = { { "C", "DE" }, { "O", "B\195\188ro" } } }).certificate }

local function subject(certificate)
  return issuer.read(certificate, "subject").name
end

local function subjects(list)
  local names = {}
  for i, certificate in ipairs(list) do names[i] = subject(certificate) end
  return names
end

local function server(options, kind)
  local all = peers.at(TLS13, { verify = "required", trust = roots, trace = true })
  for name, value in pairs(options or {}) do all[name] = value end
  return pki.server(all, kind)
end

local function client(options, kind)
  local all = peers.at(TLS13, peers.ours(kind or "rsa", { trace = true }))
  for name, value in pairs(options or {}) do all[name] = value end
  return pki.client(all)
end

-- The last request that passed, and how many did.
local function request_of(connection)
  local last
  local count = 0
  for _, entry in ipairs(connection.recorder:entries()) do
    if entry.name == "certificate_request" then last, count = entry, count + 1 end
  end
  return last, count
end

local function of(request, name, field)
  local content = extension.find(request.message.body.extensions, name)
  local list = {}
  for i, item in ipairs(content and content[field] or {}) do
    list[i] = type(item) == "table" and item.name or item
  end
  return list
end

local function authorities(request)
  return of(request, "certificate_authorities", "authorities")
end

local function schemes(request)
  return of(request, "signature_algorithms", "supported_signature_algorithms")
end

local function chain_schemes(request)
  return of(request, "signature_algorithms_cert", "supported_signature_algorithms")
end

-- A connection over which both ends have seen the same request.
local function asked(from, to, size)
  local a, b = pki.pair(from or client(), to or server())
  local left, right = pki.handshake(a, b, size)
  assert.is_true(left.ok and right.ok, left.message or right.message)
  local request = request_of(a)
  assert.equal(request_of(b).bytes, request.bytes)
  assert.equal(a:export("EXPORTER-spec", 32), b:export("EXPORTER-spec", 32))
  pki.talk(a, b)
  return request, a, b
end

describe("a server's CertificateRequest of TLS 1.3", function()
  it("names whom the server trusts", function()
    assert.same(subjects(roots), authorities(asked()))
    assert.same(subjects(roots), authorities(asked(nil, server { verify = "optional" })))
  end)

  it("names others, or nobody, when it is told to", function()
    local names = authorities(asked(nil, server { client_ca_names = roots[2] }))
    assert.same({ subject(roots[2]) }, names)
    local request = asked(nil, server { client_ca_names = false })
    assert.is_nil(extension.find(request.message.body.extensions, "certificate_authorities"))
  end)

  it("names nobody by default where any chain will do", function()
    local request = asked(nil, server { insecure_accept_invalid = true })
    assert.equal(1, #request.message.body.extensions)
  end)

  it("names whom this connection trusts", function()
    local a = client():connection { server_name = "localhost" }
    local b = server():connection { trust = require("wolfssl").trust { pki.root } }
    local left, right = pki.handshake(a, b)
    assert.is_true(left.ok and right.ok, left.message or right.message)
    assert.same({ subject(pki.root) }, authorities(request_of(a)))
  end)

  it("is that of the context that a name or a handler has chosen", function()
    local other = server { client_ca_names = roots[3], signature_schemes = { "ed25519" } }
    for _, options in ipairs { { names = { localhost = other } },
      { on_client_hello = function() return { context = other } end } } do
      local request = asked(client(nil, "ed25519"), server(options))
      assert.same({ subject(roots[3]) }, authorities(request))
      assert.same({ "ed25519" }, schemes(request))
    end
  end)

  it("has names that wolfSSL would not keep, but not more than 8 KiB of them", function()
    local long = farm.ca("Long", nil, { subject = { { "CN", ("x"):rep(60) },
      { "OU", ("y"):rep(60) }, { "O", ("z"):rep(60) }, { "L", ("w"):rep(60) },
      { "ST", ("v"):rep(60) } } }).certificate
    assert.same({ subject(pki.root), subject(long) },
      authorities(asked(nil, server { trust = { pki.root, long } })))
    local many, most = { pki.root }, { pki.root }
    local size = 2 + #subject(pki.root)
    for i = 1, 200 do
      local ca = farm.ca(("An authority with a long name, number %03d"):format(i), nil,
        { key = "Root" }).certificate
      many[#many + 1] = ca
      size = size + 2 + #subject(ca)
      if size <= 8192 then most[#most + 1] = ca end
    end
    assert.is_true(#most > 100 and #most < #many)
    assert.same(subjects(most), authorities(asked(nil, server { trust = most })))
    assert.same({}, authorities(asked(nil, server { trust = many })))
    assert.has_error(function() server { trust = roots, client_ca_names = many } end)
  end)

  it("asks for the server's signature schemes in its order, and for no other", function()
    local request = asked(nil, server({ signature_schemes = { "rsa_pss_rsae_sha384",
      "ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256" } }, "rsa"))
    assert.same({ "rsa_pss_rsae_sha384", "rsa_pss_pss_sha384", "ecdsa_secp256r1_sha256",
      "rsa_pss_rsae_sha256", "rsa_pss_pss_sha256" }, schemes(request))
    for _, scheme in ipairs(schemes(asked())) do assert.is_nil(scheme:find "sha1") end
  end)

  it("says what may sign certificates where that is more than what may sign here", function()
    local all = asked(nil, server { signature_schemes = { "ed25519", "ed448",
      "ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512",
      "rsa_pss_rsae_sha256", "rsa_pss_rsae_sha384", "rsa_pss_rsae_sha512",
      "rsa_pkcs1_sha256", "rsa_pkcs1_sha384", "rsa_pkcs1_sha512" } })
    assert.same({}, chain_schemes(all))
    assert.same({}, chain_schemes(asked()))
    local list = chain_schemes(asked(nil,
      server({ signature_schemes = { "rsa_pss_rsae_sha256" } }, "rsa")))
    local has = {}
    for _, scheme in ipairs(list) do has[scheme] = true end
    for _, scheme in ipairs { "rsa_pkcs1_sha256", "ecdsa_secp384r1_sha384", "ed25519",
      "rsa_pss_pss_sha512" } do
      assert.is_true(has[scheme], scheme)
    end
    assert.is_nil(has.rsa_pkcs1_sha1)
  end)

  for _, suite in ipairs(SUITES) do
    it("is the one of the transcript with " .. suite, function()
      local only = { cipher_suites = { suite } }
      local request, _, b = asked(client(only), server(only))
      assert.same(subjects(roots), authorities(request))
      assert.equal(suite, b:info().cipher_suite.name)
      assert.equal("CN=Leaf", b:peer_certificates()[1]:subject_string())
    end)
  end

  it("is so with every kind of key, byte by byte, and after a HelloRetryRequest", function()
    for _, kind in ipairs(peers.KINDS) do
      assert.same(subjects(roots), authorities(asked(client(nil, kind))))
    end
    assert.same(subjects(roots), authorities(asked(nil, nil, 1)))
    local request, a = asked(client { groups = { "x25519", "secp384r1" } },
      server { groups = { "secp384r1" } })
    assert.same(subjects(roots), authorities(request))
    assert.equal("secp384r1", a:info().group.name)
  end)

  it("is told to those who observe, and explained, as it was on the wire", function()
    local lines, told = {}, {}
    local _, a, b = asked(client { on_message = function(m) told[#told + 1] = m end },
      server { on_message = function(m) told[#told + 1] = m end,
        on_secret = function(line) lines[#lines + 1] = line end })
    local seen = 0
    for _, message in ipairs(told) do
      if message.name == "certificate_request" then
        seen = seen + 1
        assert.equal(request_of(b).bytes, message.bytes)
      end
    end
    assert.equal(2, seen)
    for _, connection in ipairs { a, b } do
      local checked = 0
      for _, entry in ipairs(connection.recorder:entries()) do
        for name, good in pairs(entry.checks or {}) do
          assert.is_true(good, entry.name .. " " .. name)
          checked = checked + 1
        end
      end
      assert.is_true(checked > 0)
    end
    assert.is_true(#lines >= 4)
  end)

  it("is not there where no certificate is asked for, or none again", function()
    local _, unasked = pki.connected(client(nil, "rsa"), server { verify = "none" })
    assert.is_nil(request_of(unasked))
    local from, to = client(), server()
    local a, b = pki.connected(from, to)
    pki.talk(a, b)
    local c, d = pki.connected(from, to, { session = assert(a:session()) })
    assert.is_true(c:info().resumed)
    assert.is_nil(request_of(d))
    pki.talk(c, d)
  end)

  it("lets a client choose among its certificates by the names", function()
    local ours, theirs = farm.ca "Ours", farm.ca "Theirs"
    local owned = {}
    for _, ca in ipairs { ours, theirs } do
      owned[subject(ca.certificate)] = farm.leaf(ca, { subject = "For " ..
        ca.certificate:subject_string(), key = "rsa", kind = "rsa" })
    end
    for _, ca in ipairs { ours, theirs } do
      local _, _, b = asked(client { on_certificate_request = function(request)
        local mine = owned[request.certificate_authorities[1].der]
        return { certificate = mine.certificate, key = mine.key }
      end }, server { trust = ca.certificate })
      assert.equal("CN=For " .. ca.certificate:subject_string(),
        (b:peer_certificates()[1]:subject_string():gsub("\\", "")))
    end
  end)

  it("is answered with no certificate by a client whose key cannot sign so", function()
    for kind, wanted in pairs { secp256r1 = { "ed25519" }, rsa = { "ed25519" },
      ed25519 = { "ed25519", "rsa_pss_rsae_sha256" }, secp384r1 = { "ecdsa_secp256r1_sha256",
        "ed25519" } } do
      local _, a, b = asked(client(nil, kind), server { verify = "optional",
        signature_schemes = wanted })
      assert.equal(kind == "ed25519" and 2 or 0, #b:peer_certificates())
      assert.equal(kind ~= "ed25519", a:info().client_signature_scheme == nil)
    end
    local a, b = pki.pair(client(nil, "secp256r1"), server { signature_schemes = { "ed25519" } })
    local left, right = pki.handshake(a, b)
    assert.equal("certificate_invalid", right.code)
    if left.ok then left = { detail = select(4, a:read()) } end
    assert.equal("certificate_required", left.detail.name)
  end)

  it("is answered so with a certificate of a handler's, too, which may also fit", function()
    for kind, count in pairs { secp256r1 = 0, ed25519 = 2 } do
      local chain, key = pki.leaf(kind)
      local _, _, b = asked(client({ on_certificate_request = function()
        return { certificate = chain, key = key }
      end }, "rsa"), server { verify = "optional", signature_schemes = { "ed25519" } })
      assert.equal(count, #b:peer_certificates())
    end
  end)
end)

describe("a server's CertificateRequest after the handshake", function()
  local function late(only, options)
    local a, b = pki.pair(client { post_handshake_auth = true, cipher_suites = only },
      server { verify = "none", cipher_suites = only, client_ca_names = options })
    local left, right = pki.handshake(a, b)
    assert.is_true(left.ok and right.ok, left.message or right.message)
    return a, b
  end

  local function ask(a, b)
    local ok, message, code = b:request_certificate()
    while not ok and code == "want_read" and pki.exchange(a, b) do
      a:read()
      pki.exchange(a, b)
      ok, message, code = b:request_certificate()
    end
    assert.is_true(ok, message)
    assert.is_true(b:verdict().ok)
  end

  for _, suite in ipairs(SUITES) do
    it("names whom the server trusts, each time, with " .. suite, function()
      local a, b = late { suite }
      local contexts = {}
      for time = 1, 3 do
        ask(a, b)
        local request, count = request_of(a)
        local context = request.message.body.certificate_request_context
        assert.equal(16, #context)
        assert.is_nil(contexts[context])
        contexts[context] = true
        assert.equal(time, count)
        assert.equal(request_of(b).bytes, request.bytes)
        assert.same(subjects(roots), authorities(request))
        pki.talk(a, b)
        assert(b:update_keys())
        assert(a:update_keys())
        for _ = 1, 2 do pki.talk(a, b) end
      end
    end)
  end

  it("names others when it is told to", function()
    local a, b = late(nil, roots[2])
    ask(a, b)
    assert.same({ subject(roots[2]) }, authorities(request_of(a)))
  end)

  it("leaves what is read and written meanwhile as it is", function()
    local a, b = late()
    assert(b:write "before")
    assert(b:request_certificate() == nil)
    assert(b:write "after")
    pki.exchange(a, b)
    assert.equal("before", a:read())
    assert.equal("after", a:read())
    pki.exchange(a, b)
    assert.is_true(b:request_certificate())
    pki.talk(a, b)
  end)
end)
