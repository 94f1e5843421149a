--- wolfprobe manual: the manual page, out of what the commands say of their arguments.
-- @module wolfssl.cli.manual

local cli = require "wolfssl.cli"
local outline = require "wolfssl.cli.manual.outline"

local M = {}

--- Describes the arguments: there are none.
function M.define() end

-- Text that roff leaves as it is.
local function plain(text)
  text = text:gsub("\\", "\\e"):gsub("%-", "\\-"):gsub("…", "...")
  return (text:gsub("^([.'])", "\\&%1"))
end

local HEAD = [[
.TH WOLFPROBE 1 "" "lua-wolfssl" "User Commands"
.SH NAME
wolfprobe \- looks at TLS servers and handshakes
.SH SYNOPSIS
.B wolfprobe
.I command
.RI [ argument " ...]"
.br
.B wolfprobe
.RI [ command ]
.B \-\-help
.SH DESCRIPTION
.B wolfprobe
does TLS handshakes and tells what they come to: whether a server is to be trusted, what it speaks,
why it does not answer, and what every byte of a handshake means.
.SH COMMANDS
]]

local TAIL = [[
.SH EXIT STATUS
.TP
.B 0
All is well.
.TP
.B 1
A handshake failed, a server is not to be trusted, or a finding or policy counts against it.
.TP
.B 2
A mistake in the arguments.
.TP
.B 3
The network failed.
.SH ENVIRONMENT
.TP
.B NO_COLOR
Explanations have no colours.
.TP
.B REDISCLI_AUTH
The password for Redis.
.SH EXAMPLES
.nf
wolfprobe connect example.org
wolfprobe explain example.org:443 \-\-html page.html
wolfprobe scan example.org example.net \-\-policy mozilla\-intermediate
wolfprobe diagnose mail.example.org \-\-starttls smtp
wolfprobe capture file.pcapng example.org
.fi
.SH SEE ALSO
.BR openssl (1),
.BR tshark (1)
]]

local function term(element)
  local words = {}
  for word in element.names:gmatch "%S+" do words[#words + 1] = "\\fB" .. plain(word) .. "\\fR" end
  local text = table.concat(words, ", ")
  if element.value then text = text .. " \\fI" .. plain(element.value) .. "\\fR" end
  return ".TP\n" .. text .. "\n"
end

local function notes(element)
  local text = element.text or ""
  if element.choices then
    text = text .. " One of: " .. table.concat(element.choices, ", ") .. "."
  end
  if element.default then text = text .. " Default: " .. element.default .. "." end
  return plain(text) .. "\n"
end

local function section(command)
  local lines = { ".SS ", plain(command.name), "\n", plain(command.summary), "\n" }
  for _, element in ipairs(command.elements) do
    lines[#lines + 1] = term(element)
    lines[#lines + 1] = notes(element)
  end
  return table.concat(lines)
end

--- The page.
-- @treturn string roff, for man
function M.page()
  local parts = { HEAD }
  for _, row in ipairs(cli.commands) do
    parts[#parts + 1] = section { name = row[1], summary = row[2],
      elements = outline.of(require("wolfssl.cli." .. row[1]).define) }
  end
  parts[#parts + 1] = TAIL
  return table.concat(parts)
end

--- Runs the command.
-- @treturn int exit code
function M.run()
  io.stdout:write(M.page())
  return cli.exit.ok
end

return M
