local h = require "wolfssl.trace.render.html.element"
local helper = require "helper"
local words = require "wolfssl.probe.report.words"

local HOSTILE = "=cmd|' /C calc'!A0,\"quoted\"\r\n\27[31m<script>&\194\155\226\128\174\255"

local function record(change)
  local one = { schema = 1, host = "a.example", port = 443, address = "192.0.2.1", time = 0,
    seconds = 0.25, status = "tls", connections = 7, retries = 0, resets = 0, waited = 0,
    probes = { "hello", "versions" },
    facts = { versions = { { value = 0x0304, name = "TLS 1.3" } }, subject = HOSTILE },
    evidence = {}, errors = { { probe = "versions", message = HOSTILE, code = "timeout" } },
    findings = { { probe = "hello", code = "bad", severity = "warning", message = HOSTILE,
      reference = "RFC 8996" } },
    policies = { house = { pass = false, rules = {
      { rule = "one", result = "fail", reason = HOSTILE }, { rule = "two", result = "pass" },
      { rule = "three", result = "unknown", reason = "'x' is not known" } } } } }
  for name, value in pairs(change or {}) do one[name] = value end
  return one
end

local GONE = { host = "2001:db8::1", status = "unreachable", facts = {}, findings = {},
  policies = false, probes = { "hello" }, errors = { { probe = "hello", message = "no route" } } }

local function written(format, records, options)
  local parts = {}
  local report = require("wolfssl.probe.report." .. format).new(function(text)
    parts[#parts + 1] = text
  end, options)
  for _, one in ipairs(records) do report:record(one) end
  report:finish()
  return table.concat(parts)
end

local function python(script, input)
  local directory = helper.tempdir()
  helper.write(directory .. "/script.py", script)
  helper.write(directory .. "/input", input)
  return helper.run(("cd %s && python3 script.py"):format(directory))
end

describe("wolfssl.probe.report", function()
  teardown(helper.cleanup)

  it("tells facts in words", function()
    assert.equal("TLS 1.3, TLS 1.2", words.text { { value = 772, name = "TLS 1.3" },
      { value = 771, name = "TLS 1.2" } })
    assert.same({ "yes", "none", "3", "0.500", "1970-01-01 00:00:00 UTC" }, { words.text(true),
      words.text {}, words.text(3), words.text(0.5), words.text(0, "not_after") })
    assert.same({ { "a b", "1" }, { "c 1 d", "2" }, { "c 1 e f", "no" } },
      words.lines { a_b = 1, c = { { d = 2, e = { f = false } } } })
    assert.same({ { "x", "a: 1; b: 2" } }, words.lines({ x = { a = 1, b = 2 } }, true))
    assert.equal("a: 1; b: 2, 3", words.line { a = 1, b = { 2, 3 } })
    assert.equal("[2001:db8::1]:25, smtp, as b.example", words.place { host = "2001:db8::1",
      port = 25, starttls = "smtp", server_name = "b.example" })
  end)

  it("writes nothing that steers a terminal", function()
    local text = written("text", { record(), record(GONE) })
    assert.is_nil(text:gsub("\n", ""):find "%c")
    assert.is_nil(text:find("\194\155", 1, true) or text:find("\226\128\174", 1, true))
    assert.is_true(h.is_utf8(text))
    assert.matches("\n  warning  bad: =cmd", text)
    assert.matches("\n  house: NOT passed\n    fail     one: ", text)
    assert.matches("\n%[2001:db8::1%]:443 %(192.0.2.1%): cannot be reached, 7 connections", text)
  end)

  it("writes CSV whose cells are no formulas", function()
    local text = written("csv", { record(), record(GONE) })
    for line in (text:gsub('"[^"]*"', "Q")):gmatch "[^\r\n]+" do
      assert.equal(("Q,"):rep(8) .. "Q", (line:gsub("Q+", "Q")))
    end
    assert.is_nil(text:find '"[=+@-]')
    if not helper.have "python3" then return pending "needs package python3" end
    local output, status = python([[
import csv
rows = list(csv.reader(open("input", newline="", encoding="utf-8")))
assert all(len(row) == 9 for row in rows)
print(rows[0][0], rows[2][4], rows[2][7])
]], text)
    assert.equal(0, status, output)
    assert.matches("^host fact '=cmd", output)
  end)

  it("writes a page that is complete in itself, with nobody else's markup", function()
    local text = written("html", { record(), record(GONE) })
    assert.matches("^<!DOCTYPE html>", text)
    assert.matches("</html>\n$", text)
    assert.is_nil(text:find "<script" or text:find "https?://" or text:find ' src=')
    assert.is_true(h.is_utf8(text))
    assert.matches("1 servers speak TLS, 0 do not, 1 were not reached", text)
    assert.equal(select(2, text:gsub("<t[rdh][ >]", "")), select(2, text:gsub("</t[rdh]>", "")))
  end)

  it("writes well-formed XML for JUnit, with failures and errors counted", function()
    local text = written("junit", { record(), record(GONE) }, { fail_on = "warning" })
    assert.matches('<testsuite errors="2" failures="2" name="a.example:443" tests="5"', text)
    assert.matches('errors="1" failures="0" name="%[2001:db8::1%]:443"', text)
    assert.matches('failures="1" name="a.example:443"',
      written("junit", { record() }, { fail_on = "never" }))
    if not helper.have "python3" then return pending "needs package python3" end
    local output, status = python([[
import xml.etree.ElementTree as tree
root = tree.parse("input").getroot()
assert [s.get("tests") for s in root] == ["5", "1"]
print(root[0][0][0].get("message"))
]], text)
    assert.equal(0, status, output)
    assert.matches("^=cmd|' /C calc'!A0,\"quoted\"", output)
  end)

  it("is whole where there are no records", function()
    assert.equal("", written("ndjson", {}))
    assert.matches('^"host",[^\n]*\n$', written("csv", {}))
    assert.matches("</testsuites>\n$", written("junit", {}))
    assert.matches("</html>\n$", written("html", {}))
  end)
end)
