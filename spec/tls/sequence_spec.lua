-- The diagrams of the RFCs, client on the left and server on the right; what has a star may be
-- left out. From them all legal orders are made again and compared with the tables.

local tls = require "wolfssl.tls"

local sequence = tls.sequence

-- RFC 5246 section 7.3, figure 1; NewSessionTicket* from RFC 5077 figure 1, CertificateStatus*
-- from RFC 6066 section 8.
local FULL12 = [[
  ClientHello
                          ServerHello
                          Certificate*
                          CertificateStatus*
                          ServerKeyExchange*
                          CertificateRequest*
                          ServerHelloDone
  Certificate*
  ClientKeyExchange
  CertificateVerify*
  [ChangeCipherSpec]
  Finished
                          NewSessionTicket*
                          [ChangeCipherSpec]
                          Finished
]]

-- RFC 5246 section 7.3, figure 2; RFC 5077 figure 2.
local RESUMED12 = [[
  ClientHello
                          ServerHello
                          NewSessionTicket*
                          [ChangeCipherSpec]
                          Finished
  [ChangeCipherSpec]
  Finished
]]

-- RFC 8446 section 2, figure 1, with EndOfEarlyData of figure 4.
local FULL13 = [[
  ClientHello
                          ServerHello
                          EncryptedExtensions
                          CertificateRequest*
                          Certificate*
                          CertificateVerify*
                          Finished
  EndOfEarlyData*
  Certificate*
  CertificateVerify*
  Finished
]]

-- RFC 8446 section 2.1, figure 2.
local RETRY13 = [[
  ClientHello
                          HelloRetryRequest
  ClientHello
                          ServerHello
                          EncryptedExtensions
                          CertificateRequest*
                          Certificate*
                          CertificateVerify*
                          Finished
  Certificate*
  CertificateVerify*
  Finished
]]

-- What the text beside the diagrams adds: which stars come together.
local function coherent(path)
  local has = {}
  for _, step in ipairs(path) do has[step] = true end
  local tls13 = has["server encrypted_extensions"]
  if (has["client certificate"] or false) ~= (has["server certificate_request"] or false) then
    return false
  end
  if has["client certificate_verify"] and not has["client certificate"] then return false end
  if has["server certificate_status"] and not has["server certificate"] then return false end
  if not tls13 then return true end
  return has["server certificate"] == has["server certificate_verify"]
    and (has["server certificate"] or not has["server certificate_request"])
end

local function snake(name)
  return (name:gsub("%W", ""):gsub("(%l)(%u)", "%1_%2"):lower())
end

local function diagram_steps(diagram)
  local steps = {}
  for indent, name, star in diagram:gmatch("( +)([%[%]%a]+)(%*?)\n") do
    steps[#steps + 1] = { step = (#indent > 10 and "server " or "client ") .. snake(name),
      optional = star == "*" }
  end
  return steps
end

-- The first `count` steps of a path, and one more.
local function with(path, count, step)
  local longer = {}
  for i = 1, count do longer[i] = path[i] end
  longer[count + 1] = step
  return longer
end

local function diagram_paths(diagram)
  local paths = { {} }
  for _, item in ipairs(diagram_steps(diagram)) do
    local longer = {}
    for _, path in ipairs(paths) do
      if item.optional then longer[#longer + 1] = path end
      longer[#longer + 1] = with(path, #path, item.step)
    end
    paths = longer
  end
  local set, count = {}, 0
  for _, path in ipairs(paths) do
    if coherent(path) then
      set[table.concat(path, ", ")] = path
      count = count + 1
    end
  end
  return set, count
end

-- The paths of our tables that use only messages of the diagram.
local function table_paths(steps, diagram)
  local drawn, set = {}, {}
  for _, item in ipairs(diagram_steps(diagram)) do drawn[item.step] = true end
  for _, path in ipairs(sequence.paths(steps)) do
    local all = true
    for _, step in ipairs(path) do all = all and drawn[step] end
    if all then set[table.concat(path, ", ")] = path end
  end
  return set
end

local function play(path, version)
  local tracker = sequence.tracker()
  for i, step in ipairs(path) do
    local side, name = step:match("^(%S+) (.+)$")
    local ok, text, code, detail =
      tracker:advance(side, name, name == "server_hello" and version or nil)
    if not ok then return nil, i, text, code, detail end
  end
  return tracker
end

local diagrams = {
  { "TLS 1.2 full", FULL12, "tls12_full", 0x0303 },
  { "TLS 1.2 resumed", RESUMED12, "tls12_resumed", 0x0303 },
  { "TLS 1.3", FULL13, "tls13", 0x0304 },
  { "TLS 1.3 with HelloRetryRequest", RETRY13, "tls13_retry", 0x0304 },
}

local legal = {}
for _, diagram in ipairs(diagrams) do
  for text in pairs(diagram_paths(diagram[2])) do legal[diagram[4] .. text] = true end
end

-- Is it the beginning of a legal order of that version?
local function begins(version, path)
  local text = version .. table.concat(path, ", ")
  for whole in pairs(legal) do
    if whole == text or whole:sub(1, #text + 2) == text .. ", " then return true end
  end
  return false
end

describe("wolfssl.tls.sequence", function()
  for _, diagram in ipairs(diagrams) do
    local title, drawing, name, version = diagram[1], diagram[2], diagram[3], diagram[4]

    it("agrees with the diagram of " .. title, function()
      local expected, count = diagram_paths(drawing)
      local actual = table_paths(sequence.tables[name], drawing)
      assert.is_true(count >= 2)
      for text in pairs(expected) do assert.is_truthy(actual[text], "missing: " .. text) end
      for text in pairs(actual) do assert.is_truthy(expected[text], "illegal: " .. text) end
    end)

    it("takes every order of " .. title .. " to its end", function()
      for _, path in ipairs(sequence.paths(sequence.tables[name])) do
        local tracker, _, text = play(path, version)
        assert(tracker, text)
        assert.equal(version == 0x0304 and "tls13" or "tls12", tracker.established)
      end
    end)

    it("names each message of " .. title .. " that comes too early", function()
      for _, path in pairs((diagram_paths(drawing))) do
        for i = 1, #path - 1 do
          local swapped = with(path, i - 1, path[i + 1])
          if not begins(version, swapped) then
            local tracker, at, text, code, detail = play(swapped, version)
            assert.is_nil(tracker, table.concat(swapped, ", "))
            assert.equal(i, at)
            assert.equal("peer_misbehaved", code)
            assert.equal(path[i + 1], detail.step)
            assert.truthy(text:find("out of order", 1, true))
            local expected = "\n" .. table.concat(detail.expected, "\n") .. "\n"
            assert.truthy(expected:find("\n" .. path[i] .. "\n", 1, true), text)
          end
        end
      end
    end)
  end

  local function established(version)
    local paths = sequence.paths(sequence.tables[version == 0x0304 and "tls13" or "tls12_full"])
    return assert(play(paths[1], version))
  end

  it("says who sent what after what, and what was expected", function()
    local tracker = sequence.tracker()
    assert(tracker:advance("client", "client_hello"))
    local _, text = tracker:advance("client", "finished")
    assert.equal("the client sent finished after the client's client_hello, out of order; "
      .. "expected: server hello_retry_request, server hello_verify_request, "
      .. "server server_hello", text)
    _, text = sequence.tracker():advance("server", "server_hello")
    assert.truthy(text:find("as the first message", 1, true))
  end)

  it("changes nothing when it refuses", function()
    local tracker = sequence.tracker()
    assert(tracker:advance("client", "client_hello"))
    local before = tracker:expected()
    assert.is_nil((tracker:advance("client", "finished")))
    assert.same(before, tracker:expected())
    assert(tracker:advance("server", "server_hello", 0x0304))
  end)

  it("lets the version settle which table holds", function()
    local tracker = sequence.tracker()
    assert(tracker:advance("client", "client_hello"))
    assert(tracker:advance("server", "server_hello", 0x0304))
    assert.same({ "server encrypted_extensions" }, tracker:expected())
    assert.is_nil((tracker:advance("server", "certificate")))
  end)

  it("passes over the change_cipher_spec of TLS 1.3, but not before a ClientHello", function()
    local tracker = sequence.tracker()
    assert.is_nil((tracker:advance("client", "change_cipher_spec")))
    assert(tracker:advance("client", "client_hello"))
    assert(tracker:advance("client", "change_cipher_spec"))
    assert(tracker:advance("server", "server_hello", 0x0304))
    assert(tracker:advance("server", "change_cipher_spec"))
    assert(tracker:advance("server", "encrypted_extensions"))
  end)

  it("lets tickets and key updates come on a TLS 1.3 connection, nothing else", function()
    local tracker = established(0x0304)
    assert(tracker:advance("server", "new_session_ticket"))
    assert(tracker:advance("server", "new_session_ticket"))
    assert(tracker:advance("client", "key_update"))
    assert.is_nil((tracker:advance("client", "certificate")))
    assert.is_nil((tracker:advance("client", "client_hello")))
    assert.is_nil((tracker:advance("server", "change_cipher_spec")))
  end)

  it("lets a ticket come before the client's Finished, unless a certificate is awaited", function()
    for _, request in ipairs { false, true } do
      local tracker = sequence.tracker()
      assert(tracker:advance("client", "client_hello"))
      assert(tracker:advance("server", "server_hello", 0x0304))
      assert(tracker:advance("server", "encrypted_extensions"))
      if request then assert(tracker:advance("server", "certificate_request")) end
      assert.is_nil((tracker:advance("server", "new_session_ticket")))
      assert(tracker:advance("server", "certificate"))
      assert(tracker:advance("server", "certificate_verify"))
      assert(tracker:advance("server", "finished"))
      for _ = 1, 2 do
        assert.equal(not request or nil, tracker:advance("server", "new_session_ticket"))
      end
    end
  end)

  it("follows post-handshake authentication, also two requests at once", function()
    local tracker = established(0x0304)
    assert(tracker:advance("server", "certificate_request"))
    assert(tracker:advance("server", "certificate_request"))
    for _ = 1, 2 do
      assert(tracker:advance("client", "certificate"))
      assert.is_nil((tracker:advance("client", "key_update")))
      assert(tracker:advance("server", "new_session_ticket"))
      assert(tracker:advance("client", "certificate_verify"))
      assert(tracker:advance("client", "finished"))
    end
    assert.is_nil((tracker:advance("client", "certificate")))
    assert(tracker:advance("client", "key_update"))
  end)

  it("follows a renegotiation of TLS 1.2", function()
    local tracker = established(0x0303)
    assert(tracker:advance("server", "hello_request"))
    assert.is_nil((tracker:advance("server", "server_hello")))
    assert(tracker:advance("client", "client_hello"))
    assert.is_nil(tracker.established)
    assert(tracker:advance("server", "hello_request"))
    assert(tracker:advance("server", "server_hello", 0x0303))
    assert(tracker:advance("server", "change_cipher_spec"))
    assert(tracker:advance("server", "finished"))
    assert(tracker:advance("client", "change_cipher_spec"))
    assert(tracker:advance("client", "finished"))
    assert.equal("tls12", tracker.established)
  end)
end)
