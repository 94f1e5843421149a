-- The traces of RFC 8448: nothing but the bytes on the wire and the ephemeral private keys goes in.

local decryptor = require "wolfssl.trace.decryptor"
local helper = require "helper"
local key_schedule = require "wolfssl.trace.key_schedule.tls13"
local observer = require "wolfssl.trace.observer"
local secret_store = require "wolfssl.trace.secrets"

local unhex, hex = helper.unhex, helper.hex
local traces = dofile("spec/vectors/rfc8448.lua")

local function knowledge()
  local keys = {}
  for _, trace in ipairs(traces) do
    for _, key in ipairs(trace.private_keys) do
      keys[#keys + 1] = { group = key.group, private = unhex(key.private) }
    end
  end
  return secret_store.new { private_keys = keys }
end

-- Section 4 resumes what section 3 began.
local function follow_all(pieces, lazy)
  local secrets, followed = knowledge(), {}
  for i, trace in ipairs(traces) do
    local seen = observer.new { secrets = secrets, lazy = lazy }
    for _, record in ipairs(trace.records) do
      for piece in unhex(record[2]):gmatch(pieces) do seen:feed(record[1], piece) end
    end
    seen:finish()
    followed[i] = seen
  end
  return followed
end

local function names_of(rows)
  local names = {}
  for i, row in ipairs(rows) do names[i] = row.name end
  table.sort(names)
  return names
end

describe("trace.observer, lazy", function()
  local later = follow_all(".+", true)

  for i, seen in ipairs(follow_all ".+") do
    it("comes to the same with RFC 8448 section " .. traces[i].section, function()
      assert.equal(#seen.schedules, #later[i].schedules)
      for j, schedule in ipairs(seen.schedules) do
        assert.same(names_of(schedule.rows), names_of(later[i].schedules[j].rows))
        assert.same(schedule.secrets, later[i].schedules[j].secrets)
      end
      for j, entry in ipairs(seen.entries) do
        assert.same(entry.checks, later[i].entries[j].checks)
      end
    end)
  end

  it("derives nothing that nobody looks at, and keeps the key that it takes", function()
    local trace, secrets = traces[1], knowledge()
    local seen = observer.new { secrets = secrets, lazy = true }
    for j = 1, 2 do seen:feed(trace.records[j][1], unhex(trace.records[j][2])) end
    local schedule = seen.schedules[1]
    assert.is_nil(rawget(schedule, "secrets"))
    for _ = 1, 64 do secrets:add_private_key { group = "x25519", private = ("k"):rep(32) } end
    local name = "server_handshake_traffic_secret"
    assert.equal(trace.secrets[name], hex(schedule.secrets[name]))
    assert.equal(name, schedule.rows[#schedule.rows].name)
  end)
end)

describe("trace.observer", function()
  local followed = follow_all(".+")

  for i, trace in ipairs(traces) do
    describe("with RFC 8448 section " .. trace.section, function()
      local seen = followed[i]

      it("derives every secret", function()
        local count = 0
        for name, value in pairs(trace.secrets) do
          assert.equal(value, hex(seen.schedules[1].secrets[name] or ""), name)
          count = count + 1
        end
        assert.is_true(count >= 10)
      end)

      it("derives every key and IV", function()
        for name, keys in pairs(trace.traffic_keys) do
          local key, iv = key_schedule.traffic_keys("sha256",
            seen.schedules[1].secrets[name], 16, 12)
          assert.equal(keys.key, hex(key), name)
          assert.equal(keys.iv, hex(iv), name)
        end
      end)

      it("reads every record", function()
        for _, entry in ipairs(seen.entries) do
          assert.is_nil(entry.problem, entry.problem and entry.problem.message)
          assert.are_not.equal("unreadable", entry.kind)
          assert.equal(entry.epoch > 0 or nil, entry.decrypted or nil)
        end
      end)

      it("finds every check right, and makes each that can be made", function()
        local made = { finished = 0, signature = 0, order = 0, binders = 0 }
        for _, entry in ipairs(seen.entries) do
          for name, ok in pairs(entry.checks) do
            assert.is_true(ok, entry.name .. " " .. name .. ": " .. tostring(entry.reasons[name]))
            made[name] = made[name] + 1
          end
          assert.same({}, entry.reasons)
        end
        assert.equal(2, made.finished)
        assert.equal(trace.section == 4 and 1 or 0, made.binders)
        assert.equal(({ [4] = 0, [6] = 2 })[trace.section] or 1, made.signature)
      end)

      it("seals the same records", function()
        local suite = seen.summary.cipher_suite
        local sealed = 0
        for _, entry in ipairs(seen.entries) do
          local record = entry.record
          if record.protected then
            local p = assert(decryptor.tls13(suite, seen.schedules[1].secrets[record.secret]))
            p.sequence = record.sequence
            local kind = ({ handshake = 22, alert = 21, application_data = 23 })[entry.kind]
            assert.equal(hex(record.fragment), hex(p:seal(kind, record.content):sub(6)))
            sealed = sealed + 1
          end
        end
        assert.is_true(sealed >= 6)
      end)
    end)
  end

  it("sees the same however the bytes arrive", function()
    for i, seen in ipairs(follow_all(".")) do
      assert.equal(#followed[i].entries, #seen.entries)
      for j, entry in ipairs(seen.entries) do
        assert.same(followed[i].entries[j], entry)
      end
    end
  end)

  it("tells what section 4 is: resumed, with early data that were taken", function()
    local summary = followed[2].summary
    assert.is_true(summary.resumed)
    assert.is_true(summary.early_data)
    local early = {}
    for _, entry in ipairs(followed[2].entries) do
      if entry.epoch == 1 then early[#early + 1] = entry.name end
    end
    assert.same({ "application_data", "end_of_early_data" }, early)
  end)

  it("tells what section 5 is: retried", function()
    assert.is_true(followed[3].summary.retry)
    assert.equal("secp256r1", followed[3].summary.group.name)
  end)
end)
