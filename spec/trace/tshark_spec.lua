-- Recordings of OpenSSL with their secrets, beside tshark: the messages that are encrypted, too
-- (see spec/tls/tshark.lua).

local helper = require "helper"
local trace = require "wolfssl.trace"
local tshark = require "tls.tshark"

-- In one of these is every message that is ever encrypted; how many fields are compared at least.
local RECORDINGS = {
  ["tls12-renegotiated"] = 200, ["tls13-early-data"] = 200, ["tls13-key-update"] = 100,
  ["tls13-post-handshake"] = 150,
}

local function our_messages(path)
  local list = {}
  for _, connection in ipairs(assert(trace.open_capture(helper.read(path))).connections) do
    for _, entry in ipairs(connection.entries) do
      if entry.kind == "handshake" then list[#list + 1] = entry end
    end
  end
  return list
end

describe("wolfssl.trace beside tshark", function()
  if not helper.have("tshark") then
    pending("needs package tshark")
    return
  end

  for name, least in pairs(RECORDINGS) do
    it("finds every field of every message of " .. name .. " in the same place", function()
      local path, differences = "spec/vectors/" .. name .. ".pcapng", {}
      local ours = our_messages(path)
      local compared = tshark.compare(path, ours, differences)
      assert.same({}, differences)
      assert.same({}, ours)
      assert.is_true(compared >= least, compared)
    end)
  end
end)
