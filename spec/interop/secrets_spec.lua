-- Secrets that both sides must have alike: exported keys, channel bindings, key log, ciphertext.

local capture = require "wolfssl.trace.capture"
local helper = require "helper"
local peers = require "interop.peers"
local pki = require "pki"

local LABEL = "EXPORTER-spec"

-- A key log as a sorted list of lines.
local function sorted(text)
  local lines = {}
  for line in text:gmatch("[^\n]+") do
    if line:sub(1, 1) ~= "#" then lines[#lines + 1] = line end
  end
  table.sort(lines)
  return lines
end

local function logging(options)
  local lines = {}
  options.on_secret = function(line) lines[#lines + 1] = line end
  return options, lines
end

describe("the secrets of wolfssl and openssl", function()
  if not helper.have "openssl" then return pending("needs package openssl") end

  teardown(peers.cleanup)

  local ARGUMENTS = " -keymatexport " .. LABEL .. " -keymatexportlen 40 -keylogfile "

  for _, version in ipairs(peers.VERSIONS) do
    it("are the same with our server in " .. version, function()
      local options, lines = logging(peers.at(version))
      local file, exported = peers.path("server" .. version:sub(-1)), nil
      local told = peers.serve(pki.server(options),
        "openssl s_client -connect 127.0.0.1:PORT" .. ARGUMENTS .. file, function(stream)
          assert(stream:handshake())
          exported = assert(stream:connection():export(LABEL, 40))
        end)
      assert.equal(helper.hex(exported), told:match("Keying material: (%x+)"):lower())
      assert.same(sorted(helper.read(file)), sorted(table.concat(lines, "\n")))
      assert.equal(version == "TLS 1.2" and 1 or 5, #lines)
    end)

    it("are the same with our client in " .. version, function()
      local options, lines = logging(peers.at(version))
      local file = peers.path("client" .. version:sub(-1))
      local server = peers.openssl_server(
        ARGUMENTS .. file .. " " .. peers.identity("openssl", "secp256r1"))
      finally(function() server:stop() end)
      local stream = assert(peers.connect(server, pki.client(options)))
      local exported = stream:connection():export(LABEL, 40)
      assert.equal(helper.hex(exported), server:wait_for("Keying material: (%x+)"):lower())
      stream:close()
      server:wait_for("^CONNECTION CLOSED")
      assert.same(sorted(helper.read(file)), sorted(table.concat(lines, "\n")))
    end)
  end
end)

describe("the channel bindings of wolfssl and gnutls", function()
  if not helper.have "gnutls-cli" then return pending("needs package gnutls-bin") end

  teardown(peers.cleanup)

  local ARGUMENTS = ("-V --keymatexport=%s --keymatexportsize=40 "):format(LABEL)

  local function assert_same_bindings(connection, told)
    for _, kind in ipairs { "tls-unique", "tls-exporter", "tls-server-end-point" } do
      local ours = connection:channel_binding(kind)
      assert.equal(ours and helper.hex(ours) or "not available",
        told:match("'" .. kind:gsub("%-", "%%-") .. "': ([^\n]+)"))
    end
    assert.equal(helper.hex(connection:export(LABEL, 40)), told:match("Key material: (%x+)"))
  end

  for _, version in ipairs(peers.VERSIONS) do
    for _, kind in ipairs { "rsa", "secp384r1" } do
      it(("are the same with our server in %s with a key of %s"):format(version, kind), function()
        local command = ("gnutls-cli %s -p PORT --x509cafile=%s localhost"):format(
          ARGUMENTS, peers.trust())
        peers.serve(pki.server(peers.at(version), kind), command, function(stream, process)
          assert(stream:handshake())
          process:wait_for("Handshake was completed")
          assert_same_bindings(stream:connection(), process.output)
        end)
      end)
    end

    it("are the same with our client in " .. version, function()
      local server = peers.gnutls_server(
        "-d 1 --echo " .. ARGUMENTS:sub(4) .. peers.identity("gnutls", "secp256r1"))
      finally(function() server:stop() end)
      local stream = assert(peers.connect(server, pki.client(peers.at(version))))
      server:wait_for("Key material")
      assert_same_bindings(stream:connection(), server.output)
      stream:close()
    end)
  end
end)

describe("tshark", function()
  if not (helper.have "openssl" and helper.have "tshark") then
    return pending("needs packages openssl and tshark")
  end

  teardown(peers.cleanup)

  local writer, count, server

  -- A connection of ours, with all its ciphertext and secrets, added to the capture.
  local function record(options, session)
    local lines
    options, lines = logging(options)
    local stream, bytes = peers.tapped(pki.client(options), server, { session = session })
    count = count + 1
    assert(stream:send(("hello %d\n"):format(count)))
    assert(stream:receive("*l"))
    assert(stream:shutdown())
    stream:receive("*a")
    local info, fresh = stream:info(), stream:connection():session()
    stream:close()
    local connection = writer:connection {
      client = { address = "127.0.0.1", port = 50000 + count },
      server = { address = "127.0.0.1", port = server.port },
    }
    for _, part in ipairs(bytes) do connection:send(part.side, part.bytes) end
    connection:finish()
    writer:secrets(lines)
    return info, fresh
  end

  it("decrypts what we captured with what on_secret gave, with no option set", function()
    writer, count = capture.writer(), 0
    server = peers.openssl_server("-rev -groups P-384:X25519 -verify 3 "
      .. peers.identity("openssl", "rsa"))
    finally(function() server:stop() end)
    for _, version in ipairs(peers.VERSIONS) do
      for _, suite in ipairs(peers.SUITES[version].rsa) do
        record(peers.at(version, { cipher_suites = { suite } }))
      end
      record(peers.ours("ed25519", peers.at(version)))
      local _, session = record(peers.at(version, { groups = { "x25519" } }))
      local info = record(peers.at(version, { groups = { "x25519" } }), session)
      assert.is_true(info.resumed)
    end
    local path = helper.write(peers.path("capture.pcapng"), writer:bytes())
    local output = helper.run("tshark -Y tls.app_data -T fields -e data.data -r " .. path)
    for i = 1, count do
      assert.matches(helper.hex(("hello %d\n"):format(i)), output, 1, true)
      assert.matches(helper.hex(("hello %d"):format(i):reverse() .. "\n"), output, 1, true)
    end
    assert.equal(12, count)
  end)
end)
