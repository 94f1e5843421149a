-- The application's word on the peer's certificates.

local core = require "wolfssl.core"
local helper = require "helper"
local issue = require "wolfssl.issue"
local memory = require "wolfssl.transport.memory"
local parked = require "connection.parked"
local peers = require "interop.peers"
local pki = require "pki"
local probe = require "wolfssl.probe"

local at, VERSIONS = parked.at, parked.VERSIONS

-- The contexts of both sides, where `role`'s has the handler.
local function contexts(version, role, handler, options)
  local chain, key = pki.leaf "secp256r1"
  local client = at(version, { certificate = chain, key = key })
  local server = at(version, { verify = "required", trust = pki.root })
  local own = role == "client" and client or server
  own[role == "client" and "on_server_certificate" or "on_client_certificate"] = handler
  for name, value in pairs(options or {}) do own[name] = value end
  return pki.client(client), pki.server(server)
end

-- What a peer reads when its handshake was over before it was refused.
local function last_word(result, connection)
  if not result.ok then return result.detail end
  return select(4, connection:read())
end

for role, name in pairs { client = "on_server_certificate", server = "on_client_certificate" } do
  describe(name, function()
    -- The results of the one who asks and of the other, and their connections.
    local function run(version, handler, options, of_connection)
      local client, server = contexts(version, role, handler, options)
      local left, right, a, b = parked.pair(client, server, of_connection)
      if role == "client" then return left, right, a, b end
      return right, left, b, a
    end

    for _, version in ipairs(VERSIONS) do
      describe("with " .. version, function()
        it("gets the chain and what verification says of it, before it counts", function()
          local seen
          local own, other = run(version, function(chain, verdict, connection)
            seen = {
              count = #chain, leaf = chain[1]:subject()[1].value, verdict = verdict,
              open = connection:info().open, known = #connection:peer_certificates(),
            }
          end)
          assert.is_true(own.ok and other.ok, own.message or other.message)
          assert.equal(2, seen.count)
          assert.equal("Leaf", seen.leaf)
          assert.is_true(seen.verdict.ok)
          assert.same({}, seen.verdict.errors)
          assert.equal(3, #seen.verdict.path)
          assert.is_false(seen.open)
          assert.equal(0, seen.known)
        end)

        it("may yield, and say yes", function()
          local own, other = run(version, function()
            coroutine.yield("asked")
            return true
          end)
          assert.is_true(own.ok and other.ok)
        end)

        it("may say no, with a reason and an alert", function()
          for alert, answer in pairs {
            certificate_unknown = { nil, "not today" },
            certificate_revoked = { false, "not today", "certificate_revoked" },
          } do
            local own, other, _, b = run(version, function()
              return answer[1], answer[2], answer[3]
            end)
            assert.equal("rejected", own.code)
            assert.equal(name .. " refused the certificate: not today", own.message)
            assert.equal("not today", own.detail)
            assert.equal(alert, last_word(other, b).name)
          end
        end)

        it("says no when it returns a nil that it found", function()
          local own = run(version, function() return nil end)
          assert.equal("rejected", own.code)
        end)

        it("cannot say yes where verification says no", function()
          local verdict
          local own, other, _, b = run(version, function(_, v)
            verdict = v
            return true
          end, { trust = pki.middle, depth = 0, pins = { ("00"):rep(32) } })
          assert.is_false(verdict.ok)
          assert.equal("certificate_invalid", own.code)
          assert.same(verdict.errors, own.detail)
          assert.is_truthy(last_word(other, b))
        end)

        it("sees a chain in records of any size, and input byte by byte", function()
          local asked = 0
          local client, server = contexts(version, role, function(chain)
            asked = asked + 1
            assert.equal(2, #chain)
          end)
          local a, b = pki.pair(client, server)
          local left, right = parked.handshake(a, b, 1)
          assert.is_true(left.ok and right.ok)
          assert.equal(1, asked)
        end)

        it("is asked again when a session is resumed, with the chain that belongs to it", function()
          local chains = {}
          local client, server = contexts(version, role, function(chain, verdict)
            chains[#chains + 1] = chain
            assert.is_true(verdict.ok)
            if #chains == 3 then return nil, "no more" end
          end)
          local a, b = pki.connected(client, server)
          b:write("ticket")
          pki.exchange(a, b)
          a:read()
          local options = { session = a:session() }
          local c, d = pki.connected(client, server, options)
          assert.is_true(c:info().resumed)
          assert.equal(2, #chains)
          assert.equal(2, #chains[2])
          assert.equal(chains[1][1]:der(), chains[2][1]:der())
          assert.is_true(d:info().resumed)
          local left, right = parked.pair(client, server, options)
          local own = role == "client" and left or right
          assert.equal(name .. " refused the certificate: no more", own.message)
        end)

        it("ends the handshake when it raises", function()
          local reason = {}
          local own, other, _, b = run(version, function() error(reason) end)
          assert.equal("rejected", own.code)
          assert.equal(reason, own.detail)
          assert.equal("internal_error", last_word(other, b).name)
        end)

        it("raises to the caller when it returns nonsense", function()
          for _, answer in ipairs { { 7 }, { "yes" }, { nil, "why", "go_away" } } do
            local own = run(version, function() return answer[1], answer[2], answer[3] end)
            assert.matches("^" .. name .. " returned .*; expected: ", own.raised)
          end
        end)

        -- Nobody can exchange it, as far as we know: the gate lets no second Certificate pass.
        it("is asked in vain when another certificate counts in the end", function()
          local own, other, _, b = run(version, function() end, {
            on_message = function(_, connection)
              local state = core.own(connection)
              if state.peer_leaf then state.peer_leaf = "another" end
            end,
          })
          assert.equal("rejected", own.code)
          assert.matches("is not the one that " .. name .. " saw", own.message)
          assert.equal("bad_certificate", last_word(other, b).name)
        end)

        it("may close the connection", function()
          local client, server = contexts(version, role, function(_, _, connection)
            connection:close()
          end)
          local a, b = pki.pair(client, server)
          local own, other = a, b
          if role == "server" then own, other = b, a end
          local result
          repeat
            other:handshake()
            pki.exchange(a, b)
            result = parked.call(own, "handshake")
            if result.code ~= "closed" then pki.exchange(a, b) end
          until result.code ~= "want_read"
          assert.equal("the connection was closed by " .. name, result.message)
        end)
      end)
    end
  end)
end

describe("on_client_certificate", function()
  for _, version in ipairs(VERSIONS) do
    it("gets an empty chain from a client without one in " .. version, function()
      for _, refused in ipairs { false, true } do
        local count, ok
        local left, right, a = parked.pair(pki.client(at(version)), pki.server(at(version, {
          verify = "optional", trust = pki.root,
          on_client_certificate = function(chain, verdict)
            count, ok = #chain, verdict.ok
            if refused then return nil, "no name", "certificate_required" end
          end,
        })))
        assert.equal(0, count)
        assert.is_false(ok)
        assert.equal(not refused or nil, right.ok)
        if refused then assert.equal("certificate_required", last_word(left, a).name) end
      end
    end)
  end

  for version, alert in pairs {
    ["TLS 1.2"] = "handshake_failure", ["TLS 1.3"] = "certificate_required",
  } do
    it("is not asked about a client that must have one and does not, in " .. version, function()
      local asked = 0
      local left, right, a = parked.pair(pki.client(at(version)), pki.server(at(version, {
        verify = "required", trust = pki.root,
        on_client_certificate = function() asked = asked + 1 end,
      })))
      assert.same({ 0, "certificate_invalid" }, { asked, right.code })
      assert.equal(alert, last_word(left, a).name)
    end)
  end

  it("needs a server that asks for certificates", function()
    assert.error_matches(function() pki.server { on_client_certificate = function() end } end,
      "needs 'verify', or 'trust'")
  end)
end)

describe("on_server_certificate", function()
  for _, version in ipairs(VERSIONS) do
    it("sees what openssl s_server shows with " .. version, function()
      if not helper.have "openssl" then return pending("needs package openssl") end
      local server = peers.openssl_server(("%s %s"):format(
        peers.identity("openssl", "rsa"), peers.OPENSSL[version]))
      local seen
      local stream = assert(peers.connect(server, pki.client {
        on_server_certificate = function(chain, verdict)
          seen = { #chain, verdict.ok }
          return true
        end,
      }))
      assert.same({ 2, true }, seen)
      stream:close()
      local _, message = peers.connect(server, pki.client {
        on_server_certificate = function() return nil, "no" end,
      })
      assert.equal("on_server_certificate refused the certificate: no", message)
      server:stop()
      peers.cleanup()
    end)
  end

  -- What the client says of a server's list of certificates; how long the chain is that it sees.
  local function shown(version, list, key, unasked)
    local near, far = memory.pair()
    local result, count = {}, nil
    local context = pki.client(at(version, {
      on_server_certificate = not unasked and function(chain) count = #chain end or nil,
    }))
    memory.run(function()
      local stream = context:wrap(near, { server_name = "localhost", timeout = 50 })
      result.ok, result.message, result.code, result.detail = stream:handshake()
      stream:close()
    end, function()
      local c = probe.accept(far, { timeout = 50 })
      c:handshake { certificate = list, key = key }
      c:abort()
    end)
    return result, count
  end

  for _, version in ipairs(VERSIONS) do
    it("leaves out what is no certificate behind the leaf, in " .. version, function()
      local chain, key = pki.leaf "secp256r1"
      local result, count = shown(version, { chain[1], "\48\3abc", chain[2] }, key)
      assert.is_true(result.ok, result.message)
      assert.equal(2, count)
    end)

    it("is not asked about a leaf that cannot be decoded, in " .. version, function()
      local chain, key = pki.leaf "secp256r1"
      local result, count = shown(version, { "\48\3abc", chain[1], chain[2] }, key)
      assert.is_nil(result.ok)
      assert.is_nil(count)
    end)

    -- An extension that must not be empty is: wolfSSL would take the leaf, and its key.
    it("does not pass over a leaf that only we cannot decode, in " .. version, function()
      local chain = pki.leaf "secp256r1"
      local key = issue.key "secp256r1"
      local odd = issue.certificate { subject = "Evil", key = key,
        subject_alt_names = { "dns:localhost" },
        extensions = { { oid = "1.3.6.1.5.5.7.1.1", value = "\48\0" } } }
      local list = { odd, chain[1], chain[2] }
      local result = shown(version, list, key, true)
      assert.equal("certificate_invalid", result.code)
      assert.equal("undecodable", result.detail[1].code)
      assert.is_nil((shown(version, list, key)).ok)
    end)
  end
end)
