local helper = require "helper"

local function wolfprobe(arguments)
  return helper.run(helper.interpreter() .. " lua/bin/wolfprobe " .. arguments)
end

describe("wolfprobe", function()
  it("asks for a command and exits with 2", function()
    local output, status = wolfprobe ""
    assert.match("wolfprobe: a command is required\nUsage: wolfprobe ", output, 1, true)
    assert.equal(2, status)
  end)

  it("refuses a command that it does not have", function()
    local output, status = wolfprobe "conect"
    assert.match("unknown command 'conect'", output, 1, true)
    assert.equal(2, status)
  end)

  it("lists its commands", function()
    local output, status = wolfprobe "--help"
    assert.match("\n +connect +Does one handshake", output)
    assert.equal(0, status)
  end)

  it("says its version, and those that count besides", function()
    local output, status = wolfprobe "--version"
    assert.match("^wolfprobe %d+%.%d+%.%d+ on wolfSSL %d+%.%d+%.%d+, Lua%a* ?%d", output)
    assert.equal(0, status)
  end)

  it("finds its command behind what ends the options", function()
    local output, status = wolfprobe "-- decode 15030300020100"
    assert.match("close_notify", output, 1, true)
    assert.equal(0, status)
  end)

  it("runs from any directory", function()
    local output, status = helper.run('here="$PWD"; cd / && ' .. helper.interpreter()
      .. ' "$here/lua/bin/wolfprobe" connect ""')
    assert.match("is not HOST or HOST:PORT", output, 1, true)
    assert.equal(2, status)
  end)
end)
