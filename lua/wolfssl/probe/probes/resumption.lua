--- How a server resumes sessions, and whether it takes early data.
-- @module wolfssl.probe.probes.resumption
-- @see RFC 8446 section 2.2 and 2.3
-- @see RFC 5077
local crypto = require "wolfssl.trace.crypto"
local extension = require "wolfssl.tls.extension"
local probe = require "wolfssl.probe"
local reply = require "wolfssl.probe.reply"

local DAY, WEEK = 86400, 604800   -- the longest life of a ticket: RFC 8446 section 4.6.1

-- Whether a server resumes what a hello offers, and the conversation; nil, message, code.
local function resumes(target, hello)
  local c, message, code = target:connect()
  if not c then return nil, message, code end
  local agreed = c:handshake { hello = hello }
  c:close()
  return agreed and agreed.resumed or false, c
end

-- ----------------------------------------------------------------------- TLS 1.2 and older

local function by_ticket(target, version, found)
  local c, how, word = target:sample(version)
  if not c then return nil, how, word end
  if not how.agreed then return true end
  local ticket = c:tickets()[1]
  found.ticket, found.ticket_lifetime = false, ticket and ticket.body.ticket_lifetime_hint
  if not ticket or ticket.body.ticket == "" then return true end
  -- What was agreed on must be offered again: RFC 7366.
  local hello = target:full_hello(version)
  hello.session_id, hello.session_ticket = crypto.random(32), ticket.body.ticket
  local message, code
  found.ticket, message, code = resumes(target, hello)
  return found.ticket ~= nil or nil, message, code
end

local function by_id(target, version, found)
  local c, message, code = target:connect()
  if not c then return nil, message, code end
  local options = reply.hello(target, { versions = { version } })
  local agreed = c:handshake { hello = options }
  c:close()
  if not agreed then return true end
  found.session_id = false
  local hello = target:said(c, "server_hello")
  options.session_id = hello and hello.body.legacy_session_id_echo or ""
  if options.session_id == "" then return true end
  found.session_id, message, code = resumes(target, options)
  return found.session_id ~= nil or nil, message, code
end

-- ---------------------------------------------------------------------------------- TLS 1.3

local function most_early_data(ticket)
  local data = extension.find(ticket.body.extensions, "early_data")
  return data and data.max_early_data_size or 0
end

-- The first ticket, twice; early data are offered, but none are sent, with the first time: they go
-- with the protocol of the first handshake only.
local function with_psk(target, found, early)
  local first = target:sample "TLS 1.3"
  local tickets, protocol = first:tickets(), first:summary().protocol
  if not tickets[1] then return true end
  found.psk_lifetime, early.max = tickets[1].body.ticket_lifetime, most_early_data(tickets[1])
  local c, code
  found.psk, c, code = resumes(target, { versions = { "TLS 1.3" }, psks = { tickets[1] },
    alpn = protocol and { protocol } or nil, early_data = early.max > 0 or nil })
  if found.psk == nil then return nil, c, code end
  early.accepted = found.psk and c:summary().early_data or false
  if not found.psk then return true end
  table.insert(found.psk_modes, "psk_dhe_ke")
  found.ticket_reuse, c, code = resumes(target, { versions = { "TLS 1.3" },
    psks = { target:sample("TLS 1.3"):tickets()[1] } })
  return found.ticket_reuse ~= nil or nil, c, code
end

local function without_exchange(target, found)
  local tickets = target:sample("TLS 1.3"):tickets()
  local ticket = tickets[#tickets]
  if not ticket then return true end
  local resumed, message, code = resumes(target, { versions = { "TLS 1.3" }, psks = { ticket },
    psk_modes = { "psk_ke" } })
  if resumed then table.insert(found.psk_modes, "psk_ke") end
  found.psk = found.psk or resumed or false
  return resumed ~= nil or nil, message, code
end

local CALM = { close_notify = true, truncated = true, timeout = true, endless = true }

-- A server that wants to see a certificate breaks off behind our Finished, before any ticket.
local function newer(target, found, early)
  local c, how, code = target:sample "TLS 1.3"
  if not c then return nil, how, code end
  if not how.agreed or not (c:tickets()[1] or CALM[how.ending]) then return true end
  local message
  found.psk, found.tickets, found.ticket_reuse = false, #c:tickets(), false
  found.psk_modes = {}
  local ok
  ok, message, code = with_psk(target, found, early)
  if not ok then return nil, message, code end
  return without_exchange(target, found)
end

-- ----------------------------------------------------------------------------------------------

local function judge(found, early, report)
  for _, lifetime in ipairs { found.ticket_lifetime or 0, found.psk_lifetime or 0 } do
    if lifetime > WEEK then report("long_lived", math.floor(lifetime / DAY)) end
  end
  if found.psk_modes and found.psk_modes[1] == "psk_ke" or found.psk_modes
      and found.psk_modes[2] == "psk_ke" then
    report "no_forward_secrecy"
  end
  if early.accepted then report("early_data", early.max) end
end

return probe.define {
  name = "resumption", summary = "How does a server resume sessions? Does it take early data?",
  needs = { "versions" },
  findings = {
    long_lived = { severity = "warning", message = "its tickets live for %d days",
      reference = "RFC 8446 section 4.6.1" },
    no_forward_secrecy = { severity = "warning", reference = "RFC 8446 section 4.2.9",
      message = "resumes without a new exchange of keys (psk_ke)" },
    early_data = { severity = "info", reference = "RFC 8446 section 8",
      message = "takes %d bytes of early data, which others can send once more" },
  },
  facts = {
    resumption = "TLS 1.2 or older: {session_id, ticket: whether sessions are resumed so, "
      .. "ticket_lifetime = the hint, in seconds}; TLS 1.3: {psk: whether tickets are taken, "
      .. "psk_lifetime = seconds, tickets = how many come with a handshake, ticket_reuse: whether "
      .. "one is taken twice, psk_modes = list}; lifetimes are absent where there is no ticket, "
      .. "and all of a version's where no handshake is completed",
    early_data = "TLS 1.3: {accepted: whether early data are taken, max = bytes}; absent where "
      .. "no handshake is completed",
  },
  run = function(target, report, fact)
    local found, early, older = {}, { accepted = false, max = 0 }, target:newest "TLS 1.2"
    local ok, message, code = true, nil, nil
    if older then
      ok, message, code = by_ticket(target, older, found)
      if ok then ok, message, code = by_id(target, older, found) end
    end
    local tls13 = target:newest() == "TLS 1.3"
    if ok and tls13 then ok, message, code = newer(target, found, early) end
    if not ok then return nil, message, code end
    if next(found) then fact("resumption", found) end
    if found.psk ~= nil then fact("early_data", early) end
    judge(found, early, report)
  end,
}
