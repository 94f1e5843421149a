-- A function that a user can call has a doc comment right above it.

local helper = require "helper"

local function lines_of(path)
  local lines = {}
  for line in io.lines(path) do lines[#lines + 1] = line end
  return lines
end

-- M.name, and the methods of what the file calls a public class with "@type Name".
local function lua_definition(line, classes)
  local owner, name = line:match("^function%s+([%w_]+)[.:]([%w_]+)%s*%(")
  if not owner then owner, name = line:match("^([%w_]+)%.([%w_]+)%s*=%s*function%s*%(") end
  if owner and (owner == "M" or classes[owner]) and not name:find("^_") then
    return owner .. "." .. name
  end
end

local function public_classes(lines)
  local classes = {}
  for _, line in ipairs(lines) do
    local name = line:match("^%-%-.*@type ([%w_]+)")
    if name then classes[name] = true end
  end
  return classes
end

local function lua_documented(lines, number)
  local first = number
  while first > 1 and lines[first - 1]:find("^%-%-") do first = first - 1 end
  return first < number and lines[first]:find("^%-%-%-") ~= nil
end

-- {"name", function} in a table of luaL_Reg; metamethods are no API.
local function c_registrations(path, visit)
  local inside = false
  for _, line in ipairs(lines_of(path)) do
    if line:find("luaL_Reg%s+[%w_]+%[%]") then inside = true end
    if inside then
      for name, definition in line:gmatch('{%s*"([%w_]+)"%s*,%s*([%w_]+)%s*}') do
        if not name:find("^__") then visit(name, definition) end
      end
    end
    if line:find("};", 1, true) then inside = false end
  end
end

-- Names of the C functions that a /*** … */ ends right above of.
local function c_documented(paths)
  local documented = {}
  for _, path in ipairs(paths) do
    local doc, ended = false, false
    for _, line in ipairs(lines_of(path)) do
      if line:find("^/%*%*%*") then doc = true end
      local name = line:match("^[%w_][%w_ *]-%*?([%w_]+) %(")
      if name and ended then documented[name] = true end
      ended = doc and line:find("%*/%s*$") ~= nil
      if ended then doc = false end
    end
  end
  return documented
end

describe("documentation", function()
  it("covers every public function of Lua", function()
    local missing = {}
    for _, path in ipairs(helper.find("lua/wolfssl", "-name '*.lua'")) do
      local lines = lines_of(path)
      local classes = public_classes(lines)
      for number, line in ipairs(lines) do
        local name = lua_definition(line, classes)
        if name and not lua_documented(lines, number) then
          missing[#missing + 1] = ("%s:%d: %s"):format(path, number, name)
        end
      end
    end
    assert.same({}, missing)
  end)

  it("covers every function that C registers", function()
    local paths, missing = helper.find("csrc", "-name '*.c'"), {}
    local documented = c_documented(paths)
    for _, path in ipairs(paths) do
      c_registrations(path, function(name, definition)
        if not documented[definition] then
          missing[#missing + 1] = ("%s: %s (%s)"):format(path, name, definition)
        end
      end)
    end
    assert.same({}, missing)
  end)

  it("says for every module what it is", function()
    local missing = {}
    for _, path in ipairs(helper.find("lua/wolfssl", "-name '*.lua'")) do
      local text = helper.read(path)
      local module = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
      if not (text:find("^%-%-%-") and text:find("\n%-%- @module " .. module .. "\n")) then
        missing[#missing + 1] = path
      end
    end
    assert.same({}, missing)
  end)

  it("begins the reference with modules that there are", function()
    local where = helper.read("spec/config.ld"):match "WHERE = %[%[\n(.-)%]%]"
    for module in where:gmatch "wolfssl[%w_.]*" do
      local path = "lua/" .. module:gsub("%.", "/")
      assert.is_true(module == "wolfssl.core" or helper.exists(path .. ".lua")
        or helper.exists(path .. "/init.lua"), module)
    end
  end)

  it("gives each @see one reference, as LDoc wants it", function()
    local found = helper.run("grep -rnE '@see (RFC|draft).*,' lua csrc")
    assert.equal("", found)
  end)
end)
