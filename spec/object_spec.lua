describe("csrc/object.c", function()
  it("knows its objects when the module is opened again in the same state", function()
    local first = require "wolfssl.core"
    local context = first.context("client", 0x0303, 0x0304)
    package.loaded["wolfssl.core"] = nil
    local second = require "wolfssl.core"
    package.loaded["wolfssl.core"] = first
    assert.are_not.equal(first, second)
    assert.equal("userdata", type(second.connection(context, "localhost")))
    context:close()
  end)
end)
