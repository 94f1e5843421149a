local helper = require "helper"
local spki = require "wolfssl.trace.spki"

local KINDS = {
  rsa = "-newkey rsa:2048", ecdsa = "-newkey ec -pkeyopt ec_paramgen_curve:P-256",
  ed25519 = "-newkey ed25519", ed448 = "-newkey ed448",
  rsa_pss = "-newkey rsa-pss -pkeyopt rsa_keygen_bits:2048",
}

describe("trace.spki", function()
  local made = {}

  setup(function()
    local directory = helper.tempdir()
    for kind, options in pairs(KINDS) do
      local base = directory .. "/" .. kind
      local output, status = helper.run(("openssl req -x509 %s -nodes -subj /CN=x -outform DER "
        .. "-keyout %s.key -out %s.der && openssl pkey -in %s.key -pubout -outform DER -out %s.pub")
        :format(options, base, base, base, base))
      assert(status == 0, output)
      made[kind] = { certificate = helper.read(base .. ".der"), key = helper.read(base .. ".pub") }
    end
  end)

  teardown(helper.cleanup)

  it("names the curve of an ECDSA key, and of no other", function()
    assert.equal("secp256r1", spki.curve(made.ecdsa.key))
    assert.is_nil(spki.curve(made.rsa.key))
    assert.is_nil(spki.curve(made.ed25519.key))
    assert.is_nil(spki.curve(made.ecdsa.key:sub(1, 14)))
  end)

  it("finds the key in a certificate, byte for byte what openssl gives", function()
    for kind, files in pairs(made) do
      assert.equal(helper.hex(files.key), helper.hex(spki.find(files.certificate) or ""), kind)
    end
  end)

  it("takes a raw public key as it is", function()
    for _, files in pairs(made) do assert.equal(files.key, spki.find(files.key)) end
  end)

  it("tells the kind of key", function()
    for kind, files in pairs(made) do assert.equal(kind, spki.algorithm(files.key)) end
  end)

  it("finds nothing in any proper prefix, and never raises for a changed byte", function()
    local whole = made.ecdsa.certificate
    for length = 0, #whole - 1 do assert.is_nil(spki.find(whole:sub(1, length))) end
    for i = 1, #whole do
      for _, value in ipairs { 0, 0x30, 0x7F, 0x80, 0x84, 0xFF } do
        local found = spki.find(whole:sub(1, i - 1) .. string.char(value) .. whole:sub(i + 1))
        if found then spki.algorithm(found) end
      end
    end
  end)
end)
