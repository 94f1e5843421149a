--- `on_message`: tells the handshake messages of both directions, decrypted and decoded, in the
-- order in which they passed, also after the handshake.
-- @module wolfssl.connection.message

local call = require("wolfssl.connection.call").call
local core = require "wolfssl.core"
local observer = require "wolfssl.trace.observer"
local secrets = require "wolfssl.trace.secrets"

local methods = core.connection_methods

local M = {}

local function put(queue, entry)
  queue.last = queue.last + 1
  queue[queue.last] = entry
end

local function next_of(queue)
  local entry = queue[queue.first]
  if entry then queue[queue.first], queue.first = nil, queue.first + 1 end
  return entry
end

--- Begins to watch.
-- @tparam table own
function M.begin(own)
  own.messages = { first = 1, last = 0 }
  own.observer = observer.new {
    trusting = true, -- what passed, wolfSSL has checked
    secrets = secrets.new { source = function() return methods.secrets(own.connection) end },
    take = function(entry)
      if entry.kind == "handshake" then put(own.messages, entry) end
    end,
  }
  methods.watch(own.connection)
end

--- Tells what has passed.
-- @tparam table own
-- @treturn boolean
function M.step(own)
  for from, bytes in methods.seen, own.connection do own.observer:feed(from, bytes) end
  for entry in next_of, own.messages do
    if not call(own, "on_message", own.handlers.on_message, entry, own.connection) then
      return false
    end
  end
  return true
end

M.over = M.step

return M
