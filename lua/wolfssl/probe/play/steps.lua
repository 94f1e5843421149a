--- Steps that client and server have in common.
-- @module wolfssl.probe.play.steps

local M = {}

-- The first of the peer's messages that did not pass a check.
local function wrong(self)
  for _, entry in ipairs(self:entries()) do
    for name, ok in pairs(entry.from == self.peer and entry.checks or {}) do
      if ok == false then return entry, name end
    end
  end
end

--- What was agreed, unless a check failed on the way.
-- @tparam Conversation self
-- @return summary; or nil, message, "peer_misbehaved", detail
function M.outcome(self)
  local entry, name = wrong(self)
  if not entry then return self:summary() end
  return nil, ("%s: %s: %s"):format(entry.name, name, tostring(entry.reasons[name])),
    "peer_misbehaved", { entry = entry, conversation = self }
end

--- Makes a message by the method of that name, and holds it for what comes next; false is none.
-- @tparam Conversation self
-- @tparam string name
-- @param ... of the method
-- @return true; or nil, message, code
function M.say(self, name, ...)
  local message, text, code = self[name](self, ...)
  if message == nil then return nil, text, code end
  if message == false then return true end
  return self:send(message, { hold = true })
end

--- Sends Finished, and all that was held.
-- @tparam Conversation self
-- @return true; or nil, message, code
function M.finish(self)
  local ok, text, code, detail = M.say(self, "finished")
  if not ok then return nil, text, code, detail end
  return self:flush()
end

--- Sends ChangeCipherSpec and Finished.
-- @tparam Conversation self
-- @return true; or nil, message, code
function M.change_and_finish(self)
  local ok, text, code = self:change_cipher_spec { hold = true }
  if not ok then return nil, text, code end
  return M.finish(self)
end

--- Expects each in turn.
-- @tparam Conversation self
-- @tparam string ... names; "?name" may be left out
-- @return messages by name; or nil, message, code, detail
function M.expect_all(self, ...)
  local got, last = {}, select("#", ...)
  local at = 1
  while at <= last do
    local wanted = {}
    for i = at, last do
      local mark, name = (select(i, ...)):match "^(%??)(.*)$"
      wanted[name] = i
      if mark == "" then break end
    end
    local message, entry, code, detail = self:await(function(_, e) return wanted[e.name] end)
    if not message then return nil, entry, code, detail end
    got[entry.name] = message
    at = wanted[entry.name] + 1
  end
  return got
end

return M
