-- Revocation lists, as LuaSec has them: in the file of the authorities, asked for by verifyext.

local helper = require "helper"
local issue = require "wolfssl.issue"
local luasec = require "wolfssl.luasec"
local mime = require "mime"
local socket = require "socket"
local wolfssl = require "wolfssl"

describe("wolfssl.luasec, verifyext", function()
  local directory, root, middle, leaf, options

  local function certified(subject, issuer, fields)
    local key = issue.key "secp256r1"
    local all = { subject = subject, key = key,
      issuer = issuer and { certificate = issuer.certificate, key = issuer.key } }
    for name, value in pairs(fields) do all[name] = value end
    return { certificate = issue.certificate(all), key = key }
  end

  local function list_of(issuer, revoked)
    local serial = revoked and assert(wolfssl.certificate(revoked.certificate)):serial()
    local der = issue.crl { issuer = issuer,
      revoked = revoked and { { serial = serial, date = os.time() - 60 } } or nil }
    return ("-----BEGIN X509 CRL-----\n%s\n-----END X509 CRL-----\n"):format(
      (mime.b64(der):gsub(("."):rep(64), "%0\n")))
  end

  local function file(name, ...)
    return helper.write(directory .. "/" .. name, table.concat { ... })
  end

  local function certificate_pem(one)
    return assert(wolfssl.certificate(one.certificate)):pem()
  end

  setup(function()
    directory = helper.tempdir()
    root = certified("Root", nil, { ca = true })
    middle = certified("Middle", root, { ca = true })
    leaf = certified("localhost", middle, { subject_alt_names = { "dns:localhost" } })
    options = { mode = "server", protocol = "any",
      certificate = file("chain.pem", certificate_pem(leaf), certificate_pem(middle)),
      key = file("key.pem", leaf.key:pem()) }
  end)
  teardown(helper.cleanup)

  -- What the client's handshake says; true: it completes.
  local function visit(verifyext, ...)
    local listener = assert(socket.bind("127.0.0.1", 0))
    local a = assert(socket.connect("127.0.0.1", (select(2, listener:getsockname()))))
    local b = assert(listener:accept())
    listener:close()
    local client = assert(luasec.wrap(a, { mode = "client", protocol = "any", verify = "peer",
      cafile = file("ca.pem", certificate_pem(root), ...), verifyext = verifyext }))
    local server = assert(luasec.wrap(b, options))
    client:settimeout(0)
    server:settimeout(0)
    local done, message
    repeat
      done, message = client:dohandshake()
      server:dohandshake()
    until done or (message ~= "wantread" and message ~= "wantwrite")
    client:close()
    server:close()
    return done or message
  end

  it("crl_check wants a list for the leaf, in which it is not", function()
    local good = list_of(middle)
    assert.is_true(visit(nil))
    assert.is_true(visit("crl_check", good))
    assert.is_true(visit(nil, list_of(middle, leaf)))
    assert.equal("certificate verify failed", visit("crl_check"))
    assert.equal("certificate verify failed", visit("crl_check", list_of(middle, leaf)))
    assert.equal("certificate verify failed", visit("crl_check", list_of(root)))
  end)

  it("crl_check_chain wants one for each below the root", function()
    local both = { "crl_check", "crl_check_chain" }
    assert.is_true(visit(both, list_of(middle), list_of(root)))
    assert.equal("certificate verify failed", visit(both, list_of(middle)))
    assert.equal("certificate verify failed", visit(both, list_of(middle), list_of(root, middle)))
  end)

  it("crl_check takes no revoked intermediate that a list names, which OpenSSL would", function()
    assert.equal("certificate verify failed",
      visit("crl_check", list_of(middle), list_of(root, middle)))
  end)
end)
