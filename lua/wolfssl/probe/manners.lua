--- Manners: how many connections a host gets from us, how fast, and what we do when it has enough.
--
--     local target = probe.target("example.org", 443)
--     local counts = manners.put_on(target, { budget = 200, rate = 20, sleep = sleep })
--
-- A host that resets connections before it has said a word, or takes no more after it took some,
-- may be telling us to go slower: each time the pause before the next connection doubles, and each
-- answer ends that. A connection that was refused so is tried again behind the pause.
--
-- A host has limits as well: time, bytes, messages. Whoever waits for more of it is ended by an
-- error, `{message =, code = "rejected"}`, for our own end must not look like its silence.
-- @module wolfssl.probe.manners
local core = require("wolfssl.core").fd

local M = {}

local BUDGET, SECONDS = 400, 300
local BYTES = 8388608          -- some ten times what a server with a large chain says in all probes
local MESSAGES = 20000         -- some ten times what a server says in all probes
local TRIES = 3                -- for a connection to a host that took some before
local FIRST, LONGEST = 0.1, 2  -- seconds of pause

-- Where nothing else runs.
local function block(seconds)
  core.poll_any({}, seconds)
end

--- A pace, for all who share it: each call returns when it is the caller's turn.
-- @tparam ?number rate turns a second, nil for any number
-- @tparam ?function sleep function(seconds); default: the program stands still
-- @treturn function that returns the seconds it slept
function M.pace(rate, sleep)
  sleep = sleep or block
  local turn = 0
  return function()
    if not rate then return 0 end
    local now = core.monotime()
    local mine = math.max(turn, now)
    turn = mine + 1 / rate
    if mine > now then sleep(mine - now) end
    return mine - now
  end
end

local function pause(state, seconds)
  if seconds <= 0 then return end
  state.counts.waited = state.counts.waited + seconds
  state.sleep(seconds)
end

local function slower(state)
  state.counts.resets = state.counts.resets + 1
  state.delay = math.min(math.max(state.delay * 2, FIRST), state.longest)
end

local function end_of(transport, count, what)
  transport:close()
  error({ message = ("its %.14g %s are used up"):format(count, what), code = "rejected" }, 0)
end

-- The messages that are left, whatever the conversations: each costs us more than its bytes.
local function allowance(count)
  return { messages = count, check = function(self, transport)
    if self.messages < 0 then end_of(transport, count, "messages") end
  end }
end

-- No wait lasts longer than the target's time, and no more is read than it may send.
local function limit(state, transport)
  for _, name in ipairs { "read", "write" } do
    local go = transport[name]
    transport[name] = function(self, what, timeout)
      local left = state.last - core.monotime()
      local done, reason = nil, "timeout"
      if left > 0 then done, reason = go(self, what, math.min(timeout or left, left)) end
      if not done and core.monotime() >= state.last then
        end_of(transport, state.seconds, "seconds")
      end
      state.room = state.room - (type(done) == "string" and #done or 0)
      if state.room < 0 then end_of(transport, state.bytes, "bytes") end
      return done, reason
    end
  end
end

-- Notices by the first word of a server, or by its reset in place of one, how it is.
local function watch(state, transport)
  local read, own = transport.read, rawget(transport, "read")
  function transport.read(...)
    local bytes, reason = read(...)
    if bytes then
      state.delay, state.spoken = 0, true
    elseif reason == "reset" then
      slower(state)
    end
    transport.read = own
    return bytes, reason
  end
  local peer = transport.getpeername
  if peer and not state.counts.address then state.counts.address = peer(transport) end
  return transport
end

-- One try; its third value says whether another may help.
local function try(state, host, port, timeout)
  if state.left <= 0 then
    return nil, ("the budget of %d connections is used up"):format(state.budget), "rejected"
  elseif core.monotime() >= state.last then
    return nil, ("its %.14g seconds are used up"):format(state.seconds), "rejected"
  end
  pause(state, state.delay)
  local waited = state.turn() + state.all()
  state.counts.waited, state.last = state.counts.waited + waited, state.last + waited
  state.left, state.counts.connections = state.left - 1, state.counts.connections + 1
  local transport, message, code = state.open(host, port,
    math.max(0, math.min(timeout, state.last - core.monotime())))
  if transport then
    limit(state, transport)
    return watch(state, transport)
  end
  return nil, message, code, state.spoken and code == "network_error"
end

--- Gives a target manners.
-- @tparam Target target its `open` is replaced
-- @tparam ?table options
--
-- - `budget`: connections that the target gets, default 400; `seconds` that all of it may take,
--   default 300, besides those for which `rate` and `all` hold it up; `bytes` and `messages` that
--   it may send, default 8 MB and 20000: what wants more fails, or ends, with "rejected";
-- - `rate`: its connections a second; `all`: a `pace` shared with other targets;
-- - `longest`: seconds of pause between connections at most, when it resets them, default 2;
-- - `sleep`: function(seconds), by the loop that runs the caller; default: the program stands still
-- @treturn table counts, up to date at any time: `connections`, `retries`, `resets`, `waited`
-- (seconds), `address` that was connected to
function M.put_on(target, options)
  options = options or {}
  target.allowance = allowance(options.messages or MESSAGES)
  local budget, sleep = options.budget or BUDGET, options.sleep or block
  local seconds, bytes = options.seconds or SECONDS, options.bytes or BYTES
  local counts = { connections = 0, retries = 0, resets = 0, waited = 0 }
  local state = { open = target.open, counts = counts, budget = budget, left = budget,
    seconds = seconds, last = core.monotime() + seconds, bytes = bytes, room = bytes,
    sleep = sleep, delay = 0,
    longest = options.longest or LONGEST, turn = M.pace(options.rate, sleep),
    all = options.all or M.pace() }
  function target.open(host, port, timeout)
    local transport, message, code, again
    for i = 1, TRIES do
      transport, message, code, again = try(state, host, port, timeout)
      if not again or i == TRIES then break end
      slower(state)
      counts.retries = counts.retries + 1
    end
    return transport, message, code
  end
  return counts
end

return M
