-- The rock: made, packed, installed into an empty tree without network, and run from there.

local helper = require "helper"

local VERSION = _VERSION:match("%d%.%d")
local LUAROCKS = "luarocks-" .. VERSION

-- Without privileges for a network namespace the commands are the same, just not proven offline.
local function offline()
  local _, status = helper.run("unshare -n true")
  return status == 0 and "unshare -n " or ""
end

describe("rock", function()
  local directory

  setup(function() directory = helper.tempdir() end)
  teardown(helper.cleanup)

  local function rocks(tree, command)
    local output, status = helper.run(
      ("cd %s/source && LUAROCKS_CONFIG=%s/config.lua %s%s --tree %s/%s %s"):format(
        directory, directory, offline(), LUAROCKS, directory, tree, command))
    assert.equal(0, status, output)
  end

  it("is made, packed and installed into an empty tree with no network", function()
    if not helper.have(LUAROCKS) then return pending("needs package luarocks") end
    local source = directory .. "/source"
    helper.run(("mkdir %s && cp -r csrc lua rockspec %s"):format(source, source))
    -- It came with the system's packages, of which luarocks knows nothing.
    helper.write(directory .. "/config.lua", 'rocks_provided = { argparse = "0.7.1-1" }\n')
    rocks("made", "make rockspec/lua-wolfssl-scm-1.rockspec")
    rocks("made", "pack lua-wolfssl")
    rocks("empty", "install lua-wolfssl-scm-1.*.rock")

    local core = ("%s/empty/lib/lua/%s/wolfssl/core.so"):format(directory, VERSION)
    local exported = helper.run("nm -D --defined-only " .. core .. " | sed 's/.* //'")
    assert.equal("luaopen_wolfssl_core", (exported:gsub("%s+$", "")))

    local installed = directory .. "/empty/bin/wolfprobe"
    local output, status = helper.run(("cd / && %s --version"):format(installed))
    assert.equal(0, status, output)
    assert.matches("^wolfprobe %S+ on wolfSSL %d", output)
  end)
end)
