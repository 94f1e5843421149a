--- The search for the changes that flip the outcome of a handshake.
-- @module wolfssl.probe.diagnose.search
local attempt = require "wolfssl.probe.diagnose.attempt"
local cases = require "wolfssl.probe.diagnose.case"
local plain = require "wolfssl.probe.diagnose.plain"
local smallest = require "wolfssl.probe.diagnose.smallest"

local M = {}

local LEAST_WAIT, SLOWER = 1, 10   -- seconds; times the slowest answer
local MUTE = 3                     -- attempts

--- @type Search
local Search = {}
Search.__index = Search

local function texts_of(changes)
  local texts = {}
  for i, change in ipairs(changes) do texts[i] = change.text end
  return table.concat(texts, ", ")
end

-- Once a server has answered, silence need not be waited for as long as at first.
local function try(self, case, what)
  local target, usual = self.target, self.target.timeout
  if self.slowest then
    target.timeout = math.min(usual, math.max(LEAST_WAIT, SLOWER * self.slowest))
  end
  local outcome = attempt.make(target, case, what)
  target.timeout = usual
  if outcome.delay then self.slowest = math.max(self.slowest or 0, outcome.delay) end
  self.attempts[#self.attempts + 1] = outcome
  return outcome
end

-- Whether it let us wait each time, and often enough.
local function is_mute(self)
  for _, outcome in ipairs(self.attempts) do
    if outcome.delay or outcome.code ~= "timeout" then return false end
  end
  return #self.attempts >= MUTE
end

--- Begins one: with the handshake as it is.
-- @tparam Target target
-- @tparam table case see `wolfssl.probe.diagnose.attempt`
-- @treturn Search with `base`, the outcome; `attempts`, all of them; `after`, the number of the
-- last that went well
function M.new(target, case)
  local self = setmetatable({ target = target, case = case, attempts = {} }, Search)
  self.base = try(self, case, "as asked")
  return self
end

--- A handshake with changes.
-- @tparam {table,...} changes
-- @tparam ?string what it is, in words
-- @treturn boolean whether it goes well now
-- @treturn table outcome
function Search:flips(changes, what)
  local outcome = try(self, cases.changed(self.case, changes), what or texts_of(changes))
  local flips = attempt.flips(outcome, self.base)
  if flips then self.after = #self.attempts end
  return flips, outcome
end

-- Those that remain were tried together last: that attempt is the evidence.
local function least_of(self, changes)
  local evidence = { [changes] = self.after }
  local least = smallest.find(changes, function(some)
    local flips = self:flips(some)
    evidence[some] = flips and #self.attempts or nil
    return flips
  end)
  self.after = evidence[least]
  return least
end

local function joined(one, other)
  local all = {}
  for _, change in ipairs(one) do all[#all + 1] = change end
  for _, change in ipairs(other) do all[#all + 1] = change end
  return all
end

-- Those that do not offer more of a list.
local function unlisted(changes)
  local list = {}
  for _, change in ipairs(changes) do
    if not change.list then list[#list + 1] = change end
  end
  return list
end

--- The fewest of some changes that flip the outcome together.
-- @tparam {table,...} changes
-- @tparam ?string what they are, in words
-- @treturn {table,...} changes; nil when all of them do not flip it
function Search:reduce(changes, what)
  if #changes == 0 then return nil end
  local flips, outcome = self:flips(changes, what)
  if not flips then return nil end
  local exact = cases.exactly(self.case, outcome.chosen)
  if #exact > 0 then
    exact = joined(exact, unlisted(changes))
    if self:flips(exact) then changes = exact end
  end
  return least_of(self, changes)
end

-- Where alerts say at once what it is.
local HINTS = {}

function HINTS.unrecognized_name(self)
  for _, change in ipairs(cases.less(self.case)) do
    if change.code == "server_name" then return self:reduce { change } end
  end
end

function HINTS.no_application_protocol(self)
  for _, change in ipairs(cases.more(self.case)) do
    if change.code == "alpn" then return self:reduce { change } end
  end
end

local function hinted(self)
  local hint = self.base.alert and HINTS[self.base.alert]
  return hint and hint(self)
end

local function any_of(self, changes)
  for _, change in ipairs(changes) do
    local least = self:reduce { change }
    if least then return least end
  end
end

--- Whether STARTTLS is what is wanted.
-- @tparam {string,...} protocols to try
-- @tparam ?string named the protocol in words
-- @treturn {table,...} changes; nil when it is not
function Search:in_the_clear(protocols, named)
  for _, protocol in ipairs(self.case.starttls and {} or protocols) do
    local change = { code = "starttls", text = "STARTTLS (" .. protocol .. ")", named = named,
      protocol = protocol, apply = function(c) c.starttls = protocol end }
    local _, outcome = self:flips { change }
    if outcome.stage > self.base.stage then
      self.after = #self.attempts
      return { change }
    end
  end
end

--- Whether STARTTLS is what is too much.
-- @treturn {table,...} changes; nil when it is not
function Search:without_starttls()
  return self.case.starttls and self:reduce { { code = "starttls", text = "no STARTTLS",
    apply = function(c) c.starttls = nil end } } or nil
end

--- Looks for it in every way, the likeliest first; but no further where a server is silent whether
-- we say much or little.
-- @treturn {table,...} the fewest changes that flip the outcome; nil when none does
function Search:look()
  local case = self.case
  local more, less = cases.more(case), cases.less(case)
  local least = hinted(self)
    or self:reduce(more, "offer all we can")
    or self:reduce(less, "say as little as we can")
    or self:in_the_clear(plain.by_port(self.target.port))
  if least or is_mute(self) then return least end
  return self:reduce(joined(more, less), "offer all, and say nothing else")
    or any_of(self, cases.otherwise(case))
    or any_of(self, cases.rare_suites(case))
end

--- Says the first hello again.
-- @treturn boolean whether it fails as it did
function Search:still_fails()
  return not try(self, self.case, "as asked, again").ok
end

-- --------------------------------------------------------------------------- long or strange

local function hello_length(outcome)
  for _, entry in ipairs(outcome.conversation:entries()) do
    if entry.name == "client_hello" then return #entry.bytes end
  end
end

-- The change in the place of others of its kind, under another code.
local function recoded(change, code)
  return setmetatable({ code = code }, { __index = change })
end

-- A hello without the long part, but as long: does that fail as well?
local function fails_when_long(self, changes)
  local missing = self.base.length - hello_length(self.attempts[self.after])
  local all = joined(changes, { { text = "padding", apply = function(c)
    c.add = joined(c.add or {}, { { extension_type = "padding",
      extension_data = ("\0"):rep(math.max(missing - 4, 0)) } })
  end } })
  local case = cases.changed(self.case, all)
  return not attempt.flips(try(self, case, texts_of(changes) .. ", but as long"), self.base)
end

local function split_of(case)
  for _, change in ipairs(cases.otherwise(case)) do
    if change.code == "split" then return change end
  end
end

-- Who breaks off at a name without a word may be somebody on the way, who reads no further than the
-- first record.
local function told_of_name(self, changes)
  local split, after = split_of(self.case), self.after
  if not self.base.alert and split and self:flips { split } then return { split } end
  self.after = after
  return changes
end

--- What to tell of changes: one that makes a hello shorter may be about its length, or about what
-- is left out; one that leaves the name out, about somebody on the way.
-- @tparam {table,...} changes
-- @treturn {table,...} changes
function Search:told(changes)
  local first = changes[1]
  if #changes == 1 and first.code == "server_name" then return told_of_name(self, changes) end
  if #changes > 1 or not (first.code == "size" or first.extension == "padding") then
    return changes
  end
  self.base.length = hello_length(self.base)
  if first.extension == "padding" or fails_when_long(self, changes) then
    return { recoded(first, "size") }
  end
  return { recoded(first, "large_share") }
end

return M
