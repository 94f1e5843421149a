local blocking = require "wolfssl.transport.blocking"
local cjson = require "cjson"
local core = require("wolfssl.core").fd
local helper = require "helper"
local peers = require "interop.peers"
local probe = require "wolfssl.probe"

local function scan(arguments, input)
  local command = ("%s lua/bin/wolfprobe scan %s"):format(helper.interpreter(), arguments)
  if input then command = ("printf %%s %s | "):format(helper.quote(input)) .. command end
  return helper.run(command)
end

local function records(output)
  local list = {}
  for line in output:gmatch "[^\n]+" do list[#list + 1] = cjson.decode(line) end
  return list
end

describe("wolfprobe scan", function()
  local server, place

  setup(function()
    if not helper.have "openssl" then return end
    server = peers.openssl_server("-www -no_tls1_1 " .. peers.identity("openssl", "rsa"))
    place = "127.0.0.1:" .. server.port
  end)
  teardown(function()
    if server then server:stop() end
    peers.cleanup()
  end)

  local function needs_server()
    if not server then pending "needs package openssl" end
    return server ~= nil
  end

  it("tells people what servers do", function()
    if not needs_server() then return end
    local output, status = scan("--probes versions " .. place)
    assert.equal(0, status, output)
    assert.matches("^" .. place:gsub("%p", "%%%0") .. ": %d+ connections, ", output)
    assert.matches("\n  versions +TLS 1.3, TLS 1.2\n", output)
    assert.matches("\n  info     spoken: speaks TLS 1.3\n", output)
  end)

  it("writes a line of JSON for each, on every loop", function()
    if not needs_server() then return end
    for _, loop in ipairs { "cqueues", "luv", "poll" } do
      if pcall(require, "wolfssl.transport." .. loop) then
        local gone = "127.0.0.1:" .. helper.refused_port()
        local output, status = scan(("--loop %s --format ndjson --probes hello %s %s"):format(loop,
          place, gone))
        assert.equal(3, status, output)
        local list = records(output)
        table.sort(list, function(a, b) return a.status < b.status end)
        assert.same({ "tls", "unreachable" }, { list[1].status, list[2].status })
        assert.same({ value = 0x0304, name = "TLS 1.3" }, list[1].facts.hello.version)
        assert.equal("127.0.0.1", list[1].address)
        assert.equal("network_error", list[2].errors[1].code)
      end
    end
  end)

  it("writes all its formats", function()
    if not needs_server() then return end
    for format, pattern in pairs { csv = '"fact","versions","","TLS 1.3, TLS 1.2"',
      html = "<td>TLS 1.3, TLS 1.2</td>",
      junit = '<testcase classname="[^"]* probe" name="versions">',
    } do
      local output, status = scan(("--format %s --probes versions %s"):format(format, place))
      assert.equal(0, status, output)
      assert.matches(pattern, output)
    end
  end)

  it("reads targets from files and standard input, and says which are none", function()
    if not needs_server() then return end
    local path = helper.write(peers.path "targets", "# ours\n\n" .. place .. "\n")
    local input = place .. "\r\nno host\n" .. cjson.encode { host = "localhost",
      port = server.port, server_name = "other.example" } .. "\n127.0.0.1/32\n" .. place
    local output, status = scan(("--format ndjson --probes hello --ports %d -f %s -"):format(
      server.port, path), input)
    assert.equal(2, status, output)
    assert.matches("'no host' is not HOST or HOST:PORT", output)
    local list = records(output:gsub("wolfprobe scan:[^\n]*\n", ""))
    assert.equal(5, #list)
    local names = 0
    for _, record in ipairs(list) do
      assert.equal("tls", record.status)
      if record.server_name == "other.example" then names = names + 1 end
    end
    assert.equal(1, names)
  end)

  it("says that there are no targets, which is no success", function()
    local empty = helper.write(peers.path "empty", "# nobody\n\n")
    for arguments, input in pairs { ["-f " .. empty] = "", ["-"] = "\n", ["--format csv"] = "" } do
      local output, status = scan(arguments, input)
      assert.equal(2, status, arguments)
      assert.matches("wolfprobe scan: no targets\n$", output)
    end
    local path, gone = peers.path "told", "127.0.0.1:" .. helper.refused_port()
    scan(("--probes hello --state %s %s"):format(path, gone))
    local output, status = scan(("--probes hello --state %s"):format(path), "")
    assert.equal(3, status, output)   -- what the journal holds was told
    assert.not_matches("no targets", output)
  end)

  it("tells results while targets still come", function()
    if not needs_server() then return end
    local process = helper.spawn(helper.interpreter()
      .. " lua/bin/wolfprobe scan --format ndjson --probes hello")
    process:send(place .. "\n")
    assert.equal("tls", cjson.decode(process:wait_for "^({.*)$").status)
    process:stop()
  end)

  it("shares a pipe with others, line by line, and takes its own lines as targets", function()
    if not needs_server() then return end
    local output = helper.run(("echo %s | xargs -P 4 -n 1 %s lua/bin/wolfprobe scan"
      .. " --format ndjson --probes suites | cat"):format((place .. " "):rep(8),
      helper.interpreter()))
    local list = records(output)
    assert.equal(8, #list)
    for _, record in ipairs(list) do assert.same(list[1].facts.suites, record.facts.suites) end
    local again = records((scan("--format ndjson --probes hello", output:match "[^\n]+")))
    assert.same({ list[1].host, list[1].port }, { again[1].host, again[1].port })
  end)

  it("goes on where it was ended, and tells each target once", function()
    if not needs_server() then return end
    local path = peers.path "journal"
    local gone = "127.0.0.1:" .. helper.refused_port()
    local arguments = "--format ndjson --probes hello --state " .. path .. " "
    local output = scan(arguments .. gone)
    assert.equal(1, #records(output))
    local written = helper.read(path)
    -- Ended in the midst of a line.
    helper.write(path, written .. written:match("\n(.*)"):sub(1, 100))
    output = scan(arguments .. gone .. " " .. place)
    local list = records(output)
    assert.same({ "unreachable", "tls" }, { list[1].status, list[2].status })
    assert.equal(2, #list)
    assert.equal(written, helper.read(path):sub(1, #written))
    -- All is there: nobody is asked again.
    local again, status = scan(arguments .. gone .. " " .. place)
    assert.equal(output, again)
    assert.equal(3, status)
  end)

  it("loses nothing when it is killed, and tells nothing twice", function()
    if not needs_server() then return end
    local path, ports = peers.path "killed", {}
    for i = 1, 40 do ports[i] = ("127.0.0.%d:%d"):format(i, server.port) end
    local arguments = ("--format ndjson --probes hello --rate 100 --state %s %s"):format(path,
      table.concat(ports, " "))
    for _, least in ipairs { 1, 5, 12 } do
      local process = helper.spawn(("exec %s lua/bin/wolfprobe scan %s"):format(
        helper.interpreter(), arguments))
      for _ = 1, least do process:wait_for "^({.*)$" end
      process:stop()
    end
    local output, status = scan(arguments)
    assert.equal(3, status, output:sub(1, 200))   -- the server has one address only
    local seen, count = {}, 0
    for _, record in ipairs(records(output)) do
      assert.is_nil(seen[record.host])
      seen[record.host], count = true, count + 1
    end
    assert.equal(40, count)
  end)

  it("takes a target that is named twice once, when it keeps a journal", function()
    local gone = "127.0.0.1:" .. helper.refused_port()
    local output = scan(("--format ndjson --probes hello --per-host 9 --state %s %s %s"):format(
      peers.path "twice", gone, gone))
    assert.equal(1, #records(output))
  end)

  it("shows how far it is on a terminal, and only there", function()
    if select(2, helper.run "script -qec true /dev/null") ~= 0 then
      return pending "needs package bsdutils, and a terminal"
    end
    local gone = "127.0.0.1:" .. helper.refused_port()
    local command = ("%s lua/bin/wolfprobe scan --probes hello %s %s"):format(helper.interpreter(),
      gone, gone)
    assert.matches("\r\27%[K1 done %(%d+/s%), %d+ under way, 1 not reached", helper.run(
      "script -qec " .. helper.quote(command) .. " /dev/null"))
    assert.is_nil((helper.run(command)):find "done")
  end)

  it("keeps to a pace", function()
    local gone = "127.0.0.1:" .. helper.refused_port()
    local output = scan("--format ndjson --probes hello --per-host 9 --rate 1"
      .. (" " .. gone):rep(4))   -- where the machine takes a second for one, none waits behind it
    local waited = 0
    for _, record in ipairs(records(output)) do waited = waited + record.waited end
    assert.is_true(waited > 0)
  end)

  it("does not mix what was asked, nor takes anything for a journal", function()
    local path = peers.path "other"
    local gone = "127.0.0.1:" .. helper.refused_port()
    scan("--probes hello --state " .. path .. " " .. gone)
    local output, status = scan("--probes versions --state " .. path .. " " .. gone)
    assert.equal(2, status)
    assert.matches("was begun with other probes: hello", output)
    for _, text in ipairs { "something\n", "something\nelse", "something", "{", "{}\n", "\n" } do
      helper.write(path, text)
      output, status = scan("--state " .. path .. " " .. gone)
      assert.equal(text == "{" and 3 or 2, status, output)   -- that may be the beginning of one
      if text ~= "{" then
        assert.matches("is no journal of a scan", output)
        assert.equal(text, helper.read(path))
      end
    end
  end)

  it("has a journal for itself", function()
    local path = peers.path "locked"
    local gone = "127.0.0.1:" .. helper.refused_port()
    local process = helper.spawn(("exec %s lua/bin/wolfprobe scan --format ndjson --probes hello"
      .. " --state %s"):format(helper.interpreter(), path))
    process:send(gone .. "\n")
    process:wait_for "^({.*)$"
    local output, status = scan("--probes hello --state " .. path .. " " .. gone)
    assert.equal(2, status)
    assert.equal(("wolfprobe scan: %s: another process is using it\n"):format(path), output)
    process:stop()
    output, status = scan("--format ndjson --probes hello --state " .. path .. " " .. gone)
    assert.same({ 3, 1 }, { status, #records(output) })
  end)

  it("says that nothing more can be written, and where", function()
    local gone = "127.0.0.1:" .. helper.refused_port()
    local output, status = scan("--probes hello " .. gone .. " > /dev/full")
    assert.same({ 2, "wolfprobe scan: standard output: No space left on device\n" },
      { status, output })
    output, status = scan("--probes hello --state /dev/full " .. gone)
    assert.same({ 2, "wolfprobe scan: /dev/full: No space left on device\n" }, { status, output })
  end)

  it("passes over what is no name of a host, however long", function()
    local gone = "127.0.0.1:" .. helper.refused_port()
    local path = helper.write(peers.path "odd", table.concat({ ("a"):rep(1048576), "a\1b",
      "\27[2J", ("\255"):rep(300), "a:99999999999999999999", ("a"):rep(254),
      '{"host":"a\\u001bb"}', "1.2.3.4/" .. ("9"):rep(400), gone }, "\r\n"))
    for _, input in ipairs { "-f " .. path, "- < " .. path } do
      local output, status = scan("--format ndjson --probes hello " .. input)
      assert.equal(3, status)
      local list = records(output:gsub("wolfprobe scan:[^\n]*\n", ""))
      assert.same({ 1, "127.0.0.1" }, { #list, list[1].host })
      assert.equal(8, select(2, output:gsub("wolfprobe scan: ", "")), output)
      assert.is_nil(output:find "[^%g \n]")
      assert.is_true(#output < 2000)
    end
  end)

  it("exits as findings and policies say", function()
    if not needs_server() then return end
    local function code(arguments) return (select(2, scan(arguments .. " " .. place))) end
    assert.equal(0, code "--probes versions")
    assert.equal(1, code "--probes versions --fail-on info")
    assert.equal(0, code "--probes versions --fail-on never")
    local path = helper.write(peers.path "house.lua", [[
      return require("wolfssl.probe.policy").define { name = "house", rules = {
        { name = "new", facts = { "versions" }, check = function(versions)
          return versions[1].value == 0x0304, versions[1].name .. " is the newest"
        end } } }]])
    local output, status = scan("--policy " .. path .. " " .. place)
    assert.equal(0, status, output)
    assert.matches("\n  house: passed\n    pass     new: TLS 1.3 is the newest\n", output)
    output, status = scan("--policy post-quantum " .. place)
    assert.equal(1, status, output)
    assert.matches("post%-quantum: NOT passed", output)
  end)

  it("trusts whom it is told to", function()
    if not needs_server() then return end
    local function chain(arguments)
      local output = scan("--format ndjson --probes chain --servername localhost " .. arguments
        .. place)
      return records(output)[1].facts.chain
    end
    assert.is_false(chain("").trusted)
    assert.is_true(chain(("--ca %s "):format(peers.trust())).trusted)
    assert.same({ 2 }, { select(2, scan("--ca /nowhere " .. place)) })
  end)

  it("asks at port 443 where nothing is said, or where --ports and --starttls say", function()
    local function ports(arguments)
      local list = {}
      local output = scan("--format ndjson --probes hello --timeout 2 --per-host 9 " .. arguments)
      for i, record in ipairs(records(output)) do list[i] = record.port end
      table.sort(list)
      return list
    end
    assert.same({ 443 }, ports "127.9.9.9")
    assert.same({ 1, 7, 8, 9 }, ports "--ports 7-8,9 127.9.9.9 127.9.9.9:1")
    assert.same({ 25 }, ports "--starttls smtp 127.9.9.9")
  end)

  it("passes a server that is as Mozilla recommends, and says what another lacks", function()
    if not needs_server() then return end
    local identity = "-cert modern.pem -key modern.key"
    local output, status = helper.run(("cd %s && openssl req -x509 -newkey ec -pkeyopt"
      .. " ec_paramgen_curve:P-256 -nodes -keyout modern.key -out modern.pem -days 60"
      .. " -subj /CN=localhost"):format(peers.path ""))
    assert.equal(0, status, output)
    local recommended = peers.openssl_server("-www -tls1_3 -groups X25519:P-256:P-384 " .. identity)
    local both = "--policy mozilla-modern --policy mozilla-intermediate --policy post-quantum "
    output, status = scan(both .. "127.0.0.1:" .. recommended.port)
    recommended:stop()
    assert.equal(1, status, output)
    assert.matches("\n  mozilla%-modern: passed\n", output)
    assert.matches("\n  mozilla%-intermediate: passed\n", output)
    assert.matches("\n  post%-quantum: NOT passed\n    pass +tls13: ", output)
    output = scan(both .. place)
    assert.matches("\n  mozilla%-modern: NOT passed\n    fail +versions: also TLS 1.2\n"
      .. "    fail +suites: also TLS_RSA_WITH_", output)
    assert.matches("\n  mozilla%-intermediate: NOT passed\n    pass +versions: ", output)
  end)

  -- One connection to a server that says TLS, but nothing more, behind a prelude of its own.
  local function served(address, shown, options, prelude)
    local listener, port = core.listen(address, 0)
    if not listener then return nil end
    local process = helper.spawn(("%s lua/bin/wolfprobe scan --format ndjson --probes hello %s"
      .. " %s:%d"):format(helper.interpreter(), options, shown, port))
    local transport = blocking.new(assert(core.accept(listener, 30)))
    prelude(transport)
    local c = probe.accept(transport, { timeout = 30 })
    assert(c:expect "client_hello")
    c:alert "handshake_failure"
    local record = cjson.decode(process:finish())
    c:abort()
    core.close(listener)
    return record
  end

  it("asks for TLS in another protocol first", function()
    local record = served("127.0.0.1", "127.0.0.1", "--starttls smtp", function(transport)
      transport:write("220 a\r\n", 30)
      for _, answer in ipairs { "250-a\r\n250 STARTTLS\r\n", "220 go\r\n" } do
        assert(transport:read(512, 30))
        transport:write(answer, 30)
      end
    end)
    assert.same({ "tls", "smtp" }, { record.status, record.starttls })
    assert.equal("handshake_failure", record.facts.hello.alert.name)
  end)

  it("reaches addresses of IPv6", function()
    local record = served("::1", "[::1]", "", function() end)
    if not record then return pending "needs IPv6" end
    assert.same({ "tls", "::1", "::1" }, { record.status, record.host, record.address })
  end)

  it("stays within the budget", function()
    if not needs_server() then return end
    local output, status = scan("--format ndjson --budget 2 --probes versions " .. place)
    assert.equal(0, status, output)
    local record = records(output)[1]
    assert.equal(2, record.connections)
    assert.equal("rejected", record.errors[1].code)
  end)

  it("lists what there is", function()
    local output, status = scan "--list"
    assert.equal(0, status)
    assert.matches("versions +Which versions", output)
  end)

  it("says what it cannot do", function()
    for arguments, message in pairs {
      ["--concurrency 0 x"] = "%-%-concurrency needs a whole number",
      ["--concurrency 1000000000 x"] = "open files",
      ["--max-time 0 x"] = "%-%-max%-time needs a number above 0",
      ["--rate 0 x"] = "%-%-rate needs a number above 0",
      ["--ports 0 x"] = "'0' is no list of ports",
      ["--probes nothing x"] = "nothing",
      ["--policy nothing x"] = "nothing",
      ["-f /nowhere/at/all"] = "/nowhere/at/all",
      ["a/b:c"] = "is not HOST or HOST:PORT",
      ["[1.2"] = "is not HOST or HOST:PORT",
      ["1.2.3.4/99"] = "is no network",
      ["--state /nowhere/at/all x"] = "/nowhere/at/all",
      ["--format nothing x"] = "must be one of",
    } do
      local output, status = scan(arguments, "")
      assert.equal(2, status, arguments .. "\n" .. output)
      assert.matches(message, output)
    end
  end)

  it("does not wait for the silent to go on with the others", function()
    if not needs_server() then return end
    local silent, port = assert(core.listen("127.0.0.1", 0))
    local process = helper.spawn(("%s lua/bin/wolfprobe scan --format ndjson --probes hello"
      .. " --timeout 30 --per-host 100 %s %s"):format(helper.interpreter(),
      ("127.0.0.1:%d "):format(port):rep(40), place))
    assert.equal(server.port, cjson.decode(process:wait_for "^({.*)$").port)
    process:stop()
    core.close(silent)
  end)
end)
