local extension = require "wolfssl.tls.extension"
local file = require "wolfssl.probe.file"
local issue = require "wolfssl.issue"
local registry = require "wolfssl.tls.registry.version"
local scan = require "wolfssl.probe.scan"
local servers = require "probe.servers"
local stage = require "probe.stage"
local starttls = require "wolfssl.starttls"
local talks = require "starttls.talks"

local SUITES = {
  ["TLS 1.3"] = { "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256" },
  ["TLS 1.2"] = { "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256", "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    "TLS_RSA_WITH_AES_128_CBC_SHA" },
  ["TLS 1.0"] = { "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA", "TLS_RSA_WITH_AES_128_CBC_SHA" },
}
local FORMATS = { "text", "ndjson", "csv", "html", "junit" }

-- All that can be said of a record is said, in every form.
local function tell(record)
  for _, format in ipairs(FORMATS) do
    local report = require("wolfssl.probe.report." .. format).new(function(text)
      assert.is_string(text)
    end)
    report:record(record)
    report:finish()
  end
end

-- A probe may fail on what a server does, but not by a bug; and what is found can be told.
local function check(record)
  for _, failure in ipairs(record.errors) do
    assert.are_not.equal("internal", failure.code, failure.probe .. ": " .. failure.message)
  end
  tell(record)
end

local function record_of(version, kind, bytes)
  return string.char(kind, 3, version, math.floor(#bytes / 256), #bytes % 256) .. bytes
end

describe("wolfssl.probe.scan, of", function()
  local key, chain

  setup(function()
    key = issue.key "rsa"
    chain = { issue.certificate { subject = "a.example", key = key } }
  end)

  local function contains(list, name)
    for _, item in ipairs(list or {}) do
      if item.name == name then return true end
    end
    return false
  end

  local function suite_for(hello, version)
    local groups = extension.find(hello.body.extensions, "supported_groups")
    local ecdhe = version == "TLS 1.3" or contains(groups and groups.named_group_list, "x25519")
    for _, name in ipairs(SUITES[version]) do
      if contains(hello.body.cipher_suites, name) and (ecdhe or not name:find "ECDHE") then
        return name
      end
    end
  end

  local function is_spoken(hello, version)
    if version ~= "TLS 1.3" then return true end
    local offered = extension.find(hello.body.extensions, "supported_versions")
    return contains(offered and offered.versions, version)
  end

  -- A good server of one version. `behind` says more when the handshake is done.
  local function server(version, options, behind)
    return function(c)
      local hello, entry = c:expect "client_hello"
      local suite = hello and suite_for(hello, version)
      if not (suite and is_spoken(hello, version)) then return c:alert "handshake_failure" end
      table.insert(c.queue, 1, entry)
      local all = { certificate = chain, key = key, version = version, cipher_suite = suite,
        session_ticket = true, encrypt_then_mac = true,
        group = version ~= "TLS 1.3" and "x25519" or nil }
      for name, value in pairs(options or {}) do all[name] = value end
      if not c:handshake(all) then return c:alert "handshake_failure" end
      if behind then return behind(c) end
      if version == "TLS 1.3" then c:send(c:new_session_ticket { early_data = 100 }) end
      repeat local more = c:receive() until not more
      c:close()
    end
  end

  local function scanned(serve, options)
    return stage.play(function(target)
      return scan.scan(target, options and options.probes, {
        sleep = function() end, budget = 150, bytes = options and options.bytes })
    end, serve, options and { bend = options.bend })
  end

  it("a good server on this stage states every fact, and nothing fails", function()
    for version in pairs(SUITES) do
      local found = scanned(server(version))
      assert.same({}, found.errors)
      assert.equal(registry:value(version), found.facts.versions[1].value)
      tell(found)
    end
  end)

  it("a good server states the same behind the words before TLS, whatever the protocol", function()
    for version in pairs(SUITES) do
      local direct, spoken = scanned(server(version)), {}
      local served = server(version)
      local behind = stage.play(function(target)
        local open, i = target.open, 0
        function target.open(...)   -- the next protocol for each connection
          i = i % #starttls.protocols + 1
          target.starttls = starttls.protocols[i]
          spoken[#spoken + 1] = target.starttls
          return open(...)
        end
        return scan.scan(target, nil, { sleep = function() end, budget = 150 })
      end, function(c, number, transport)
        for _, part in ipairs(talks[spoken[number]]) do
          if type(part) == "string" then transport.write(nil, part) end
          if type(part) == "table" then assert(transport.read(nil, part[2] or 4096)) end
        end
        served(c, number, transport)
      end)
      assert.same({}, behind.errors)
      for _, record in ipairs { direct, behind } do record.facts.chain.expires_in_days = nil end
      assert.same(servers.names(direct.facts), servers.names(behind.facts))
      assert.same(#direct.findings, #behind.findings)
      assert.equal(direct.connections, #spoken)
    end
  end)

  -- What becomes of a server's bytes on their way.
  local BENDS = {}

  function BENDS.changed(bytes)
    local i = math.random(#bytes)
    return bytes:sub(1, i - 1) .. string.char(math.random(0, 255)) .. bytes:sub(i + 1)
  end

  function BENDS.cut(bytes) return bytes:sub(1, math.random(0, #bytes)) end

  function BENDS.twice(bytes) return bytes .. bytes end

  function BENDS.garbage(bytes)
    local i = math.random(0, #bytes)
    return bytes:sub(1, i) .. string.char(math.random(0, 255)):rep(math.random(9))
      .. bytes:sub(i + 1)
  end

  local KINDS, VERSIONS = { "changed", "changed", "cut", "twice", "garbage" },
    { "TLS 1.3", "TLS 1.2", "TLS 1.0" }

  it("one whose bytes are changed on their way comes to its end without an error of ours",
    function()
      local first = tonumber(os.getenv "SEED") or 1
      for seed = first, first + (tonumber(os.getenv "ROUNDS") or 80) - 1 do
        math.randomseed(seed)
        local rate, kind = math.random(), KINDS[math.random(#KINDS)]
        local probes = {}
        for i = 1, 3 do
          probes[i] = assert(file.load(file.builtin[math.random(#file.builtin)]))
        end
        local ok, message = pcall(function()
          check(scanned(server(VERSIONS[math.random(3)], {
            retry = math.random(4) == 1 and { group = "secp256r1" } or nil,
            request = math.random(4) == 1 and { authorities = { "\48\0" } } or nil,
          }), { probes = probes, bend = function(bytes)
            if #bytes == 0 or math.random() > rate then return bytes end
            return BENDS[kind](bytes)
          end }))
        end)
        assert(ok, ("SEED=%d ROUNDS=1: %s"):format(seed, tostring(message)))
      end
    end)

  -- Those who never come to an end; each of their words is small.
  local ENDLESS = {
    ["warnings"] = record_of(3, 21, "\1\112"),
    ["changes of keys"] = record_of(3, 20, "\1"),
    ["hello requests"] = record_of(3, 22, "\0\0\0\0"),
    ["empty records"] = record_of(3, 22, ""),
    ["heartbeats"] = record_of(3, 24, "\2\0\0" .. ("\0"):rep(16)),
    ["no TLS"] = "250-go on\r\n",
  }

  for name, word in pairs(ENDLESS) do
    it("one that sends " .. name .. " without an end ends, and soon", function()
      local found = scanned(function(c, _, transport)
        c:expect "client_hello"
        while transport:write(word:rep(16)) do coroutine.yield() end
      end, { bytes = 50000 })
      check(found)
      assert.is_true(found.connections < 60)
    end)
  end

  it("one that shows no certificate at all has its facts", function()
    local record = scanned(function(c)
      local hello, entry = c:expect "client_hello"
      local suite = hello and suite_for(hello, "TLS 1.2")
      if not suite then return c:alert "handshake_failure" end
      table.insert(c.queue, 1, entry)
      c:send(c:server_hello { version = "TLS 1.2", cipher_suite = suite })
      c:send(c:certificate {})
      c:alert "handshake_failure"
    end, { probes = { assert(file.load "sni") } })
    check(record)
    assert.same({}, record.errors)
    assert.equal("accepted", record.facts.sni.without)
  end)

  it("one that says much is not remembered for it, and not listened to for ever", function()
    local target, most, kept = nil, 0, 0
    local record = stage.play(function(one)
      target = one
      return scan.scan(one, nil, { sleep = function() end, messages = 3000 })
    end, function(c, _, transport)
      local entries, open = 0, 0
      for _, other in ipairs(target.conversations) do
        entries = entries + #other:entries()
        open = open + (#other:entries() > 0 and 1 or 0)
      end
      most, kept = math.max(most, entries), math.max(kept, open)
      c:expect "client_hello"
      while transport:write(ENDLESS.warnings:rep(16)) do coroutine.yield() end
    end)
    check(record)
    assert.is_true(record.connections > 3)
    assert.is_true(most <= 2 * (256 + 16), most)   -- the last one, and the one before it
    assert.is_true(kept <= 2, kept)
    local said
    for _, failure in ipairs(record.errors) do said = said or failure.message:match "its .*" end
    assert.equal("its 3000 messages are used up", said)
  end)

  it("one whose bytes bring no message is not listened to for long", function()
    local taken = 0
    local record = stage.play(function(target)
      return scan.scan(target, { assert(file.load "hello") }, { sleep = function() end })
    end, function(c, _, transport)
      c:expect "client_hello"
      local word = ENDLESS["empty records"]:rep(100)
      while transport:write(word) do
        taken = taken + #word
        coroutine.yield()
      end
    end)
    check(record)
    assert.same({ tls = false, answer = "it says something else" }, record.facts.hello)
    assert.is_true(taken / record.connections < 300000, taken)
  end)

  it("one that sends tickets or data without an end states what it is", function()
    for _, say in ipairs {
      function(c) return c:new_session_ticket() end,
      function() return { content_type = "application_data", content = "" } end,
    } do
      local found = scanned(server("TLS 1.3", nil, function(c)
        while c:send(say(c)) do coroutine.yield() end
      end))
      check(found)
      assert.equal("endless", found.facts.close_notify.answers)
      assert.equal("TLS 1.3", found.facts.versions[1].name)
    end
  end)

  it("one that asks for another hello again and again ends", function()
    local found = scanned(function(c)
      while c:expect "client_hello" do
        c:send(c:hello_retry_request { group = "secp256r1", cookie = "x" })
      end
    end, { probes = { assert(file.load "groups"), assert(file.load "resumption") } })
    check(found)
    assert.is_true(found.connections < 150)
  end)

  it("one that sends more than anybody needs is left alone, and nothing is made up", function()
    local found = scanned(server("TLS 1.2", { certificate = { ("x"):rep(60000) } }),
      { bytes = 200000 })
    assert.equal("tls", found.status)
    assert.same({ message = "its 200000 bytes are used up", code = "rejected",
      probe = found.errors[1].probe }, found.errors[1])
    assert.is_nil(found.facts.close_notify)
    tell(found)
  end)

  it("one that resets each connection at any step has a record", function()
    for step = 0, 6 do
      local found = scanned(function(c, number, transport)
        local writes, write = 0, transport.write
        function transport.write(...)
          writes = writes + 1
          if writes > step then
            transport.close()
            return nil, "reset"
          end
          return write(...)
        end
        return server "TLS 1.3" (c, number, transport)
      end)
      check(found)
      assert.equal(step == 0 and "no tls" or "tls", found.status)
    end
  end)
end)
