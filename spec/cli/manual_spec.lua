local cli = require "wolfssl.cli"
local helper = require "helper"

local function wolfprobe(arguments)
  return helper.run(helper.interpreter() .. " lua/bin/wolfprobe " .. arguments)
end

describe("wolfprobe manual", function()
  teardown(helper.cleanup)

  it("is a page that groff has nothing to say about", function()
    if not helper.have "groff" then return pending("needs package groff-base") end
    local page = helper.tempdir() .. "/wolfprobe.1"
    helper.write(page, (wolfprobe "manual"))
    assert.equal("", (helper.run("groff -man -Tascii -ww " .. page .. " >/dev/null")))
    local text = helper.run("groff -man -Tascii -P-cbou " .. page)
    for _, row in ipairs(cli.commands) do
      assert.matches("\n   " .. row[1] .. "\n", text)
    end
    assert.matches("\n       %-%-groups <a,b>\n +Groups to offer%.\n", text)
    assert.matches("Default: 127%.0%.0%.1:6379%.", text)
  end)

  it("is installed, with what shells complete by", function()
    local root = helper.tempdir()
    local output, status = helper.run(("make -s install DESTDIR=%s PREFIX=/usr LUA=%s"):format(root,
      rawget(_G, "jit") and "luajit" or "lua" .. _VERSION:match "%d%.%d"))
    assert.equal(0, status, output)
    local share = root .. "/usr/share/"
    assert.matches("^%.TH WOLFPROBE 1 ", helper.read(share .. "man/man1/wolfprobe.1"))
    assert.matches("complete %-F _wolfprobe",
      helper.read(share .. "bash-completion/completions/wolfprobe"))
    assert.matches("^#compdef wolfprobe\n", helper.read(share .. "zsh/site-functions/_wolfprobe"))
    assert.matches("complete %-c wolfprobe",
      helper.read(share .. "fish/vendor_completions.d/wolfprobe.fish"))
  end)
end)

describe("wolfprobe completion", function()
  teardown(helper.cleanup)

  local function completed(words)
    local script = helper.write(helper.tempdir() .. "/completion", (wolfprobe "completion bash"))
    local output, status = helper.run(("bash -c 'source %s; COMP_WORDS=(%s); "
      .. "COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); _wolfprobe; echo ${COMPREPLY[@]}'"):format(script,
      words))
    assert.equal(0, status, output)
    return (output:gsub("%s+$", ""))
  end

  it("completes commands, their options, and what these can be", function()
    assert.equal("diagnose", completed "wolfprobe dia")
    assert.equal("--groups", completed "wolfprobe diagnose --gr")
    assert.equal("chromium curl", completed "wolfprobe diagnose --as c")
  end)
end)
