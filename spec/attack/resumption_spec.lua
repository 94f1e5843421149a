-- Who has a session and misuses it, over TCP. Each attack is shown to work where it may: that
-- proves that what is refused is the misuse.

local field = require "attack.field"
local guest = require "guest"
local issue = require "wolfssl.issue"
local parked = require "connection.parked"
local pki = require "pki"

local NUMBERS = { ["TLS 1.2"] = 0x0303, ["TLS 1.3"] = 0x0304 }
local KEYS = { ("t"):rep(48) }
local at = parked.at

local function nothing_passed(outcome)
  assert.equal(0, outcome.info.plaintext_sent)
  assert.equal(0, outcome.info.plaintext_received)
  assert.equal("", outcome.said)
end

-- ---------------------------------------------------------------------- hostile servers

describe("a session with a server that nobody verified", function()
  local key = issue.key "secp256r1"
  local chain = { issue.certificate { subject = "Evil", key = key,
    subject_alt_names = { "dns:localhost" } } }

  -- A client visits the server, who goes on with `resume` where it is asked, or `force`d.
  local function visit(version, options, session, resume, force)
    local outcome, hostile = field.server(pki.client(at(version, options)), {
      version = NUMBERS[version], chain = chain, key = key, session = session, resume = resume,
      force = force, play = function(self)
        if not self:handshake() then return false end
        if self.version == 0x0304 then self:ticket() end
        self:send(23, "hello")
        return self:send(21, "\1\0")
      end,
    })
    return outcome, hostile
  end

  for version in pairs(NUMBERS) do
    local function had()
      local first, hostile = visit(version, { insecure_accept_invalid = true })
      assert.equal("closed", first.code, first.message)
      return assert(first.session), assert(hostile.session)
    end

    it("goes on where still nobody does, with " .. version, function()
      local session, secret = had()
      local outcome, hostile = visit(version, { insecure_accept_invalid = true }, session, secret)
      assert.equal("closed", outcome.code, outcome.message)
      assert.is_true(outcome.info.resumed and hostile.resumed)
      assert.equal(field.SECRET, hostile.data)
    end)

    it("is not shown by a client that verifies, with " .. version, function()
      local session, secret = had()
      local outcome, hostile = visit(version, nil, session, secret)
      assert.equal("certificate_invalid", outcome.code, outcome.message)
      assert.equal("unknown_ca", hostile.alert)
      assert.is_false(hostile.resumed)
      assert.equal("", hostile.data)
      nothing_passed(outcome)
    end)

    it("is not gone on with because the server says so, with " .. version, function()
      local session, secret = had()
      local outcome, hostile = visit(version, nil, session, secret, true)
      assert.equal("peer_misbehaved", outcome.code, outcome.message)
      assert.equal("", hostile.data)
      nothing_passed(outcome)
    end)
  end
end)

-- ---------------------------------------------------------------------- hostile clients

-- A client of ours visits a server as far as it gets; all that it sends.
local function come(peer, connection)
  local sent = {}
  repeat
    local _, _, code = connection:read()
    local bytes = connection:data_to_send()
    sent[#sent + 1] = bytes
    if bytes ~= "" then peer:receive_data(bytes) end
    local answer = peer:data_to_send()
    if answer ~= "" then connection:receive_data(answer) end
  until code ~= "want_read" and code ~= nil or bytes == "" and answer == ""
  return table.concat(sent)
end

local function visitor(context, options)
  options = options or {}
  options.server_name = "localhost"
  return context:connection(options)
end

describe("a session without a client certificate", function()
  for version in pairs(NUMBERS) do
    local function lenient() return pki.server(at(version, { ticket_keys = KEYS })) end
    local function strict()
      return pki.server(at(version, { ticket_keys = KEYS, verify = "required", trust = pki.root }))
    end

    -- What the server says of a client with that session, and the client's connection.
    local function show(server, client, session)
      local connection
      local outcome = field.client(server, function(peer)
        connection = visitor(client, { session = session })
        come(peer, connection)
      end)
      return outcome, connection
    end

    it("opens no context that wants one, with the same keys and " .. version, function()
      local client, open = pki.client(at(version)), lenient()
      local first, connection = show(open, client)
      assert.equal("truncated", first.code, first.message)
      local session = assert(connection:session())
      local outcome = show(open, client, session)
      assert.is_true(outcome.info.resumed)
      assert.is_true(outcome.info.plaintext_sent > 0)
      outcome, connection = show(strict(), client, session)
      assert.equal("certificate_invalid", outcome.code, outcome.message)
      assert.is_false(connection:info().resumed)
      assert.equal("alert_received", select(3, connection:read()))
      nothing_passed(outcome)
    end)
  end

  it("does not do so either for a client that knows better than to ask", function()
    local lenient = pki.server(at("TLS 1.3", { ticket_keys = KEYS }))
    local strict = pki.server(at("TLS 1.3", { ticket_keys = KEYS, verify = "required",
      trust = pki.root }))
    local honest, ticket
    field.client(lenient, function(peer)
      honest = guest.to(peer)
      assert(honest:handshake())
      ticket = assert(honest:expect "new_session_ticket")
    end)
    for _, server in ipairs { lenient, strict } do
      local hostile
      local outcome = field.client(server, function(peer)
        hostile = guest.to(peer, { secrets = honest.secrets })
        guest.greet(hostile, { psks = { ticket } })
        hostile:send(hostile:finished()) -- no Certificate, as if the ticket stood for one
      end)
      assert.equal(server == lenient, hostile:summary().resumed)
      assert.equal(server == lenient, outcome.info.plaintext_sent > 0)
      if server == strict then
        assert.equal("peer_misbehaved", outcome.code, outcome.message)
        nothing_passed(outcome)
      end
    end
  end)
end)

describe("what a client has sent with its session", function()
  for version in pairs(NUMBERS) do
    it("leads to nothing when somebody sends it again, with " .. version, function()
      local client, server = pki.client(at(version)), pki.server(at(version))
      local connection, sent
      field.client(server, function(peer)
        connection = visitor(client)
        come(peer, connection)
      end)
      local session = assert(connection:session())
      local outcome = field.client(server, function(peer)
        connection = visitor(client, { session = session })
        sent = come(peer, connection)
        connection:write "pay 100"
        local more = connection:data_to_send()
        sent = sent .. more
        peer:receive_data(more)
      end)
      assert.is_true(outcome.info.resumed)
      assert.equal("pay 100", outcome.said)
      for _ = 1, 2 do
        outcome = field.client(server, function(peer)
          peer:receive_data(sent)
          peer:data_to_send()
        end)
        assert.equal("peer_misbehaved", outcome.code, outcome.message)
        nothing_passed(outcome)
      end
    end)
  end
end)
