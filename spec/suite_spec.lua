-- The runner of the suite: what it counts, and that silence never passes.

local helper = require "helper"

describe("suite", function()
  local directory

  setup(function() directory = helper.tempdir() end)
  teardown(helper.cleanup)

  -- Runs one spec file of the given text under Lua 5.4; returns output, exit status, last line.
  local function suite(text)
    local path = helper.write(directory .. "/x_spec.lua", text)
    local output, status = helper.run(
      ("UNDER= HOST= OUT=%s SPECS=%s lua5.4 spec/suite.lua lua5.4"):format(directory, path))
    return output, status, output:match("([^\n]*)\n$")
  end

  it("ends with the sum of what passed and failed", function()
    local _, status, last = suite('it("a", function() end) it("b", function() error("x") end)')
    assert.equal("1 passed, 1 failed", last)
    assert.equal(1, status)
  end)

  it("succeeds when all passed", function()
    local _, status, last = suite('it("a", function() end)')
    assert.equal("1 passed, 0 failed", last)
    assert.equal(0, status)
  end)

  it("names what is pending and does not count it as passed", function()
    local output, status, last = suite(
      'it("a", function() end) it("b", function() pending("needs package X") end)')
    assert.matches("pending: b %(.*needs package X%) %[lua5.4%]", output)
    assert.equal("1 passed, 0 failed", last)
    assert.equal(0, status)
  end)

  it("fails when nothing ran", function()
    local _, status, last = suite("")
    assert.equal("0 passed, 0 failed", last)
    assert.equal(1, status)
  end)

  it("counts a file that cannot be loaded as a failure", function()
    local _, status, last = suite("this is not Lua")
    assert.equal("0 passed, 1 failed", last)
    assert.equal(1, status)
  end)

  it("counts a run that died as a failure", function()
    local _, status, last = suite(
      'it("a", function() end) it("b", function() os.exit(0) end)')
    assert.equal("0 passed, 1 failed", last)
    assert.equal(1, status)
  end)
end)
