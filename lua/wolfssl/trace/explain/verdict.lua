--- What the lock in a browser would show, and why.
-- @module wolfssl.trace.explain.verdict
local M = {}

local TLS12 = 0x0303

local function add(list, ok, text)
  list[#list + 1] = { ok = ok, text = text }
end

local function on_version(list, scene)
  local version = scene.summary.version
  if not version then return end
  local fine = version.value >= TLS12
  add(list, fine, ("%s is %s"):format(version.name, fine and "an up-to-date version"
    or "deprecated: browsers refuse it"))
end

local function on_suite(list, scene)
  local suite = scene.suite
  if not suite or not suite.cipher then return end
  if #(suite.weaknesses or {}) > 0 then
    return add(list, false, ("%s is weak: %s"):format(suite.name,
      table.concat(suite.weaknesses, ", ")))
  end
  add(list, true, ("%s encrypts with %.0f bits"):format(suite.name, suite.bits))
  local secrecy = suite.forward_secrecy
  add(list, secrecy, secrecy and "forward secrecy: who steals a key later cannot read this"
    or "no forward secrecy: who steals the key later can read this")
end

local function find_chain(scene)
  for _, chain in ipairs(scene.model.chains) do
    if chain.from == "server" then return chain end
  end
end

local function first_failure(chain)
  for _, list in ipairs(chain.certificates) do
    for _, check in ipairs(list.checks) do
      if check.ok == false then
        return ("for the certificate of %s this does not hold: %s%s"):format(list.subject,
          check.what, check.detail and " (" .. check.detail .. ")" or "")
      end
    end
  end
  for _, check in ipairs(chain.checks) do
    if check.ok == false then return check.detail or check.what end
  end
end

local WITHOUT_CHAIN = {
  resumed = "the server has the key of the earlier session, in which it showed its certificate",
  psk = "the server has the key that both shared before",
}

local function without_chain(list, scene)
  local text = WITHOUT_CHAIN[scene.model.kind.form]
  add(list, text and true, text or "no certificate of the server's was seen")
  return text and true
end

-- true, false or nil: the server is who it should be, is not, or nobody can tell.
local function on_server(list, scene)
  local chain = find_chain(scene)
  if not chain then return without_chain(list, scene) end
  local why = first_failure(chain)
  if why then
    add(list, false, why)
    return false
  end
  local trusted = chain.checks[#chain.checks]
  if trusted.ok == nil then add(list, nil, "nobody said which roots are trusted")
  else add(list, true, "the server's certificate holds, up to a trusted root") end
  return trusted.ok
end

local function on_steps(list, scene)
  local fine, finished = true, 0
  for _, step in ipairs(scene.steps) do
    for _, check in ipairs(step.checks) do
      if check.ok == false and step.name ~= "certificate" then
        fine = fine and check.minor == true
        add(list, false, ("in step %d, %s, this does not hold: %s"):format(step.number, step.title,
          check.what))
      end
    end
    if step.name == "finished" and step.readable then finished = finished + 1 end
  end
  if fine and finished >= 2 then
    add(list, true, "both Finished messages are right: nobody changed the handshake")
  end
  return fine
end

local TEXTS = {
  closed = "A browser would show a closed lock: the connection is encrypted, nobody has changed "
    .. "it, and the server is who it says.",
  warning = "A browser would show no closed lock: the connection is encrypted, but not all is as "
    .. "it should be.",
  broken = "A browser would show a warning in place of the page: this connection is not to be "
    .. "trusted.",
  none = "Whether a browser would show a lock cannot be said: what was seen does not suffice.",
}

local function lock_of(scene, authenticated, fine, list)
  if scene.model.kind.outcome == "failed" or authenticated == false or not fine then
    return "broken"
  end
  if authenticated == nil or scene.model.kind.outcome ~= "complete" then return "none" end
  for _, reason in ipairs(list) do
    if reason.ok == false then return "warning" end
  end
  return "closed"
end

--- The verdict.
-- @tparam table scene after everything else
-- @treturn table see `wolfssl.trace.explain`
function M.of(scene)
  local list = {}
  on_version(list, scene)
  on_suite(list, scene)
  local authenticated = on_server(list, scene)
  local fine = on_steps(list, scene)
  local failure = scene.model.failure
  if failure then add(list, false, failure.text) end
  local lock = lock_of(scene, authenticated, fine, list)
  return { lock = lock, text = TEXTS[lock], reasons = list }
end

return M
