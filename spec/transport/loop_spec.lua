local core = require("wolfssl.core").fd
local loops = require "wolfssl.transport.loop"

-- A listener and its port.
local function listen()
  local listener, port = assert(core.listen("127.0.0.1", 0))
  return listener, port
end

local function is_there(name)
  return (pcall(require, "wolfssl.transport." .. name))
end

describe("wolfssl.transport.loop", function()
  it("takes the first that is installed", function()
    local _, name = loops.new()
    assert.equal(is_there "cqueues" and "cqueues" or is_there "luv" and "luv" or "poll", name)
  end)

  it("says that a loop is not installed", function()
    local loop, message = loops.new "nothing"
    assert.is_nil(loop)
    assert.matches("wolfssl.transport.nothing", message, 1, true)
  end)

  for _, name in ipairs(loops.names) do
    local function new()
      if is_there(name) then return assert(loops.new(name)) end
      pending("needs the module " .. name)
    end

    it(name .. " connects, serves and waits, all at once", function()
      local loop = new()
      if not loop then return end
      local listener, port = listen()
      local changed, said, heard, told = loop:event(), nil, nil, nil
      loop:spawn(function()
        assert(loop:wait(listener, "r", 20))
        local transport = loop:transport(assert(core.accept(listener, 0)))
        said = transport:read(10, 20)
        transport:write("two", 20)
        transport:close()
        changed:signal()
      end)
      loop:spawn(function(place)
        local transport = assert(loop:connect(place, port, 20))
        transport:write("one", 20)
        heard = transport:read(10, 20)
        transport:close()
      end, "127.0.0.1")
      loop:spawn(function() told = changed:wait(20) end)
      loop:run()
      core.close(listener)
      assert.same({ "one", "two", true }, { said, heard, told })
    end)

    it(name .. " finds the addresses of names, and of what is one", function()
      local loop = new()
      if not loop then return end
      local found = {}
      loop:spawn(function()
        for _, host in ipairs { "localhost", "127.0.0.1", "::1" } do
          found[host] = assert(loop:resolve(host, 20))[1]
        end
        found.none = { loop:resolve(("x"):rep(64) .. ".invalid", 20) }
      end)
      loop:run()
      assert.is_truthy(found.localhost == "127.0.0.1" or found.localhost == "::1")
      assert.same({ "127.0.0.1", "::1" }, { found["127.0.0.1"], found["::1"] })
      assert.matches("^cannot find x+%.invalid", found.none[2])
    end)

    it(name .. " tells of time that is over", function()
      local loop = new()
      if not loop then return end
      local listener = listen()
      local pause, wait, event
      loop:spawn(function() pause = { loop:wait(nil, nil, 0.01) } end)
      loop:spawn(function() wait = { loop:wait(listener, "r", 0.01) } end)
      loop:spawn(function() event = loop:event():wait(0.01) end)
      loop:run()
      core.close(listener)
      assert.same({ nil, "timeout" }, pause)
      assert.same({ nil, "timeout" }, wait)
      assert.is_falsy(event)
    end)

    it(name .. " says why a connection failed, and tries each address", function()
      local loop = new()
      if not loop then return end
      local listener, port = listen()
      local refused, found
      loop:spawn(function()
        refused = { loop:connect("127.0.0.2", port, 20) }
        found = loop:connect("localhost", port, 20)
        if found then found:close() end
      end)
      loop:run()
      core.close(listener)
      assert.is_nil(refused[1])
      assert.matches("^cannot connect to 127.0.0.2:" .. port .. ": ", refused[2])
      assert.equal("network_error", refused[3])
      assert.is_truthy(found)
    end)

    it(name .. " raises what a task raises", function()
      local loop = new()
      if not loop then return end
      assert.error_matches(function()
        loop:spawn(function()
          loop:wait(nil, nil, 0.001)
          error "oh dear"
        end)
        loop:run()
      end, "oh dear")
    end)
  end
end)

describe("wolfssl.core.fd", function()
  it("dials, and says what came of it", function()
    local listener, port = listen()
    local descriptor = assert(core.dial("127.0.0.1", port))
    assert.is_true(core.poll(descriptor, "w", 20))
    assert.is_true(core.connected(descriptor))
    core.close(descriptor)
    core.close(listener)
    local ok, message, code = core.dial("localhost", port)
    assert.is_nil(ok)
    assert.matches("^cannot connect to localhost:", message)
    assert.equal("network_error", code)
    assert.is_nil((core.connected(65535)))
  end)

  it("knows the addresses of a host", function()
    assert.same({ "192.0.2.1" }, core.addresses "192.0.2.1")
    assert.same({ "2001:db8::1" }, core.addresses "2001:db8::1")
    assert.equal("network_error", (select(3, core.addresses "not a host")))
  end)

  it("reads what a file has", function()
    local a, b = assert(core.socketpair())
    core.send(a, "some")
    assert.equal("some", core.read(b))
    core.close(a)
    assert.same({ nil, "eof" }, { core.read(b) })
    core.close(b)
    assert.is_nil((core.read(65535)))
  end)
end)
