local keylog = require "wolfssl.trace.keylog"
local helper = require "helper"

local RANDOM = ("00112233445566778899aabbccddeeff"):rep(2)
local SECRET = ("5a"):rep(48)

describe("wolfssl.trace.keylog", function()
  it("reads labels, randoms and secrets, comments and blank lines apart", function()
    local entries, problems = keylog.read(("# made by hand\r\n\nCLIENT_RANDOM %s %s\r\n")
      :format(RANDOM:upper(), SECRET))
    assert.are.same({ {
      label = "CLIENT_RANDOM", client_random = helper.unhex(RANDOM),
      secret = helper.unhex(SECRET),
    } }, entries)
    assert.are.same({}, problems)
  end)

  it("reads the forms of RSA lines", function()
    local entries = keylog.read("RSA 0011223344556677 " .. SECRET .. "\nRSA Session-ID:0102 "
      .. "Master-Key:" .. SECRET)
    assert.are.equal("\0\17\34\51\68\85\102\119", entries[1].encrypted_premaster)
    assert.are.equal("\1\2", entries[2].session_id)
    assert.are.equal(48, #entries[2].secret)
  end)

  local MALFORMED = {
    ["not a label and two fields"] = "CLIENT_RANDOM " .. RANDOM,
    ["the client random is not 32 bytes in hex"] = "CLIENT_RANDOM 0011 " .. SECRET,
    ["the secret is not in hex"] = "CLIENT_RANDOM " .. RANDOM .. " 0g",
    ["an RSA line takes two fields in hex"] = "RSA Session-ID:zz Master-Key:00",
  }
  for message, line in pairs(MALFORMED) do
    it("tells: " .. message, function()
      local entries, problems = keylog.read("# first\n" .. line .. "\nX " .. RANDOM .. " 00\n")
      assert.are.same({ { line = 2, message = message } }, problems)
      assert.are.equal("X", entries[1].label)
    end)
  end

  it("reads a line of spaces as fast as others", function()
    local spaces = (" "):rep(500000)
    assert.are.same({}, (keylog.read(spaces .. "\nX" .. spaces .. "Y\n")))
    assert.are.equal("X", keylog.parse_line("X " .. RANDOM .. " 00" .. spaces).label)
  end)

  it("refuses odd numbers of digits", function()
    assert.is_nil((keylog.parse_line("RSA 001 00")))
    assert.is_nil((keylog.parse_line("X " .. RANDOM .. " 000")))
  end)

  it("writes what it reads", function()
    local text = ("CLIENT_RANDOM %s %s\nEXPORTER_SECRET %s 00ff\nRSA 0011223344556677 01\n"
      .. "RSA Session-ID:0102 Master-Key:03\n"):format(RANDOM, SECRET, RANDOM)
    assert.are.equal(text, keylog.write((keylog.read(text))))
  end)

  it("indexes secrets by client random and label", function()
    local index = keylog.index((keylog.read(("A %s 01\nB %s 02\nA %s 03\n"):format(RANDOM, RANDOM,
      ("00"):rep(32)))))
    assert.are.same({ A = "\1", B = "\2" }, index[helper.unhex(RANDOM)])
    assert.are.same({ A = "\3" }, index[("\0"):rep(32)])
  end)

  it("refuses every proper prefix of a line", function()
    local line = "CLIENT_RANDOM " .. RANDOM .. " 0102"
    for i = 1, #line - 1 do
      local entry = keylog.parse_line(line:sub(1, i))
      assert.is_true(entry == nil or i == #line - 2)
    end
  end)

  it("reads the key logs of others", function()
    local vectors = helper.vectors()
    if not vectors then return pending("needs the shared vectors") end
    for name, count in pairs { ["illustrated-tls12"] = 1, ["illustrated-tls13"] = 5 } do
      local file = assert(io.open(vectors .. "/" .. name .. "/keylog.txt"))
      local entries, problems = keylog.read(file)
      file:close()
      assert.are.same({ count, {} }, { #entries, problems })
    end
  end)
end)
