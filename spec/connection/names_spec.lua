-- A server with several names.

local helper = require "helper"
local parked = require "connection.parked"
local peers = require "interop.peers"
local pki = require "pki"
local wolfssl = require "wolfssl"

local NAMES = { "dns:a.example", "dns:x.b.example", "dns:x.y.b.example", "dns:b.example",
  "dns:other.example" }

local function context(subject, options)
  return pki.server(options, "secp256r1", { subject = subject, subject_alt_names = NAMES })
end

local function named(options)
  local all = { names = {
    ["A.Example"] = context "exact", ["*.b.example"] = context "wildcard",
    ["x.b.example"] = options and options.both and context "exact before wildcard" or nil,
  }, strict_names = options and options.strict }
  return context("own", all)
end

-- Whom a client gets that asks for a name; or the alert that it gets.
local function ask(server, name, options)
  local client = pki.client(options)
  local left, right, a = parked.pair(client, server, { server_name = name })
  if left.ok then return a:peer_certificates()[1]:subject()[1].value end
  return left.detail and left.detail.name, right.message
end

describe("names", function()
  for _, version in ipairs(parked.VERSIONS) do
    describe("with " .. version, function()
      it("choose the context", function()
        local server, options = named(), parked.at(version)
        assert.equal("exact", ask(server, "a.example", options))
        assert.equal("wildcard", ask(server, "x.b.example", options))
        assert.equal("own", ask(server, "other.example", options))
      end)

      it("are compared without case, and stand for one label", function()
        local server, options = named(), parked.at(version)
        assert.equal("exact", ask(server, "A.EXAMPLE", options))
        assert.equal("wildcard", ask(server, "X.B.Example", options))
        assert.equal("own", ask(server, "x.y.b.example", options))
        assert.equal("own", ask(server, "b.example", options))
      end)

      it("prefer the exact one", function()
        assert.equal("exact before wildcard",
          ask(named { both = true }, "x.b.example", parked.at(version)))
      end)

      it("refuse other names when they are strict", function()
        local server, options = named { strict = true }, parked.at(version)
        assert.equal("exact", ask(server, "a.example", options))
        assert.equal("unrecognized_name", ask(server, "other.example", options))
        local left = parked.pair(pki.client(options), server,
          { server_name = "a.example", send_server_name = false })
        assert.equal("missing_extension", left.detail.name)
      end)

      it("bring the handlers of the context that they choose", function()
        local asked = {}
        local server = context("own", {
          names = { ["a.example"] = context("a", {
            verify = "optional", trust = pki.root,
            on_client_certificate = function() asked[#asked + 1] = "a" end,
          }) },
        })
        assert.equal("own", ask(server, "other.example", parked.at(version)))
        assert.same({}, asked)
        assert.equal("a", ask(server, "a.example", parked.at(version)))
        assert.same({ "a" }, asked)
      end)

      it("do without what on_client_hello has chosen", function()
        local third = context "third"
        local server = context("own", {
          names = { ["a.example"] = context "a" }, strict_names = true,
          on_client_hello = function(hello)
            if hello.server_name == "b.example" then return { context = third } end
          end,
        })
        local options = parked.at(version)
        assert.equal("third", ask(server, "b.example", options))
        assert.equal("a", ask(server, "a.example", options))
        assert.equal("unrecognized_name", ask(server, "other.example", options))
      end)
    end)
  end

  it("are those that the context was made with, whatever becomes of the table", function()
    local asked = 0
    local names = { ["A.example"] = context("a", {
      verify = "optional", trust = pki.root,
      on_client_certificate = function() asked = asked + 1 end,
    }) }
    local server = context("own", { names = names })
    names["A.example"] = nil
    assert.equal("a", ask(server, "a.example"))
    assert.equal(1, asked)
  end)

  it("cost a connection without handlers no Lua", function()
    local connection = named():connection()
    assert.equal("C", debug.getinfo(connection.handshake, "S").what)
  end)

  it("keep their contexts alive", function()
    local server = named()
    for _ = 1, 3 do collectgarbage() end
    local _, b = pki.pair(nil, server, { server_name = "a.example" })
    server:close()
    server = nil -- luacheck: ignore
    for _ = 1, 3 do collectgarbage() end
    b:close()
  end)

  it("raise when they make no sense", function()
    local other = context "other"
    local function raises(pattern, names, options)
      local all = { names = names }
      for name, value in pairs(options or {}) do all[name] = value end
      assert.error_matches(function() context("own", all) end, pattern)
    end
    raises("a context expected for a", { a = {} })
    raises("a wildcard is the whole first label", { ["x*.example"] = other })
    raises("a wildcard is the whole first label", { ["*"] = other })
    raises("a wildcard is the whole first label", { ["*.*.example"] = other })
    raises("A%-labels", { ["b\195\188cher.example"] = other })
    raises("1 to 255 bytes", { [("a"):rep(256)] = other })
    raises("is there twice", { ["a.example"] = other, ["A.example"] = other })
    raises("without names of its own", { a = named() })
    raises("server's context", { a = pki.client() })
    assert.error_matches(function() context("own", { strict_names = true }) end, "needs 'names'")
    assert.error_matches(function() wolfssl.client { names = {} } end, "unknown option 'names'")
  end)

  it("serve openssl s_client over a socket", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local told = peers.serve(named(),
      ("openssl s_client -connect 127.0.0.1:PORT -CAfile %s -servername x.b.example"):format(
        peers.trust()),
      function(stream)
        assert.is_true(stream:handshake())
        stream:shutdown()
      end)
    assert.matches("CN = wildcard", told)
    peers.cleanup()
  end)
end)
