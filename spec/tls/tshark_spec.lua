-- The shared captures beside tshark: the messages in the clear (see spec/tls/tshark.lua).

local helper = require "helper"
local recordings = require "tls.recordings"
local tshark = require "tls.tshark"

local function our_messages(path)
  local list = {}
  local function keep(bytes, context)
    local copy = { version = context.version, cipher_suite = context.cipher_suite }
    list[#list + 1] = { bytes = bytes, context = copy }
  end
  local function nothing() end
  for _, recording in ipairs((recordings.capture(path))) do
    recordings.walk(recording, { message = keep, record = nothing, sslv2 = nothing,
      change_cipher_spec = nothing, encrypted = nothing })
  end
  return list
end

describe("wolfssl.tls beside tshark", function()
  local root = helper.vectors()
  if not root then
    pending("needs the shared vectors (WOLFSSL_VECTORS)")
    return
  end
  if not helper.have("tshark") then
    pending("needs package tshark")
    return
  end

  it("finds every field of every message in the same place, under the same name", function()
    local compared, left, differences = 0, 0, {}
    for _, path in ipairs(helper.find(root, "-name '*.pcap'")) do
      local ours = our_messages(path)
      compared = compared + tshark.compare(path, ours, differences)
      left = left + #ours
    end
    io.write(("[%d fields, %d messages not shown] "):format(compared, left))
    assert.same({}, differences)
    assert.is_true(compared > 5000)
  end)
end)
