-- Sessions that begin with one implementation on either side and are resumed.

local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"

describe("a session of wolfssl.client", function()
  teardown(peers.cleanup)

  -- One connection; returns what we say of it, what the server's page says, and the session.
  local function visit(server, context, session)
    local stream = assert(peers.connect(server, context, { session = session }))
    assert(stream:send("GET / HTTP/1.0\r\n\r\n"))
    local page = assert(stream:receive("*a"))
    local info, fresh = stream:info(), stream:connection():session()
    stream:close()
    return info, page, fresh
  end

  for _, version in ipairs(peers.VERSIONS) do
    it(("of %s is resumed by openssl s_server, again and again"):format(version), function()
      if not helper.have "openssl" then return pending("needs package openssl") end
      local server = peers.openssl_server("-www " .. peers.identity("openssl", "secp256r1"))
      finally(function() server:stop() end)
      local context = pki.client(peers.at(version))
      local word = version:gsub(" ", "v")
      local info, page, session = visit(server, context)
      assert.is_false(info.resumed)
      assert.matches("New, " .. word, page, 1, true)
      for _ = 1, 3 do
        info, page, session = visit(server, context, session)
        assert.is_true(info.resumed)
        assert.equal(version == "TLS 1.3" and "x25519" or nil, info.group and info.group.name)
        assert.matches("Reused, " .. word, page, 1, true)
      end
    end)

    it(("of %s is resumed by openssl s_server with our certificate"):format(version), function()
      if not helper.have "openssl" then return pending("needs package openssl") end
      local server = peers.openssl_server(("-www -Verify 3 -CAfile %s %s"):format(
        peers.trust(), peers.identity("openssl", "rsa")))
      finally(function() server:stop() end)
      local context = pki.client(peers.ours("ed25519", peers.at(version)))
      local _, _, session = visit(server, context)
      local info, page = visit(server, context, session)
      assert.is_true(info.resumed)
      assert.matches("Reused, ", page, 1, true)
      assert.matches("Subject: CN=Leaf", page, 1, true)
    end)

    it(("of %s is resumed by gnutls-serv"):format(version), function()
      if not helper.have "gnutls-serv" then return pending("needs package gnutls-bin") end
      local server = peers.gnutls_server("--http " .. peers.identity("gnutls", "secp256r1"))
      finally(function() server:stop() end)
      local context = pki.client(peers.at(version))
      local first, _, session = visit(server, context)
      local second, _, fresh = visit(server, context, session)
      local third = visit(server, context, fresh)
      assert.same({ false, true, true }, { first.resumed, second.resumed, third.resumed })
    end)

    it(("of %s that the server has forgotten begins anew"):format(version), function()
      if not helper.have "openssl" then return pending("needs package openssl") end
      local context, session = pki.client(peers.at(version)), nil
      for _ = 1, 2 do
        local server = peers.openssl_server("-www " .. peers.identity("openssl", "secp256r1"))
        finally(function() server:stop() end)
        local info, page
        info, page, session = visit(server, context, session)
        server:stop()
        assert.is_false(info.resumed)
        assert.matches("New, TLS", page, 1, true)
      end
    end)
  end
end)

describe("a session of wolfssl.server", function()
  teardown(peers.cleanup)

  local mutual = { verify = "required", trust = pki.root }

  -- Serves connections one after another; what we say of each, and what the client says of all.
  local function visits(context, command, count, talk)
    local infos = {}
    local told = peers.serve(context, command, function(stream, process)
      assert(stream:handshake())
      talk(stream, process)
      local info = stream:info()
      info.client = stream:connection():peer_certificates()[1]
      infos[#infos + 1] = info
      stream:shutdown()
      stream:receive("*a")
    end, count)
    return infos, told
  end

  local function command_of(version, own, more)
    return ("openssl s_client -connect 127.0.0.1:PORT -servername localhost %s %s %s"):format(
      peers.OPENSSL[version], peers.identity("openssl", own), more or "")
  end

  local function nothing() end

  -- The client hears from us, and so has had its tickets.
  local function greet(stream, process)
    assert(stream:send("hello\n"))
    process:wait_for("^hello")
    process:send("Q\n")
  end

  for _, by in ipairs { "ticket", "id" } do
    it("of TLS 1.2 is resumed by openssl s_client by " .. by, function()
      if not helper.have "openssl" then return pending("needs package openssl") end
      local context = pki.server({ tickets = by == "ticket" }, "secp256r1")
      local infos, told = visits(context, command_of("TLS 1.2", nil, "-reconnect"), 6, nothing)
      for i, info in ipairs(infos) do assert.equal(i > 1, info.resumed) end
      assert.equal(6, #infos)
      assert.equal(5, select(2, told:gsub("Reused, TLSv1%.2", "")))
      assert.equal(by == "ticket", told:find("TLS session ticket:", 1, true) ~= nil)
    end)
  end

  for _, version in ipairs(peers.VERSIONS) do
    for _, own in ipairs { false, "secp256r1" } do
      local how = own and "with" or "without"
      it(("of %s is resumed by openssl s_client %s a certificate"):format(version, how), function()
        if not helper.have "openssl" then return pending("needs package openssl") end
        local context = pki.server(own and mutual, "secp256r1")
        local file = peers.path("session")
        for i, option in ipairs { "-sess_out ", "-sess_in ", "-sess_in " } do
          local infos, told = visits(context, command_of(version, own, option .. file), 1, greet)
          assert.equal(i > 1, infos[1].resumed)
          assert.matches(i > 1 and "Reused, TLS" or "New, TLS", told, 1, true)
          local client = infos[1].client
          assert.equal(own and pki.key(own):public(), client and client:spki() or false)
        end
      end)
    end

    it(("of %s is resumed by gnutls-cli"):format(version), function()
      if not helper.have "gnutls-cli" then return pending("needs package gnutls-bin") end
      local command = ("gnutls-cli --resume --waitresumption -p PORT %s --x509cafile=%s localhost")
        :format("--priority=" .. peers.GNUTLS[version], peers.trust())
      local infos, told = visits(pki.server(nil, "secp256r1"), command, 2, nothing)
      assert.same({ false, true }, { infos[1].resumed, infos[2].resumed })
      assert.matches("This is a resumed session", told, 1, true)
    end)

    it(("of %s is resumed by curl"):format(version), function()
      if not helper.have "curl" then return pending("needs package curl") end
      local url = "https://localhost:PORT/"
      local command = "curl -sSv --noproxy '*' --resolve localhost:PORT:127.0.0.1 --cacert "
        .. table.concat({ peers.trust(), peers.CURL[version], url, url }, " ")
      local infos, told = visits(pki.server(nil, "secp256r1"), command, 2, function(stream)
        repeat local line = stream:receive("*l") until not line or #line <= 1
        stream:send("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
      end)
      assert.same({ false, true }, { infos[1].resumed, infos[2].resumed })
      assert.matches("SSL re-using session ID", told, 1, true)
    end)
  end

  it("does not outlive the keys of its ticket", function()
    if not helper.have "openssl" then return pending("needs package openssl") end
    for _, version in ipairs(peers.VERSIONS) do
      local file = peers.path("session")
      for i, option in ipairs { "-sess_out ", "-sess_in " } do
        local context = pki.server({ ticket_keys = { ("%d"):format(i):rep(48) } }, "secp256r1")
        local infos, told = visits(context, command_of(version, nil, option .. file), 1, greet)
        assert.is_false(infos[1].resumed)
        assert.matches("New, TLS", told, 1, true)
      end
    end
  end)
end)
