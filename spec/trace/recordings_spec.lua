-- Recordings of OpenSSL and GnuTLS (spec/vectors/record.lua): all of each is read and checked.

local helper = require "helper"
local trace = require "wolfssl.trace"

local DIRECTORY = "spec/vectors/"

local function knowledge(case)
  local known = case.secrets or case.known or {}
  return {
    psks = known.psks, rsa_keys = known.rsa_keys and { helper.read(DIRECTORY .. "rsa.key") },
  }
end

local function open(case)
  return assert(trace.open_capture(helper.read(DIRECTORY .. case.name .. ".pcapng"),
    knowledge(case)))
end

-- The same without the key log that the file holds.
local function open_without_log(case)
  local file = helper.read(DIRECTORY .. case.name .. ".pcapng")
    :gsub("CLIENT_", "NOBODY_"):gsub("SERVER_", "NOBODY_")
  return assert(trace.open_capture(file, knowledge(case)))
end

local function each_entry(result, visit)
  for i, connection in ipairs(result.connections) do
    for _, entry in ipairs(connection.entries) do visit(entry, connection, i) end
  end
end

local function text_of(result, from)
  local pieces = {}
  each_entry(result, function(entry)
    if entry.kind == "application_data" and entry.from == from then
      pieces[#pieces + 1] = entry.bytes
    end
  end)
  return table.concat(pieces)
end

local function count(result, wanted)
  local found = 0
  each_entry(result, function(entry) if wanted(entry) then found = found + 1 end end)
  return found
end

local function assert_all_right(result)
  local finished = 0
  each_entry(result, function(entry)
    assert.is_nil(entry.problem, entry.problem and entry.problem.message)
    for name, ok in pairs(entry.checks) do
      assert.is_true(ok, ("%s of %s: %s"):format(name, entry.name, tostring(entry.reasons[name])))
      if name == "finished" then finished = finished + 1 end
    end
    for name, reason in pairs(entry.reasons) do
      assert.equal("binders", name, entry.name .. ": " .. reason)
    end
  end)
  assert.is_true(finished >= 2 * #result.connections)
end

describe("trace.open_capture", function()
  for _, case in ipairs(dofile(DIRECTORY .. "recordings.lua")) do
    describe("on " .. case.name, function()
      local result = open(case)
      local last = result.connections[#result.connections]

      it("reads everything and finds it right", function()
        assert.equal(case.version, last.summary.version.value)
        assert_all_right(result)
        assert.truthy(text_of(result, "client"):find("ping\n", 1, true))
        assert.truthy(last.summary.complete)
      end)

      it("tells what kind of handshake it was", function()
        assert.equal(case.resumed or false, last.summary.resumed or false)
        assert.equal(case.etm or false, last.summary.encrypt_then_mac or false)
        assert.equal(case.retry, last.summary.retry)
        assert.equal(case.renegotiated, last.summary.renegotiated)
        assert.equal(case.early_data, last.summary.early_data)
        assert.equal(case.updates or 0, count(result, function(entry)
          return entry.name == "key_update" and entry.from == "client"
        end))
        local client_signature = count(result, function(entry)
          return entry.name == "certificate_verify" and entry.from == "client"
            and entry.checks.signature
        end)
        assert.equal(case.mutual and 1 or 0, client_signature)
        assert.equal(case.padded or false, count(result, function(entry)
          return (entry.record.padding or 0) > 0
        end) > 0)
      end)

      if case.secrets then
        it("needs no key log with the server's key or the pre-shared key", function()
          local other = open_without_log(case)
          assert_all_right(other)
          assert.equal(text_of(result, "client"), text_of(other, "client"))
          assert.equal(text_of(result, "server"), text_of(other, "server"))
        end)
      else
        it("keeps what it cannot read, with the reason, when the key log is missing", function()
          local other = open_without_log(case)
          local unreadable = count(other, function(entry)
            return entry.kind == "unreadable" and entry.problem.message:find("is not known")
          end)
          assert.is_true(unreadable >= 2)
          assert.equal(0, count(other, function(entry) return entry.kind == "problem" end))
          each_entry(other, function(entry)
            for name, ok in pairs(entry.checks) do assert.is_true(ok, name) end
          end)
        end)
      end
    end)
  end
end)
