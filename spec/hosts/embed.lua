-- What embed.c runs in each thread: sends every line back, reversed. `watch`, `listener` are its.

local core = require("wolfssl.core").fd
local fd = require "wolfssl.transport.fd"
local wolfssl = require "wolfssl"

local watch, listener = watch, listener -- luacheck: ignore 113
local directory = os.getenv "DIRECTORY"
local context = assert(wolfssl.server {
  certificate = directory .. "/chain.pem", key = directory .. "/key.pem",
})

-- What a loop of callbacks needs for coroutines to wait in it.
local function wait(descriptor, mode, timeout)
  local thread = coroutine.running()
  watch(descriptor, mode, timeout, function(ready)
    assert(coroutine.resume(thread, ready, "timeout"))
  end)
  return coroutine.yield()
end

local function serve(descriptor)
  local stream = context:wrap(fd.new(descriptor, { wait = wait }), { timeout = 20 })
  local line = stream:receive()
  while line do
    stream:send(line:reverse() .. "\n")
    line = stream:receive()
  end
  stream:close()
end

local function accept()
  local descriptor = core.accept(listener, 0) -- another thread may have been faster
  if descriptor then coroutine.wrap(serve)(descriptor) end
  watch(listener, "r", nil, accept)
end

watch(listener, "r", nil, accept)
