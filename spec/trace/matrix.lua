--- What the matrix of handshakes asks of each: that all of it is explained, and that tshark
-- decrypts the same application data.

local assert = require "luassert"
local explain = require "wolfssl.trace.explain"
local helper = require "helper"
local pki = require "pki"

local M = {}

-- ------------------------------------------------------------------------------ explained

--- What nobody can tell from one recording: the check, and a pattern of the reason given.
M.UNKNOWN = {
  ["the binders show that the client has the keys it names"] = "pre%-shared keys is known",
  ["a root that the client trusts stands behind it"] = "whom the client trusts",
  ["a root that the server trusts stands behind it"] = "whom the server trusts",
}

local function assert_known(check, title)
  if check.ok ~= nil then return end
  local reason = M.UNKNOWN[check.what]
  assert.is_string(reason, title .. ": cannot tell whether " .. check.what)
  assert.matches(reason, check.detail)
end

local function assert_fields(step)
  for _, field in ipairs(step.fields) do
    assert.is_string(field.note, step.title .. ": no note on " .. field.path)
    assert.is_string(field.value or field.bytes or field.name, step.title .. " " .. field.path)
    assert.is_true(2 * (field.offset + field.length) <= #step.bytes, step.title)
  end
end

--- That there is no step which is not understood, and none without a reason and notes.
function M.assert_told(model)
  assert.is_true(#model.steps > 1)
  for _, step in ipairs(model.steps) do
    assert.is_true(step.readable, step.title .. ": " .. tostring(step.problem))
    assert.is_nil(step.problem, step.title)
    assert.is_string(step.why, step.title)
    assert.is_string(step.section, step.title)
    assert.is_true(#step.records > 0, step.title)
    if step.name ~= "application_data" then
      assert.is_true(#step.fields > 0 or #step.bytes <= 8, step.title)
    end
    assert_fields(step)
    for _, check in ipairs(step.checks) do assert_known(check, step.title) end
  end
end

--- That no check fails but those expected, a set of names.
function M.assert_right(model, except)
  for _, step in ipairs(model.steps) do
    for _, check in ipairs(step.checks) do
      if not (except and except[check.what:gsub(" %(.*", "")]) then
        assert.not_equal(false, check.ok, ("%s: %s: %s"):format(step.title, check.what,
          tostring(check.detail)))
      end
    end
  end
end

--- How many steps have such a check, made and passed.
function M.count_checks(model, pattern)
  local count = 0
  for _, step in ipairs(model.steps) do
    for _, check in ipairs(step.checks) do
      if check.ok and check.what:find(pattern) then count = count + 1 end
    end
  end
  return count
end

local VERIFY_DATA, SIGNATURE = "^verify_data", "^the signature fits"

-- Who can decrypt the premaster secret has shown that way who he is.
local function signatures(model)
  if model.kind.form ~= "full" or model.kind.key_exchange == "RSA" then return 0 end
  return model.kind.mutual and 2 or 1
end

--- A handshake that went well, all of it.
-- @tparam table model explanation
-- @tparam table expected `version`, `form`, `mutual`, `retry`; `finished`: how many, 2;
-- `signatures`: how many; `except`: checks that may fail
function M.assert_complete(model, expected)
  local kind = model.kind
  M.assert_told(model)
  M.assert_right(model, expected.except)
  assert.equal(expected.version, kind.version)
  assert.equal(expected.form or "full", kind.form)
  assert.equal(expected.mutual or false, kind.mutual)
  assert.equal(expected.retry or false, kind.retry)
  assert.equal("complete", kind.outcome, model.failure and model.failure.text)
  assert.is_nil(model.failure)
  assert.equal(expected.finished or 2, M.count_checks(model, VERIFY_DATA))
  assert.equal(expected.signatures or signatures(model), M.count_checks(model, SIGNATURE))
end

--- A handshake that went well, and a connection that the server did not live to end.
function M.assert_cut(model)
  M.assert_told(model)
  M.assert_right(model)
  assert.equal(2, M.count_checks(model, VERIFY_DATA))
  assert.equal("decode_error", model.failure.alert.name)
end

local function has_step(model, number, name)
  return model.steps[number] ~= nil and (not name or model.steps[number].name == name)
end

--- A handshake that failed, and why.
-- @tparam table model explanation
-- @tparam table expected `side` that gave up, `alert`, `answers`: name of the message it answers
function M.assert_failed(model, expected)
  M.assert_told(model)
  local failure = model.failure
  assert.is_table(failure, "nothing failed")
  assert.equal("failed", model.kind.outcome)
  assert.equal("broken", model.verdict.lock)
  assert.equal(expected.alert, failure.alert and failure.alert.name, failure.text)
  assert.equal(expected.side, failure.side)
  assert.is_string(failure.alert.meaning)
  assert.is_true(#failure.causes > 0, "no causes for " .. expected.alert)
  assert.is_true(has_step(model, failure.step, "alert"))
  assert.is_true(has_step(model, failure.where) and failure.where < failure.step, failure.text)
  assert.equal(expected.answers, model.steps[failure.where].name, failure.text)
  assert.is_truthy(failure.text:find(expected.alert, 1, true))
end

--- What was recorded, explained with the root of the specs.
function M.explain(recorder)
  return explain.recording(recorder, { trust = { pki.root } })
end

--- Whether the recorder could read every entry.
function M.assert_decrypted(entries)
  for _, entry in ipairs(entries) do
    assert.is_nil(entry.problem, entry.name)
    assert.not_equal(false, entry.decrypted, entry.name)
  end
end

-- ------------------------------------------------------------------------------- tshark

--- Application data of entries, by direction.
function M.talk_of(entries)
  local talk = { client = "", server = "" }
  for _, entry in ipairs(entries) do
    if entry.kind == "application_data" then
      talk[entry.from] = talk[entry.from] .. helper.hex(entry.bytes)
    end
  end
  return talk
end

local Pile = {}
Pile.__index = Pile

--- A pile of captures for tshark, which reads them all at once: it takes long to start.
function M.pile()
  return setmetatable({ paths = {}, names = {}, talks = {} }, Pile)
end

-- Our writer's client, 192.0.2.1, becomes another one in each, or tshark would take all for the
-- same connection.
local function move(bytes, number)
  return (bytes:gsub("\192%z\2\1", "\192\0\2" .. string.char(100 + number)))
end

--- Puts a capture on it, and the entries that we found in each of its connections.
function Pile:put(name, bytes, connections)
  self.directory = self.directory or helper.tempdir()
  local number = #self.paths + 1
  local path = ("%s/%d.pcapng"):format(self.directory, number)
  self.paths[number] = helper.write(path, move(bytes, number))
  for _, entries in ipairs(connections) do
    self.names[#self.names + 1] = name
    self.talks[#self.talks + 1] = M.talk_of(entries)
  end
end

--- Puts what was recorded on it.
function Pile:record(name, recorder)
  self:put(name, recorder:capture(), { recorder:entries() })
end

local function streams_of(output)
  local streams = {}
  for number, node, lines in output:gmatch(
      "Filter: tcp%.stream eq (%d+)\nNode 0: ([^\n]+)\nNode 1: [^\n]+\n(.-)===") do
    local first = node:find(":443$") and "server" or "client"
    local other = first == "server" and "client" or "server"
    local talk = { client = "", server = "" }
    for tab, hex in lines:gmatch("(\t?)(%x+)") do
      local from = tab == "" and first or other
      talk[from] = talk[from] .. hex
    end
    streams[tonumber(number) + 1] = talk
  end
  return streams
end

--- That tshark, told nothing, decrypts the same application data in each.
function Pile:assert_same()
  local follow = {}
  for i = 1, #self.talks do follow[i] = ("-z follow,tls,raw,%d"):format(i - 1) end
  local output, status = helper.run(("mergecap -F pcapng -a -w - %s | tshark -q -r - %s"):format(
    table.concat(self.paths, " "), table.concat(follow, " ")))
  assert.equal(0, status, output)
  local streams = streams_of(output)
  for i, talk in ipairs(self.talks) do assert.same(talk, streams[i], self.names[i]) end
  return #self.talks
end

return M
