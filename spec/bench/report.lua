-- Runs the scenarios in C and in Lua and prints ratios: lua report.lua DIRECTORY [PART OF A NAME]

local directory, part = arg[1], arg[2] or ""
local rounds = tonumber(os.getenv "ROUNDS" or 5)

-- callgrind counts each byte of a "rep movsb" as an instruction; so do without.
local INSTRUCTIONS = "GLIBC_TUNABLES=glibc.cpu.x86_rep_movsb_threshold=1073741824:"
  .. "glibc.cpu.x86_rep_stosb_threshold=1073741824 valgrind -q --tool=callgrind --instr-atstart=no "
  .. "--callgrind-out-file=%s "
-- A chunk in a thread's cache counts as given out.
local HEAP = "GLIBC_TUNABLES=glibc.malloc.tcache_count=0 "

-- Name, operations that callgrind counts, operations timed, target: of the ratio, or bytes more.
local SCENARIOS = {
  { "hs-13-x25519-ecdsa", 60, 300, 1.01 }, { "hs-13-x25519-ecdsa-mutual", 40, 150, 1.01 },
  { "hs-12-x25519-ecdsa", 60, 300, 1.01 }, { "hs-12-x25519-ecdsa-mutual", 40, 150, 1.01 },
  { "hs-13-x25519-rsa", 20, 80, 1.01 }, { "hs-13-x25519-rsa-mutual", 20, 50, 1.01 },
  { "hs-12-x25519-rsa", 20, 80, 1.01 }, { "hs-12-x25519-rsa-mutual", 20, 50, 1.01 },
  { "resume-12id", 200, 2000, 1.03 }, { "resume-13psk", 60, 500 },
  { "rec-16384-chacha", 400, 2000, 1.01 }, { "rec-16384-aes128", 200, 1000, 1.01 },
  { "rec-1024-chacha", 2000, 20000 }, { "rec-1024-aes128", 2000, 10000 },
  { "rec-64-chacha", 4000, 100000 }, { "rec-64-aes128", 4000, 100000 },
  { "ctx", 40, 1000 },
  { "heap-idle-13", 150, nil, 1024 }, { "heap-idle-12", 150, nil, 1024 }, { "heap-ctx", 40 },
}

local function output_of(command)
  local pipe = assert(io.popen(command))
  local output = pipe:read("*a")
  pipe:close()
  return output
end

local function number_of(command)
  return tonumber(output_of(command)) or error("failed: " .. command, 0)
end

local function have(command)
  return output_of("command -v " .. command) ~= ""
end

-- One way to run a scenario: its settings, its command, and whether callgrind alone looks at it.
local function lua_engine(name, lua, abi, layer)
  return {
    name = name,
    setting = ("LUA_CPATH='build/%s/?.so;%s/%s/?.so' "):format(abi, directory, abi),
    command = ("%s spec/bench/scenario.lua %s/pki %%s %%d %s"):format(lua, directory, layer or ""),
    untimed = layer ~= nil,
  }
end

local C = {
  name = "C", setting = "",
  command = ("%s/baseline %s/pki %%s %%d"):format(directory, directory),
}
local ENGINES = {
  lua_engine("Lua 5.4", "lua5.4", "5.4"),
  lua_engine("core only", "lua5.4", "5.4", "core"),
}
if have "luajit" then table.insert(ENGINES, 2, lua_engine("LuaJIT", "luajit", "5.1")) end

local function run(engine, name, count, under)
  return number_of(engine.setting .. (under or "") .. engine.command:format(name, count))
end

local function instructions(engine, name, count)
  local profile = directory .. "/callgrind.out"
  run(engine, name, count, INSTRUCTIONS:format(profile))
  local file = assert(io.open(profile))
  local total = file:read("*a"):match("\ntotals: (%d+)")
  file:close()
  return total / count
end

local function median(list)
  table.sort(list)
  return list[math.floor(#list / 2) + 1]
end

-- Medians of paired ratios: C first in odd rounds, last in even ones.
local function times(name, count)
  local ratios = {}
  for round = 1, rounds do
    local spent = {}
    local order = { C }
    for _, engine in ipairs(ENGINES) do
      if not engine.untimed then table.insert(order, round % 2 == 1 and #order + 1 or 1, engine) end
    end
    for _, engine in ipairs(order) do
      spent[engine] = run(engine, name, count)
    end
    for engine, seconds in pairs(spent) do
      ratios[engine] = ratios[engine] or {}
      table.insert(ratios[engine], seconds / spent[C])
    end
  end
  for engine, list in pairs(ratios) do ratios[engine] = median(list) end
  return ratios
end

local function print_row(cells)
  io.write(("%-28s"):format(cells[1]))
  for i = 2, #cells do io.write(("%17s"):format(cells[i])) end
  io.write("\n")
  io.flush()
end

local function print_instructions(name, count, target)
  local base = instructions(C, name, count)
  local row = { name, ("%.0f"):format(base) }
  for _, engine in ipairs(ENGINES) do
    local own = instructions(engine, name, count)
    row[#row + 1] = ("%.4f %+.0f"):format(own / base, own - base)
  end
  row[#row + 1] = target and ("<= %.2f"):format(target) or ""
  print_row(row)
end

local function print_heap(name, count, target)
  local base = run(C, name, count, HEAP)
  local row = { name, ("%.0f"):format(base) }
  for _, engine in ipairs(ENGINES) do
    row[#row + 1] = ("%+.0f"):format(run(engine, name, count, HEAP) - base)
  end
  row[#row + 1] = target and ("<= +%d"):format(target) or ""
  print_row(row)
end

local function print_times(name, count)
  local ratios = times(name, count)
  local row = { name }
  for _, engine in ipairs(ENGINES) do
    if not engine.untimed then row[#row + 1] = ("%.3f"):format(ratios[engine]) end
  end
  print_row(row)
end

local function heading(first, of_c)
  local row = { first }
  if of_c then row[2] = "C" end
  for _, engine in ipairs(ENGINES) do
    if of_c or not engine.untimed then row[#row + 1] = engine.name end
  end
  if of_c then row[#row + 1] = "target" end
  print_row(row)
end

local function each(wanted, f)
  for _, s in ipairs(SCENARIOS) do
    if s[1]:find(part, 1, true) and wanted(s) then f(s) end
  end
end

local function is_heap(s) return s[1]:find("^heap") ~= nil end
local function is_work(s) return not is_heap(s) end

local core = require "wolfssl.core"
print(("wolfSSL %s, AES-NI %s, SP assembly %s; client and server in one process\n"):format(
  core.version.wolfssl, tostring(core.capabilities.aesni), tostring(core.capabilities.sp_asm)))

-- What handlers that do nothing cost, over the same without any: "handlers" chooses them all.
local HANDSHAKE = { "on_client_hello", "names", "on_server_certificate", "staple", "on_session",
  "on_secret", "on_alert", "on_message", "a client's store" }
local HANDLERS = {
  { "hs-13-x25519-ecdsa", HANDSHAKE },
  { "hs-12-x25519-ecdsa", HANDSHAKE },
  { "hs-12-x25519-ecdsa", { "a server's store" } },
  { "hs-13-x25519-ecdsa-mutual", { "on_client_certificate", "on_certificate_request" } },
  { "hs-12-x25519-ecdsa-mutual", { "on_client_certificate", "on_certificate_request" } },
  { "psk-13", { "on_psk of a server", "on_psk of a client" } },
  { "psk-12", { "on_psk of a server", "on_psk of a client" } },
  { "resume-12id", { "a server's store", "a client's store" } },
}

local function print_handlers(name, handlers)
  if not ("handlers " .. name):find(part, 1, true) then return end
  local function cost(layer)
    return instructions(lua_engine("", "lua5.4", "5.4", layer and ('"%s"'):format(layer)), name, 20)
  end
  local without = cost()
  print_row { name, ("%.0f"):format(without) }
  for _, handler in ipairs(handlers) do
    print_row { "  " .. handler, ("%+.0f"):format(cost(handler) - without) }
  end
end

if have "valgrind" then
  heading("instructions", true)
  each(is_work, function(s) print_instructions(s[1], s[2], s[4]) end)
  print()
  print_row { "instructions with handlers", "Lua 5.4" }
  for _, row in ipairs(HANDLERS) do print_handlers(row[1], row[2]) end
else
  print("instructions: needs package valgrind")
end
print()
heading("heap bytes of one", true)
each(is_heap, function(s) print_heap(s[1], s[2], s[4]) end)
if rounds > 0 then
  print()
  heading(("CPU time over C's, %d rounds"):format(rounds), false)
  each(is_work, function(s) print_times(s[1], s[3]) end)
end
