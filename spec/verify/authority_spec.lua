-- The names in a CertificateRequest of TLS 1.2 (RFC 5246 section 7.4.4); request_spec has TLS 1.3.

local farm = require "verify.farm"
local issuer = require "wolfssl.issue.issuer"
local pki = require "pki"

local function vector(s)
  return string.char(math.floor(#s / 256), #s % 256) .. s
end

local function subject(certificate)
  return issuer.read(certificate, "subject").name
end

describe("a server that asks for certificates", function()
  local roots = { farm.ca("Root").certificate,
    farm.ca("Edwards", nil, { key = "Edwards", kind = "ed25519" }).certificate,
    farm.ca("Office", nil, { subject = { { "C", "DE" }, { "O", "B\195\188ro" },
      { { "OU", "a" }, { "CN", "b" } } } }).certificate }

  local function flight(options)
    options.max_version = "TLS 1.2"
    local a, b = pki.pair(nil, pki.server(options))
    a:handshake()
    b:receive_data(a:data_to_send())
    b:handshake()
    return b:data_to_send()
  end

  -- The names at the end of the CertificateRequest, which an empty ServerHelloDone follows.
  local function names_of(options)
    local message = flight(options)
    assert.equal("\22\3\3\0\4\14\0\0\0", message:sub(-9))
    local request = message:sub(1, -10)
    return function(names)
      local list = {}
      for i, name in ipairs(names) do list[i] = vector(name) end
      local wanted = vector(table.concat(list))
      return request:sub(-#wanted) == wanted
    end
  end

  it("names whom it trusts", function()
    local names = {}
    for i, root in ipairs(roots) do names[i] = subject(root) end
    local sent = names_of { verify = "optional", trust = roots }
    assert.is_true(sent(names))
  end)

  it("names others, or nobody, when it is told to", function()
    local sent = names_of { verify = "required", trust = roots, client_ca_names = roots[2] }
    assert.is_true(sent { subject(roots[2]) })
    sent = names_of { verify = "required", trust = roots, client_ca_names = false }
    assert.is_true(sent {})
  end)

  it("has names of any length", function()
    local long = farm.ca("Long", nil, { subject = { { "CN", ("x"):rep(60) },
      { "OU", ("y"):rep(60) }, { "O", ("z"):rep(60) }, { "L", ("w"):rep(60) },
      { "ST", ("v"):rep(60) } } }).certificate
    local sent = names_of { verify = "required", trust = { roots[1], long } }
    assert.is_true(sent { subject(roots[1]), subject(long) })
  end)

  it("names nobody rather than some of too many", function()
    local many = {}
    for i = 1, 200 do
      many[i] = farm.ca(("An authority with a long name, number %d"):format(i), nil,
        { key = "Root" }).certificate
    end
    assert.is_true(names_of { verify = "required", trust = many } {})
    assert.has_error(function()
      pki.server { verify = "required", trust = roots, client_ca_names = many }
    end)
  end)
end)
