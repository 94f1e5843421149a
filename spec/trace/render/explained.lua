--- Explanations for specs of renderers, made from our own recordings.

local explain = require "wolfssl.trace.explain"
local helper = require "helper"
local trace = require "wolfssl.trace"

local M = {}

--- The explanation of the last connection of a recording in spec/vectors.
function M.recording(name, options)
  local capture = assert(trace.open_capture(helper.read("spec/vectors/" .. name .. ".pcapng")))
  return explain.explain(capture.connections[#capture.connections].observer, options)
end

--- One with everything in it, also what no single connection has.
function M.everything()
  local model = M.recording("tls13-mutual", { secrets = true, origin = "a recording" })
  model.failure = {
    step = 2, side = "client", message = "no common version", code = "peer_incompatible",
    alert = { name = "protocol_version", value = 70, meaning = "No version in common." },
    where = 1, meaning = "Nothing fits.", causes = { "An old server." },
    text = "The client gave up.",
  }
  model.tamper = {
    byte = 100, from = "server", offset = model.records[6].offset + 20, record = 6, step = 6,
    message = "certificate", field = "cert_data",
    before = "0a", after = "0b", detected = true, by = "client", how = "the tag is wrong",
    text = "One byte was changed.",
  }
  model.steps[#model.steps].problem = "the tag is wrong"
  model.steps[#model.steps].more = { records = 3, bytes = 4096 }
  return model
end

--- A copy in which every string, wherever it stands, is made into another.
function M.map_strings(value, change)
  if type(value) == "string" then return change(value) end
  if type(value) ~= "table" then return value end
  local copy = {}
  for key, item in pairs(value) do copy[key] = M.map_strings(item, change) end
  return copy
end

return M
