--- Two connections in memory, each driven by a coroutine: handlers may yield, and are gone on with.

local pki = require "pki"

local M = {}

--- One call of a method in a coroutine, resumed until it is over, with `between` called each time
-- that it yielded. Its results as a table, with what was yielded.
function M.call(connection, method, between)
  local yielded = {}
  local thread = coroutine.create(function()
    local ok, message, code, detail = connection[method](connection)
    return { ok = ok, message = message, code = code, detail = detail, yielded = yielded }
  end)
  while true do
    local ok, result = coroutine.resume(thread)
    if not ok then return { raised = result, yielded = yielded } end
    if coroutine.status(thread) == "dead" then return result end
    yielded[#yielded + 1] = result
    if between then between() end
  end
end

--- Both handshakes to their end, with input in pieces of `size`.
function M.handshake(a, b, size)
  local left, right = M.call(a, "handshake"), M.call(b, "handshake")
  while not (left.raised or right.raised) and pki.exchange(a, b, size) do
    left, right = M.call(a, "handshake"), M.call(b, "handshake")
  end
  return left, right
end

--- A pair whose handshakes have been run, and their results.
function M.pair(client, server, options)
  local a, b = pki.pair(client, server, options)
  local left, right = M.handshake(a, b)
  return left, right, a, b
end

--- Options for one version, and more.
function M.at(version, options)
  local all = { min_version = version, max_version = version }
  for name, value in pairs(options or {}) do all[name] = value end
  return all
end

M.VERSIONS = { "TLS 1.2", "TLS 1.3" }

return M
