-- Signatures of TLS 1.3 that are right, but made with what nobody offered: of hostile clients, in
-- the handshake and after it, and of hostile servers. Those that get their way come first.

local attacker = require "attacker"
local field = require "attack.field"
local pki = require "pki"
local signature = require "attack.signature"

local unpack = table.unpack or unpack -- luacheck: ignore

local function name_of(scheme)
  return ("0x%04x by %s"):format(scheme.code, scheme.key)
end

-- Posts the certificate in two records, the first with padding as long as the rest.
local function disguised(self, certificate)
  self.transcript = self.transcript .. certificate
  local write = self.write
  return write:seal(22, certificate:sub(1, -1 - #signature.FAKE), { padding = #signature.FAKE })
    .. write:seal(22, signature.FAKE)
end

-- A client that signs so; what the server's handshake said.
local function shown(scheme, options, disguise)
  local chain, key = pki.leaf(scheme.key)
  local server = pki.server { min_version = "TLS 1.3", trust = pki.root, verify = "required",
    signature_schemes = options and options.signature_schemes }
  local client = attacker.new(server:connection())
  client.silent = true
  function client:before()
    if disguise then
      self.peer:receive_data(disguised(self,
        signature.certificate(chain, "\0", signature.DISGUISE)))
      self.peer:handshake()
    else
      self:post(signature.certificate(chain))
    end
    self:post(signature.verify("client", scheme, key, self:digest()))
  end
  local ok, message, code = client:handshake()
  client.peer:receive_data(client.write:seal(23, field.SECRET))
  return { ok = ok, message = message, code = code, peer = client.peer }
end

-- The same after the handshake.
local function shown_late(scheme)
  local chain, key = pki.leaf(scheme.key)
  local client = attacker.new(pki.server { min_version = "TLS 1.3", trust = pki.root,
    verify = "none" }:connection())
  local extensions = client:extensions()
  extensions[#extensions + 1] = { 49, "" }
  assert.is_true(client:handshake(nil, { extensions = extensions }))
  client.peer:request_certificate()
  local request
  for _, record in ipairs(client:receive()) do
    if record.content:byte(1) == 13 then request = record.content end
  end
  local ok, message, code = client:answer(request, {
    function(_, context) return signature.certificate(chain, context) end,
    function(self) return signature.verify("client", scheme, key, self:digest()) end,
  })
  client.peer:receive_data(client.write:seal(23, field.SECRET))
  return { ok = ok, message = message, code = code, peer = client.peer }
end

-- A server that signs so, and our client.
local function met(scheme, disguise)
  local options = { scheme = scheme }
  options.chain, options.key = pki.leaf(scheme.key)
  function options.play(hostile)
    if disguise then
      hostile.certificate = function(_, chain)
        return signature.certificate(chain, "\0", signature.DISGUISE)
      end
      local say = hostile.say
      hostile.say = function(_, message)
        if message:byte(1) ~= 11 then return say(hostile, message) end
        return hostile.transport:write(disguised(hostile, message), 10)
      end
    end
    if not hostile:handshake() then return false end
    hostile:send(21, "\1\0")
    return true
  end
  return field.server(pki.client(), options)
end

-- Certificate, CertificateVerify and Finished in one record: by then it must be clear, for there is
-- no other.
local function at_once(hostile)
  local flight, say = "", hostile.say
  hostile.say = function(self, message)
    if message:byte() == 2 then return say(self, message) end
    self.transcript, flight = self.transcript .. message, flight .. message
    return message:byte() ~= 20 or self:send(22, flight)
  end
  return hostile:handshake() and hostile:send(21, "\1\0")
end

local function assert_passed(outcome)
  assert.is_true(outcome.ok, outcome.message)
  assert.equal(field.SECRET, outcome.peer:read())
end

local function assert_refused(outcome, code, alert)
  assert.is_nil(outcome.ok)
  assert.equal(code or "peer_misbehaved", outcome.code, outcome.message)
  assert.equal(alert or "illegal_parameter", outcome.peer:info().alert_sent.name)
  assert.is_nil((outcome.peer:read()))
  assert.equal(0, outcome.peer:info().plaintext_received)
end

describe("a server of TLS 1.3", function()
  for _, scheme in ipairs(signature.GOOD) do
    it("takes a client's signature of " .. name_of(scheme), function()
      assert_passed(shown(scheme))
      assert_passed(shown_late(scheme))
    end)
  end

  for _, scheme in ipairs(signature.BAD) do
    it("refuses a client's signature of " .. name_of(scheme), function()
      assert_refused(shown(scheme))
      assert_refused(shown_late(scheme), nil, scheme.late)
    end)
  end

  it("takes what it has not asked for from nobody", function()
    assert_refused(shown(signature.HONEST, { signature_schemes = { "ed25519" } }))
  end)

  it("finds the signature behind records full of padding", function()
    assert_passed(shown(signature.HONEST, nil, true))
    assert_refused(shown(signature.SHA1, nil, true))
  end)
end)

describe("a client of TLS 1.3", function()
  for _, scheme in ipairs(signature.GOOD) do
    it("takes a server's signature of " .. name_of(scheme), function()
      local _, hostile = met(scheme)
      assert.equal(field.SECRET, hostile.data)
    end)
  end

  local function assert_escaped(outcome, hostile)
    assert.equal("peer_misbehaved", outcome.code, outcome.message)
    assert.equal("illegal_parameter", hostile.alert)
    assert.equal("", hostile.data)
    assert.equal(0, outcome.info.plaintext_sent)
  end

  for _, scheme in ipairs(signature.BAD) do
    it("refuses a server's signature of " .. name_of(scheme), function()
      assert_escaped(met(scheme))
    end)
  end

  it("refuses it in one record with all that could come before and after, too", function()
    for _, scheme in ipairs { signature.HONEST, unpack(signature.BAD) } do
      local chain, key = pki.leaf(scheme.key)
      local outcome, hostile = field.server(pki.client(),
        { scheme = scheme, chain = chain, key = key, play = at_once })
      if scheme == signature.HONEST then
        assert.equal(field.SECRET, hostile.data, outcome.message)
      else
        assert_escaped(outcome, hostile)
      end
    end
  end)

  it("refuses any of a key whose curve has none", function()
    local chain, key = pki.leaf "secp224r1"
    local scheme = { name = "ecdsa_sha256", code = 0x0403 }
    assert_escaped(field.server(pki.client { min_ec_bits = 224 },
      { scheme = scheme, chain = chain, key = key }))
  end)

  it("finds the signature behind records full of padding", function()
    local _, hostile = met(signature.HONEST, true)
    assert.equal(field.SECRET, hostile.data)
    assert_escaped(met(signature.SHA1, true))
  end)
end)
