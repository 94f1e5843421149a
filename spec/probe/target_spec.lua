local core = require("wolfssl.core").fd
local field = require "attack.field"
local helper = require "helper"
local memory = require "wolfssl.transport.memory"
local peers = require "interop.peers"
local pki = require "pki"
local probe = require "wolfssl.probe"

local chain, key = pki.leaf "secp256r1"

local function serve(transport)
  local c = probe.accept(transport)
  c:handshake { certificate = chain, key = key }
  c:receive()
end

-- A target whose connections end in memory, each at a server of its own.
local function in_memory(play)
  local threads, asked = {}, {}
  local target = probe.target("a.example", 4433, { timeout = 3,
    transport = function(host, port, timeout)
      asked[#asked + 1] = ("%s:%d %d"):format(host, port, timeout)
      local a, b = memory.pair()
      threads[#threads + 1] = coroutine.wrap(serve)
      local server, run = threads[#threads], true
      -- The server runs while the probe waits.
      local read = a.read
      function a.read(...)
        if run then
          run = false
          server(b)
        end
        return read(...)
      end
      return a
    end })
  play(target)
  return asked, target
end

describe("wolfssl.probe.target", function()
  it("connects through any transport, and counts", function()
    local asked, target = in_memory(function(target)
      for _ = 1, 2 do
        local answer, c = assert(target:hello { versions = { "TLS 1.3" } })
        assert.equal("server_hello", answer.msg_type.name)
        local offered = c:entries()[1].message.body.extensions
        assert.equal("a.example",
          require("wolfssl.tls.extension").find(offered, "server_name").server_name_list[1].name)
      end
    end)
    assert.same({ "a.example:4433 3", "a.example:4433 3" }, asked)
    assert.equal(2, target.connections)
    assert.is_true(target.conversations[1].closed)
  end)

  it("raises for a place that is none, and for options that it does not know", function()
    assert.has_error(function() probe.target "localhost" end,
      "a host and the number of a port expected, got string and nil")
    assert.has_error(function() probe.target("localhost", 443, { servername = "a" }) end,
      "unknown option 'servername' of a target; did you mean 'server_name'?")
  end)

  it("says why nobody answers", function()
    local target = probe.target("a.example", 1, { transport = function()
      return nil, "no route", "network_error"
    end })
    assert.same({ "no route", "network_error" }, { select(2, target:connect()) })
    assert.same({ "no route", "network_error" }, { select(2, target:hello()) })
    local result = probe.run(probe.define { name = "x", findings = {}, run = function(t)
      return t:hello()
    end }, target)
    assert.same({ message = "no route", code = "network_error" }, result.error)
    assert.equal(1, result.connections)
  end)

  it("has words for transports that have none", function()
    local mute = probe.target("a.example", 1, { transport = function() return nil end })
    assert.same({ "there is no connection", "network_error" }, { select(2, mute:connect()) })
    local broken = probe.target("a.example", 1, { transport = function()
      return { read = function() end, write = function() end, close = function() end }
    end })
    assert.same({ "the network failed while writing: no reason was given", "network_error" },
      { select(2, broken:hello()) })
  end)

  it("speaks another protocol first", function()
    local said
    local listener, port = assert(core.listen("127.0.0.1", 0))
    core.close(listener)
    local target = probe.target("127.0.0.1", port, { starttls = "smtp", timeout = 50 })
    field.run(function(transport)
      target.open = function() return transport end
      said = { target:connect() }
    end, function(transport)
      transport:write("220 hello\r\n", 5)
      transport:read(100, 5)
      transport:write("250 nothing\r\n", 5)
    end)
    assert.is_nil(said[1])
    assert.equal("peer_incompatible", said[3], said[2])
  end)
end)

describe("a sample", function()
  teardown(peers.cleanup)

  it("is one handshake for all who ask, with its tickets and its ending", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    local server = peers.openssl_server("-no_tls1_1 -www " .. peers.identity("openssl", "rsa"))
    local target = probe.target("127.0.0.1", server.port, { server_name = "localhost",
      timeout = 60 })
    local c, how = target:sample "TLS 1.3"
    assert.same({ agreed = true, ending = "close_notify" }, how)
    assert.equal(2, #c:tickets())
    assert.equal(c, (target:sample "TLS 1.3"))
    assert.equal(1, target.connections)
    local _, other = target:sample "TLS 1.1"
    assert.is_false(other.agreed)
    server:stop()
  end)
end)

describe("wolfssl.probe.file", function()
  local function define(change)
    local definition = { name = "x", findings = { a = { severity = "info", message = "%s" } },
      run = function() end }
    change(definition)
    return function() probe.define(definition) end
  end

  it("says what is wrong with a definition", function()
    for wrong, change in pairs {
      ["run is no function"] = function(d) d.run = nil end,
      ["name is missing"] = function(d) d.name = nil end,
      ["no field 'extra'"] = function(d) d.extra = 1 end,
      ["finding a has no message"] = function(d) d.findings.a.message = nil end,
      ["fact b has no description"] = function(d) d.facts = { b = true } end,
      ["severity is one of info, warning, error"] = function(d) d.findings.a.severity = "fatal" end,
    } do
      assert.error_matches(define(change), wrong)
    end
  end)

  it("runs first what a probe needs, once, and hands its facts on", function()
    local seen
    local last = probe.define { name = "last", findings = {}, needs = { "versions" },
      facts = { newest = "of the versions" }, run = function(target, _, fact)
        seen = target.facts.versions
        fact("newest", seen[1])
        return true
      end }
    local target = probe.target("localhost", 1)
    target.results.versions, target.facts.versions = {}, { { value = 771, name = "TLS 1.2" } }
    local result = probe.run(last, target)
    assert.same({ newest = { value = 771, name = "TLS 1.2" } }, result.facts)
    assert.equal(result, target.results.last)
    assert.equal(0, result.connections)
  end)

  it("does not run what needs a probe that failed", function()
    local target = probe.target("localhost", 1, { transport = function()
      return nil, "no route", "network_error"
    end })
    local result = probe.run(probe.define { name = "x", findings = {}, needs = { "versions" },
      run = error }, target)
    assert.same({ message = "versions failed: no route", code = "network_error" }, result.error)
  end)

  it("tells facts as plain data, with the message they rest on", function()
    local versions = require "wolfssl.tls.registry.version"
    local result = probe.run(probe.define { name = "x", findings = {}, facts = { list = "a list" },
      run = function(_, _, fact) fact("list", { versions:entry(0x0303) }) end },
      probe.target("localhost", 1))
    assert.same({ list = { { value = 0x0303, name = "TLS 1.2" } } }, result.facts)
  end)

  it("tells on which connection the server said nothing", function()
    local asked = probe.target("localhost", 1, { transport = function()
      return { read = function() return nil, "eof" end, write = function() return true end,
        close = function() end }
    end })
    local silent = probe.define { name = "x", findings = {}, facts = { said = "whether it spoke" },
      run = function(target, _, fact)
        target:hello()
        fact("said", false)
      end }
    assert.same({ said = { connection = 1 } }, probe.run(silent, asked).evidence)
  end)

  it("raises for a fact that is not declared", function()
    local one = probe.define { name = "x", findings = {}, run = function(_, _, fact)
      fact("huh", 1)
    end }
    assert.error_matches(function() probe.run(one, probe.target("localhost", 1)) end,
      "fact 'huh' is not declared")
  end)

  it("raises for a finding that is not declared", function()
    local one = probe.define { name = "x", findings = {}, run = function(_, report)
      report "huh"
    end }
    assert.error_matches(function() probe.run(one, probe.target("localhost", 1)) end,
      "finding 'huh' is not declared")
  end)
end)
