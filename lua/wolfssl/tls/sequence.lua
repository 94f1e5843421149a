--- The order in which messages may come.
--
-- Two laws: everything that is known about order stands in the tables here, and what is not
-- there is out of order. The tracker sees both directions and takes no side.
--
-- A step is "client name" or "server name". `maybe {…}` may be left out as a whole, `either
-- {…}, {…}` is one of the lists, a plain list stands for its steps.
-- @module wolfssl.tls.sequence
-- @see RFC 5246 section 7.3
-- @see RFC 5077 section 3.1
-- @see RFC 6066 section 8
-- @see RFC 8446 section 2
local negotiated = require "wolfssl.tls.message.negotiated"

local M = {}

local function maybe(steps) return { alternatives = { {}, steps } } end
local function either(...) return { alternatives = { ... } } end

local function ccs_finished(side)
  return { side .. " change_cipher_spec", side .. " finished" }
end

-- Not in RFC 5246: supplemental_data (RFC 4680), certificate_url (RFC 6066), hello_verify_request
-- (DTLS), next_protocol and channel_id (drafts).
local client_finish = {
  "client change_cipher_spec",
  maybe { "client next_protocol" }, maybe { "client channel_id" },
  "client finished",
}

local tls12_full = {
  "client client_hello",
  maybe { "server hello_verify_request", "client client_hello" },
  "server server_hello",
  maybe { "server supplemental_data" },
  maybe { "server certificate", maybe { "server certificate_status" } },
  maybe { "server server_key_exchange" },
  either({
    "server server_hello_done",
    maybe { "client supplemental_data" },
    "client client_key_exchange",
  }, {
    "server certificate_request",
    "server server_hello_done",
    maybe { "client supplemental_data" },
    either({ "client certificate" }, { "client certificate_url" }),
    "client client_key_exchange",
    maybe { "client certificate_verify" },
  }),
  client_finish,
  maybe { "server new_session_ticket" },
  ccs_finished "server",
}

-- By session ID or by ticket: the same messages.
local tls12_resumed = {
  "client client_hello",
  maybe { "server hello_verify_request", "client client_hello" },
  "server server_hello",
  maybe { "server new_session_ticket" },
  ccs_finished "server",
  client_finish,
}

local function certificate13(side)
  return either({ side .. " certificate" }, { side .. " compressed_certificate" })
end

-- HelloRetryRequest refuses early data, so that no end_of_early_data can follow.
local function tls13_with(hellos, end_of_early_data)
  return {
    hellos,
    "server server_hello",
    "server encrypted_extensions",
    either({
      maybe { certificate13 "server", "server certificate_verify" },
      "server finished",
      end_of_early_data,
    }, {
      "server certificate_request",
      certificate13 "server", "server certificate_verify",
      "server finished",
      end_of_early_data,
      certificate13 "client", maybe { "client certificate_verify" },
    }),
    "client finished",
  }
end

local tls13 = tls13_with({ "client client_hello" }, maybe { "client end_of_early_data" })
local tls13_retry = tls13_with({
  "client client_hello", "server hello_retry_request", "client client_hello",
}, {})

-- RFC 8446 section 4.6.2: the answer to a post-handshake certificate_request.
local post_handshake_auth = {
  certificate13 "client",
  maybe { "client certificate_verify" },
  "client finished",
}

--- The tables.
M.tables = {
  tls12_full = tls12_full, tls12_resumed = tls12_resumed,
  tls13 = tls13, tls13_retry = tls13_retry,
  post_handshake_auth = post_handshake_auth,
}

-- A place in the tables: step `i` of `steps`, and where to go on behind them.
local function place(steps, i, up)
  return { steps = steps, i = i, up = up }
end

-- Collects the steps that may come at a place, each with the place behind it.
local function heads(at, found)
  local step = at.steps[at.i]
  if step == nil then
    if at.up then heads(at.up, found) else found.complete = true end
  elseif type(step) == "string" then
    found[#found + 1] = { step, place(at.steps, at.i + 1, at.up) }
  else
    local behind = place(at.steps, at.i + 1, at.up)
    for _, steps in ipairs(step.alternatives or { step }) do
      heads(place(steps, 1, behind), found)
    end
  end
  return found
end

-- Places never change, so that what follows them is found once for all connections.
local function heads_of(places)
  if places.heads then return places.heads end
  places.heads = {}
  for _, at in ipairs(places) do heads(at, places.heads) end
  return places.heads
end

--- All legal orders of a table, written out.
-- @tparam table steps one of `tables`
-- @treturn table list of lists of "side name"
function M.paths(steps)
  local paths = {}
  local function walk(at, path)
    local found = heads(at, {})
    if found.complete then paths[#paths + 1] = path end
    for _, head in ipairs(found) do
      local longer = { head[1] }
      for i = #path, 1, -1 do table.insert(longer, 1, path[i]) end
      walk(head[2], longer)
    end
  end
  walk(place(steps, 1), {})
  return paths
end

local function start(one, other)
  return { place(one, 1), other and place(other, 1) }
end

local function after(places, step)
  if places[step] then return places[step] end
  local behind = {}
  for _, head in ipairs(heads_of(places)) do
    if head[1] == step then behind[#behind + 1] = head[2] end
  end
  places[step] = behind[1] and behind
  return places[step]
end

local FULL_OR_RESUMED, TLS13 = start(tls12_full, tls12_resumed), start(tls13, tls13_retry)
local POST_HANDSHAKE_AUTH = start(post_handshake_auth)

local tracker = {}
tracker.__index = tracker

local function refuse(self, step)
  local side, name = step:match("^(%S+) (.+)$")
  local list = self:expected()
  local last = self.last and "after the " .. self.last:gsub(" ", "'s ", 1) or "as the first message"
  return nil, ("the %s sent %s %s, out of order; expected: %s")
    :format(side, name, last, table.concat(list, ", ")), "peer_misbehaved",
    { step = step, after = self.last, expected = list }
end

-- What each version still lets happen on a connection that stands.
local ANYTIME = {
  tls12 = { ["client client_hello"] = true, ["server hello_request"] = true },
  tls13 = {
    ["server new_session_ticket"] = true, ["server key_update"] = true,
    ["client key_update"] = true, ["server certificate_request"] = true,
  },
}

-- RFC 8446 section 4.6.2: requests may pile up; one answer is not broken by another message.
local function established13(self, step)
  local reply = after(self.reply or POST_HANDSHAKE_AUTH, step)
  if reply and (self.reply or self.requests > 0) then
    if not self.reply then self.requests = self.requests - 1 end
    self.reply = #heads_of(reply) > 0 and reply or nil
    return true
  end
  if self.reply and step:find("^client") then return false end
  if step == "server certificate_request" then self.requests = self.requests + 1 end
  return ANYTIME.tls13[step]
end

local function established12(self, step)
  if step == "client client_hello" then
    self.places = { tls12 = after(FULL_OR_RESUMED, step) }
    self.established = nil
  end
  return ANYTIME.tls12[step]
end

local function handshake(self, step, version)
  local places
  version = negotiated.version { version = version }
  for name, at in pairs(self.places) do
    local wanted = not version or (version >= 0x0304) == (name == "tls13")
    local behind = wanted and after(at, step)
    if behind then
      places = places or {}
      places[name] = behind
    end
  end
  self.places = places or self.places
  for name, at in pairs(places or {}) do
    if #heads_of(at) == 0 then self.established = name end
  end
  return places
end

-- RFC 5246 section 7.4.1.1: hello_request is ignored during a handshake. RFC 8446 appendix D.4:
-- change_cipher_spec is sent to please middleboxes, by the client also right after its first
-- ClientHello. RFC 8446 section 4.6.1: a ticket need not wait for a Finished that is all awaited.
local function ignored(self, step)
  if step == "server hello_request" then return self.places.tls12 end
  if step == "server new_session_ticket" and not self.places.tls12 then
    return self.last:find("^server") and after(self.places.tls13, "client finished")
  end
  if self.places.tls12 then
    return step == "client change_cipher_spec" and self.places.tls13
      and self.last == "client client_hello"
  end
  return step:find(" change_cipher_spec$")
end

--- What may come next.
-- @treturn table sorted list of "side name"
function tracker:expected()
  local seen, list = {}, {}
  local function add(step)
    if not seen[step] then list[#list + 1] = step end
    seen[step] = true
  end
  if self.established then
    for step in pairs(ANYTIME[self.established]) do add(step) end
    local reply = self.reply or self.requests > 0 and POST_HANDSHAKE_AUTH or {}
    for _, head in ipairs(heads_of(reply)) do add(head[1]) end
  else
    for _, at in pairs(self.places) do
      for _, head in ipairs(heads_of(at)) do add(head[1]) end
    end
  end
  table.sort(list)
  return list
end

--- Takes the next message.
-- @tparam string side "client" or "server", who sent it
-- @tparam string name as `wolfssl.tls.handshake.name` gives it, or "change_cipher_spec"
-- @tparam ?number|table version negotiated, of TLS or DTLS; given with server_hello, it settles
-- which table holds
-- @return true; or nil, message, "peer_misbehaved", `{step =, after =, expected =}`, and nothing
-- has changed
function tracker:advance(side, name, version)
  local step = side .. " " .. name
  local ok
  if self.established == "tls13" then
    ok = established13(self, step)
  elseif self.established == "tls12" then
    ok = established12(self, step)
  else
    ok = ignored(self, step) or handshake(self, step, version)
  end
  if not ok then return refuse(self, step) end
  self.last = step
  return true
end

--- Makes a tracker for one connection.
-- @treturn table `advance`, `expected`; `established` is "tls12" or "tls13" once the handshake is
-- complete, and nil during one
function M.tracker()
  local places = { tls12 = FULL_OR_RESUMED, tls13 = TLS13 }
  return setmetatable({ places = places, requests = 0 }, tracker)
end

return M
