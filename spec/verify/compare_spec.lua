-- The table of spec/verify/README.md tells the truth about us, and names specs that exist.

local cases = require "verify.compare.cases"
local farm = require "verify.farm"
local helper = require "helper"

local function rows()
  local list = {}
  for line in helper.read("spec/verify/README.md"):gmatch("[^\n]+") do
    local rfc, what, spec, here = line:match("^| (%d[^|]*) | (.-) | `([%w_]+)` | (%S+) |")
    if rfc then list[#list + 1] = { rfc = rfc, what = what, spec = spec, here = here } end
  end
  return list
end

describe("spec/verify/README.md", function()
  local table_rows, list = rows(), cases.list()

  it("has a row for each case", function()
    assert.equal(#list, #table_rows)
    for i, case in ipairs(list) do
      assert.same({ case.rfc, case.what, case.spec },
        { table_rows[i].rfc, table_rows[i].what, table_rows[i].spec })
      assert.is_true(helper.exists("spec/verify/" .. case.spec .. ".lua"))
    end
  end)

  for i, case in ipairs(list) do
    it(("says what is done about %s (%s)"):format(case.what, case.rfc), function()
      local verdict = farm.verify(case.chain, { case.anchor }, { host = case.host })
      assert.equal(case.good, verdict.ok, farm.says(verdict))
      assert.equal(case.good and "accepts" or "refuses", table_rows[i].here)
    end)
  end
end)
