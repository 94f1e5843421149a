-- Ctrl-C, while wolfprobe waits for a server that says nothing.

local core = require("wolfssl.core").fd
local helper = require "helper"

local COMMANDS = {
  capture = "capture $DIR/x.pcapng $PLACE", connect = "connect $PLACE",
  diagnose = "diagnose $PLACE", explain = "explain $PLACE", run = "run suites $PLACE",
  ["scan by cqueues"] = "scan --loop cqueues $PLACE", ["scan by luv"] = "scan --loop luv $PLACE",
  ["scan by poll"] = "scan --loop poll $PLACE",
}

describe("Ctrl-C", function()
  local directory
  setup(function() directory = helper.tempdir() end)
  teardown(helper.cleanup)

  -- The exit status, after a press when `wait` has returned.
  local function ended(command, wait)
    local words = { DIR = directory, LUA = helper.interpreter() }
    local process = helper.spawn(("sh -c 'echo $$; TMPDIR=$DIR exec $LUA lua/bin/wolfprobe %s'"
      .. "; echo status $?"):format(command):gsub("%$(%u+)", words))
    local pid = process:wait_for "^(%d+)$"
    wait(process)
    helper.interrupt(pid)
    return process:wait_for "^status (%d+)$"
  end

  for name, command in pairs(COMMANDS) do
    it("ends " .. name .. " at once, and nothing stays behind", function()
      local module = name:match "by (%a+)"
      if module and module ~= "poll" and not helper.have_module(module) then
        return pending("needs package lua-" .. module)
      end
      local listener, port = assert(core.listen("127.0.0.1", 0))
      local client
      local status = ended(command:gsub("%$PLACE", "127.0.0.1:" .. port), function()
        client = assert(core.accept(listener, 50))
        assert(core.poll(client, "r", 50))
      end)
      core.close(client)
      core.close(listener)
      assert.equal("130", status)
      assert.equal("", (helper.run("find " .. directory .. " -type f")))
    end)
  end

  it("ends mirror", function()
    assert.equal("130", ended("mirror --port 0", function(process)
      process:wait_for "^listening"
    end))
  end)
end)
