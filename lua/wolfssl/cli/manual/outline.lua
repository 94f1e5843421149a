--- What a command says of its arguments, as data: it describes them to this in place of argparse.
-- @module wolfssl.cli.manual.outline

local M = {}

local Element = {}

-- What does not show in a manual.
local function ignored(self) return self end

local methods = {}

function methods.args(self, count)
  self.data.count = count
  return self
end

function methods.argname(self, name)
  self.data.value = name
  return self
end

function methods.choices(self, list)
  self.data.choices = list
  return self
end

function methods.default(self, value)
  self.data.default = value
  return self
end

Element.__index = function(_, name) return methods[name] or ignored end

local function element(list, kind, names, text)
  local data = { kind = kind, names = names, text = text }
  list[#list + 1] = data
  return setmetatable({ data = data }, Element)
end

-- The value of an option that says nothing else is its own name.
local function finish(data)
  if data.kind == "option" and not data.value then
    data.value = "<" .. data.names:match "([%w-]+)$":gsub("^%-+", ""):gsub("%-", "_") .. ">"
  elseif data.kind == "argument" and (data.count == "+" or data.count == "*") then
    data.value = "..."
  end
  return data
end

--- Listens to a command.
-- @tparam function define of the command: gets a parser
-- @treturn {table,...} list of `{kind, names, value, text, choices, default}` in the order of their
-- description
function M.of(define)
  local list, parser = {}, {}
  for _, kind in ipairs { "argument", "option", "flag" } do
    parser[kind] = function(_, names, text) return element(list, kind, names, text) end
  end
  setmetatable(parser, { __index = function() return ignored end })
  define(parser)
  for _, data in ipairs(list) do finish(data) end
  return list
end

return M
