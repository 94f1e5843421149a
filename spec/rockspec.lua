-- lua5.4 spec/rockspec.lua: writes the lists of C files and Lua modules into the rockspec again.

package.path = "spec/?.lua;" .. package.path
local helper = require "helper"

local PATH = "rockspec/lua-wolfssl-scm-1.rockspec"

local function sources()
  local lines = {}
  for _, path in ipairs(helper.find("csrc", "-name '*.c'")) do
    lines[#lines + 1] = ("        %q,\n"):format(path)
  end
  return table.concat(lines)
end

local function modules()
  local lines = {}
  for _, path in ipairs(helper.find("lua/wolfssl", "-name '*.lua'")) do
    local name = path:gsub("^lua/", ""):gsub("%.lua$", ""):gsub("/init$", ""):gsub("/", ".")
    lines[#lines + 1] = ("    [%q] = %q,\n"):format(name, path)
  end
  return table.concat(lines)
end

local function between(text, from, to, insertion)
  local _, first = text:find(from, 1, true)
  local last = text:find(to, first, true)
  return text:sub(1, first) .. insertion .. text:sub(last)
end

local text = helper.read(PATH)
text = between(text, "      sources = {\n", "      },\n", sources())
text = between(text, '      libdirs = { "$(WOLFSSL_LIBDIR)" },\n    },\n', "  },\n}\n", modules())
helper.write(PATH, text)
