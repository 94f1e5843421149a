-- Finalizers that change, in the middle of a call, what the call is about.

local core = require "wolfssl.core"
local farm = require "verify.farm"
local finalizer = require "robust.finalizer"
local pki = require "pki"
local wolfssl = require "wolfssl"

-- Calls a method, and has a finalizer do `change` in the n-th collection meanwhile: what pcall
-- returned, as a list, and whether the change was made.
local function changed(n, change, method, a, b, c)
  local done, results = false, nil
  finalizer.eagerly(function()
    finalizer.litter_after(n, function()
      done = true
      change()
    end)
    results = { pcall(method, a, b, c) }
  end)
  local counted = done
  collectgarbage()
  return results, counted
end

-- In the first collections of a call.
local function early(try)
  for n = 1, 3 do try(n) end
end

describe("a finalizer", function()
  -- wolfSSL does not keep certificates of more than 2 KB.
  local function long_certificate()
    local names = {}
    for i = 1, 120 do names[i] = ("dns:a-name-like-many-others-%d.example"):format(i) end
    return (pki.leaf("ed25519", { subject_alt_names = names }))
  end

  for _, method in ipairs { "peer_certificates", "verdict" } do
    it("may read another certificate in the middle of " .. method, function()
      local first, key = long_certificate(), pki.key "ed25519"
      local second, second_key = pki.leaf("secp256r1")
      local requests = 0
      local client = pki.client { post_handshake_auth = true, min_version = "TLS 1.3",
        on_certificate_request = function()
          requests = requests + 1
          if requests == 1 then return { certificate = first, key = key } end
          return { certificate = second, key = second_key }
        end }
      local server = pki.server { trust = pki.root, verify = "required" }
      local ders = {}
      for _, certificate in ipairs { first[1], second[1], pki.middle, pki.root } do
        ders[core.certificate(certificate):der()] = true
      end
      early(function(n)
        requests = 0
        local a, b = pki.connected(client, server)
        assert.equal(core.certificate(first[1]), b:peer_certificates()[1])
        b:request_certificate()
        pki.exchange(a, b)
        a:read()
        pki.exchange(a, b)
        local results = changed(n, function() b:read() end, b[method], b)
        assert.is_true(results[1], results[2])
        local list = method == "verdict" and results[2].path or results[2]
        for _, certificate in ipairs(list) do assert.is_true(ders[certificate:der()]) end
        assert.is_true(#list > 0)
        assert.equal(core.certificate(second[1]), b:peer_certificates()[1])
      end)
    end)
  end

  it("may close what core.verify and examine were given", function()
    local chain, root, all = farm.chain()
    local client = assert(wolfssl.client { trust = root })
    local function fresh(certificate) return assert(core.certificate(certificate:der())) end
    local function given()
      return { fresh(chain[1]), fresh(chain[2]) }, core.trust { root },
        { policy = { "2.5.29.32.0" }, crls = {} }
    end
    assert.equal(3, #all)
    for _, closes in ipairs { 1, 2, "trust" } do
      early(function(n)
        local list, trust, options = given()
        local results = changed(n, function()
          if list[closes] then list[closes]:close() else trust:close() end
        end, core.verify, list, trust, options)
        if results[1] then
          assert.is_true(results[2].anchored)
          assert.equal(root:der(), results[2].path[3]:der())
        else
          assert.matches("attempt to use a closed", results[2])
        end
      end)
    end
    for closes = 1, 2 do
      early(function(n)
        local list = given()
        local a = client:connection { server_name = farm.NAME }
        local results = changed(n, function() list[closes]:close() end,
          core.connection_methods.examine, a, list)
        if results[1] then assert.is_true(results[2].ok)
        else assert.matches("attempt to use a closed", results[2]) end
      end)
    end
  end)

  it("may release the record that `held` hands out", function()
    early(function(n)
      local a, b = pki.pair()
      b:hold(true)
      a:handshake()
      local hello = a:data_to_send()
      b:receive_data(hello)
      core.connection_methods.handshake(b)
      local results = changed(n, function()
        b:release()
        core.connection_methods.handshake(b)
        b:receive_data(("x"):rep(#hello))
      end, core.connection_methods.held, b)
      assert.is_true(results[1], results[2])
      assert.is_true(results[2] == nil or results[2] == hello)
    end)
  end)

  it("may take the session that `session_to_store` hands out", function()
    local client = pki.client { max_version = "TLS 1.2" }
    local server = pki.server { max_version = "TLS 1.2", ticket_keys = { ("k"):rep(48) },
      sessions = { get = function() end, put = function() end } }
    early(function(n)
      local a = client:connection { server_name = "localhost" }
      local b = core.connection(server.core, {})
      pki.handshake(a, b)
      local take = core.connection_methods.session_to_store
      local taken
      local results, counted = changed(n, function() taken = { take(b) } end, take, b)
      assert.is_true(results[1], results[2])
      local other = counted and #taken > 0
      assert.equal(other and 0 or 3, #results - 1)
      local id, bytes = results[2], results[3]
      if other then id, bytes = taken[1], taken[2] end
      assert.equal(32, #id)
      local c = core.connection(server.core, {})
      assert.is_true(core.connection_methods.offer_session(c, id, bytes))
    end)
  end)
end)
