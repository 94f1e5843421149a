--- What the matrix of handshakes asks of each: that all of it is explained, and that tshark
-- decrypts the same application data.

local assert = require "luassert"
local blocking = require "wolfssl.transport.blocking"
local explain = require "wolfssl.trace.explain"
local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"
local tls = require "wolfssl.tls"

local M = {}

--- Whose programs there are.
M.have = { openssl = helper.have "openssl", gnutls = helper.have "gnutls-serv" }
M.have_tshark = helper.have "tshark" and helper.have "mergecap"

--- Options of a context that records, for one version or nil for all.
function M.traced(version, options)
  local all = version and peers.at(version) or {}
  all.trace = true
  for name, value in pairs(options or {}) do all[name] = value end
  return all
end

-- ------------------------------------------------------------------------------ explained

--- What nobody can tell from one recording: the check, and a pattern of the reason given.
M.UNKNOWN = {
  ["a root that the client trusts stands behind it"] = "whom the client trusts",
  ["a root that the server trusts stands behind it"] = "whom the server trusts",
}

-- And what cannot be told besides where there is only the key log of others, or where a handshake
-- did not come to the key that was named.
local NOT_LOGGED = {
  ["the binders show that the client has the keys it names"] = "pre%-shared keys is known",
}

local function assert_known(check, title, foreign)
  if check.ok ~= nil then return end
  local reason = M.UNKNOWN[check.what] or foreign and NOT_LOGGED[check.what]
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

local function assert_read(step)
  assert.is_true(step.readable, step.title .. ": " .. tostring(step.problem))
  assert.is_nil(step.problem, step.title)
  assert.is_string(step.section, step.title)
end

--- That there is no step which is not understood, and none without a reason and notes.
-- @tparam table model explanation
-- @tparam ?string unreadable pattern of the reason why some steps cannot be read
-- @tparam ?boolean foreign pre-shared keys may be unknown
function M.assert_told(model, unreadable, foreign)
  assert.is_true(#model.steps > 1)
  local closed = 0
  for _, step in ipairs(model.steps) do
    if unreadable and not step.readable then
      assert.matches(unreadable, step.problem)
      closed = closed + 1
    else
      assert_read(step)
    end
    assert.is_string(step.why, step.title)
    assert.is_true(#step.records > 0, step.title)
    if step.readable and step.name ~= "application_data" then
      assert.is_true(#step.fields > 0 or #step.bytes <= 8, step.title)
    end
    assert_fields(step)
    if step.readable then
      for _, check in ipairs(step.checks) do assert_known(check, step.title, foreign) end
    end
  end
  assert.equal(unreadable ~= nil, closed > 0)
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
  M.assert_told(model, nil, true)
  M.assert_right(model)
  assert.equal(2, M.count_checks(model, VERIFY_DATA))
  assert.equal("decode_error", model.failure.alert.name)
end

local function has_step(model, number, name)
  return model.steps[number] ~= nil and (not name or model.steps[number].name == name)
end

--- A handshake that failed, and why.
-- @tparam table model explanation
-- @tparam table expected `side` that gave up, `alert`, `answers`: name of the message it answers,
-- `unreadable`: see `assert_told`
function M.assert_failed(model, expected)
  M.assert_told(model, expected.unreadable, true)
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

-- ------------------------------------------------------------------------------- meddled

--- A change on the way: what `edit` does to the body of such a message in plaintext.
-- @string side that sends it
-- @string name of the message, in a record of its own or at its beginning
-- @func edit function(body)
-- @treturn function(from, bytes) bytes
function M.edit(side, name, edit)
  return function(from, bytes)
    local at = 1
    while from == side and at + 5 <= #bytes do
      local size = bytes:byte(at + 3) * 256 + bytes:byte(at + 4)
      local edited = bytes:byte(at) == 22 and M.edited(bytes:sub(at + 5, at + 4 + size), name, edit)
      if edited then
        return bytes:sub(1, at + 2) .. string.char(math.floor(#edited / 256), #edited % 256)
          .. edited .. bytes:sub(at + 5 + size)
      end
      at = at + 5 + size
    end
    return bytes
  end
end

--- The content of a record, its first message edited; nil where that is another one.
function M.edited(content, name, edit)
  local size = content:byte(2) * 65536 + content:byte(3) * 256 + content:byte(4)
  local message = tls.decode_handshake(content:sub(1, 4 + size), { version = 0x0303 })
  if not message or message.msg_type.name ~= name then return nil end
  edit(message.body)
  return assert(tls.encode_handshake(message, { version = 0x0303 })) .. content:sub(5 + size)
end

--- A change on the way: the session id of the ClientHello claims to be longer than all.
function M.cut_hello(from, bytes)
  if from ~= "client" or bytes:sub(1, 1) ~= "\22" or bytes:byte(6) ~= 1 then return bytes end
  return bytes:sub(1, 43) .. "\255" .. bytes:sub(45)
end

--- A change on the way: a Finished instead of the ClientHello.
function M.wrong_type(from, bytes)
  if from ~= "client" or bytes:sub(1, 1) ~= "\22" or bytes:byte(6) ~= 1 then return bytes end
  return bytes:sub(1, 5) .. "\20" .. bytes:sub(7)
end

local SECONDS = 100

--- A stream of ours to a port on this machine, with somebody in between.
-- @param context of a client
-- @int port
-- @tparam ?function change function(from, bytes, established) bytes
-- @return stream, and the meddler: its field `established` is for the caller to set
function M.meddled(context, port, change)
  local transport = assert(blocking.connect("127.0.0.1", port, SECONDS))
  local meddler = { change = change }
  local function pass(from, bytes)
    return bytes and change and change(from, bytes, meddler.established) or bytes
  end
  function meddler.read(_, ...)
    local bytes, why = transport:read(...)
    return pass("server", bytes), why
  end
  function meddler.write(_, bytes, timeout)
    return transport:write(pass("client", bytes), timeout)
  end
  function meddler.close() return transport:close() end
  return context:wrap(meddler, { server_name = "localhost", timeout = SECONDS }), meddler
end

--- Whether the recorder could read every entry.
function M.assert_decrypted(entries)
  for _, entry in ipairs(entries) do
    assert.is_nil(entry.problem, entry.name)
    assert.not_equal(false, entry.decrypted, entry.name)
  end
end

--- How many entries have that name.
function M.count(entries, name)
  local count = 0
  for _, entry in ipairs(entries) do
    if entry.name == name then count = count + 1 end
  end
  return count
end

--- The first entry of that name.
function M.first(entries, name)
  for _, entry in ipairs(entries) do
    if entry.name == name then return entry end
  end
end

--- Whether the client shows a ticket of TLS 1.2 in its first message.
function M.shows_ticket(entries)
  local ticket = tls.extension.find(entries[1].message.body.extensions, "session_ticket")
  return ticket ~= nil and #ticket.ticket > 0
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
-- same connection. Its address alone could be in ciphertext; it stands beside the server's.
local function move(bytes, number)
  local client = "\192\0\2" .. string.char(100 + number)
  return (bytes:gsub("\192%z\2\1(\192%z\2\2)", client .. "%1")
    :gsub("(\192%z\2\2)\192%z\2\1", "%1" .. client))
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

--- That as a fact, the last of a describe.
-- @func pending of busted
-- @treturn string, function for `it`
function Pile:fact(pending)
  return "and tshark decrypts the same application data, told nothing", function()
    if not M.have_tshark then return pending "needs package tshark" end
    assert.is_true(self:assert_same() > 0)
  end
end

return M
