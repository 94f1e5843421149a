local cjson = require "cjson"
local diff = require "wolfssl.probe.diff"
local json = require "wolfssl.trace.render.json"
local policy = require "wolfssl.probe.policy"
local records = require "wolfssl.cli.records"

local function leaf()
  return { kind = "rsa", subject = "CN=a", issuer = "CN=b", serial = "01", not_before = 1,
    not_after = 2, names = { "a" }, key = { algorithm = "rsa", bits = 2048 }, sha256 = "ab",
    spki_sha256 = "cd", chain = { { subject = "CN=b" } } }
end

local function sample()
  return { schema = 1, host = "a.example", port = 443, address = "192.0.2.1", time = 1, seconds = 1,
    status = "tls", connections = 1, probes = { "versions" },
    facts = { versions = { { value = 0x0304, name = "TLS 1.3" } }, certificate = { leaf() },
      suites = { ["TLS 1.3"] = { order = "client", list = { { value = 0x1301, name = "x" } } } },
      staple = { present = true, this_update = 1, errors = {} } },
    evidence = { versions = { connection = 1, message = 2, name = "server_hello" } },
    findings = { { probe = "versions", code = "spoken", severity = "info", message = "TLS 1.3",
      reference = "RFC 8446", evidence = { connection = 1 } } },
    errors = { { probe = "alpn", message = "it hangs up", code = "truncated" } },
    policies = { house = { pass = true,
      rules = { { rule = "a", result = "pass", reason = "b" } } } },
  }
end

local VALUES = { "null", "-1", "1e300", "NaN", "Infinity", '""', '"\\u0000\\u001b[31m"', '"%s%d"',
  "true", "false", "{}", "[]", "[1,null,2]", "[[]]", "[{}]", '{"a":{}}', '{"value":1,"name":"n"}',
  '{"value":"x"}', "9007199254740992", "0.5", '"\237\160\128"' }

-- Every place where a value stands or a table begins: `{place around it, name}`.
local function paths(value, path, list)
  for name, field in pairs(value) do
    local place = { path, name }
    list[#list + 1] = place
    if type(field) == "table" then paths(field, place, list) end
  end
  return list
end

local MARK = "@@@"

local function put(record, place, mark)
  local steps = {}
  while place[2] ~= nil do
    table.insert(steps, 1, place[2])
    place = place[1]
  end
  for i = 1, #steps - 1 do record = record[steps[i]] end
  record[steps[#steps]] = mark
end

local function tell(record)
  for _, format in ipairs { "text", "ndjson", "csv", "html", "junit" } do
    local report = require("wolfssl.probe.report." .. format).new(function() end)
    report:record(record)
    report:finish()
  end
end

describe("wolfssl.cli.records", function()
  it("reads what a scan writes", function()
    local record = assert(records.read(json.line(sample())))
    assert.equal("a.example|443||", records.key(record))
    assert.same({}, diff.records(record, record))
    tell(record)
  end)

  it("takes null for what is missing", function()
    local line = json.line(sample()):gsub('"address":"[^"]*"', '"address":null')
    assert.is_nil(assert(records.read(line)).address)
  end)

  it("takes no record that nobody can tell or compare, whatever stands in any place", function()
    local good, read, refused = assert(records.read(json.line(sample()))), 0, 0
    for _, place in ipairs(paths(sample(), {}, {})) do
      for _, value in ipairs(VALUES) do
        local bad = sample()
        put(bad, place, MARK)
        local line = json.line(bad):gsub('"' .. MARK .. '"', function() return value end)
        local record, message = records.read(line)
        if record then
          read = read + 1
          for _, pair in ipairs { { good, record }, { record, good }, { record, record } } do
            for _, change in ipairs(diff.records(pair[1], pair[2])) do
              assert.is_string(change.text)
            end
          end
          tell(record)
          policy.apply({ assert(policy.load "mozilla-intermediate") }, record)
        else
          refused = refused + 1
          assert.is_string(message)
        end
      end
    end
    assert.is_true(read > 0 and refused > 0)
  end)

  it("says of a directory that it cannot be read", function()
    local ok, message = records.each(".", error)
    assert.is_nil(ok)
    assert.equal(".: Is a directory", message)
  end)

  it("says where there is no JSON", function()
    assert.equal("no JSON", (select(2, records.read "{")))
    assert.equal("no record of a scan", (select(2, records.read(cjson.encode { host = "a" }))))
    assert.equal("a record of another schema than 1", (select(2, records.read(json.line {
      host = "a", facts = { a = 1 }, schema = 2 }))))
  end)
end)
