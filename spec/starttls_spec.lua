local core = require("wolfssl.core").fd
local poll = require "wolfssl.transport.poll"
local starttls = require "wolfssl.starttls"

local GOOD = require "starttls.talks"

local REFUSED = {
  smtp = { "220 x\r\n", { "" }, "250 HELP\r\n" },
  lmtp = { "554 go away\r\n" },
  imap = { "* OK\r\n", { "" }, "a BAD what\r\n" },
  pop3 = { "+OK\r\n", { "" }, "-ERR what\r\n" },
  ftp = { "220 x\r\n", { "" }, "530 no\r\n" },
  nntp = { "200 x\r\n", { "" }, "580 no\r\n" },
  sieve = { 'OK "ready"\r\n' },
  irc = { { "" }, ":x 421 * STARTTLS :Unknown command\r\n" },
  xmpp = { { "" }, "<stream:features></stream:features>" },
  xmpp_server = { { "" }, "<stream:features><starttls/></stream:features>", { "" },
    "<failure/></stream:stream>" },
  postgres = { { "" }, "N" },
  mysql = { "\60\0\0\0\0108.0.1\0" .. ("c"):rep(4) .. ("s"):rep(8) .. "\0\255\247\45"
    .. ("x"):rep(60 - 7 - 12 - 4) },
  ldap = { { "" }, "\48\12\2\1\1\120\7\10\1\2\4\0\4\0" },
}

-- What is no such protocol.
local STRANGE = {
  smtp = "SSH-2.0-OpenSSH\r\n", lmtp = "+OK\r\n", imap = "220 x\r\n", pop3 = "220 x\r\n",
  nntp = "<html>\r\n", postgres = "H", mysql = "\1\0\0\0\9", ldap = "HTTP/1.1 400 Bad\r\n",
  irc = "\22\3\1\0\0\n", ftp = ("x"):rep(9000), sieve = ("x\n"):rep(2000),
  xmpp = ("<x>"):rep(30000), xmpp_server = ("<x>"):rep(30000),
}

local OPTIONS = { server_name = "a&b.example" }

-- Both ends of a talk; more: what comes with the server's last words; step: bytes at once.
local function play(protocol, script, more, step)
  local loop = poll.new()
  local a, b = assert(core.socketpair())
  local near, far = loop:transport(a), loop:transport(b)
  local result, heard
  loop:spawn(function()
    result = { starttls.start(protocol, near, OPTIONS) }
    near:close()
  end)
  loop:spawn(function()
    heard = true
    for i, part in ipairs(script) do
      if type(part) == "table" then
        local text = far:read(part[2] or 4096) or ""
        heard = heard and text:find(part[1]) ~= nil
      else
        part = i == #script and part .. (more or "") or part
        for at = 1, #part, step or #part do
          if not far:write(part:sub(at, at + (step or #part) - 1)) then break end
        end
      end
    end
    far:finish()
    far:read(1)
    far:close()
  end)
  loop:run()
  return result, heard
end

describe("wolfssl.starttls", function()
  it("has a script for every protocol here", function()
    for _, protocol in ipairs(starttls.protocols) do
      assert.is_table(GOOD[protocol], protocol)
      assert.is_table(REFUSED[protocol], protocol)
      assert.is_string(STRANGE[protocol], protocol)
      assert.is_number(starttls.port(protocol))
    end
  end)

  for protocol, script in pairs(GOOD) do
    describe(protocol, function()
      it("asks for TLS", function()
        local result, heard = play(protocol, script)
        assert.same({ true }, result)
        assert.is_true(heard)
      end)

      it("takes the server's words byte by byte", function()
        assert.same({ true }, (play(protocol, script, nil, 1)))
      end)

      it("refuses what comes behind the go-ahead", function()
        if protocol == "mysql" then return end   -- there the client speaks last
        local result = play(protocol, script, "OOPS")
        assert.is_nil(result[1])
        assert.is_truthy(result[3] == "peer_misbehaved" or result[3] == "decode_error", result[2])
      end)

      it("says that the server will not", function()
        local result = play(protocol, REFUSED[protocol])
        assert.is_nil(result[1])
        assert.equal("peer_incompatible", result[3], result[2])
        assert.is_truthy(result[2]:find("STARTTLS (" .. protocol .. "): ", 1, true))
      end)

      it("says that the server speaks something else, without reading for ever", function()
        local result = play(protocol, { STRANGE[protocol] })
        assert.is_nil(result[1])
        assert.equal("decode_error", result[3], result[2])
      end)

      it("tells a server that hangs up from one that is silent", function()
        local result = play(protocol, {})
        assert.equal("truncated", result[3])
        local a, b = assert(core.socketpair())
        local transport = poll.new():transport(a)
        local options = { server_name = "x", timeout = 0.01 }
        assert.equal("timeout", select(3, starttls.start(protocol, transport, options)))
        transport:close()
        core.close(b)
      end)
    end)
  end

  it("finds the end of a long offer that comes byte by byte, at the cost of its length", function()
    local words = "<stream:features>" .. ("<a>"):rep(10000) .. "<starttls/></stream:features>"
      .. "<proceed/>"
    local at, searched, find = 0, 0, string.find
    local transport = { write = function() return true end, read = function()
      at = at + 1
      return words:sub(at, at)
    end }
    string.find = function(text, pattern, from, plain) -- luacheck: ignore 122
      searched = searched + #text - (from or 1) + 1
      return find(text, pattern, from, plain)
    end
    local ok, message = starttls.start("xmpp", transport, OPTIONS)
    string.find = find -- luacheck: ignore 122
    assert.is_true(ok, message)
    assert.is_true(searched < 100 * #words, searched)
  end)

  it("says nothing in SMTP that its caller did not mean", function()
    for _, name in ipairs { "a\r\nMAIL FROM:<b>", "a b", "a\0" } do
      assert.error_matches(function() starttls.start("smtp", {}, { client_name = name }) end,
        "'client_name' is no name")
    end
  end)

  it("knows no other protocols", function()
    assert.error_matches(function() starttls.start("gopher", {}) end,
      "STARTTLS: one of ftp, imap.*expected, got 'gopher'")
  end)
end)
