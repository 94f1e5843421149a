local decryptor = require "wolfssl.trace.decryptor"
local helper = require "helper"
local observer = require "wolfssl.trace.observer"
local capture = require "wolfssl.trace.capture"
local secret_store = require "wolfssl.trace.secrets"
local trace = require "wolfssl.trace"

local function recording(name)
  return assert(capture.read(helper.read("spec/vectors/" .. name .. ".pcapng")))
end

-- The records of a recording in the order of time: {from, bytes}.
local function records_of(name)
  local list = {}
  for _, entry in ipairs(assert(trace.open_capture(
    helper.read("spec/vectors/" .. name .. ".pcapng"))).connections[1].entries) do
    local record = entry.record
    if record ~= (list[#list] or {}).record then
      list[#list + 1] = { from = entry.from, record = record,
        bytes = string.char(record.type.value, 3, record.legacy_record_version.value % 256,
          math.floor(record.length / 256), record.length % 256) .. record.fragment }
    end
  end
  return list
end

local function keylog_of(name)
  return recording(name).secrets
end

local function follow(records, keylog, options)
  options = options or {}
  options.secrets = secret_store.new { keylog = keylog }
  local seen = observer.new(options)
  for _, record in ipairs(records) do seen:feed(record.from, record.bytes, record.time) end
  seen:finish()
  return seen
end

local function find(seen, name, from, nth)
  nth = nth or 1
  for _, entry in ipairs(seen.entries) do
    if entry.name == name and (not from or entry.from == from) then
      nth = nth - 1
      if nth == 0 then return entry end
    end
  end
end

-- One record of a recording with other content, sealed as a peer with the keys would.
local function resealed(name, wanted, from, change)
  local records, keylog = records_of(name), keylog_of(name)
  local seen = follow(records, keylog)
  local entry = find(seen, wanted, from)
  for _, record in ipairs(records) do
    if record.record.offset == entry.record.offset and record.from == from then
      local p = assert(decryptor.tls13(seen.summary.cipher_suite,
        seen.schedules[1].secrets[entry.record.secret]))
      p.sequence = entry.record.sequence
      local content = entry.record.content
      local first, last = entry.offset + 1, entry.offset + #entry.bytes
      record.bytes = p:seal(22, content:sub(1, first - 1) .. change(content:sub(first, last))
        .. content:sub(last + 1))
    end
  end
  return follow(records, keylog)
end

local function last_byte_changed(bytes)
  return bytes:sub(1, -2) .. string.char((bytes:byte(-1) + 1) % 256)
end

describe("trace.observer", function()
  it("raises for a side there is not", function()
    assert.has_error(function() observer.new():feed("nobody", "") end)
  end)

  it("keeps the time that it is given", function()
    local records = records_of("tls13-gcm128")
    for i, record in ipairs(records) do record.time = i end
    for _, entry in ipairs(follow(records, keylog_of("tls13-gcm128")).entries) do
      assert.equal("number", type(entry.time))
    end
  end)

  it("gives the spans of every message it decodes", function()
    for _, name in ipairs { "tls13-mutual", "tls12-mutual", "tls10-rsa" } do
      for _, entry in ipairs(follow(records_of(name), keylog_of(name)).entries) do
        if entry.kind ~= "application_data" then
          local spans = assert(observer.spans(entry))
          assert.is_true(spans.count > 0, entry.name)
          for span in spans:each() do
            assert.is_true(span.offset + span.length <= #entry.bytes)
          end
        end
      end
    end
  end)

  it("finds a Finished wrong that its sender computed wrongly", function()
    for _, from in ipairs { "client", "server" } do
      local seen = resealed("tls13-gcm128", "finished", from, last_byte_changed)
      local entry = find(seen, "finished", from)
      assert.is_false(entry.checks.finished)
      assert.equal("string", type(entry.reasons.finished))
      assert.is_true(seen.failed)
      assert.are_not.equal(entry.computed.verify_data, entry.message.body.verify_data)
    end
  end)

  it("finds a signature wrong that its signer made wrongly", function()
    local seen = resealed("tls13-gcm128", "certificate_verify", "server", last_byte_changed)
    assert.is_not_true(find(seen, "certificate_verify").checks.signature)
    assert.is_false(find(seen, "finished", "server").checks.finished)
  end)

  it("finds a binder wrong that is not what its key gives", function()
    local records = records_of("tls13-psk")
    records[1].bytes = last_byte_changed(records[1].bytes)
    local seen = observer.new { secrets = secret_store.new {
      psks = { { identity = "someone", key = ("\1\35\69\103\137\171\205\239"):rep(2) } } } }
    seen:feed("client", records[1].bytes)
    assert.is_false(seen.entries[1].checks.binders)
    assert.equal("string", type(seen.entries[1].reasons.binders))
  end)

  it("names a message that comes out of order", function()
    local records, keylog = records_of("tls12-gcm256"), keylog_of("tls12-gcm256")
    table.insert(records, 3, records[2])
    local entry = find(follow(records, keylog), "server_hello", "server", 2)
    assert.is_false(entry.checks.order)
    assert.truthy(entry.reasons.order:find("out of order"))
  end)

  it("finds it wrong when a message goes on behind a change of keys", function()
    local records = records_of("tls13-gcm128")
    local hello = records[2].record.fragment .. "\8\0\0\2\0\0"
    records[2].bytes = "\22\3\3" .. string.char(math.floor(#hello / 256), #hello % 256) .. hello
    local seen = follow({ records[1], records[2] }, {})
    assert.is_false(find(seen, "server_hello").checks.boundary)
    assert.is_false(find(seen, "encrypted_extensions").checks.protection)
  end)

  it("goes on behind a record that was changed on the way", function()
    local records, keylog = records_of("tls13-gcm128"), keylog_of("tls13-gcm128")
    local whole = #follow(records, keylog).entries
    for i, record in ipairs(records) do
      if record.from == "client" and i == #records - 3 then
        record.bytes = last_byte_changed(record.bytes)
      end
    end
    local seen = follow(records, keylog)
    assert.equal(whole, #seen.entries)
  end)

  it("takes over the application keys where the handshake keys are not known", function()
    local lines = {}
    for _, line in ipairs(keylog_of("tls13-gcm128")) do
      if line:find("_TRAFFIC_SECRET_0") then lines[#lines + 1] = line end
    end
    local seen = follow(records_of("tls13-gcm128"), lines)
    assert.equal("ping\n", find(seen, "application_data", "client").bytes)
    assert.equal("unreadable", find(seen, "unreadable", "server").name)
    assert.is_nil(find(seen, "finished"))
  end)

  it("says what is wrong with secrets of the wrong length, and with wrong secrets", function()
    local records = records_of("tls13-gcm128")
    for _, change in ipairs { "00", "" } do
      local lines = {}
      for i, line in ipairs(keylog_of("tls13-gcm128")) do
        lines[i] = change == "" and line:sub(1, -9) .. "00000000" or line .. change
      end
      local seen = follow(records, lines)
      local entry = find(seen, "unreadable")
      assert.truthy(entry.problem.message:find(change == "" and "authentication failed"
        or "33 bytes", 1, true), entry.problem.message)
    end
  end)

  it("asks a live connection for its secrets when they are needed", function()
    local records, keylog, given = records_of("tls13-gcm128"), keylog_of("tls13-gcm128"), false
    local seen = observer.new { secrets = secret_store.new {
      source = function() return given and keylog or {} end } }
    for i, record in ipairs(records) do
      given = i > 2
      seen:feed(record.from, record.bytes)
    end
    for _, entry in ipairs(seen.entries) do assert.is_nil(entry.problem) end
    assert.is_true(seen.summary.complete)
  end)

  it("says what was not captured, and follows the other side", function()
    local records = records_of("tls12-null")
    local seen = observer.new()
    seen:feed("client", records[1].bytes)
    seen:gap("client", 100)
    seen:feed("client", "ignored")
    seen:feed("server", records[2].bytes)
    assert.equal("100 bytes were not captured", find(seen, "problem").problem.message)
    assert.equal("server_hello", seen.entries[#seen.entries].name)
  end)

  it("tells at the end what is not complete", function()
    local records = records_of("tls13-gcm128")
    local seen = follow({ { from = "client", bytes = records[1].bytes:sub(1, -2) } }, {})
    assert.equal("truncated", seen.entries[1].problem.code)
    seen = follow({ { from = "client", bytes = "\22\3\1\0\6" .. records[1].bytes:sub(6, 11) } }, {})
    assert.equal("truncated", seen.entries[1].problem.code)
  end)

  it("keeps of application data what the limit allows, and the alert behind it", function()
    local records, keylog = records_of("tls12-null"), keylog_of("tls12-null")
    local seen = follow(records, keylog, { application_data = 0 })
    assert.is_nil(find(seen, "application_data"))
    assert.equal(2, seen.omitted.entries)
    assert.is_not_nil(find(seen, "alert", "client"))
    seen = follow(records, keylog, { entries = 3 })
    assert.equal(3 + 2, #seen.entries)
    assert.equal("alert", seen.entries[5].name)
  end)
end)

-- Bytes that anybody could send.
describe("trace.observer on hostile bytes", function()
  local names = { "tls13-early-data", "tls13-post-handshake", "tls12-mutual", "tls12-cbc-etm",
    "tls12-renegotiated", "tls12-psk", "tls10-mutual" }

  -- A generator of our own, so that a seed means the same everywhere.
  local function generator(seed)
    return function(low, high)
      seed = (seed * 16807) % 2147483647
      return low + seed % (high - low + 1)
    end
  end

  local function mutated(rng, bytes)
    local i = rng(1, #bytes)
    local kind = rng(1, 4)
    if kind == 1 then return bytes:sub(1, i - 1) .. bytes:sub(i + 1) end
    if kind == 2 then return bytes:sub(1, i) .. bytes:sub(i, i + rng(0, 20)) .. bytes:sub(i + 1) end
    return bytes:sub(1, i - 1) .. string.char(rng(0, 255)) .. bytes:sub(i + 1)
  end

  it("takes the reserved type of a HelloRetryRequest for what it is", function()
    local records = records_of "tls13-early-data"
    local reserved = { from = "server", bytes = "\22\3\3\0\4\6\0\0\0" }
    local seen = follow({ records[1], reserved })
    assert.equal("hello_retry_request_RESERVED", seen.entries[#seen.entries].name)
  end)

  it("never raises, whatever byte is changed, lost or doubled", function()
    local rounds = tonumber(os.getenv("WOLFSSL_LONG")) and 20000 or 60
    for n, name in ipairs(names) do
      local records, keylog = records_of(name), keylog_of(name)
      local rng = generator(4711 + n)
      for _ = 1, rounds do
        local other = {}
        for i, record in ipairs(records) do other[i] = record end
        local i = rng(1, #records)
        other[i] = { from = records[i].from, bytes = mutated(rng, records[i].bytes) }
        follow(other, keylog)
      end
    end
  end)

  it("never raises, whatever content a peer with the keys seals", function()
    local rounds = tonumber(os.getenv("WOLFSSL_LONG")) and 5000 or 40
    for _, case in ipairs { { "certificate", "server" }, { "certificate_verify", "server" },
      { "encrypted_extensions", "server" }, { "finished", "client" },
      { "new_session_ticket", "server" } } do
      local rng = generator(99)
      for _ = 1, rounds do
        resealed("tls13-gcm128", case[1], case[2], function(bytes) return mutated(rng, bytes) end)
      end
    end
  end)

  it("never raises for records in any order", function()
    for n, name in ipairs(names) do
      local records, keylog = records_of(name), keylog_of(name)
      local rng = generator(1234 + n)
      for _ = 1, 20 do
        local other = {}
        for i, record in ipairs(records) do other[i] = record end
        for i = #other, 2, -1 do
          local j = rng(1, i)
          other[i], other[j] = other[j], other[i]
        end
        follow(other, keylog)
      end
    end
  end)

  local function kilobytes()
    collectgarbage()
    collectgarbage()
    return collectgarbage("count")
  end

  it("holds little memory whatever comes without end", function()
    local hello = records_of("tls12-gcm256")[1].bytes
    local floods = {
      hello, "\22\3\3\0\4\0\0\0\0", "\21\3\3\0\2\1\0", "\20\3\3\0\1\1", "\22\3\3\0\0",
      "\22\3\3\0\1\1", "\23\3\3\0\64" .. ("x"):rep(64), "\24\3\3\0\32" .. ("\1"):rep(32),
    }
    for _, flood in ipairs(floods) do
      local before, seen = kilobytes(), observer.new()
      seen:feed("client", hello)
      for _ = 1, 100 do seen:feed("client", flood:rep(math.ceil(20000 / #flood))) end
      local grown = kilobytes() - before
      assert.is_true(grown < 30000, ("%q: %.0f KiB"):format(flood:sub(1, 6), grown))
    end
  end)
end)
