-- Which application protocols does a server speak, whatever it prefers?
local probe = require "wolfssl.probe"
return probe.define { name = "alpn", summary = "The application protocols that a server speaks.",
  findings = { spoken = { severity = "info", message = "speaks %s", reference = "RFC 7301" } },
  run = function(target, report)
    local left = { "h2", "http/1.1", "http/1.0", "imap", "pop3", "xmpp-client", "mqtt", "dot" }
    while #left > 0 do
      local answer, c, code = target:hello { alpn = left }
      if answer and c:version() == 0x0304 then c:expect "encrypted_extensions" end
      local chosen = answer and c:summary().protocol
      if not chosen then return answer, c, code end
      report("spoken", chosen)
      for i = #left, 1, -1 do if left[i] == chosen then table.remove(left, i) end end
    end
  end }
