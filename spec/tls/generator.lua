-- Random numbers from one printed seed, and deep comparison that says where.

local M = {}

local seed = tonumber(os.getenv("WOLFSSL_SEED")) or os.time() % 100000
io.write(("[WOLFSSL_SEED=%d] "):format(seed))

--- A generator of whole numbers, the same for the same title; WOLFSSL_SEED repeats a run.
function M.rng(title)
  local state = seed
  for i = 1, #title do state = (state * 31 + title:byte(i)) % 2147483647 end
  return function(low, high)
    state = (state * 16807 + 11) % 2147483647
    return low + math.floor(state / 2147483647 * (high - low + 1))
  end
end

--- How often to repeat: `few` by default, `many` with WOLFSSL_LONG=1.
function M.times(few, many)
  return os.getenv("WOLFSSL_LONG") and many or few
end

--- Where two values differ, or nil.
function M.difference(a, b, path)
  path = path or "value"
  if a == b then return nil end
  if type(a) ~= "table" or type(b) ~= "table" then return path end
  for key, value in pairs(a) do
    local where = M.difference(value, b[key], path .. "." .. tostring(key))
    if where then return where end
  end
  for key in pairs(b) do
    if a[key] == nil then return path .. "." .. tostring(key) end
  end
end

return M
