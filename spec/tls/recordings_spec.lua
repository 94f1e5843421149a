local helper = require "helper"
local recordings = require "tls.recordings"
local tls = require "wolfssl.tls"

local root = helper.vectors()

local function check_message(bytes, context, message, where)
  assert.is_nil(message.msg_type.unknown, where)
  assert.is_table(message.body, where)
  assert.equal(bytes, tls.encode_handshake(message, context), where)
  for _, entry in ipairs(message.body.extensions or {}) do
    local strange = entry.misplaced or entry.duplicate or entry.extension_type.unknown
    assert.is_nil(strange, where .. " " .. entry.extension_type.name)
  end
end

local function refuse_prefixes(bytes, context)
  for length = 0, #bytes - 1 do
    local value, _, code, detail = tls.decode_handshake(bytes:sub(1, length), context)
    assert.is_true(value == nil and code == "decode_error" and type(detail.path) == "string"
      and detail.offset <= length)
  end
end

-- Walks one recording; returns how many messages it had.
local function check(recording)
  local count, tracker = 0, tls.sequence.tracker()
  local function advance(side, name, version)
    if tracker.established then return end   -- a renegotiation, encrypted
    local ok, text = tracker:advance(side, name, version)
    assert(ok, recording.name .. ": " .. tostring(text))
  end
  recordings.walk(recording, {
    record = function(record)
      local copy = tls.record.decode(tls.record.encode(record))
      assert.equal(record.fragment, copy.fragment)
      assert.equal(record.type, copy.type)
    end,
    message = function(bytes, context, side, message)
      local name = tls.handshake.name(message)
      count = count + 1
      check_message(bytes, context, message, recording.name .. " " .. name)
      refuse_prefixes(bytes, context)
      advance(side, name, name == "server_hello" and context.version or nil)
    end,
    change_cipher_spec = function(side) advance(side, "change_cipher_spec") end,
    encrypted = function(side) advance(side, "finished") end,
    sslv2 = function(record)
      count = count + 1
      assert.equal(record.fragment, tls.sslv2.encode(record.sslv2_client_hello))
      advance("client", "client_hello")
    end,
  })
  return count
end

describe("wolfssl.tls on the recordings of others", function()
  if not root then
    pending("needs the shared vectors (WOLFSSL_VECTORS)")
    return
  end

  local list = recordings.all(root)

  it("decodes every message, writes it back byte for byte, finds the order legal", function()
    local messages = 0
    for _, recording in ipairs(list) do messages = messages + check(recording) end
    assert.is_true(#list >= 80, #list)
    assert.is_true(messages >= 440, messages)
  end)

  local function plaintext(version, file)
    return helper.read(root .. "/illustrated-" .. version .. "/caps/" .. file)
  end

  it("decodes the decrypted messages of both Illustrated connections", function()
    local tls13 = { version = 0x0304, cipher_suite = "TLS_AES_256_GCM_SHA384" }
    for file, name in pairs {
      serverextensions = "encrypted_extensions", servercert = "certificate",
      servercertverify = "certificate_verify", serverfinished = "finished",
      clientfinished = "finished", serverticket1 = "new_session_ticket",
      serverticket2 = "new_session_ticket",
    } do
      local bytes = plaintext("tls13", file):sub(1, -2)   -- without the inner content type
      local message, text = tls.decode_handshake(bytes, tls13)
      assert(message, file .. ": " .. tostring(text))
      assert.equal(name, message.msg_type.name)
      assert.equal(bytes, tls.encode_handshake(message, tls13))
      refuse_prefixes(bytes, tls13)
    end
    for _, file in ipairs { "clientfinishedplain", "serverfinishedplain" } do
      local message = assert(tls.decode_handshake(plaintext("tls12", file):sub(1, 16),
        { version = 0x0303 }))
      assert.equal(12, #message.body.verify_data)
    end
    local alert = assert(tls.decode_alert(plaintext("tls12", "clientalertplain"):sub(1, 2)))
    assert.equal("close_notify", alert.description.name)
  end)

  it("puts the messages of DTLS together", function()
    local sides, contexts, names, client = {}, { dtls = true }, {}, nil
    local tracker = tls.sequence.tracker()
    local _, datagrams = recordings.capture(root .. "/zeek/dtls1_2.pcap")
    for _, datagram in ipairs(datagrams) do
      local from = datagram.source.address .. " " .. datagram.source.port
      client = client or from
      sides[from] = sides[from] or tls.dtls.reassembler()
      local list_of, text = tls.record.datagram(datagram.bytes)
      assert.is_nil(text)
      for _, record in ipairs(list_of) do
        local side = from == client and "client" or "server"
        if record.type.name == "change_cipher_spec" then
          assert(tracker:advance(side, "change_cipher_spec"))
        elseif record.type.name == "handshake" and record.epoch == 1 then
          assert(tracker:advance(side, "finished"))
        elseif record.type.name == "handshake" then
          assert(sides[from]:push(record.fragment))
          for bytes in function() return (sides[from]:next()) end do
            local message = assert(tls.decode_handshake(bytes, contexts))
            tls.handshake.observe(contexts, message)
            assert.is_table(message.body)
            assert.equal(bytes, tls.encode_handshake(message, contexts))
            names[#names + 1] = tls.handshake.name(message)
            assert(tracker:advance(side, names[#names], contexts.version))
          end
        end
      end
    end
    assert.equal("client_hello hello_verify_request client_hello server_hello certificate "
      .. "server_key_exchange server_hello_done client_key_exchange new_session_ticket",
      table.concat(names, " "))
    assert.equal("tls12", tracker.established)
  end)
end)
