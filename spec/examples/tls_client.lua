#!/usr/bin/env lua5.4
-- Connects to 127.0.0.1 and verifies the server, with default settings. Test suites for chains of
-- certificates drive it.
--
--    tls_client.lua PORT CAFILE DNS|IP|NONE NAME [CRL] [DEPTH]
--
-- Exit status: 0 the server was accepted, 1 it was not (the reason is on stderr), 2 usage.

dofile((arg[0]:match("^(.*/)") or "") .. "checkout.lua")

local core = require "wolfssl.core"
local wolfssl = require "wolfssl"

local USAGE = [[
usage: tls_client.lua PORT CAFILE DNS|IP|NONE NAME [CRL] [DEPTH]
  CAFILE  certificates to trust, PEM
  NAME    whom the server must be; with NONE it is not looked at
  CRL     revocation lists, PEM or DER; "" or - for none
  DEPTH   most intermediate certificates]]

local SECONDS = 10

local function usage(message)
  io.stderr:write("tls_client: ", message, "\n", USAGE, "\n")
  os.exit(2, true)
end

local function rejected(reason)
  io.stderr:write("tls_client: ", (reason:gsub("%s+", " ")), "\n")
  os.exit(1, true)
end

local function readable(path, what)
  local file, message = io.open(path, "rb")
  if not file then usage(what .. ": " .. message) end
  file:close()
  return path
end

local function whole(text, least, most)
  local number = text:find("^%d+$") and tonumber(text)
  return number and number >= least and number <= most and number or nil
end

local function is_address(name)
  return name:find("^%d+%.%d+%.%d+%.%d+$") or name:find("^[%x:.]*:[%x:.]*$")
end

local function of_name(kind, name, options)
  if kind == "NONE" then
    options.insecure_no_name_check = true
  elseif kind ~= "DNS" and kind ~= "IP" then
    usage("DNS, IP or NONE expected, got " .. kind)
  elseif name == "" then
    usage("NAME is empty")
  elseif kind == "IP" and not is_address(name) then
    usage("NAME is no IP address: " .. name)
  else
    options.server_name = name
  end
end

local function read_arguments()
  local kind = arg[3]
  if #arg < (kind == "NONE" and 3 or 4) or #arg > 6 then usage "wrong number of arguments" end
  local port = whole(arg[1], 1, 65535) or usage("PORT is a number from 1 to 65535, not " .. arg[1])
  local options = { trust = readable(arg[2], "CAFILE"), timeout = SECONDS }
  of_name(kind, arg[4], options)
  if arg[5] and arg[5] ~= "" and arg[5] ~= "-" then options.crls = readable(arg[5], "CRL") end
  if arg[6] then
    local depth = whole(arg[6], 0, 100) or usage("DEPTH is a number from 0, not " .. arg[6])
    options.depth = math.min(depth, 12) -- the most that contexts take
  end
  return port, options
end

local function explain(message, code, detail)
  if code ~= "certificate_invalid" then return code .. ": " .. message end
  local findings = {}
  for i, finding in ipairs(detail) do
    findings[i] = ("%s at depth %d: %s"):format(finding.code, finding.depth, finding.reason)
  end
  return code .. ": " .. table.concat(findings, "; ")
end

core.fd.ignore_sigpipe()
local port, options = read_arguments()
local ran, stream, message, code, detail = pcall(wolfssl.connect, "127.0.0.1", port, options)
if not ran then rejected(tostring(stream)) end
if not stream then rejected(explain(message, code, detail)) end
stream:close()
os.exit(0, true)
