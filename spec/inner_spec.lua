-- What the key schedule begins with: that it is what the rest follows from, on either side.

local helper = require "helper"
local pair = require "robust.pair"
local pki = require "pki"
local trace = require "wolfssl.trace"

local function lines_of(connection, inner)
  local by_label = {}
  for _, line in ipairs(connection:secrets(inner)) do
    local label, secret = line:match("^(%S+) %x+ (%x+)$")
    by_label[label] = secret
  end
  return by_label
end

-- Both sides of a handshake, recorded.
local function recorded(client, server, options)
  local a, b = pki.pair(client, server, options)
  local recorders = { client = trace.record(a), server = trace.record(b) }
  local left, right = pki.handshake(a, b)
  assert(left.ok, left.message)
  assert(right.ok, right.message)
  return a, b, recorders
end

local LOGGED = {
  CLIENT_HANDSHAKE_TRAFFIC_SECRET = "client_handshake_traffic_secret",
  SERVER_HANDSHAKE_TRAFFIC_SECRET = "server_handshake_traffic_secret",
  CLIENT_TRAFFIC_SECRET_0 = "client_application_traffic_secret_0",
  SERVER_TRAFFIC_SECRET_0 = "server_application_traffic_secret_0",
  EXPORTER_SECRET = "exporter_master_secret",
  CLIENT_RANDOM = "master_secret",
}

-- Every secret of the key log, derived here from what the schedule begins with.
local function assert_derived(connection, recorder, operation)
  local schedule, count = recorder:observe().schedules[1], 0
  local rows = {}
  for _, row in ipairs(schedule.rows) do rows[row.name] = row end
  for label, secret in pairs(lines_of(connection)) do
    local row = rows[LOGGED[label]]
    assert.equal(secret, helper.hex(row.secret), label)
    assert.equal(operation, row.operation, label)
    assert.is_nil(row.source, label)
    count = count + 1
  end
  assert.equal(operation == "prf" and 1 or 5, count)
  return rows
end

local OPERATIONS = { ["TLS 1.2"] = "prf", ["TLS 1.3"] = "expand" }

describe("what the key schedule begins with", function()
  for version, operation in pairs(OPERATIONS) do
    local function at(options)
      options = options or {}
      options.min_version, options.max_version = version, version
      return options
    end

    for _, group in ipairs { "x25519", "secp256r1", "secp384r1" } do
      it(("gives every secret of %s: %s"):format(version, group), function()
        local a, b, recorders = recorded(pki.client(at { groups = { group } }), pki.server(at()))
        for side, connection in pairs { client = a, server = b } do
          assert_derived(connection, recorders[side], operation)
        end
        assert.same(lines_of(a, true), lines_of(b, true))
      end)
    end

    it("gives every secret of " .. version .. ": mutual, with an RSA key", function()
      local chain, key = pki.leaf "rsa"
      local a, b, recorders = recorded(pki.client(at { certificate = chain, key = key }),
        pki.server(at { verify = "required", trust = pki.root }, "rsa"))
      assert_derived(a, recorders.client, operation)
      assert_derived(b, recorders.server, operation)
    end)

    it("is not kept where nobody asked, in " .. version, function()
      local a, b = pki.pair(pki.client(at()), pki.server(at()))
      assert.is_true(pki.handshake(a, b).ok)
      assert.same(a:secrets(), a:secrets(true))
      b:keep_inner_secrets()    -- too late
      assert.same(b:secrets(), b:secrets(true))
    end)
  end

  it("gives every secret of TLS 1.2: DHE", function()
    local function dhe()
      return { cipher_suites = { "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" }, max_version = "TLS 1.2" }
    end
    local a, _, recorders = recorded(pki.client(dhe()), pki.server(dhe(), "rsa"))
    assert_derived(a, recorders.client, "prf")
    -- RFC 5246 section 8.1.2: without the zero bytes that it may begin with
    local length = #lines_of(a, true).PMS_CLIENT_RANDOM / 2
    assert.is_true(length <= 256 and length > 240, length)
  end)

  it("gives every secret of TLS 1.3: after a HelloRetryRequest", function()
    local a, b, recorders = recorded(pki.client { min_version = "TLS 1.3" },
      pki.server { groups = { "secp384r1" } })
    assert_derived(a, recorders.client, "expand")
    assert_derived(b, recorders.server, "expand")
  end)

  it("stays what it was when application data look like the PRF's label", function()
    local function cbc()
      return { cipher_suites = { "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256" },
        max_version = "TLS 1.2" }
    end
    local a, b = recorded(pki.client(cbc()), pki.server(cbc(), "secp256r1"))
    local before = lines_of(a, true)
    assert(a:write("master secret and more"))
    pki.exchange(a, b)
    assert.equal("master secret and more", b:read())
    assert.same(before, lines_of(a, true))
    assert.same(before, lines_of(b, true))
  end)

  describe("of a resumption in TLS 1.3", function()
    local function resumed(server)
      local client_context, server_context = pair.contexts "TLS 1.3"
      local session = pair.session(client_context, server_context)
      return recorded(client_context, server or server_context, { session = session })
    end

    it("is the pre-shared key, too, and the binders can be checked on both sides", function()
      local a, b, recorders = resumed()
      for side, connection in pairs { client = a, server = b } do
        assert.is_true(connection:info().resumed)
        local rows = assert_derived(connection, recorders[side], "expand")
        assert.equal(lines_of(connection, true).PRE_SHARED_KEY, helper.hex(rows.psk.secret))
        assert.equal("resumption", rows.psk.source)
        local hello = recorders[side]:observe().entries[1]
        assert.equal("client_hello", hello.name)
        assert.is_true(hello.checks.binders)
      end
    end)

    it("is no pre-shared key where the server does not take it up", function()
      local _, other = pair.contexts "TLS 1.3"
      local a = resumed(other)
      assert.is_false(a:info().resumed)
      assert.is_nil(lines_of(a, true).PRE_SHARED_KEY)
      assert.is_string(lines_of(a, true).SHARED_SECRET)
    end)
  end)
end)
