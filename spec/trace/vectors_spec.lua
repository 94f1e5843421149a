-- Recordings that others made (WOLFSSL_VECTORS, or ../shared/vectors).

local crypto = require "wolfssl.trace.crypto"
local helper = require "helper"
local observer = require "wolfssl.trace.observer"
local octets = require "wolfssl.trace.octets"
local secret_store = require "wolfssl.trace.secrets"
local trace = require "wolfssl.trace"

local root = helper.vectors()

local function need_vectors()
  if not root then pending("needs recordings: set WOLFSSL_VECTORS") end
  return root
end

local function illustrated(version)
  local directory = need_vectors() .. "/illustrated-tls" .. version
  local result = assert(trace.open_capture(helper.read(directory .. "/capture.pcap"),
    { keylog = helper.read(directory .. "/keylog.txt") }))
  assert.equal(1, #result.connections)
  return result.connections[1], function(name) return helper.read(directory .. "/caps/" .. name) end
end

local function records_of(entry)
  return entry.records or { entry.record }
end

local function wire_bytes(record)
  return ("%c\3%c%c%c"):format(record.type.value, record.legacy_record_version.value % 256,
    math.floor(record.length / 256), record.length % 256) .. record.fragment
end

-- The entries of a side in order, by name.
local function named(connection, from, name, nth)
  for _, entry in ipairs(connection.entries) do
    if entry.from == from and entry.name == name then
      nth = (nth or 1) - 1
      if nth == 0 then return entry end
    end
  end
  error("no " .. name)
end

local function assert_right(entries)
  local finished = 0
  for _, entry in ipairs(entries) do
    assert.is_nil(entry.problem, entry.problem and entry.problem.message)
    for name, ok in pairs(entry.checks) do
      assert.is_true(ok, entry.name .. " " .. name .. ": " .. tostring(entry.reasons[name]))
    end
    if entry.checks.finished then finished = finished + 1 end
  end
  return finished
end

describe("trace.open_capture on the Illustrated TLS 1.2 connection", function()
  -- file, side, message; the record in the file holds it whole
  local records = {
    { "clienthello", "client", "client_hello" }, { "serverhello", "server", "server_hello" },
    { "servercert", "server", "certificate" },
    { "serverkeyexchange", "server", "server_key_exchange" },
    { "serverhellodone", "server", "server_hello_done" },
    { "clientkeyexchange", "client", "client_key_exchange" },
    { "clientccs", "client", "change_cipher_spec" },
    { "clientfinished", "client", "finished", "clientfinishedplain" },
    { "serverccs", "server", "change_cipher_spec" },
    { "serverfinished", "server", "finished", "serverfinishedplain" },
    { "clientdata", "client", "application_data", "clientdataplain" },
    { "serverdata", "server", "application_data", "serverdataplain" },
    { "clientalert", "client", "alert", "clientalertplain" },
  }

  -- The MAC and the last byte of the padding, which some of the files hold as well.
  local function behind_content(connection, entry)
    local record, size = entry.record, #entry.bytes
    local header = octets.number(record.sequence, 8) .. octets.number(record.type.value, 1)
      .. "\3\3" .. octets.number(size, 2)
    local key = connection.schedules[1].secrets[entry.from .. "_write_MAC_key"]
    return crypto.hmac("sha1", key, header .. entry.bytes)
      .. string.char(record.length - 16 - size - 20 - 1)
  end

  it("finds every record, its plaintext, and everything right", function()
    local connection, file = illustrated("12")
    assert.equal(#records, #connection.entries)
    assert.equal(2, assert_right(connection.entries))
    for i, row in ipairs(records) do
      local entry = connection.entries[i]
      assert.equal(row[2] .. " " .. row[3], entry.from .. " " .. entry.name)
      assert.equal(helper.hex(file(row[1])), helper.hex(wire_bytes(entry.record)))
      if row[4] then
        assert.is_true(entry.decrypted)
        local plain = file(row[4])
        assert.equal(helper.hex(plain:sub(1, #entry.bytes)), helper.hex(entry.bytes))
        if #plain > #entry.bytes then
          assert.equal(helper.hex(behind_content(connection, entry)),
            helper.hex(plain:sub(#entry.bytes + 1)))
        end
      end
    end
  end)
end)

describe("trace.open_capture on the Illustrated TLS 1.3 connection", function()
  local plain = {
    { "serverextensions", "server", "encrypted_extensions" },
    { "servercert", "server", "certificate" },
    { "servercertverify", "server", "certificate_verify" },
    { "serverfinished", "server", "finished" }, { "clientfinished", "client", "finished" },
    { "clientdata", "client", "application_data" },
    { "serverticket1", "server", "new_session_ticket" },
    { "serverticket2", "server", "new_session_ticket", 2 },
    { "serverdata", "server", "application_data" },
  }
  local encrypted = {
    { "serverencextensions", "server", "encrypted_extensions" },
    { "serverenccert", "server", "certificate" },
    { "serverenccertverify", "server", "certificate_verify" },
    { "serverencfinished", "server", "finished" }, { "clientencfinished", "client", "finished" },
    { "clientencdata", "client", "application_data" },
    { "serverencticket1", "server", "new_session_ticket" },
    { "serverencticket2", "server", "new_session_ticket", 2 },
    { "serverencdata", "server", "application_data" },
    { "clienthello", "client", "client_hello" }, { "serverhello", "server", "server_hello" },
    { "clientccs", "client", "change_cipher_spec" },
    { "serverccs", "server", "change_cipher_spec" },
  }

  -- The files of plaintext end with the content type where that was sent.
  local function without_type(bytes, entry)
    return #bytes == #entry.record.content + 1 and bytes:sub(1, -2) or bytes
  end

  it("finds every record, its plaintext, and everything right", function()
    local connection, file = illustrated("13")
    assert.equal(#encrypted, #connection.entries)
    assert.equal(2, assert_right(connection.entries))
    for _, row in ipairs(plain) do
      local entry = named(connection, row[2], row[3], row[4])
      assert.is_true(entry.decrypted)
      assert.equal(helper.hex(without_type(file(row[1]), entry)), helper.hex(entry.bytes), row[1])
    end
    for _, row in ipairs(encrypted) do
      local entry = named(connection, row[2], row[3], row[4])
      assert.equal(helper.hex(file(row[1])), helper.hex(wire_bytes(entry.record)), row[1])
      assert.equal(1, #records_of(entry))
    end
  end)

  it("reads the same with the ephemeral private key of either side alone", function()
    local connection = illustrated("13")
    local directory = root .. "/illustrated-tls13/"
    for _, side in ipairs { "client", "server" } do
      local pem = helper.run(("openssl pkey -in %s%s-ephemeral-private.key -text -noout")
        :format(directory, side))
      local private = helper.unhex((pem:match("priv:(.-)pub:"):gsub(":", "")))
      local other = assert(trace.open_capture(helper.read(directory .. "capture.pcap"),
        { private_keys = { { group = "x25519", private = private } } })).connections[1]
      assert.equal(2, assert_right(other.entries))
      for i, entry in ipairs(connection.entries) do
        assert.equal(entry.bytes, other.entries[i].bytes)
      end
      for name, secret in pairs(connection.schedules[1].secrets) do
        assert.equal(secret, other.schedules[1].secrets[name], name)
      end
    end
  end)
end)

-- Go's side drew its keys from zeros; for NIST curves it flips one bit so as not to draw zero.
local function go_keys()
  local function curve(length) return "\0\66" .. ("\0"):rep(length - 2) end
  return {
    { group = "x25519", private = ("\0"):rep(32) }, { group = "secp256r1", private = curve(32) },
  }
end

local function follow_transcript(path, secrets)
  local seen = observer.new { secrets = secrets }
  local from
  for line in io.lines(path) do
    from = line:match("^>>> Flow %d+ %((%w+) to") or from
    local dump = line:match("^%x+  (.-)  |")
    if dump then seen:feed(from, helper.unhex(dump)) end
  end
  seen:finish()
  return seen
end

-- What only RSA keys, tickets of other files or RC4 would open.
local CLOSED = {
  ["Client-TLSv12-AES128-GCM-SHA256"] = true, ["Client-TLSv12-AES256-GCM-SHA384"] = true,
  ["Client-TLSv12-RSA-RC4"] = true, ["Server-TLSv12-ClientAuthRequestedAndECDSAGiven"] = true,
  ["Server-TLSv12-ClientAuthRequestedAndGiven"] = true,
  ["Server-TLSv12-ClientAuthRequestedNotGiven"] = true, ["Server-TLSv12-IssueTicket"] = true,
  ["Server-TLSv12-RSA-AES"] = true, ["Server-TLSv12-Resume"] = true, ["Server-TLSv12-SNI"] = true,
  ["Server-TLSv12-SNI-GetCertificateNotFound"] = true, ["Server-TLSv13-Resume"] = true,
}

describe("trace.observer on Go's transcripts", function()
  it("reads what follows from keys of zeros, and finds it right", function()
    local files = helper.find(need_vectors() .. "/go-transcripts", "-name '*TLSv1*'")
    local opened = 0
    for _, path in ipairs(files) do
      local name = path:match("[^/]+$")
      if not CLOSED[name] then
        local seen = follow_transcript(path, secret_store.new { private_keys = go_keys() })
        assert.is_true(assert_right(seen.entries) >= 2, name)
        assert.is_true(seen.summary.complete, name)
        opened = opened + 1
      end
    end
    assert.equal(36, opened)
  end)

  it("says why it cannot read the others, and finds nothing wrong with them", function()
    for name in pairs(CLOSED) do
      local seen = follow_transcript(need_vectors() .. "/go-transcripts/" .. name,
        secret_store.new { private_keys = go_keys() })
      local unreadable = 0
      for _, entry in ipairs(seen.entries) do
        if entry.kind == "unreadable" then
          unreadable = unreadable + 1
          assert.truthy(entry.problem.message:find("not known")
            or entry.problem.message:find("not supported"))
        end
        for check, ok in pairs(entry.checks) do
          assert.is_true(ok, name .. " " .. check .. ": " .. tostring(entry.reasons[check]))
        end
      end
      assert.is_true(unreadable > 0, name)
    end
  end)

  it("checks a binder with the ticket of the connection before", function()
    local secrets = secret_store.new { private_keys = go_keys() }
    local directory = need_vectors() .. "/go-transcripts/Server-TLSv13-"
    follow_transcript(directory .. "IssueTicketPreDisable", secrets)
    local seen = follow_transcript(directory .. "ResumeDisabled", secrets)
    assert.is_true(seen.entries[1].checks.binders)
  end)
end)

describe("trace.open_capture on other people's captures", function()
  local NOT_TLS = {
    ["https-to-http.pcap"] = 1, ["ssl-to-http-server.pcap"] = 1,
  }

  it("decodes every message and finds no signature wrong", function()
    local signatures = 0
    for _, path in ipairs(helper.find(need_vectors(), "-name '*.pcap'")) do
      local name, problems = path:match("[^/]+$"), 0
      for _, connection in ipairs(assert(trace.open_capture(helper.read(path))).connections) do
        for _, entry in ipairs(connection.entries) do
          if entry.kind == "problem" and entry.problem.code ~= "truncated" then
            problems = problems + 1
          end
          assert.are_not.equal(false, entry.checks.signature, name)
          assert.are_not.equal(false, entry.checks.order, name)
          if entry.checks.signature then signatures = signatures + 1 end
          if entry.kind == "handshake" then assert.is_nil(entry.problem, name) end
        end
      end
      assert.equal(NOT_TLS[name] or 0, problems, name)
    end
    assert.is_true(signatures >= 20, "signatures: " .. signatures)
  end)
end)
