local loops = require "wolfssl.transport.loop"
local targets = require "wolfssl.cli.scan.targets"

-- What a list of lines comes to, one word for each place, and the complaints.
local function places(lines, ports)
  local list, wrong = {}, {}
  local next_place = targets.stream({ targets.list(lines) }, ports or { 443 }, function(message)
    wrong[#wrong + 1] = message
  end)
  for place in next_place do
    list[#list + 1] = place.host .. " " .. place.port .. (place.starttls and " " .. place.starttls
      or "") .. (place.server_name and " " .. place.server_name or "")
  end
  return list, wrong
end

describe("wolfssl.cli.scan.targets", function()
  it("reads hosts with and without ports, in every notation", function()
    assert.same({ "a.example 443", "a.example 8443", "192.0.2.1 443", "2001:db8::1 443",
      "2001:db8::1 443", "2001:db8::1 25" }, (places { "a.example", "a.example:8443", "192.0.2.1",
      "2001:db8::1", "[2001:db8::1]", " [2001:db8::1]:25 " }))
  end)

  it("passes over comments and empty lines", function()
    assert.same({ "a 443" }, (places { "", "# b", "  ", "a", "   # c" }))
    assert.same({ "a 443", "b#c 443", "::1 25" }, (places { "a # b", "b#c", "[::1]:25\t#\r" }))
    assert.same({ "a 443 x" }, (places { '{"host":"a","server_name":"x","note":"no # comment"}' }))
  end)

  it("reads files with a byte order mark and the line ends of other systems", function()
    assert.same({ "a 443", "b 443" }, (places { "\239\187\191a\r", "\r", "b\r" }))
  end)

  it("makes each port a target where a line names none", function()
    assert.same({ "a 443", "a 8443", "b 1" }, (places({ "a", "b:1" }, { 443, 8443 })))
    assert.same({ 443, 8443, 9000, 9001 }, targets.ports "443, 8443,9000-9001")
    for _, text in ipairs { "", "0", "65536", "2-1", "x", "1,,2", "-1" } do
      assert.matches("is no list of ports", (select(2, targets.ports(text))))
    end
  end)

  it("makes each address of a network a target", function()
    assert.same({ "192.0.2.4 443", "192.0.2.5 443", "192.0.2.6 443", "192.0.2.7 443" },
      (places { "192.0.2.5/30" }))
    assert.same({ "10.0.0.255 25", "10.0.1.0 25" }, (places({ "10.0.0.255/32:25",
      "10.0.1.0/32:25" })))
    local source, count = targets.places "10.0.0.0/8", 0
    while count < 70000 do
      local place = source()
      count = count + 1
      if count == 70000 then assert.equal("10.1.17.111", place.host) end
    end
  end)

  it("reads objects, with what they say", function()
    assert.same({ "a 25 smtp", "b 443 c.example" }, (places {
      '{"host":"a","port":25,"starttls":"smtp"}', '{"host":"b","server_name":"c.example"}' }))
  end)

  it("says which lines are nothing, and goes on", function()
    local list, wrong = places { "a b", "[x", "1.2.3.4/33", "1.2.3.256/30", "1.2.3.4/30:0", "a:0",
      "a:70000", "{", "{}", '{"host":"a","port":0}', '{"host":"a","port":1.5}',
      '{"host":"a","starttls":"x"}', '{"host":"a","server_name":""}',
      '{"host":"a","server_name":".."}', '{"host":"a","server_name":"b c"}', "a" }
    assert.same({ "a 443" }, list)
    assert.equal(15, #wrong)
    assert.same({ "'https://a/' is not HOST or HOST:PORT" }, (select(2, places { "https://a/" })))
    assert.same({ "'a/24' is no network" }, (select(2, places { "a/24" })))
  end)

  it("knows by its address who is asked, whatever the name", function()
    local loop, found = loops.new "poll", {}
    local nobody = ("x"):rep(64) .. ".invalid"
    loop:spawn(function()
      local server_of = targets.servers(loop, 20)
      for i, host in ipairs { "localhost", "LOCALHOST", "127.0.0.1", nobody } do
        found[i] = server_of { host = host }
      end
    end)
    loop:run()
    assert.equal(found[1], found[2])
    assert.same({ "127.0.0.1", nobody }, { found[3], found[4] })
  end)
end)
