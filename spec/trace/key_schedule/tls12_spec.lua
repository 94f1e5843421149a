local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local crypto = require "wolfssl.trace.crypto"
local tls12 = require "wolfssl.trace.key_schedule.tls12"

local function new(version, name)
  local schedule = tls12.new { version = version, suite = cipher_suite.by_name[name],
    client_random = ("c"):rep(32), server_random = ("s"):rep(32) }
  schedule:add { name = "premaster_secret", secret = ("p"):rep(48) }
  return schedule
end

describe("trace.key_schedule.tls12", function()
  it("takes the hash of the suite in TLS 1.2, MD5 and SHA-1 before", function()
    local suite = cipher_suite.by_name.TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384
    assert.equal("sha384", tls12.prf_hash(0x0303, suite))
    assert.equal("md5sha1", tls12.prf_hash(0x0302, suite))
    suite = cipher_suite.by_name.TLS_RSA_WITH_AES_128_CBC_SHA
    assert.equal("sha256", tls12.prf_hash(0x0303, suite))
  end)

  it("derives the master secret from the randoms, or from the session hash", function()
    local plain = new(0x0303, "TLS_RSA_WITH_AES_128_CBC_SHA")
    assert.equal(crypto.prf("sha256", ("p"):rep(48), "master secret",
      ("c"):rep(32) .. ("s"):rep(32), 48), plain:master())
    local extended = new(0x0303, "TLS_RSA_WITH_AES_128_CBC_SHA")
    assert.equal(crypto.prf("sha256", ("p"):rep(48), "extended master secret", "hash", 48),
      extended:master("hash"))
  end)

  it("cuts the key block: MAC keys, keys, IVs, the client's first", function()
    for _, case in ipairs {
      { 0x0301, "TLS_RSA_WITH_AES_128_CBC_SHA", 20, 16, 16 },
      { 0x0302, "TLS_RSA_WITH_AES_128_CBC_SHA", 20, 16, 0 },
      { 0x0303, "TLS_RSA_WITH_AES_256_CBC_SHA256", 32, 32, 0 },
      { 0x0301, "TLS_RSA_WITH_3DES_EDE_CBC_SHA", 20, 24, 8 },
      { 0x0303, "TLS_RSA_WITH_AES_128_GCM_SHA256", 0, 16, 4 },
      { 0x0303, "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256", 0, 32, 12 },
    } do
      local schedule = new(case[1], case[2])
      schedule:master()
      local keys, block = schedule:key_block(), schedule.secrets.key_block
      assert.equal(2 * (case[3] + case[4] + case[5]), #block)
      assert.equal(case[3], #keys.server_write_MAC_key)
      assert.equal(case[4], #keys.client_write_key)
      assert.equal(case[5], #keys.server_write_IV)
      assert.equal(block, keys.client_write_MAC_key .. keys.server_write_MAC_key
        .. keys.client_write_key .. keys.server_write_key
        .. keys.client_write_IV .. keys.server_write_IV)
    end
  end)

  it("keeps a row for each step, which names what it was made from", function()
    local schedule = new(0x0303, "TLS_RSA_WITH_AES_128_CBC_SHA")
    schedule:master()
    schedule:key_block()
    local names = {}
    for i, row in ipairs(schedule.rows) do
      names[i] = row.name
      assert.equal(row.secret, schedule.secrets[row.name])
      if row.operation == "prf" then
        assert.equal(row.secret, crypto.prf(schedule.hash, schedule.secrets[row.from], row.label,
          row.context, #row.secret))
      elseif row.operation == "cut" then
        assert.equal(row.secret,
          schedule.secrets.key_block:sub(row.offset + 1, row.offset + #row.secret))
      end
    end
    assert.same({ "premaster_secret", "master_secret", "key_block", "client_write_MAC_key",
      "server_write_MAC_key", "client_write_key", "server_write_key" }, names)
  end)

  it("tells no context from an empty one in the exporter", function()
    local schedule = new(0x0303, "TLS_RSA_WITH_AES_128_GCM_SHA256")
    assert.is_nil(schedule:exporter("label", nil, 16))
    schedule:master()
    assert.equal(16, #schedule:exporter("label", nil, 16))
    assert.are_not.equal(schedule:exporter("label", nil, 16), schedule:exporter("label", "", 16))
  end)

  it("has no verify_data without a master secret", function()
    local schedule = new(0x0303, "TLS_RSA_WITH_AES_128_GCM_SHA256")
    assert.is_nil(schedule:verify_data("client", "hash"))
    schedule:master()
    assert.equal(12, #schedule:verify_data("client", "hash"))
  end)
end)
