-- Every field that the codec describes has a note.

local alert = require "wolfssl.tls.alert"
local extension = require "wolfssl.tls.extension"
local extension_type = require "wolfssl.tls.registry.extension_type"
local handshake = require "wolfssl.tls.handshake"
local notes = require "wolfssl.trace.notes"
local record = require "wolfssl.tls.record"
local secrets = require "wolfssl.trace.notes.secrets"
local tls13 = require "wolfssl.trace.key_schedule.tls13"

-- Calls visit(path) for every named field of a type; what has several forms is seen in all.
local function walk(kind, path, visit)
  if kind.fields then
    for _, field in ipairs(kind.fields) do
      local below = path == "" and field[1] or path .. "." .. field[1]
      visit(below)
      walk(field[2], below, visit)
    end
  end
  for _, case in ipairs(kind.cases or {}) do walk(case, path, visit) end
  for _, part in ipairs { kind.element or false, kind.content or false } do
    if part and part.kind ~= "extension" then walk(part, path, visit) end
  end
end

local CODES = { "CH", "SH", "SH12", "HRR", "EE", "CT", "CR", "NST" }

describe("wolfssl.trace.notes", function()
  it("has a title and a reason for every handshake message", function()
    local count = 0
    for name in pairs(handshake.bodies) do
      local note = notes.message(name)
      assert.is_table(note, name)
      assert.is_string(note.title, name)
      assert.is_truthy(note.why, name)
      assert.is_truthy(note.section, name)
      count = count + 1
    end
    assert.is_true(count > 20)
  end)

  it("has a note for every field of every message", function()
    local missing, count = {}, 0
    local names = { hello_retry_request = handshake.bodies.server_hello }
    for name, body in pairs(handshake.bodies) do names[name] = body end
    for name, body in pairs(names) do
      walk(body, "", function(path)
        count = count + 1
        local text = notes.field(name, "body." .. path)
        if not text then missing[#missing + 1] = name .. " " .. path end
      end)
    end
    assert.same({}, missing)
    assert.is_true(count > 60)
  end)

  it("has a note for every field of alerts, change_cipher_spec and heartbeats", function()
    for name, kind in pairs { alert = alert.type, change_cipher_spec = alert.change_cipher_spec,
      heartbeat = alert.heartbeat } do
      walk(kind, "", function(path)
        assert.is_truthy(notes.field(name, path), name .. " " .. path)
      end)
    end
  end)

  it("has a note for every field of records, DTLS too", function()
    for _, kind in ipairs { record.type, record.dtls_type } do
      walk(kind, "", function(path) assert.is_string(notes.record(path), path) end)
    end
  end)

  it("has a note for every extension, and every field of it, in every message", function()
    local missing, count = {}, 0
    for _, code in ipairs(CODES) do
      for name, kind in pairs(extension.types(code)) do
        local function at() return name end
        local function look(path)
          count = count + 1
          local text = notes.field("client_hello", path, at, code)
          if not text then missing[#missing + 1] = code .. " " .. name .. " " .. path end
        end
        look("body.extensions[1]")
        look("body.extensions[1].extension_type")
        look("body.extensions[1].extension_data")
        walk(kind, "", function(path) look("body.extensions[1].extension_data." .. path) end)
        assert.is_string(notes.extension(name).section, name)
      end
    end
    assert.same({}, missing)
    assert.is_true(count > 400)
  end)

  it("says of an unknown extension that it may be skipped", function()
    local text = notes.field("client_hello", "body.extensions[3].extension_data",
      function() return "unknown (0x1234)" end, "CH")
    assert.is_truthy(text:find("ignores", 1, true))
  end)

  it("speaks of no extension that the registry does not have", function()
    for name in pairs(require "wolfssl.trace.notes.extensions") do
      assert.is_not_nil(extension_type:value(name), name)
    end
  end)

  it("has every secret of RFC 8446 section 7.1, with its label", function()
    local by_name = {}
    for _, row in ipairs(secrets.tls13) do by_name[row.name] = row end
    for name, of in pairs(tls13.SECRETS) do
      assert.equal(of[1], by_name[name].inputs[1], name)
      assert.equal(of[2], by_name[name].label, name)
    end
  end)
end)
