local der = require "der"
local value = require "wolfssl.trace.explain.value"

describe("wolfssl.trace.explain.value", function()
  it("reads the names of authorities", function()
    local names = { der.common_name "Root", der.common_name "Other" }
    assert.equal("CN=Root", (value.describe("authorities", names[1])))
    assert.same({ "2 entries", "CN=Root, CN=Other" },
      { value.describe("certificate_authorities", names) })
  end)

  it("shows the bytes of what should be a name and is none", function()
    assert.same({ "3000ff", "3 bytes" }, { value.describe("authorities", "0\0\255") })
    assert.same({ "2 entries" }, { value.describe("authorities", { "x", "y" }) })
  end)

  it("says what the protocols of ALPN are", function()
    assert.same({ '"h2"', "HTTP/2" }, { value.describe("protocol_name_list", "h2") })
    assert.same({ '"mine"' }, { value.describe("protocol_name_list", "mine") })
    assert.same({ '"h2"' }, { value.describe("psk_identity", "h2") })
  end)

  it("tells the time of a certificate's receipt", function()
    assert.equal("2023-11-14 22:13:20 UTC", (value.describe("timestamp", 1700000000000)))
  end)
end)
