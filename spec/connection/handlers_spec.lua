-- Every handler on every loop: what it may do, and what both sides see of it.

local call = require "wolfssl.connection.call"
local core = require "wolfssl.core"
local handlers = require "connection.handlers"
local loops = require "connection.loops"

local PATIENCE = 1000 -- seconds for each call: nobody should have to wait for it
local DEADLINE = 100
local passed = 0 -- seconds for which nobody had to wait
local GARBAGE = "\23\3\3\0\64" .. ("x"):rep(64)

local puc51 = _VERSION == "Lua 5.1" and not rawget(_G, "jit")

-- ---------------------------------------------------------------------- one conversation

-- Calls one after the other until one fails; its results, by name, into `out`.
local function go(out, calls)
  for _, step in ipairs(calls) do
    local ok, message, code, detail = step()
    if not ok then
      out.message, out.code, out.detail = message, code, detail
      return
    end
  end
end

local function talk_as_client(stream, out, case)
  go(out, {
    function() return (case.handshake or stream.handshake)(stream) end,
    function()
      if case.row.after and case.row.after.failed then return case.far:write(GARBAGE, PATIENCE) end
      return stream:write "ping"
    end,
    function()
      local data, message, code, detail = stream:read()
      out.talked = data == "pong"
      return data, message, code, detail
    end,
    function() return stream:read() end,
  })
end

local function talk_as_server(stream, out, case)
  go(out, {
    function() return (case.handshake or stream.handshake)(stream) end,
    function() return stream:read() end,
    function()
      if not case.row.late then return true end
      return stream:request_certificate()
    end,
    function() return stream:write "pong" end,
    function() return stream:shutdown() end,
    function()
      out.talked = true
      return stream:read()
    end,
  })
end

local talks = { client = talk_as_client, server = talk_as_server }
local OTHER = { client = "server", server = "client" }

-- One side from beginning to end. What it raises is `raised`.
local function side(case, name, context, transport, out, options)
  if name == "client" then
    options = options or {}
    options.server_name = "localhost"
  end
  local stream = context:wrap(transport, options)
  stream:settimeout(PATIENCE, "t")
  if out == case.near_saw then case.stream = stream end
  local ok, raised = call.pcall(talks[name], stream, out, out == case.near_saw and case
    or { row = case.row, far = case.far })
  if not ok then out.raised = raised end
  if not stream.closed and not core.closed(stream:connection()) then
    out.again = { stream:read() }
  end
  stream:close()
end

-- Answers each question, and does first what the case wants then.
local function serve(case, service)
  while service:read(1, PATIENCE) do
    if case.on_question then case.on_question() end
    if not service:write("!", PATIENCE) then break end
  end
  service:close()
end

local function asker(case, question)
  case.ask = function()
    assert(question:write("?", PATIENCE))
    assert(question:read(1, PATIENCE) == "!")
  end
end

-- A conversation in which the handler of `row` does what `behave(case)` does.
local function converse(host, row, version, behave, fields)
  local case = { row = row, asked = 0, near_saw = {}, far_saw = {} }
  for name, value in pairs(fields or {}) do case[name] = value end
  local armed = false
  local near, far, options = row.contexts(version, function()
    if not armed then return row.answer end
    case.asked = case.asked + 1
    return behave(case)
  end)
  armed = true
  local pairs_of = host.open(fields and fields.asks and 2 or 1)
  case.near, case.far = pairs_of[1][1], pairs_of[1][2]
  local question = pairs_of[2]
  if question then asker(case, question[1]) end
  local of_near, of_far = row.side == "client" and options, row.side == "server" and options
  local jobs = { function()
    side(case, row.side, near, case.near, case.near_saw, of_near or nil)
    if question then question[1]:close() end
  end, function()
    side(case, OTHER[row.side], far, case.far, case.far_saw, of_far or nil)
  end }
  if question then jobs[3] = function() serve(case, question[2]) end end
  host.run((table.unpack or unpack)(jobs)) -- luacheck: ignore 113 143
  return case
end

-- ---------------------------------------------------------------------- what is seen of it

local function one_of(codes, code, message)
  assert.is_true(codes[code], ("%s: %s"):format(tostring(code), tostring(message)))
end

-- How a conversation ends in which nothing is wrong.
local function went_well(case)
  local near, far, failed = case.near_saw, case.far_saw, case.row.after and case.row.after.failed
  assert.is_nil(near.raised)
  assert.equal(failed or "closed", near.code, near.message)
  if failed then return end
  assert.is_true(near.talked and far.talked)
  assert.equal("closed", far.code, far.message)
end

local function is_told(far, row)
  if row.after and row.after.failed then return end
  if row.after and row.after.unseen then return assert.equal("closed", far.code, far.message) end
  assert.equal("alert_received", far.code, far.message)
  assert.equal("internal_error", far.detail.name)
end

local WORDS = { string = "no", table = { "why" }, ["nil"] = nil, ["false"] = false }

local BEHAVIOURS = {
  { "may wait", function(host, row, version)
    local case = converse(host, row, version, function(case)
      case.ask()
      case.waited = true
      return row.answer
    end, { asks = true })
    assert.is_true(case.waited)
    went_well(case)
  end },

  { "may raise anything", function(host, row, version)
    for _, kind in ipairs { "string", "table", "nil", "false" } do
      local value = WORDS[kind]
      local case = converse(host, row, version, function() error(value, 0) end)
      local near, failed = case.near_saw, row.after and row.after.failed
      assert.is_nil(near.raised)
      assert.equal(1, case.asked)
      assert.equal(failed or "rejected", near.code, near.message)
      if not failed then
        assert.matches("^" .. row.name .. " raised: ", near.message)
        assert.is_true(rawequal(value, near.detail))
      end
      assert.is_true(rawequal(near.detail, near.again[4]))
      assert.same({ nil, near.message, near.code }, { near.again[1], near.again[2], near.again[3] })
      is_told(case.far_saw, row)
    end
  end },

  { "may not return nonsense", function(host, row, version)
    local case = converse(host, row, version, function() return row.nonsense or 7 end)
    local near = case.near_saw
    if row.observer then
      assert.is_true(case.asked > 0)
      return went_well(case)
    end
    assert.equal(1, case.asked)
    assert.matches("^" .. row.name .. "[.%w]* returned .*; expected: ", near.raised)
    if type(row.nonsense) ~= "table" then
      assert.truthy(near.raised:find(" returned " .. row.nonsense .. ";", 1, true))
    end
    assert.same({ "rejected", near.raised }, { near.again[3], near.again[2] })
    is_told(case.far_saw, row)
  end },

  { "may close the connection", function(host, row, version)
    local case = converse(host, row, version, function(case)
      case.stream:connection():close()
    end)
    assert.equal(1, case.asked)
    assert.is_nil(case.near_saw.raised)
    assert.equal("closed", case.near_saw.code, case.near_saw.message)
    assert.matches("closed by " .. row.name, case.near_saw.message)
    one_of({ truncated = true, network_error = true }, case.far_saw.code, case.far_saw.message)
  end },

  -- A stream says goodbye where the handshake is over, and who goes on using it is told.
  { "may close the stream", function(host, row, version)
    local case = converse(host, row, version, function(case) case.stream:close() end)
    local near, far, after = case.near_saw, case.far_saw, row.after ~= nil
    if near.raised and after then assert.matches("attempt to use a closed stream$", near.raised)
    else assert.equal("closed", near.code, near.raised or near.message) end
    one_of({ truncated = true, network_error = true, closed = after }, far.code, far.message)
  end },

  { "may be slow while the peer goes away", function(host, row, version)
    local case
    case = converse(host, row, version, function(own)
      own.on_question = function() own.far:close() end
      own.ask()
      own.waited = true
      return row.answer
    end, { asks = true })
    local near = case.near_saw
    assert.is_true(case.waited)
    assert.is_nil(near.raised)
    local codes = { truncated = true, network_error = true }
    if row.after then codes[row.after.failed or "closed"] = true end
    one_of(codes, near.code, near.message)
  end },

  { "is covered by the deadline of the handshake", function(host, row, version)
    if row.after then return end
    local early
    local case = converse(host, row, version, function(case)
      case.ask()
      if case.asked == 1 then passed = passed + 2 * DEADLINE end
      return row.answer
    end, {
      asks = true,
      handshake = function(stream)
        early = { stream:handshake(DEADLINE) }
        return stream:handshake()
      end,
    })
    assert.is_true(case.asked > 0)
    assert.same({ nil, "a handler did not return in time", "timeout" }, early)
    went_well(case)
  end },
}

describe("a handler", function()
  local monotime = core.fd.monotime
  setup(function() core.fd.monotime = function() return monotime() + passed end end)
  teardown(function() core.fd.monotime = monotime end)

  for _, name in ipairs(loops.names) do
    describe("on " .. name .. ":", function()
      local kind = loops[name]
      if not pcall(require, kind.library) then return pending("needs " .. kind.package) end
      if puc51 and name == "luv" then return end -- see wolfssl.context.handlers
      local versions_of = name == loops.names[1] and function(row) return row.versions end
        or function(row) return { row.versions[#row.versions] } end

      for _, row in ipairs(handlers) do
        for _, behaviour in ipairs(BEHAVIOURS) do
          it(("%s %s"):format(row.title, behaviour[1]), function()
            for _, version in ipairs(versions_of(row)) do behaviour[2](kind.new(), row, version) end
          end)
        end
      end
    end)
  end
end)

-- Begins a conversation up to the handler, and forgets it: what is left of its side, weakly, and
-- the other side's transport.
local function abandon(row, version)
  local armed, entered = false, false
  local near, far, options = row.contexts(version, function()
    if not armed then return row.answer end
    entered = true
    coroutine.yield "for ever"
  end)
  armed = true
  local pair = loops[loops.names[1]].new().open(1)[1]
  local case = { row = row, near = pair[1], far = pair[2], near_saw = {} }
  local threads = { coroutine.create(function()
    side(case, row.side, near, pair[1], case.near_saw, row.side == "client" and options or nil)
  end), coroutine.create(function()
    side(case, OTHER[row.side], far, pair[2], {}, row.side == "server" and options or nil)
  end) }
  while not entered do
    for _, thread in ipairs(threads) do
      if not entered then assert(coroutine.resume(thread, true)) end
    end
  end
  local left = setmetatable({}, { __mode = "k" })
  for _, one in ipairs { threads[1], pair[1], case.stream, case.stream:connection() } do
    left[one] = true
  end
  return left, pair[2]
end

-- The other side's bytes to their end, and what that is.
local function last_words(transport)
  local bytes, why
  repeat bytes, why = core.fd.recv(transport:getfd(), 65536) until not bytes
  return why
end

describe("a handler that never returns", function()
  for _, row in ipairs(handlers) do
    for _, version in ipairs(row.versions) do
      it(("goes with its connection when both are forgotten: %s, %s"):format(row.title, version),
        function()
          local left, far = abandon(row, version)
          for _ = 1, 3 do collectgarbage() end
          assert.is_nil(next(left))
          one_of({ eof = true, reset = true }, last_words(far))
          far:close()
        end)
    end
  end
end)
