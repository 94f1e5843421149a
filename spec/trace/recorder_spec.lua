local capture = require "wolfssl.trace.capture"
local core = require "wolfssl.core"
local helper = require "helper"
local pki = require "pki"
local trace = require "wolfssl.trace"

local function names(recorder)
  local list = {}
  for i, entry in ipairs(recorder:entries()) do list[i] = entry.from .. " " .. entry.name end
  return list
end

local function last(recorder)
  local entries = recorder:entries()
  return entries[#entries]
end

-- A recorded client and a plain server, connected; each says something.
local function recorded(options)
  local a, b = pki.pair(pki.client(options))
  local recorder = trace.record(a)
  local left, right = pki.handshake(a, b)
  assert(left.ok and right.ok)
  return recorder, a, b
end

local function talk(a, b, text)
  a:write(text)
  pki.exchange(a, b)
  return b:read()
end

describe("wolfssl.trace.recorder", function()
  for _, version in ipairs { "TLS 1.2", "TLS 1.3" } do
    it("keeps every message of both directions, decrypted, in " .. version, function()
      local recorder, a, b = recorded { min_version = version, max_version = version }
      talk(a, b, "secret")
      a:shutdown()
      pki.exchange(a, b)
      local seen = {}
      for _, entry in ipairs(recorder:entries()) do
        assert.not_equal("unreadable", entry.kind)
        assert.is_number(entry.time)
        seen[entry.from .. " " .. entry.name] = entry
      end
      assert.is_true(seen["client finished"].checks.finished)
      assert.is_true(seen["server finished"].checks.finished)
      assert.equal("secret", seen["client application_data"].bytes)
      assert.equal("close_notify", last(recorder).message.description.name)
    end)
  end

  it("is made by trace = true, of a context or of a connection", function()
    local context = pki.client { trace = true }
    assert.equal("client", context:connection({ server_name = "localhost" }).recorder.role)
    assert.is_nil(pki.client():connection({ server_name = "localhost" }).recorder)
    local server = pki.server():connection { trace = true }
    assert.equal("server", server.recorder.role)
  end)

  it("leaves connections that are not recorded their methods", function()
    local a, b = pki.pair()
    trace.record(a)
    for _, name in ipairs { "receive_data", "data_to_send", "handshake", "read", "pull" } do
      assert.not_equal(core.connection_methods[name], a[name])
      assert.equal(core.connection_methods[name], b[name])
    end
  end)

  it("costs other connections not one instruction", function()
    local function instructions()
      local a, b = pki.connected()
      local count = 0
      local jit = rawget(_G, "jit")
      if jit then -- what is compiled, or was before, counts nothing
        jit.off()
        jit.flush()
      end
      debug.sethook(function() count = count + 1 end, "", 1)
      for _ = 1, 10 do
        a:write("ping")
        b:receive_data(a:data_to_send())
        b:read()
      end
      debug.sethook()
      if jit then jit.on() end
      return count
    end
    local before = instructions()
    local recorder, a, b = recorded()
    talk(a, b, "recorded")
    assert.is_true(#recorder:entries() > 0)
    assert.equal(before, instructions())
    assert.is_true(before > 100)
  end)

  it("sees the same from the server's side", function()
    local a, b = pki.pair()
    local client, server = trace.record(a), trace.record(b)
    pki.handshake(a, b)
    assert.same(names(client), names(server))
  end)

  it("reads what could not be read before, once the secrets are there", function()
    local a, b = pki.pair()
    local recorder = trace.record(a)
    a:handshake()
    pki.exchange(a, b)
    b:handshake()
    pki.exchange(a, b)
    assert.equal("unreadable", last(recorder).kind)
    pki.handshake(a, b)
    for _, entry in ipairs(recorder:entries()) do assert.not_equal("unreadable", entry.kind) end
  end)

  it("keeps the alert that ends a failed handshake, and says why", function()
    local a, b = pki.pair(nil, nil, { server_name = "elsewhere.example" })
    local recorder = trace.record(a)
    pki.handshake(a, b)
    assert.equal("certificate_invalid", recorder.code)
    assert.is_string(recorder.message)
    assert.equal("alert", last(recorder).kind)
    assert.equal("fatal", last(recorder).message.level.name)
  end)

  it("knows after close what it knew before", function()
    local recorder, a = recorded()
    local before = names(recorder)
    a:close()
    assert.same(before, names(recorder))
    assert.is_true(#recorder.lines > 0)
    assert.is_true(recorder.verdict.ok)
    assert.equal("TLS 1.3", recorder.info.version.name)
  end)

  it("bounds its memory, and still has the end of a long connection", function()
    local a, b = pki.pair()
    local recorder = trace.record(a, { limit = 8192 })
    pki.handshake(a, b)
    for _ = 1, 40 do talk(a, b, ("x"):rep(16000)) end
    a:shutdown()
    pki.exchange(a, b)
    local kept = 0
    for _, chunk in ipairs(recorder.chunks) do kept = kept + #chunk.bytes end
    assert.is_true(kept <= 8192)
    assert.is_true(recorder.omitted > 600000)
    assert.equal("close_notify", last(recorder).message.description.name)
    local data = 0
    for _, entry in ipairs(recorder:entries()) do
      if entry.name == "application_data" then data = data + #entry.bytes end
    end
    assert.is_true(data <= 65536)
  end)

  it("sends through a descriptor what it records", function()
    local fd = require("wolfssl.core").fd
    local near, far = assert(fd.socketpair())
    local a, b = pki.pair()
    local recorder = trace.record(a)
    for _ = 1, 4 do
      a:handshake()
      assert.equal(0, a:push(near))
      b:pull(far)
      b:handshake()
      b:push(far)
      local count, _, code = a:pull(near)
      assert.is_true(count ~= nil or code == "want_read")
    end
    assert.is_true(a:handshake())
    assert.equal("client finished", names(recorder)[7])
    fd.close(near)
    fd.close(far)
  end)

  it("counts as unsent what a descriptor did not take", function()
    local fd = require("wolfssl.core").fd
    local near, far = assert(fd.socketpair())
    local _, a = recorded()
    a:write(("x"):rep(2 ^ 21))
    local before, taken = a:unsent(), 0
    local _, _, code = a:push(near)
    assert.equal("want_write", code)
    repeat
      local bytes = fd.recv(far)
      taken = taken + #(bytes or "")
    until not bytes
    assert.equal(before, taken + a:unsent())
    fd.close(near)
    fd.close(far)
  end)

  it("gives a capture that holds its secrets", function()
    local recorder, a, b = recorded()
    talk(a, b, "in the capture")
    local opened = assert(trace.open_capture(recorder:capture()))
    assert.equal(1, #opened.connections)
    local entries = opened.connections[1].entries
    assert.equal("in the capture", entries[#entries].bytes)
    assert.is_true(#assert(capture.read(recorder:capture())).secrets > 0)
  end)

  it("gives a capture that tshark decrypts without being told anything", function()
    if not helper.have "tshark" then return pending "needs package tshark" end
    for _, version in ipairs { "TLS 1.2", "TLS 1.3" } do
      local recorder, a, b = recorded { min_version = version, max_version = version }
      talk(a, b, "GET /seen-by-tshark HTTP/1.0\r\n\r\n")
      local path = helper.write(helper.tempdir() .. "/handshake.pcapng", recorder:capture())
      local output = helper.run("tshark -r " .. path .. " -T fields -e http.request.uri")
      assert.is_truthy(output:find("/seen-by-tshark", 1, true), output)
    end
    helper.cleanup()
  end)

  it("refuses what is no connection", function()
    assert.has_error(function() trace.record {} end)
  end)
end)
