-- Records the ClientHellos of programs that are installed here:
--     lua5.4 spec/probe/record.lua [NAME ...]    (after make build, from the top of the tree)
-- writes lua/wolfssl/probe/templates/NAME.lua for each. Nothing has to leave the machine:
-- unshare -n sh -c "ip link set lo up; lua5.4 spec/probe/record.lua" is enough for all.

package.path = "lua/?.lua;lua/?/init.lua;spec/?.lua;" .. package.path
package.cpath = ("build/%s/?.so;"):format(_VERSION:match "%d%.%d") .. package.cpath

local fingerprint = require "wolfssl.fingerprint"
local helper = require "helper"
local probe = require "wolfssl.probe"
local socket = require "socket"

local GO = [[
package main

import ("net/http"; "os")

func main() { http.Get(os.Args[1]) }
]]

local NODE = "fetch('https://localhost:PORT/').catch(() => 0)"
local PYTHON = "from urllib.request import urlopen; urlopen('https://localhost:PORT/')"

-- As Debian's librust-rustls-dev has it.
local RUST = [[
use std::{io::Write, net::TcpStream, sync::Arc};

fn main() {
  let config = rustls::ClientConfig::builder().with_safe_defaults()
    .with_root_certificates(rustls::RootCertStore::empty()).with_no_client_auth();
  let name = "localhost".try_into().unwrap();
  let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
  let place = format!("127.0.0.1:{}", std::env::args().nth(1).unwrap());
  let mut socket = TcpStream::connect(place).unwrap();
  let _ = rustls::Stream::new(&mut client, &mut socket).write_all(b"GET / HTTP/1.0\r\n\r\n");
}
]]

local CARGO = [[
[package]
name = "client"
version = "0.1.0"
edition = "2021"
[dependencies]
rustls = "0.20"
]]

local REGISTRY = [[
[source.crates-io]
replace-with = "debian"
[source.debian]
directory = "/usr/share/cargo/registry"
]]

-- Files for programs that are not there as such.
local function workshop()
  local directory = helper.tempdir()
  helper.run(("mkdir -p %s/src %s/.cargo %s/profile"):format(directory, directory, directory))
  helper.write(directory .. "/client.go", GO)
  helper.write(directory .. "/src/main.rs", RUST)
  helper.write(directory .. "/Cargo.toml", CARGO)
  helper.write(directory .. "/.cargo/config.toml", REGISTRY)
  return directory
end

local function debian(package)
  return ("dpkg-query -W -f '${Version}' %s"):format(package)
end

-- Name, command, what gives its version, and the words before that.
local PROGRAMS = {
  { "chromium", "chromium --headless --no-sandbox --disable-gpu --user-data-dir=DIR/profile"
    .. " --dump-dom https://localhost:PORT/", "chromium --version --no-sandbox" },
  { "curl", "curl -sk https://localhost:PORT/", "curl --version | head -1" },
  { "firefox", "HOME=DIR firefox-esr --headless --profile DIR/profile https://localhost:PORT/",
    "HOME=/tmp firefox-esr --version" },
  { "git", "git -c http.sslVerify=false ls-remote https://localhost:PORT/x",
    "git --version; " .. debian "libcurl3-gnutls", "git 2 with libcurl-gnutls " },
  { "gnutls", "gnutls-cli --insecure -p PORT localhost", "gnutls-cli --version | head -1" },
  { "go", "go run DIR/client.go https://localhost:PORT/", "go version" },
  { "java", "keytool -printcert -sslserver localhost:PORT", debian "openjdk-17-jre-headless",
    "OpenJDK " },
  { "nmap", "nmap -Pn -p PORT --script +ssl-cert localhost", "nmap --version | head -1" },
  { "node", "node -e \"" .. NODE .. "\"", "node --version", "Node " },
  { "nss", "tstclnt -D -o -h 127.0.0.1 -a localhost -p PORT", debian "libnss3-tools",
    "NSS tstclnt " },
  { "openssl", "openssl s_client -connect localhost:PORT -servername localhost",
    "openssl version" },
  { "openssl_tls12", "openssl s_client -tls1_2 -connect localhost:PORT -servername localhost",
    "openssl version" },
  { "python", "python3 -c \"" .. PYTHON .. "\"", "/usr/bin/python3 --version" },
  { "rustls", "cargo run --offline --manifest-path DIR/Cargo.toml PORT",
    debian "librust-rustls-dev", "rustls " },
  { "wget", "wget -O- --no-check-certificate https://localhost:PORT/",
    "wget --version | head -1" },
  { "wolfssl", "lua/bin/wolfprobe connect --insecure localhost:PORT", debian "libwolfssl35",
    "lua-wolfssl on wolfSSL " },
}

local TEMPLATE = [[
--- The ClientHello of %s.
-- @module wolfssl.probe.templates.%s
return {
  source = "%s",
  recorded = "%s",   -- on loopback, for the name "localhost", by
  command = %q,
  ja3 = "%s",
  ja4 = "%s",
  hex = %s,
}
]]

local function wrapped(hex)
  local lines = {}
  for i = 1, #hex, 88 do lines[#lines + 1] = "    " .. hex:sub(i, i + 87) end
  return "[[\n" .. table.concat(lines, "\n") .. "\n  ]]"
end

-- The first hello that comes: some connect before they have anything to say.
local function hello_from(listener)
  for _ = 1, 20 do
    local c = probe.accept(assert(listener:accept()), { timeout = 60 })
    local message, entry = c:expect "client_hello"
    c:abort()
    if message then return message, entry.bytes end
  end
end

local function source_of(version, words)
  local text = helper.run(version):gsub("%s+$", ""):gsub("^.*\n", ""):gsub(" libcurl.*", "")
    :gsub(" %d+ %a+ 20%d%d.*", ""):gsub(" %( ?http.*", ""):gsub(" built on linux.*", "")
    :gsub("go version go([%d.]+).*", "Go %1"):gsub("%s+$", "")
  return (words or "") .. text
end

-- The programs of the distribution, not somebody's own.
local PATH = "PATH=/usr/bin:/bin:$PATH; "

local function record(directory, name, command, version, words)
  local listener = assert(socket.bind("127.0.0.1", 0))
  listener:settimeout(300)
  local _, port = listener:getsockname()
  local words_of = { PORT = ("%d"):format(port), DIR = directory }
  local process = helper.spawn(PATH .. "cd " .. directory .. "; exec 2>&1; "
    .. command:gsub("lua/bin", helper.run("pwd"):gsub("%s", "") .. "/lua/bin")
      :gsub("%u+", words_of))
  local message, bytes = hello_from(listener)
  listener:close()
  process:stop()
  local source, prints = source_of(version, words), fingerprint.client(message)
  local shown = command:gsub(" %-%-user%-data%-dir=%S+", ""):gsub("%-%-profile %S+ ", "")
    :gsub("HOME=DIR ", ""):gsub("%-%-manifest%-path %S+ ", ""):gsub("DIR/", "")
  helper.write(("lua/wolfssl/probe/templates/%s.lua"):format(name),
    TEMPLATE:format(source, name, source, os.date "!%Y-%m-%d", shown, prints.ja3, prints.ja4,
    wrapped(helper.hex(bytes))))
  print(name, source, #bytes, prints.ja4)
end

local directory, wanted = workshop(), {}
for _, name in ipairs(arg) do wanted[name] = true end
for _, program in ipairs(PROGRAMS) do
  if not arg[1] or wanted[program[1]] then
    record(directory, program[1], program[2], program[3], program[4])
  end
end
helper.cleanup()
