-- Misuse raises, with a sentence: closed objects, wrong types, wrong order.

local core = require "wolfssl.core"
local errors = require "wolfssl.errors"
local helper = require "helper"
local objects = require "robust.objects"
local pair = require "robust.pair"
local wolfssl = require "wolfssl"

local function methods_of(object)
  local names, methods = {}, getmetatable(object).__index
  for name, method in pairs(methods) do
    if type(method) == "function" then names[#names + 1] = name end
  end
  table.sort(names)
  return names, methods
end

-- Did our own Lua code stumble over a value?
local function is_accident(message)
  return message:find("attempt to %l+ ") and not message:find("attempt to use a closed", 1, true)
end

-- Calls f and wants it to return, or to raise a sentence.
local function survives(what, f, ...)
  local ok, message = pcall(f, ...)
  if ok then return end
  assert(type(message) == "string", what .. ": raised a " .. type(message))
  assert(not is_accident(message), what .. ": " .. message)
end

-- Every wrong value as every argument of f, after `self` where there is one.
local function misuse(what, f, self)
  local function try(label, ...)
    if self ~= nil then return survives(label, f, self, ...) end
    survives(label, f, ...)
  end
  for _, wrong in ipairs(objects.wrong_values()) do
    local label, value = ("%s with %s"):format(what, wrong[1]), wrong[2]
    try(label, value)
    try(label, "x", value)
    try(label, "x", 1, value)
    try(label, 1, "x", "x", value)
    try(label, value, value, value, value, value)
  end
end

local function sorted(t)
  local names = {}
  for name in pairs(t) do names[#names + 1] = name end
  table.sort(names)
  return names
end

describe("misuse", function()
  for _, class in ipairs(sorted(objects.new)) do
    it("raises in every method of a closed " .. class, function()
      local object = objects.new[class]()
      local names, methods = methods_of(object)
      local open_text = tostring(object)
      object:close()
      object:close()
      for _, name in ipairs(names) do
        if name ~= "close" then
          local ok, message = pcall(methods[name], object)
          assert.is_false(ok, name)
          assert.matches("attempt to use a closed wolfssl%.", message, nil, nil, name)
        end
      end
      assert.matches("%(closed%)$", tostring(object))
      assert.not_matches("%(closed%)$", open_text)
    end)

    it("raises in every method of a " .. class .. " that gets another object", function()
      local object = objects.new[class]()
      local other = class == "key" and objects.new.hash() or objects.new.key()
      local names, methods = methods_of(object)
      for _, name in ipairs(names) do
        for _, wrong in ipairs { other, io.stdout, {}, "text", 1 } do
          local ok, message = pcall(methods[name], wrong)
          assert.is_false(ok, name)
          assert.matches("wolfssl%.%a+ expected, got ", message)
        end
        assert.is_false(pcall(methods[name]))
      end
    end)

    it("of a " .. class .. " by arguments of any type raises or fails", function()
      local object = objects.new[class]()
      local names, methods = methods_of(object)
      for _, name in ipairs(names) do
        if name ~= "close" then misuse(class .. ":" .. name, methods[name], object) end
      end
      assert.matches("^wolfssl%.", tostring(object))
      object:close()
    end)
  end

  it("of the core's functions raises or fails", function()
    for _, name in ipairs(sorted(core)) do
      if type(core[name]) == "function" then misuse(name, core[name]) end
    end
    for _, part in ipairs { "crypto", "issue" } do
      for _, name in ipairs(sorted(core[part])) do misuse(part .. "." .. name, core[part][name]) end
    end
  end)

  it("of functions on descriptors raises", function()
    local harmless = { boolean = true, table = true, ["function"] = true, userdata = true }
    for _, name in ipairs(sorted(core.fd)) do
      for _, wrong in ipairs(objects.wrong_values()) do
        local value = wrong[2]
        if harmless[type(value)] then
          survives("fd." .. name, core.fd[name], value, value, value)
        end
      end
    end
  end)

  for role, new in pairs { client = wolfssl.client, server = wolfssl.server } do
    it("of every option of a " .. role .. " raises, or is an error with a code", function()
      local source, seen = helper.read("lua/wolfssl/context.lua"), 0
      for option in source:gmatch("%-%- @field ([%w_]+)") do
        for _, wrong in ipairs(objects.wrong_values()) do
          local options = role == "client" and pair.client_options() or pair.server_options()
          options[option] = wrong[2]
          local label = ("option %s with %s"):format(option, wrong[1])
          local ok, made, message, code = pcall(new, options)
          if not ok then
            assert(type(made) == "string", label)
            assert(not is_accident(made), label .. ": " .. made)
          elseif not made then
            assert(type(message) == "string" and errors.codes[code], label)
          else
            made:close()
          end
        end
        seen = seen + 1
      end
      assert(seen > 20)
    end)
  end

  it("of a connection's methods raises or fails", function()
    for _, done in ipairs { false, true } do
      local client, server = assert(pair.contexts("TLS 1.3"))
      local a, b = client:connection { server_name = "localhost" }, server:connection()
      if done then assert(pair.handshake(a, b)) end
      for _, connection in ipairs { a, b } do
        local names, methods = methods_of(connection)
        for _, name in ipairs(names) do
          if name:sub(1, 2) ~= "__" and name ~= "close" then
            misuse("connection:" .. name, methods[name], connection)
          end
        end
      end
      a:close()
      b:close()
    end
  end)
end)

describe("closing", function()
  -- All orders of 1..n.
  local function orders(n, visit, order)
    order = order or {}
    if #order == n then return visit(order) end
    for i = 1, n do
      local used = false
      for _, j in ipairs(order) do used = used or i == j end
      if not used then
        order[#order + 1] = i
        orders(n, visit, order)
        order[#order] = nil
      end
    end
  end

  local function at_work(step)
    local client, server = assert(pair.contexts("TLS 1.2"))
    local session = step == "resuming" and pair.session(client, server) or nil
    local a = client:connection { server_name = "localhost", session = session }
    local b = server:connection()
    if step == "open" then
      assert(pair.handshake(a, b))
    elseif step ~= "fresh" then
      a:handshake()
      pair.exchange(a, b)
      b:handshake()
    end
    return { client, server, a, b, session }
  end

  for _, step in ipairs { "fresh", "handshaking", "resuming", "open" } do
    it("works in any order: " .. step, function()
      orders(step == "resuming" and 5 or 4, function(order)
        local all = at_work(step)
        for _, i in ipairs(order) do
          all[i]:close()
          all[i]:close()
        end
        for i = 3, 4 do assert.is_false(pcall(all[i].read, all[i])) end
      end)
    end)
  end

  it("of contexts leaves their connections working", function()
    local client, server = assert(pair.contexts("TLS 1.3 mutual"))
    local a, b = client:connection { server_name = "localhost" }, server:connection()
    client:close()
    server:close()
    assert(pair.handshake(a, b))
    assert.equal(5, a:write("hello"))
    pair.exchange(a, b)
    assert.equal("hello", b:read())
    a:close()
    b:close()
  end)

  it("by <close> and by hand is the same", function()
    local client, server = assert(pair.contexts("TLS 1.3"))
    local a = client:connection { server_name = "localhost" }
    getmetatable(a).__close(a)
    getmetatable(a).__close(a)
    a:close()
    getmetatable(client).__close(client)
    server:close()
    assert.is_false(pcall(a.handshake, a))
  end)
end)

describe("coroutines", function()
  it("may share a connection, each doing a part", function()
    local client, server = assert(pair.contexts("TLS 1.3"))
    local a, b
    local function in_coroutine(f)
      local co = coroutine.create(f)
      assert(coroutine.resume(co))
      collectgarbage()
    end
    in_coroutine(function()
      a, b = client:connection { server_name = "localhost" }, server:connection()
      a:handshake()
    end)
    in_coroutine(function() pair.exchange(a, b) end)
    in_coroutine(function() b:handshake() end)
    in_coroutine(function() assert(pair.handshake(a, b)) end)
    in_coroutine(function() assert(a:write("hello")) end)
    in_coroutine(function() pair.exchange(a, b) end)
    in_coroutine(function() assert.equal("hello", b:read()) end)
    in_coroutine(function() a:close() end)
    b:close()
  end)
end)
