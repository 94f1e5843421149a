describe("csrc/object.c", function()
  it("knows its objects when the module is opened again in the same state", function()
    local first = require "wolfssl.core"
    local context = first.context("client", 0x0303, 0x0304)
    package.loaded["wolfssl.core"] = nil
    local second = require "wolfssl.core"
    package.loaded["wolfssl.core"] = first
    assert.are_not.equal(first, second)
    assert.equal("userdata", type(second.connection(context, { server_name = "localhost" })))
    context:close()
  end)

  it("finds nothing in the table of its own that an object has not", function()
    local core = require "wolfssl.core"
    local context = core.context("client", 0x0303, 0x0304)
    local options = { server_name = "localhost" }
    local owner, other = core.connection(context, options), core.connection(context, options)
    core.own(owner).answer = 42
    assert.equal(42, owner.answer)
    local index = getmetatable(owner).__index
    assert.is_nil((index(other, "answer")))
    assert.equal(other.close, index(other, "close"))
    assert.has_error(function() index(io.stdout, "answer") end)
  end)
end)
