local errors = require "wolfssl.errors"
local helper = require "helper"

-- Codes that C can give: the LW_ words of the header, where "/* errors (error.c) */" defines them.
local function codes_of_c()
  local found = {}
  local section = helper.read("csrc/lwolfssl.h"):match("The codes that C gives.-\n\n")
  for code in section:gmatch('#define LW_[A-Z_]+ "([a-z_]+)"') do
    found[code] = "csrc/lwolfssl.h"
  end
  return found
end

-- A literal in the place of a code: `return nil, <message>, "code"`, `code == "code"`; the codes
-- of findings (`finding.code`) are another list.
local function codes_of_lua(path, found)
  for line in io.lines(path) do
    line = line:gsub("%-%-.*", "")
    local code = line:match('return nil,.*,%s*"([a-z_]+)"')
      or line:match('[^%w_.]code [=~]= "([a-z_]+)"')
    if code then
      found[code] = path
    end
  end
end

describe("wolfssl.errors", function()
  it("has a meaning, a blame and a way on for every code", function()
    local blames = { nobody = true, caller = true, peer = true, network = true, us = true }
    for code, entry in pairs(errors.codes) do
      assert.match("^%u.+%.$", entry.meaning, code)
      assert.is_true(blames[entry.blame], code)
      assert.is_boolean(entry.retryable, code)
    end
  end)

  it("knows what may be called again", function()
    assert.is_true(errors.retryable("timeout"))
    assert.is_false(errors.retryable("closed"))
    assert.has_error(function() errors.retryable("nonsense") end, "no such error code: nonsense")
  end)

  it("lists every code that the sources give", function()
    local found = codes_of_c()
    -- Transports have words of their own (see wolfssl.transport.fd), LuaSec's interface LuaSec's.
    for _, path in ipairs(helper.find("lua/wolfssl",
      "-name '*.lua' ! -path '*/transport/*' ! -path '*/luasec/*'")) do
      codes_of_lua(path, found)
    end
    assert.truthy(found.truncated)
    for code, path in pairs(found) do
      assert.truthy(errors.codes[code], path .. " uses an unlisted code: " .. code)
    end
  end)

  it("lists no code that nothing gives", function()
    local text = {}
    for _, path in ipairs(helper.find("lua/wolfssl", "-name '*.lua' ! -name errors.lua")) do
      text[#text + 1] = helper.read(path)
    end
    text = table.concat(text)
    local c = codes_of_c()
    for code in pairs(errors.codes) do
      assert.truthy(c[code] or text:find('"' .. code .. '"', 1, true), code .. " is never given")
    end
  end)

  it("has every LW_ code used by some C file", function()
    local text = {}
    for _, path in ipairs(helper.find("csrc", "-name '*.c'")) do
      text[#text + 1] = helper.read(path)
    end
    text = table.concat(text)
    for code in pairs(codes_of_c()) do
      assert.truthy(text:find("LW_" .. code:upper() .. "%f[^A-Z_]"), code .. " is never used")
    end
  end)
end)
