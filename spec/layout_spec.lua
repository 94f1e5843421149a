-- The house plan, held by what the files themselves say.

local helper = require "helper"

local LUA_LINES, C_LINES = 300, 500

local TOP_LEVEL = [[
  .busted .ci .clang-format .editorconfig .gitignore .luacheckrc CHANGELOG.md LICENSE Makefile
  README.md csrc lua rockspec spec
]]

-- Who may use whom, by the first word after "wolfssl."; everything may use itself and the leaves.
-- A word not listed here is a module without a place in the house.
local USES = {
  base64 = "",
  errors = "",
  options = "",
  core = "",
  tls = "",
  fingerprint = "tls core",
  trace = "tls core",
  context = "core tls",
  connection = "context tls trace.decryptor trace.keylog trace.observer trace.recorder"
    .. " trace.secrets core",
  verify = "core context",
  session_store = "core connection.call",
  transport = "core",
  stream = "connection transport",
  starttls = "transport.deadline",
  issue = "core",
  init = "issue core context verify connection stream transport starttls",
  https = "stream init transport",
  luasec = "stream init core connection context transport tls",
  probe = "core trace tls stream transport fingerprint starttls verify connection.call",
  cli = "*",
}

local LEAVES = { errors = true, options = true, base64 = true }

-- Libraries that are not ours, which only these may load.
local FOREIGN = { transport = true, session_store = true, cli = true, luasec = true }

local function lines_of(path)
  local count = 0
  for _ in io.lines(path) do count = count + 1 end
  return count
end

local function module_of(path)
  return (path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", "."))
end

-- "wolfssl.tls.wire" -> "tls", "tls.wire"; the face itself is "init".
local function place_of(module)
  local rest = module:match("^wolfssl%.(.+)$")
  if rest then return rest:match("^[^.]+"), rest end
  if module == "wolfssl" then return "init", "init" end
end

local function may_use(user, used_place, used)
  if LEAVES[used_place] or used_place == user or USES[user] == "*" then return true end
  for allowed in USES[user]:gmatch("%S+") do
    if used == allowed or used:sub(1, #allowed + 1) == allowed .. "." then return true end
  end
  return false
end

local function requirements(path)
  local found, number = {}, 0
  for line in io.lines(path) do
    number = number + 1
    for module in line:gsub("%-%-.*", ""):gmatch("require%s*%(?%s*[\"']([%w_.]+)[\"']") do
      found[#found + 1] = { module = module, line = number, at_load = not line:find("^%s") }
    end
  end
  return found
end

local function each_requirement(visit)
  for _, path in ipairs(helper.find("lua/wolfssl", "-name '*.lua'")) do
    local user = place_of(module_of(path))
    for _, requirement in ipairs(requirements(path)) do
      local place, used = place_of(requirement.module)
      visit(path .. ":" .. requirement.line, user, place, used, requirement)
    end
  end
end

local function load_rockspec()
  local environment = {}
  local source = helper.read("rockspec/lua-wolfssl-scm-1.rockspec")
  local chunk
  if setfenv then
    chunk = setfenv(assert(loadstring(source)), environment)
  else
    chunk = assert(load(source, "rockspec", "t", environment))
  end
  chunk()
  return environment
end

describe("layout", function()
  it("has nothing at the top level that the house plan does not name", function()
    local expected = {}
    for name in TOP_LEVEL:gmatch("%S+") do expected[name] = true end
    local output = helper.run("ls -A")
    for name in output:gmatch("[^\n]+") do
      assert.is_true(expected[name] or name == ".git" or name == "build", name)
    end
  end)

  it("gives every module a place", function()
    for _, path in ipairs(helper.find("lua/wolfssl", "-name '*.lua'")) do
      local place = place_of(module_of(path))
      assert.is_not_nil(USES[place], path .. " has no row in USES")
    end
  end)

  it("lets no module use what lies above it", function()
    each_requirement(function(where, user, place, used)
      if place then
        assert.is_true(may_use(user, place, used), where .. ": " .. user .. " uses " .. used)
      end
    end)
  end)

  it("keeps other people's libraries at the edges", function()
    each_requirement(function(where, user, place, _, requirement)
      if not place then
        assert.is_true(FOREIGN[user] or false, where .. ": " .. requirement.module)
      end
    end)
  end)

  it("loads trace where no wolfSSL is installed", function()
    each_requirement(function(where, user, place, _, requirement)
      if user == "trace" and place == "core" then
        assert.is_false(requirement.at_load, where .. ": core is loaded when needed only")
      end
    end)
  end)

  it("keeps Lua files under " .. LUA_LINES .. " lines, tables of data exempt", function()
    for _, path in ipairs(helper.find("lua", "-name '*.lua'")) do
      if not (path:find("/registry/") or path:find("/notes/")) then
        assert.is_true(lines_of(path) <= LUA_LINES, path .. ": " .. lines_of(path))
      end
    end
  end)

  it("keeps C files under " .. C_LINES .. " lines", function()
    for _, path in ipairs(helper.find("csrc", "-name '*.c'")) do
      assert.is_true(lines_of(path) <= C_LINES, path .. ": " .. lines_of(path))
    end
  end)

  it("has each C file once in the map that is csrc/README.md", function()
    local map = helper.read("csrc/README.md"):match "## Where to find it\n(.-)\n## "
    local expected, listed = {}, {}
    for _, path in ipairs(helper.find("csrc", "-name '*.[ch]'")) do
      expected[#expected + 1] = path:match "[^/]+$"
    end
    for name in map:gmatch "`([%w_]+%.[ch])`" do listed[#listed + 1] = name end
    table.sort(expected)
    table.sort(listed)
    assert.same(expected, listed)
  end)

  it("draws no random bytes from wolfSSL's generator of the process, which fork copies", function()
    for _, path in ipairs(helper.find("csrc", "-name '*.c'")) do
      assert.is_nil(helper.read(path):find "wolfSSL_RAND_%a+ *%(", path)
    end
  end)

  it("has no #ifdef inside a function body", function()
    for _, path in ipairs(helper.find("csrc", "-name '*.c'")) do
      local inside, number = false, 0
      for line in io.lines(path) do
        number = number + 1
        if line:find("^%S.*%) {$") then inside = true elseif line:find("^}") then inside = false end
        assert.is_false(inside and line:find("^%s*#%s*if") ~= nil, path .. ":" .. number)
      end
    end
  end)
end)

-- `make rockspec` writes both lists.
describe("rockspec", function()
  local spec = load_rockspec()

  local function differences(expected, listed)
    local lines = {}
    for name in pairs(expected) do
      if not listed[name] then lines[#lines + 1] = "missing: " .. name end
    end
    for name, source in pairs(listed) do
      if expected[name] ~= source then lines[#lines + 1] = "wrong: " .. name end
    end
    return table.concat(lines, "\n")
  end

  it("compiles every C file", function()
    local expected, listed = {}, {}
    for _, path in ipairs(helper.find("csrc", "-name '*.c'")) do expected[path] = true end
    for _, path in ipairs(spec.build.modules["wolfssl.core"].sources) do listed[path] = true end
    assert.equal("", differences(expected, listed))
  end)

  it("lists every module and nothing else", function()
    local expected, listed = {}, {}
    for _, path in ipairs(helper.find("lua/wolfssl", "-name '*.lua'")) do
      expected[module_of(path)] = path
    end
    for module, source in pairs(spec.build.modules) do
      if module ~= "wolfssl.core" then listed[module] = source end
    end
    assert.equal("", differences(expected, listed))
  end)

  it("installs wolfprobe", function()
    assert.is_true(helper.exists(spec.build.install.bin.wolfprobe))
  end)
end)
