--- What a conversation shows of itself: its trace, as entries, explained, or as a capture.
-- @module wolfssl.probe.showing
local Conversation = require("wolfssl.probe.conversation").Conversation

--- The first message of a name that the other side said, whether anybody took it or not.
-- @tparam string name
-- @treturn table message; nil when none came
-- @treturn int where it stands among `entries`
function Conversation:heard(name)
  local list, at, more = self.observer.entries, 1, true
  while more do
    for i = at, #list do
      if list[i].from == self.peer and list[i].name == name and list[i].message then
        return list[i].message, i
      end
    end
    at, more = #list + 1, self:step()
  end
end

--- Where the message stands that was taken last.
-- @treturn int its place among `entries`; nil where none was taken
function Conversation:place()
  for i, entry in ipairs(self.observer.entries) do
    if entry == self.latest then return i end
  end
end

--- Keying material for the application.
-- @tparam string label
-- @tparam ?string context
-- @tparam number length bytes
-- @treturn string; nil when the secrets are not known
-- @see RFC 5705
function Conversation:exporter(label, context, length)
  return self:seen():exporter(label, context, length)
end

--- All that was said, both directions; see `wolfssl.trace.observer`.
-- @treturn {table,...}
function Conversation:entries()
  return self:seen().entries
end

--- The conversation explained.
-- @tparam ?table options see `wolfssl.trace.explain`
-- @treturn table explanation, for `wolfssl.trace.render.text` and others
function Conversation:explain(options)
  return self.recording:explain(options)
end

--- The conversation as a capture with its secrets.
-- @treturn string pcapng
function Conversation:capture()
  return self.recording:capture()
end

--- Its secrets as lines of an NSS key log.
-- @treturn {string,...}
function Conversation:keylog()
  return self.recording:keylog()
end

return {}
