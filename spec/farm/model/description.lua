--- Descriptions of servers, from which facts follow: what any server of TLS shows that has these
-- settings and these habits.
--
-- A description says
--
-- - `versions`, the newest first; `suites`, by version, in the server's order; `order`: whose
--   order counts;
-- - `groups` and `schemes`, by version, TLS 1.3 and the newest before; `retry`: the group that a
--   hello without shares is asked for; `cookie`; `dhe`: function(suite) that returns
--   `{bits =, group =}`;
-- - `chains`: lists of DER, in the order they are shown; `verdict`: what is wrong with them;
-- - `extensions`: function(version, suite) that lists what is answered to a hello that asks for
--   all, in order; `encrypt_then_mac`; `max_fragment_length`; `record_size_limit`;
-- - `alpn`; `sni`: what it does otherwise than others; `heartbeat`;
-- - `request`: `{requested =, authorities =}`; `request_schemes`;
-- - `session_id`; `ticket_lifetime`, false without tickets; `psk`: `{lifetime =, tickets =,
--   reuse =}` or false; `early_data`: bytes, 0 for none; `client_renegotiation`;
-- - `staple`: what is said of it, and `staple_size`; `alerts`; `ending`: `{sent_on_close =,
--   answers =}`;
-- - `forgets_supported_versions`: does not read them unless it speaks TLS 1.3;
-- - `unopened`: our client cannot carry the suites through, and sees no more than a hello's answer.

local cipher_suite = require "wolfssl.tls.registry.cipher_suite"
local everything = require "wolfssl.probe.everything"
local suites = require "wolfssl.probe.suites"
local versions = require "wolfssl.tls.registry.version"

local M = {}

function M.contains(list, item)
  for _, other in ipairs(list) do
    if other == item then return true end
  end
  return false
end

function M.filter(list, accept)
  local out = {}
  for _, item in ipairs(list) do
    if accept(item) then out[#out + 1] = item end
  end
  return out
end

--- A field of a suite.
function M.part(suite, field)
  return cipher_suite:entry(cipher_suite:value(suite))[field]
end

--- The first of one list that is in the other.
function M.first_common(list, other)
  for _, item in ipairs(list) do
    if M.contains(other, item) then return item end
  end
end

--- The newest version before TLS 1.3, or nil.
function M.older(s)
  return s.versions[1] ~= "TLS 1.3" and s.versions[1] or s.versions[2]
end

--- Whether handshakes end well, with a client that has no certificate.
function M.completes(s)
  return not s.unopened and s.request.requested ~= "required"
end

--- Whether there is such a suite before TLS 1.3.
function M.has_suite(s, field, value)
  for _, suite in ipairs(s.suites[M.older(s)] or {}) do
    if M.part(suite, field) == value then return true end
  end
  return false
end

--- The suites with finite fields before TLS 1.3.
function M.finite(s)
  local list = {}
  for version, taken in pairs(s.suites) do
    for _, suite in ipairs(version ~= "TLS 1.3" and taken or {}) do
      if M.part(suite, "key_exchange") == "DHE" and not M.contains(list, suite) then
        list[#list + 1] = suite
      end
    end
  end
  return list
end

--- The suite that is chosen of these.
function M.chosen(s, version, offered)
  local taken = s.suites[version]
  if s.order == "server" then return M.first_common(taken, offered) end
  return M.first_common(offered, taken)
end

--- The suites of a hello to whom it is known: the usual ones, and the first that it took.
function M.offered(s, version)
  local value, names = versions:value(version), {}
  for i, suite in ipairs(everything.suites(value)) do names[i] = cipher_suite:name(suite) end
  local list = suites.list(value, value)
  list[#list + 1] = M.chosen(s, version, names)
  return list
end

return M
