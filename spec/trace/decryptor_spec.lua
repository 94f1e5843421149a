local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local crypto = require "wolfssl.trace.crypto"
local decryptor = require "wolfssl.trace.decryptor"
local key_schedule = require "wolfssl.trace.key_schedule.tls12"
local record = require "wolfssl.tls.record"

local ALERT, HANDSHAKE, DATA = 21, 22, 23

-- Every suite that can be opened, in every version that has it, in both orders of the MAC.
local function each_protection(visit)
  for _, suite in ipairs(cipher_suite.list) do
    for version = 0x0301, 0x0304 do
      local defined = suite.min_version and version >= suite.min_version
        and version <= suite.max_version
      if defined and decryptor.supports(version, suite) then
        visit(version, suite, false)
        if suite.block_length and version < 0x0304 then visit(version, suite, true) end
      end
    end
  end
end

local function make(version, suite, encrypt_then_mac)
  if version == 0x0304 then
    return decryptor.tls13(suite, ("s"):rep(suite.hash == "SHA384" and 48 or 32))
  end
  local schedule = key_schedule.new { version = version, suite = suite,
    client_random = ("c"):rep(32), server_random = ("s"):rep(32) }
  schedule:add { name = "master_secret", secret = ("m"):rep(48) }
  return decryptor.tls12(version, suite, "client", schedule:key_block(),
    { encrypt_then_mac = encrypt_then_mac })
end

local function changed(bytes, i)
  return bytes:sub(1, i - 1) .. string.char((bytes:byte(i) + 1) % 256) .. bytes:sub(i + 1)
end

describe("trace.decryptor", function()
  it("opens what it seals, for every suite, record after record", function()
    local kinds = {}
    each_protection(function(version, suite, encrypt_then_mac)
      local writer, reader = make(version, suite, encrypt_then_mac),
        make(version, suite, encrypt_then_mac)
      for i, content in ipairs { "ping", "", ("x"):rep(1000), ("y"):rep(16384) } do
        local sealed = assert(record.decode(writer:seal(i == 1 and HANDSHAKE or DATA, content)))
        local opened, kind = reader:open(sealed)
        assert.equal(content, opened, suite.name)
        assert.equal(i == 1 and HANDSHAKE or DATA, kind)
        assert.equal(i, reader.sequence)
      end
      kinds[suite.cipher .. suite.bits .. tostring(suite.mode) .. tostring(suite.tag_length)] = true
    end)
    local count = 0
    for _ in pairs(kinds) do count = count + 1 end
    -- AES-GCM, -CCM, -CCM_8 and -CBC with both keys, ChaCha20-Poly1305, 3DES-CBC, NULL
    assert.equal(11, count)
  end)

  it("refuses a record with any byte changed, and stays as it was", function()
    each_protection(function(version, suite, encrypt_then_mac)
      local writer, reader = make(version, suite, encrypt_then_mac),
        make(version, suite, encrypt_then_mac)
      local sealed = writer:seal(DATA, "attack at dawn")
      for i = 6, #sealed, 3 do
        local forged = assert(record.decode(changed(sealed, i)))
        local content, message, code = reader:open(forged)
        assert.is_nil(content)
        assert.equal("string", type(message))
        assert.equal("decode_error", code)
      end
      assert.equal("attack at dawn", (reader:open(assert(record.decode(sealed)))))
    end)
  end)

  it("refuses every shorter fragment", function()
    each_protection(function(version, suite, encrypt_then_mac)
      local sealed = assert(record.decode(make(version, suite, encrypt_then_mac):seal(DATA, "")))
      local reader, fragment = make(version, suite, encrypt_then_mac), sealed.fragment
      for length = 0, #fragment - 1 do
        sealed.fragment = fragment:sub(1, length)
        local content, _, code = reader:open(sealed)
        assert.is_nil(content, suite.name)
        assert.equal("decode_error", code)
      end
    end)
  end)

  it("refuses a record out of its turn", function()
    each_protection(function(version, suite, encrypt_then_mac)
      local writer, reader = make(version, suite, encrypt_then_mac),
        make(version, suite, encrypt_then_mac)
      writer:seal(DATA, "first")
      assert.is_nil((reader:open(assert(record.decode(writer:seal(DATA, "second"))))))
    end)
  end)

  it("takes longer padding: zeros in TLS 1.3, further blocks in CBC", function()
    local gcm = cipher_suite.by_name.TLS_AES_128_GCM_SHA256
    local sealed = make(0x0304, gcm):seal(ALERT, "\1\0", { padding = 30 })
    assert.equal(5 + 2 + 1 + 30 + 16, #sealed)
    local content, kind, padding = make(0x0304, gcm):open(assert(record.decode(sealed)))
    assert.same({ "\1\0", ALERT, 30 }, { content, kind, padding })
    local cbc = cipher_suite.by_name.TLS_RSA_WITH_AES_128_CBC_SHA
    local longer = make(0x0303, cbc):seal(DATA, "x", { padding = 3 })
    assert.equal(#make(0x0303, cbc):seal(DATA, "x") + 48, #longer)
    assert.equal("x", (make(0x0303, cbc):open(assert(record.decode(longer)))))
  end)

  it("refuses CBC padding of which one byte is wrong", function()
    local cbc = cipher_suite.by_name.TLS_RSA_WITH_AES_128_CBC_SHA
    local writer, reader = make(0x0303, cbc), make(0x0303, cbc)
    local mac = crypto.hmac("sha1", writer.mac_key, ("\0"):rep(8) .. "\23\3\3\0\3abc")
    local padded, iv = "abc" .. mac .. ("\8"):rep(9), ("\0"):rep(16)
    for i = #padded - 8, #padded do
      local fragment = iv .. crypto.cbc_encrypt("aes-128-cbc", writer.key, iv, changed(padded, i))
      assert.is_nil((reader:open { type = { value = DATA }, fragment = fragment,
        legacy_record_version = { value = 0x0303 } }))
    end
  end)

  it("refuses a TLS 1.3 record that is padding only", function()
    local suite = cipher_suite.by_name.TLS_AES_128_GCM_SHA256
    local sealed = make(0x0304, suite):seal(0, "")
    local content, message = make(0x0304, suite):open(assert(record.decode(sealed)))
    assert.is_nil(content)
    assert.truthy(message:find("content type"))
  end)

  it("goes on to the next secret", function()
    local suite = cipher_suite.by_name.TLS_AES_256_GCM_SHA384
    local writer, reader = make(0x0304, suite), make(0x0304, suite)
    reader:open(assert(record.decode(writer:seal(DATA, "old"))))
    local before = writer.secret
    writer:update()
    assert.are_not.equal(before, writer.secret)
    local sealed = assert(record.decode(writer:seal(DATA, "new")))
    assert.is_nil((reader:open(sealed)))
    reader:update()
    assert.equal("new", (reader:open(sealed)))
  end)

  it("says which suites and versions it does not open", function()
    for _, case in ipairs {
      { 0x0303, "TLS_RSA_WITH_RC4_128_SHA" }, { 0x0303, "TLS_RSA_WITH_CAMELLIA_128_CBC_SHA" },
      { 0x0303, "TLS_AES_128_GCM_SHA256" }, { 0x0304, "TLS_RSA_WITH_AES_128_GCM_SHA256" },
      { 0x0304, "TLS_SHA256_SHA256" }, { 0x0303, "TLS_NULL_WITH_NULL_NULL" },
      { 0x0300, "TLS_RSA_WITH_AES_128_CBC_SHA" }, { 0x0304, "TLS_SM4_GCM_SM3" },
      { 0x0303, "TLS_EMPTY_RENEGOTIATION_INFO_SCSV" },
    } do
      local ok, message, code = decryptor.supports(case[1], cipher_suite.by_name[case[2]])
      assert.is_nil(ok, case[2])
      assert.equal("string", type(message))
      assert.equal("not_compiled_in", code)
    end
    assert.is_nil((decryptor.supports(0x0303, cipher_suite:entry(0x1234))))
  end)

  it("passes plain records through", function()
    local plain = decryptor.plain()
    local sealed = plain:seal(HANDSHAKE, "hello")
    assert.equal("\22\3\1\0\5hello", sealed)
    assert.equal("hello", (plain:open(assert(record.decode(sealed)))))
  end)
end)
