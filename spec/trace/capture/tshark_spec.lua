-- Wireshark's opinion of what we read and of what we write.

local capture = require "wolfssl.trace.capture"
local frames = require "trace.capture.frames"
local helper = require "helper"

local vectors, have_tshark = helper.vectors(), helper.have("tshark")

local function tshark(arguments)
  local output, status = helper.run("tshark " .. arguments .. " 2>&1")
  assert.are.equal(0, status, output)
  return (output:gsub("Running as user [^\n]*\n", ""))
end

local function read(path)
  local file = assert(io.open(path, "rb"))
  local result, message = capture.read(file)
  file:close()
  return assert(result, message)
end

local function write(bytes)
  return helper.write(helper.tempdir() .. "/capture.pcapng", bytes)
end

--- Both directions of each TCP stream as tshark follows it: list of {node, bytes, bytes}.
local function followed(path, count)
  local arguments = {}
  for i = 1, count do arguments[i] = ("-z follow,tcp,raw,%d"):format(i - 1) end
  local output = tshark(("-q -r %s %s"):format(helper.quote(path), table.concat(arguments, " ")))
  local streams = {}
  for number, part in output:gmatch("Filter: tcp%.stream eq (%d+)\n(.-)\n====") do
    local node, lines = part:match("^Node 0: ([^\n]+)\nNode 1: [^\n]+\n?(.*)$")
    local sides = { node, "", "" }
    for tab, hex in lines:gmatch("(\t?)(%x+)") do
      local side = tab == "" and 2 or 3
      sides[side] = sides[side] .. hex
    end
    streams[tonumber(number) + 1] = sides
  end
  return streams
end

local function node_of(endpoint)
  local address = endpoint.address
  if address:find(":") then address = "[" .. address .. "]" end
  return ("%s:%d"):format(address, endpoint.port)
end

--- Our streams in the shape of `followed`; the side that tshark names first comes first.
local function ours(connections, theirs)
  local list = {}
  for i, connection in ipairs(connections) do
    local client = helper.hex(frames.data(connection.streams.client))
    local server = helper.hex(frames.data(connection.streams.server))
    local node = node_of(connection.client)
    if theirs[i] and theirs[i][1] == node_of(connection.server) then
      node, client, server = theirs[i][1], server, client
    end
    list[i] = { node, client, server }
  end
  return list
end

local function assert_same_streams(path)
  local connections = read(path).connections
  if #connections == 0 then return end
  local theirs = followed(path, #connections)
  assert.are.same(theirs, ours(connections, theirs))
end

--- Writes the connections of a capture anew, chunk by chunk in the order of capture.
local function rewrite(connections, secrets)
  local writer = capture.writer()
  for _, connection in ipairs(connections) do
    local chunks = {}
    for side, stream in pairs(connection.streams) do
      for _, chunk in ipairs(stream.chunks) do
        chunks[#chunks + 1] = { side = side, chunk = chunk }
      end
    end
    table.sort(chunks, function(a, b) return a.chunk.packet < b.chunk.packet end)
    local copy = writer:connection {
      client = connection.client, server = connection.server, time = chunks[1].chunk.time,
    }
    for _, one in ipairs(chunks) do copy:send(one.side, one.chunk.bytes, one.chunk.time) end
    copy:finish()
  end
  if secrets then writer:secrets(secrets) end
  return writer:bytes()
end

describe("wolfssl.trace.capture and tshark", function()
  if not have_tshark then
    pending("needs package tshark")
    return
  end

  teardown(helper.cleanup)

  if vectors then
    for _, path in ipairs(helper.find(vectors, "-name '*.pcap*'")) do
      it("read the same streams in " .. path:match("[^/]+/[^/]+$"), function()
        assert_same_streams(path)
      end)
    end
  else
    pending("needs the shared vectors")
  end

  it("follow the same streams through reordering, overlap and retransmission", function()
    local tcp = frames.tcp
    local path = write(frames.pcap {
      tcp("client", 4294967290, "", frames.SYN),
      tcp("server", 7, "", frames.SYN + frames.ACK, 4294967291),
      tcp("client", 4294967291, "abc"), tcp("client", 1, "ghi"), tcp("server", 8, "1234"),
      tcp("client", 4294967294, "def"), tcp("client", 4294967294, "def"),
      tcp("server", 10, "3456"), tcp("client", 4, "jkl"),
    })
    assert_same_streams(path)
    assert.are.equal(helper.hex("abcdefghijkl"), followed(path, 1)[1][2])
  end)

  local VERSIONS = {
    IPv4 = {
      client = { address = "192.0.2.7", port = 1234 },
      server = { address = "198.51.100.9", port = 8443 },
    },
    IPv6 = {
      client = { address = "2001:db8::7", port = 1234 },
      server = { address = "2001:db8::9", port = 8443 },
    },
  }

  for version, ends in pairs(VERSIONS) do
    it("agree on a file of ours over " .. version .. ", with nothing to complain of", function()
      local writer = capture.writer()
      local connection = writer:connection {
        client = ends.client, server = ends.server, time = 1700000000.123456,
        isn = { client = 4294967000, server = 77 },
      }
      connection:send("client", ("q"):rep(300), 1700000000.2)
      connection:send("server", ("reply "):rep(50001), 1700000001)
      connection:finish(1700000002)
      local path = write(writer:bytes())
      assert_same_streams(path)
      local checks = "-o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -r "
      local bad = tshark(checks .. path
        .. " -Y '_ws.expert.severity >= 0x00600000 || tcp.analysis.flags || ip.checksum.status == 0"
        .. " || tcp.checksum.status == 0'")
      assert.are.equal("", bad)
      local first = tshark("-r " .. path .. " -c 1 -T fields -e frame.time_epoch")
      assert.matches("^1700000000%.123456", first)
    end)
  end

  it("agree on packets of the largest size", function()
    local writer = capture.writer()
    local connection = writer:connection { segment = 65475 }
    connection:send("client", ("0123456789"):rep(20000))
    assert_same_streams(write(writer:bytes()))
  end)

  -- what tshark decrypts; its TLS dissector guesses the protocol by ALPN or port
  local function decrypted(path, extra)
    return tshark(("%s -r %s -Y tls.app_data -T fields -e data.data"):format(extra or "",
      helper.quote(path)))
  end

  for _, name in ipairs { "illustrated-tls12", "illustrated-tls13" } do
    it("decrypt " .. name .. " from our file with no option, as from the original", function()
      if not vectors then return pending("needs the shared vectors") end
      local directory = vectors .. "/" .. name
      local original = directory .. "/capture.pcap"
      local keys = helper.read(directory .. "/keylog.txt")
      local path = write(rewrite(read(original).connections, keys))
      local with_keys = "-o tls.keylog_file:" .. helper.quote(directory .. "/keylog.txt")
      local expected = decrypted(original, with_keys)
      assert.matches(helper.hex("ping"), expected)
      assert.matches(helper.hex("pong"), expected)
      assert.are.equal(expected, decrypted(path))
      assert_same_streams(path)
    end)
  end
end)
