local crypto = require "wolfssl.trace.crypto"
local tls13 = require "wolfssl.trace.key_schedule.tls13"

local function begun(psk)
  local schedule = tls13.new("sha256")
  schedule:early(psk)
  schedule:agree(("k"):rep(32))
  return schedule
end

local FIRST = "client_application_traffic_secret_0"

describe("trace.key_schedule.tls13", function()
  it("keeps a row for each step from which the secret follows", function()
    local schedule = begun(("p"):rep(32))
    for name in pairs(tls13.SECRETS) do schedule:derive(name, ("h"):rep(32)) end
    schedule:verify_data("client_handshake_traffic_secret", ("h"):rep(32))
    schedule:resumption_psk("\0\1")
    schedule:update(FIRST)
    for _, row in ipairs(schedule.rows) do
      if row.operation == "extract" then
        assert.equal(row.secret, crypto.hkdf_extract("sha256", row.salt, row.ikm), row.name)
      else
        assert.equal(row.secret, crypto.hkdf_expand_label("sha256", schedule.secrets[row.from],
          row.label, row.context, 32), row.name)
      end
    end
    assert.equal(3 + 2 + 10 + 1 + 1 + 1, #schedule.rows)
  end)

  it("derives nothing from what is not known", function()
    local schedule = tls13.new("sha384")
    assert.is_nil(schedule:derive("client_handshake_traffic_secret", "hash"))
    assert.is_nil(schedule:verify_data("client_handshake_traffic_secret", "hash"))
    assert.is_nil(schedule:resumption_psk(""))
    assert.is_nil(schedule:exporter("label", "", 16))
    assert.is_nil((schedule:update(FIRST)))
    assert.same({}, schedule.rows)
  end)

  it("counts updates up, and keeps only the first and the last of many", function()
    local schedule = begun()
    local name, secret = FIRST, schedule:derive(FIRST, ("h"):rep(32))
    for i = 1, 1000 do
      local expected = tls13.next_secret("sha256", secret)
      secret, name = schedule:update(name)
      assert.equal(expected, secret)
      assert.equal("client_application_traffic_secret_" .. i, name)
    end
    assert.is_true(#schedule.rows < 20)
    assert.equal(secret, schedule.secrets[name])
  end)

  it("gives a PSK for any number of tickets, and keeps some", function()
    local schedule = begun()
    schedule:derive("resumption_master_secret", ("h"):rep(32))
    for i = 1, 1000 do assert.equal(32, #schedule:resumption_psk("nonce" .. i)) end
    assert.is_true(#schedule.rows <= 64)
  end)

  it("has an exporter for each label and context", function()
    local schedule = begun()
    schedule:derive("exporter_master_secret", ("h"):rep(32))
    local one = schedule:exporter("EXPORTER-one", "", 40)
    assert.equal(40, #one)
    assert.are_not.equal(one, schedule:exporter("EXPORTER-two", "", 40))
    assert.are_not.equal(one, schedule:exporter("EXPORTER-one", "x", 40))
  end)
end)
