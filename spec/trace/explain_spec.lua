local explain = require "wolfssl.trace.explain"
local helper = require "helper"
local json = require "wolfssl.trace.render.json"
local kinds = require "wolfssl.cli.demo.kinds"
local pki = require "pki"
local secret_store = require "wolfssl.trace.secrets"
local trace = require "wolfssl.trace"

local function explained(name, options)
  local shown = assert(kinds.show(name))
  local all = { sides = shown.sides, trust = shown.trust, origin = shown.origin,
    server_name = shown.server_name }
  for option, value in pairs(options or {}) do all[option] = value end
  return explain.explain(shown.observer, all)
end

local function step_of(model, name, from)
  for _, step in ipairs(model.steps) do
    if step.name == name and (not from or step.from == from) then return step end
  end
end

local function checked(step, pattern)
  for _, check in ipairs(step.checks) do
    if check.what:find(pattern) then return check.ok, check.detail end
  end
  error("no check " .. pattern)
end

local function says(list, pattern)
  for _, text in ipairs(list) do
    if text:find(pattern) then return true end
  end
  return false
end

local function row_of(model, name)
  for _, row in ipairs(model.schedules[1].rows) do
    if row.name == name then return row end
  end
end

-- kind, version, form, mutual
local COMPLETE = {
  { "tls12", "TLS 1.2", "full", false }, { "tls12-mutual", "TLS 1.2", "full", true },
  { "tls12-resumed", "TLS 1.2", "resumed", false }, { "tls12-rsa", "TLS 1.2", "full", false },
  { "tls12-dhe", "TLS 1.2", "full", false }, { "tls12-psk", "TLS 1.2", "psk", false },
  { "tls13", "TLS 1.3", "full", false }, { "tls13-mutual", "TLS 1.3", "full", true },
  { "tls13-hrr", "TLS 1.3", "full", false }, { "tls13-psk", "TLS 1.3", "psk", false },
  { "tls13-resumed", "TLS 1.3", "resumed", false },
  { "tls12-ecdhe-psk", "TLS 1.2", "psk", false },
}

local FAILURES = {
  { "failure-no-common-version", "server", "protocol_version" },
  { "failure-no-common-suite", "server", "handshake_failure" },
  { "failure-untrusted-ca", "client", "unknown_ca" },
  { "failure-expired", "client", "certificate_expired" },
  { "failure-wrong-name", "client", "bad_certificate" },
  { "failure-bad-client-certificate", "server", "unknown_ca" },
}

describe("wolfssl.trace.explain", function()
  describe("of every kind of handshake", function()
    for _, expected in ipairs(COMPLETE) do
      it("tells what it is, and that nothing is wrong: " .. expected[1], function()
        local model = explained(expected[1])
        assert.equal(expected[2], model.kind.version)
        assert.equal(expected[3], model.kind.form)
        assert.equal(expected[4], model.kind.mutual)
        assert.equal("complete", model.kind.outcome)
        assert.is_nil(model.failure)
        local finished = 0
        for _, step in ipairs(model.steps) do
          assert.is_true(step.readable, step.title)
          assert.is_string(step.why, step.title)
          for _, check in ipairs(step.checks) do
            assert.not_equal(false, check.ok, step.title .. ": " .. check.what)
          end
          if step.name == "finished" then
            finished = finished + 1
            assert.is_true(checked(step, "^verify_data"))
          end
        end
        assert.equal(2, finished)
      end)
    end

    it("tells the times of both sides by one clock", function()
      for _, expected in ipairs(COMPLETE) do
        local last = 0
        for _, step in ipairs(explained(expected[1]).steps) do
          assert.is_true(step.time >= last, expected[1] .. " " .. step.title)
          last = step.time
        end
      end
    end)

    it("covers every kind that there is", function()
      local listed = {}
      for _, list in ipairs { COMPLETE, FAILURES } do
        for _, expected in ipairs(list) do listed[#listed + 1] = expected[1] end
      end
      table.sort(listed)
      assert.same(kinds.names(), listed)
    end)
  end)

  describe("of a failure", function()
    for _, expected in ipairs(FAILURES) do
      it("names the side, the alert and causes: " .. expected[1], function()
        local model = explained(expected[1])
        assert.equal("failed", model.kind.outcome)
        assert.equal("broken", model.verdict.lock)
        assert.equal(expected[2], model.failure.side)
        assert.equal(expected[3], model.failure.alert.name)
        assert.equal("alert", model.steps[model.failure.step].kind)
        assert.is_true(#model.failure.causes > 0)
        assert.is_true(model.failure.where < model.failure.step)
        assert.is_true(model.failure.certain)
      end)

      it("says what nobody looked at any more: " .. expected[1], function()
        local model = explained(expected[1])
        for number = model.failure.where + 1, model.failure.step - 1 do
          local step = model.steps[number]
          if step.to == expected[2] then
            assert.same({}, step.learned[step.to])
            assert.is_true(says(step.remarks, "gave up at step " .. model.failure.where))
          end
        end
      end)
    end

    it("marks what the server missed in a hello", function()
      for name, missed in pairs {
        ["failure-no-common-version"] = "a version is offered that the server supports",
        ["failure-no-common-suite"] =
          "suites, groups and signatures are offered that suit the server",
      } do
        local model = explained(name)
        local last = model.steps[1].checks[#model.steps[1].checks]
        assert.same({ what = missed, ok = false, by = "server" }, last)
        assert.matches("before a version was agreed on", model.kind.text)
        assert.is_true(model.steps[2].time >= 0)
      end
    end)

    it("points at the message that it answers", function()
      for name, message in pairs {
        ["failure-expired"] = "certificate", ["failure-wrong-name"] = "certificate",
        ["failure-bad-client-certificate"] = "certificate",
        ["failure-no-common-version"] = "client_hello",
      } do
        local model = explained(name)
        assert.equal(message, model.steps[model.failure.where].name, name)
      end
    end)
  end)

  describe("steps", function()
    it("have fields that lie where they say, each with a note", function()
      for _, name in ipairs { "tls12-mutual", "tls13-mutual", "tls13-hrr" } do
        local count = 0
        for _, step in ipairs(explained(name).steps) do
          for _, field in ipairs(step.fields) do
            count = count + 1
            assert.is_string(field.note, step.name .. " " .. field.path)
            assert.is_true(2 * (field.offset + field.length) <= #step.bytes)
            if field.bytes then
              assert.equal(step.bytes:sub(2 * field.offset + 1,
                2 * (field.offset + field.length)), field.bytes)
            end
          end
        end
        assert.is_true(count > 100)
      end
    end)

    it("name records that hold their bytes", function()
      local model = explained("tls12")
      local hello = step_of(model, "client_hello")
      local record = model.records[hello.records[1].number]
      assert.equal(hello.bytes, record.wire:sub(11))
      assert.is_false(record.protected)
      local data = step_of(model, "application_data")
      assert.is_true(model.records[data.records[1].number].protected)
      assert.equal("application_data", model.records[data.records[1].number].content_type)
      assert.is_nil(model.records[data.records[1].number].wire:find(data.bytes, 1, true))
    end)

    it("split every offered suite, and mark the one that is taken", function()
      local suites = step_of(explained("tls12-rsa"), "client_hello").suites
      assert.equal("003c", suites[1].value)
      assert.is_truthy(suites[1].key_exchange:find "RSA")
      assert.equal("AES-128 in CBC mode", suites[1].encryption)
      assert.equal("HMAC-SHA256", suites[1].mac)
      assert.is_true(suites[1].chosen)
      assert.is_truthy(suites[2].note:find "renegotiation")
    end)

    it("speak of the four bytes that were the time, and of compression", function()
      local remarks = step_of(explained("tls13"), "client_hello").remarks
      assert.is_true(says(remarks, "first four bytes of the random"))
      assert.is_true(says(remarks, "CRIME"))
    end)

    it("tell what the server does with the session id", function()
      local resumed = step_of(explained("tls12-resumed"), "server_hello").remarks
      assert.is_true(says(resumed, "is resumed"))
      assert.is_true(says(step_of(explained("tls12"), "server_hello").remarks, "a new one"))
    end)

    it("tell why a ServerKeyExchange is sent, or is not", function()
      assert.is_true(says(step_of(explained("tls12"), "server_hello").remarks,
        "A ServerKeyExchange follows"))
      local rsa = explained("tls12-rsa")
      assert.is_nil(step_of(rsa, "server_key_exchange"))
      assert.is_true(says(step_of(rsa, "server_hello").remarks, "No ServerKeyExchange follows"))
    end)

    it("tell how the premaster secret comes about in each key exchange", function()
      for name, pattern in pairs { ["tls12-rsa"] = "encrypts them to the RSA key",
        ["tls12-dhe"] = "modulo p", ["tls12"] = "x coordinate", ["tls12-psk"] = "zeros" } do
        local step = step_of(explained(name), "client_key_exchange")
        assert.is_true(says(step.remarks, pattern), name)
      end
    end)

    it("say who knows what: names are open in TLS 1.2 and hidden in TLS 1.3", function()
      local old = step_of(explained("tls12"), "certificate").learned.eavesdropper
      local new = step_of(explained("tls13"), "certificate").learned.eavesdropper
      assert.is_true(says(old, "can be read by everyone"))
      assert.is_true(says(new, "only the length"))
    end)

    it("compare the secrets of both sides", function()
      assert.is_true(checked(step_of(explained("tls13"), "finished", "client"), "same secrets"))
    end)

    it("count application data after the first of each direction", function()
      local a, b = pki.pair()
      local recorder = trace.record(a)
      pki.handshake(a, b)
      for _ = 1, 5 do
        a:write(("y"):rep(100))
        pki.exchange(a, b)
      end
      local data = step_of(explain.recording(recorder), "application_data")
      assert.same({ records = 4, bytes = 400 }, data.more)
    end)

    it("say of what cannot be read only that it is there", function()
      local a, b = pki.pair()
      local recorder = trace.record(a)
      pki.handshake(a, b)
      local model = explain.explain(recorder:observe { secrets = trace.secrets {} })
      assert.equal("unfinished", model.kind.outcome)
      local step = step_of(model, "unreadable")
      assert.is_false(step.readable)
      assert.is_string(step.problem)
      assert.equal("none", model.verdict.lock)
    end)
  end)

  describe("certificate chains", function()
    it("go from the leaf to the root that the verifier knows", function()
      local chain = explained("tls13").chains[1]
      assert.equal(3, #chain.certificates)
      assert.is_true(chain.certificates[1].sent)
      assert.is_false(chain.certificates[3].sent)
      assert.is_true(chain.certificates[3].anchor)
      assert.equal(chain.certificates[2].subject, chain.certificates[1].issuer)
    end)

    it("show both chains in mutual TLS", function()
      local model = explained("tls12-mutual")
      assert.equal("server", model.chains[1].from)
      assert.equal("client", model.chains[2].from)
      assert.equal("CN=alice", model.chains[2].certificates[1].subject)
    end)

    it("say which check fails", function()
      local expired = explained("failure-expired").chains[1].certificates[1]
      local ok, detail = checked(expired, "valid now")
      assert.is_false(ok)
      assert.is_truthy(detail:find "ended")
      local elsewhere = explained("failure-wrong-name").chains[1].certificates[1]
      assert.is_false((checked(elsewhere, "other.example")))
    end)

    it("find a signature that is wrong", function()
      local certificate = require "wolfssl.trace.explain.certificate"
      local root = certificate.open(pki.root)
      local middle = certificate.open(pki.middle)
      local forged = certificate.open(pki.middle:sub(1, -2)
        .. string.char((pki.middle:byte(-1) + 1) % 256))
      assert.is_true(certificate.signed_by(middle, root))
      assert.is_not_true((certificate.signed_by(forged, root)))
      assert.is_false((certificate.signed_by(root, middle)))
    end)
  end)

  describe("the key schedule", function()
    it("has no values unless they are asked for", function()
      local open = explained("tls12-rsa", { secrets = true })
      local quiet = json.encode(explained("tls12-rsa"))
      for _, name in ipairs { "premaster_secret", "master_secret", "client_write_key" } do
        local value = row_of(open, name).value
        assert.is_truthy(json.encode(open):find(value, 1, true))
        assert.is_nil(quiet:find(value, 1, true))
      end
    end)

    it("of TLS 1.2 leads from the premaster secret to the pieces of the key block", function()
      local model = explained("tls12-rsa", { secrets = true })
      assert.equal("0303", row_of(model, "premaster_secret").value:sub(1, 4))
      local block, offset = row_of(model, "key_block"), 0
      for _, name in ipairs { "client_write_MAC_key", "server_write_MAC_key", "client_write_key",
        "server_write_key" } do
        local row = row_of(model, name)
        assert.equal(offset, row.offset)
        assert.equal(block.value:sub(2 * offset + 1, 2 * (offset + row.length)), row.value)
        offset = offset + row.length
      end
      assert.equal(block.length, offset)
    end)

    it("of a handshake of ours knows every secret", function()
      for _, kind in ipairs(COMPLETE) do
        if kinds.show(kind[1]).play then
          for _, row in ipairs(explained(kind[1]).schedules[1].rows) do
            assert.is_true(row.known, kind[1] .. ": " .. row.name)
          end
        end
      end
    end)

    it("of TLS 1.3 shows every secret with its inputs, also those that are not known", function()
      local shown = assert(kinds.show "tls13")
      local keylog = secret_store.new { keylog = shown.sides.client.lines }
      local model = explain.explain(shown.sides.client:observe { secrets = keylog }, {})
      local shared = row_of(model, "shared_secret")
      assert.is_false(shared.known)
      assert.same({ "derived_from_early_secret", "shared_secret" },
        row_of(model, "handshake_secret").inputs)
      local traffic = row_of(model, "client_application_traffic_secret_0")
      assert.is_true(traffic.known)
      assert.equal("c ap traffic", traffic.label)
      assert.equal("finished", model.steps[traffic.step].name)
    end)

    it("of a pre-shared key begins with it", function()
      local model = explained("tls13-psk", { secrets = true })
      assert.is_true(row_of(model, "psk").known)
      assert.equal("ext binder", row_of(model, "external_binder_key").label)
      assert.is_true(checked(step_of(model, "client_hello"), "^the binders"))
    end)

    it("names each step's secrets among its rows", function()
      for _, name in ipairs { "tls12", "tls13" } do
        local model, count = explained(name), 0
        for _, step in ipairs(model.steps) do
          for _, secret in ipairs(step.secrets) do
            assert.equal(step.number, row_of(model, secret).step)
            count = count + 1
          end
        end
        assert.equal(#model.schedules[1].rows, count)
      end
    end)
  end)

  describe("the verdict", function()
    it("is a closed lock where all is well", function()
      assert.equal("closed", explained("tls13").verdict.lock)
    end)

    it("warns where forward secrecy is missing", function()
      assert.equal("warning", explained("tls12-rsa").verdict.lock)
    end)

    it("cannot be closed where nobody says which roots are trusted", function()
      assert.equal("none", explained("tls12", { trust = {}, sides = {} }).verdict.lock)
    end)
  end)

  describe("of a changed byte", function()
    local function tampered(name, byte)
      local shown = assert(kinds.show(name, byte))
      local model = explain.explain(shown.observer, { sides = shown.sides, trust = shown.trust,
        tamper = { byte = byte, size = shown.play.size, complete = shown.play.complete,
          change = shown.play.changed } })
      return model.tamper, model
    end

    it("says where it lies and who notices", function()
      local tamper = tampered("tls13", 20)
      assert.equal("client", tamper.from)
      assert.equal("random", tamper.field)
      assert.equal(1, tamper.step)
      assert.is_true(tamper.detected)
      assert.equal("client", tamper.by)
    end)

    it("does not say of the changed message that nobody changed it", function()
      local tamper, model = tampered("tls13", 400)
      assert.equal("ciphertext", tamper.field)
      assert.equal(tamper.step, model.failure.where)
      assert.is_false((checked(model.steps[tamper.step], "nobody changed it")))
      assert.is_true(says(model.steps[tamper.step].remarks, "changed on its way"))
    end)

    it("does not know which message was found wrong after a change in the clear", function()
      local tamper, model = tampered("tls13", 20)
      assert.equal("random", tamper.field)
      assert.is_false(model.failure.certain)
      assert.is_truthy(model.failure.text:find("It came after step", 1, true))
      assert.is_false(says(model.steps[model.failure.where].remarks, "gave up"))
    end)

    -- RFC 8446 section 5.1: legacy_record_version is to be ignored; where records are encrypted it
    -- is protected all the same.
    it("is detected wherever else it lies, in TLS 1.2 and 1.3", function()
      for name, stride in pairs { ["tls12-mutual"] = 61, ["tls13-mutual"] = 67 } do
        local size = kinds.show(name).play.size
        for byte = 0, size - 20, stride do
          local tamper = tampered(name, byte)
          assert.is_true(tamper.detected or tamper.field:find("legacy_record_version") ~= nil,
            name .. " " .. byte .. ": " .. tamper.text)
          assert.is_string(tamper.message)
        end
      end
    end)

    it("says when there are fewer bytes", function()
      local tamper = tampered("tls13", 100000)
      assert.is_false(tamper.detected)
      assert.is_truthy(tamper.text:find "was not sent")
    end)
  end)

  it("is plain data, with no key but those that are documented", function()
    local documented = {}
    local header = helper.read("lua/wolfssl/trace/explain.lua"):match("^(.-)\nlocal ")
    for word in header:gmatch("[%w_]+") do documented[word] = true end
    local function walk(value, path)
      local kind = type(value)
      if kind == "table" then
        assert.is_nil(getmetatable(value), path)
        for key, item in pairs(value) do
          local below = path .. "." .. tostring(key)
          assert.is_true(type(key) == "number" or documented[key], below)
          walk(item, below)
        end
      else
        assert.is_true(kind == "string" or kind == "number" or kind == "boolean", path)
      end
    end
    for _, name in ipairs { "tls12-mutual", "tls13-hrr", "tls13-mutual", "failure-expired" } do
      walk(explained(name, { secrets = true }), name)
    end
  end)

  it("refuses options that it does not know", function()
    local shown = kinds.show("tls12-psk")
    assert.has_error(function() explain.explain(shown.observer, { secret = true }) end)
  end)

  it("explains what others recorded, every field with a note", function()
    local root = helper.vectors()
    if not root then return pending "needs the recordings of others" end
    local count = 0
    for _, path in ipairs(helper.find(root, "-name '*.pcap'")) do
      local opened, _, _, detail = trace.open_capture(helper.read(path))
      for _, connection in ipairs((opened or detail.trace).connections) do
        local model = explain.explain(connection.observer)
        count = count + #model.steps
        for _, step in ipairs(model.steps) do
          for _, field in ipairs(step.fields) do
            assert.is_string(field.note, path .. " " .. step.name .. " " .. field.path)
          end
        end
      end
    end
    assert.is_true(count > 400)
  end)
end)
