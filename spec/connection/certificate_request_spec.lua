-- A client chooses its certificate by what the server asks for.

local helper = require "helper"
local parked = require "connection.parked"
local peers = require "interop.peers"
local pki = require "pki"

local at, VERSIONS = parked.at, parked.VERSIONS

local function server(version, options, kind)
  local all = at(version, { verify = "required", trust = pki.root })
  for name, value in pairs(options or {}) do all[name] = value end
  return pki.server(all, kind)
end

local function shows(connection)
  local leaf = connection:peer_certificates()[1]
  return leaf and leaf:subject()[1].value
end

describe("on_certificate_request", function()
  for _, version in ipairs(VERSIONS) do
    describe("with " .. version, function()
      it("is told what the server takes", function()
        local request
        parked.pair(pki.client(at(version, {
          on_certificate_request = function(r) request = r end,
        })), server(version, { signature_schemes = { "ecdsa_secp256r1_sha256",
          "rsa_pss_rsae_sha256" } }, "secp256r1"))
        assert.is_table(request.certificate_authorities)
        local names = {}
        for _, scheme in ipairs(request.signature_schemes) do names[scheme.name] = true end
        assert.is_true(names.ecdsa_secp256r1_sha256)
      end)

      for _, kind in ipairs { "rsa", "secp256r1", "secp384r1", "ed25519" } do
        for _, own in ipairs { false, "rsa", "ed25519" } do
          it(("shows a certificate with a key of %s instead of %s"):format(kind, own or "none"),
            function()
              local chain, key = pki.leaf(kind, { subject = "Late" })
              local options = at(version, {
                on_certificate_request = function()
                  coroutine.yield()
                  return { certificate = chain, key = key }
                end,
              })
              if own then options.certificate, options.key = pki.leaf(own) end
              local left, right, a, b = parked.pair(pki.client(options), server(version))
              if version == "TLS 1.2" and kind == "ed25519" and own ~= kind then
                assert.matches("wolfSSL cannot sign with an EdDSA key", left.message)
                return assert.equal("internal_error", right.detail.name)
              end
              assert.is_true(left.ok and right.ok, left.message or right.message)
              assert.equal("Late", shows(b))
              assert.equal(2, #b:peer_certificates())
              assert.equal(chain[1], a:local_certificates()[1]:der())
              assert.is_truthy(b:info().client_signature_scheme)
              assert.same(b:info().client_signature_scheme, a:info().client_signature_scheme)
            end)
        end
      end

      it("leaves a session that nobody else resumes", function()
        local chain, key = pki.leaf "secp256r1"
        local client = pki.client(at(version, {
          on_certificate_request = function() return { certificate = chain, key = key } end,
        }))
        local own = server(version)
        local a, b = pki.connected(client, own)
        b:write("ticket")
        pki.exchange(a, b)
        a:read()
        local c = pki.connected(client, own, { session = assert(a:session()) })
        assert.is_false(c:info().resumed)
      end)

      it("leaves the client its own certificate, or none", function()
        local options = at(version, { on_certificate_request = function() end })
        local left, right = parked.pair(pki.client(options), server(version))
        assert.is_falsy(left.ok and right.ok)
        assert.equal("certificate_invalid", right.code)
        options.certificate, options.key = pki.leaf "secp256r1"
        local _, _, _, b = parked.pair(pki.client(options), server(version))
        assert.equal("Leaf", shows(b))
      end)

      it("is not called by a server that asks for none", function()
        local left, right = parked.pair(pki.client(at(version, {
          on_certificate_request = function() error "called" end,
        })), pki.server(at(version)))
        assert.is_true(left.ok and right.ok)
      end)

      it("goes together with on_server_certificate", function()
        local order = {}
        local chain, key = pki.leaf "secp256r1"
        local left, right = parked.pair(pki.client(at(version, {
          on_server_certificate = function() order[#order + 1] = "certificate" end,
          on_certificate_request = function()
            order[#order + 1] = "request"
            return { certificate = chain, key = key }
          end,
        })), server(version))
        assert.is_true(left.ok and right.ok)
        table.sort(order)
        assert.same({ "certificate", "request" }, order)
      end)

      it("ends the handshake when it raises", function()
        local left, right = parked.pair(pki.client(at(version, {
          on_certificate_request = function() error("no", 0) end,
        })), server(version))
        assert.equal("rejected", left.code)
        assert.equal("no", left.detail)
        assert.equal("internal_error", right.detail.name)
      end)

      it("raises to the caller when it returns nonsense", function()
        local chain = pki.leaf()
        for _, answer in ipairs { 7, { certificate = chain }, { key = pki.key "rsa" }, { x = 1 },
          { certificate = chain, key = select(2, pki.leaf()), x = 1 },
          { certificate = true, key = true } } do
          local left = parked.pair(pki.client(at(version, {
            on_certificate_request = function() return answer end,
          })), server(version))
          assert.matches("^on_certificate_request returned .*; expected: ", left.raised)
        end
      end)

      it("gets the names of the authorities that openssl s_server takes", function()
        if not helper.have "openssl" then return pending("needs package openssl") end
        local process = peers.openssl_server(("%s %s -Verify 3 -CAfile %s"):format(
          peers.identity("openssl", "rsa"), peers.OPENSSL[version], peers.trust()))
        local request
        local chain, key = pki.leaf "rsa"
        local stream = assert(peers.connect(process, pki.client {
          on_certificate_request = function(r)
            request = r
            return { certificate = chain, key = key }
          end,
        }))
        stream:send("over\n")
        process:wait_for("over")
        assert.equal(1, #request.certificate_authorities)
        local name = request.certificate_authorities[1]
        assert.equal("common_name", name[1].name)
        assert.equal("Root", name[1].value)
        assert.equal("string", type(name.der))
        stream:close()
        process:stop()
        peers.cleanup()
      end)
    end)
  end
end)
