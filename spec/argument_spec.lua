-- What the modules beside the face say of arguments of the wrong type.

local https = require "wolfssl.https"
local probe = require "wolfssl.probe"
local trace = require "wolfssl.trace"

local EMPTY = {}
local VALUES = { false, 5, "x", EMPTY } -- false: nil
local one = probe.define { name = "x", findings = {}, run = function() end }

-- Each with arguments before the wrong one, and what is right in its place.
local CALLS = {
  { "probe.target", probe.target, {} },
  { "probe.target", probe.target, { "localhost" }, right = { 5 } },
  { "probe.target", probe.target, { "localhost", 5 }, right = { false, EMPTY } },
  { "probe.connect", probe.connect, {} },
  { "probe.connect", probe.connect, { "localhost" }, right = { 5 } },
  { "probe.connect", probe.connect, { "localhost", 5 }, right = { false, EMPTY } },
  { "probe.define", probe.define, {} },
  { "probe.run", probe.run, {}, named = 1 },
  { "probe.run", probe.run, { one }, named = 2 },
  { "probe.accept", probe.accept, {}, right = { 5 } },
  { "probe.over", probe.over, {}, right = { 5 } },
  { "probe.extension", probe.extension, {}, named = 1 },
  { "trace.secrets", trace.secrets, {}, right = { false, EMPTY }, named = 1 },
  { "trace.record", trace.record, {}, named = 1 },
  { "trace.observer", trace.observer, {}, right = { false, EMPTY }, named = 1 },
  { "trace.spans", trace.spans, {}, right = { EMPTY }, named = 1 },
  { "trace.open_capture", trace.open_capture, {}, right = { "x" }, named = 1 },
  { "trace.open_capture", trace.open_capture, { "x" }, right = { false, EMPTY }, named = 2 },
  { "https.request", https.request, {}, right = { "x", EMPTY } },
  { "https.request", https.request, { "x" }, right = { false, "x" } },
  { "https.close_idle", https.close_idle, {}, right = { EMPTY }, named = 1 },
}

local function is_right(call, value)
  for _, right in ipairs(call.right or {}) do
    if right == value then return true end
  end
  return false
end

-- The error, which the line of this function is to be blamed for.
local function said_by(call, value)
  local arguments, count = {}, #call[3] + 1
  for i, argument in ipairs(call[3]) do arguments[i] = argument end
  arguments[count] = value or nil
  local ok, raised = pcall(function()
    call[2]((table.unpack or unpack)(arguments, 1, count)) -- luacheck: ignore 113 143
    return true
  end)
  assert.is_false(ok)
  return raised
end

describe("an argument of the wrong type", function()
  for _, call in ipairs(CALLS) do
    local position = #call[3] + 1
    it(("%d of %s is the caller's mistake"):format(position, call[1]), function()
      for _, value in ipairs(VALUES) do
        if not is_right(call, value) then
          local raised = said_by(call, value)
          assert.is_nil(raised:find("attempt to", 1, true), raised)
          assert.truthy(raised:find("argument_spec.lua:", 1, true), raised)
          local named = ("bad argument #%d to '%s'"):format(call.named or 0, call[1])
          assert.equal(call.named ~= nil, raised:find(named, 1, true) ~= nil, raised)
        end
      end
    end)
  end
end)
