local core = require("wolfssl.core").fd
local poll = require "wolfssl.transport.poll"

-- A listener and its port.
local function listen()
  local listener, port = assert(core.listen("127.0.0.1", 0))
  return listener, port
end

describe("wolfssl.transport.poll", function()
  it("serves each connection in a task of its own", function()
    local loop, listener, port = poll.new(), listen()
    local served, first, second = {}, nil, nil
    loop:listen(listener, function(transport)
      local word = transport:read(10)
      served[#served + 1] = word
      transport:write(word:upper())
      transport:close()
      if #served == 2 then loop:stop() end
    end)
    loop:spawn(function()
      first = loop:transport(assert(core.connect("127.0.0.1", port)))
      second = loop:transport(assert(core.connect("127.0.0.1", port)))
      second:write "two"
      assert(second:read(10) == "TWO")
      first:write "one"
    end)
    loop:run()
    core.close(listener)
    assert.same({ "two", "one" }, served)
    assert.equal("ONE", first:read(10, 0))
    first:close()
    second:close()
  end)

  it("drops the longest guest when there are too many", function()
    local loop, listener, port = poll.new { limit = 4 }, listen()
    local why = {}
    loop:listen(listener, function(transport)
      local _, message = transport:read(10)
      why[#why + 1] = message
      transport:close()
    end)
    loop:spawn(function()
      local guests = {}
      for i = 1, 5 do
        guests[i] = loop:transport(assert(core.connect("127.0.0.1", port)))
        if i == 5 then assert.same({ nil, "eof" }, { guests[1]:read(1) }) end
      end
      for _, guest in ipairs(guests) do guest:close() end
      loop:stop()
    end)
    loop:run()
    core.close(listener)
    assert.equal("timeout", why[1])
  end)

  it("gives a task its time back, and wakes who waits for an event", function()
    local loop = poll.new()
    local event, log = loop:event(), {}
    loop:spawn(function()
      local ok = event:wait()
      log[#log + 1] = ok and "signalled"
    end)
    loop:spawn(function()
      local _, why = loop:wait(nil, nil, 0.01)
      log[#log + 1] = why
      event:signal()
    end)
    loop:run()
    assert.same({ "timeout", "signalled" }, log)
  end)

  it("raises what a task raises, or hands it to on_error", function()
    local loop = poll.new()
    assert.error_matches(function()
      loop:spawn(function() error "oops" end)
    end, "oops")
    local heard
    loop = poll.new { on_error = function(message) heard = message end }
    loop:spawn(function() error "oops" end)
    loop:run()
    assert.is_truthy(heard:find("oops", 1, true))
  end)
end)
