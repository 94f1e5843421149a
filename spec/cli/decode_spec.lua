local helper = require "helper"
local tls = require "wolfssl.tls"

local function decode(arguments)
  return helper.run(("%s lua/bin/wolfprobe decode %s"):format(helper.interpreter(), arguments))
end

local HELLO = tls.encode_handshake {
  msg_type = "client_hello",
  body = {
    legacy_version = 0x0303, random = ("\1"):rep(32), legacy_session_id = "",
    cipher_suites = { "TLS_AES_128_GCM_SHA256" }, legacy_compression_methods = { 0 },
    extensions = { { extension_type = "server_name", extension_data = { server_name_list = {
      { name_type = "host_name", name = "a.example" } } } } },
  },
}

local function record(kind, fragment)
  return tls.record.encode { type = kind, legacy_record_version = 0x0301, fragment = fragment }
end

describe("wolfprobe decode", function()
  teardown(helper.cleanup)

  it("shows a handshake message, field by field, with its fingerprints", function()
    local output, status = decode(helper.hex(HELLO))
    assert.equal(0, status)
    assert.is_truthy(output:find "^client_hello, from the client, %d+ bytes\n")
    assert.is_truthy(output:find 'name = "a%.example"')
    assert.is_truthy(output:find "cipher_suites%[1%] =%s+TLS_AES_128_GCM_SHA256")
    assert.is_truthy(output:find("ja4 +t12d010100_%x+_000000000000\n"))
  end)

  it("takes records, from a file of bytes or of digits, and from stdin", function()
    local directory = helper.tempdir()
    local bytes = record("handshake", HELLO:sub(1, 20)) .. record("handshake", HELLO:sub(21))
      .. record("alert", "\1\0")
    helper.write(directory .. "/bytes", bytes)
    helper.write(directory .. "/digits", (helper.hex(bytes):gsub("(..)(..)", "0x%1, 0x%2\n")))
    local output, status = decode(directory .. "/bytes")
    assert.equal(0, status)
    assert.is_truthy(output:find "client_hello, from the client")
    assert.is_truthy(output:find "alert, from the client, 2 bytes.*close_notify")
    assert.equal(output, (decode(directory .. "/digits")))
    assert.equal(output, (decode("- < " .. directory .. "/bytes")))
  end)

  it("needs the version for messages that have two forms", function()
    local empty = "0b000004" .. "00000000"
    local output, status = decode(empty .. " --tls 1.3")
    assert.equal(0, status)
    assert.is_truthy(output:find("certificate_request_context", 1, true))
    assert.is_nil(decode("0b000003000000 --tls 1.2"):find("certificate_request_context", 1, true))
  end)

  it("tells what cannot be decoded, and where", function()
    local bytes = tls.encode_handshake { msg_type = "client_hello", body = HELLO:sub(5, -2) }
    local output, status = decode(helper.hex(bytes))
    assert.equal(1, status)
    assert.is_truthy(output:find "at offset %d+")
    output, status = decode "474554202f"
    assert.equal(1, status)
    assert.is_truthy(output:find "neither TLS records nor one handshake message nor an alert")
    output, status = decode "/nowhere/at/all"
    assert.equal(2, status)
    assert.is_truthy(output:find "No such file")
  end)

  it("writes JSON that other readers read", function()
    local found, cjson = pcall(require, "cjson")
    if not found then return pending "needs package lua-cjson" end
    local output, status = decode("--json 0228")
    assert.equal(0, status)
    local list = cjson.decode(output)
    assert.equal("alert", list[1].name)
    assert.equal("handshake_failure", list[1].fields[2].value)
    assert.equal(1, list[1].fields[2].offset)
  end)
end)
