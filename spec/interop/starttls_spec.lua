-- Real servers that begin in plain text: Dovecot, vsftpd, PostgreSQL.

local helper = require "helper"
local issue = require "wolfssl.issue"
local wolfssl = require "wolfssl"

local directory, trust

local function is_root() return helper.run "id -u":match "%d+" == "0" end

local function file(name, text)
  helper.write(directory .. "/" .. name, (text:gsub("@", directory)))
end

local function make_directory()
  directory = helper.tempdir()
  local key = issue.key "secp256r1"
  trust = issue.certificate { subject = "localhost", key = key,
    subject_alt_names = { "dns:localhost" }, extended_key_usage = { "server_auth" } }
  file("cert.pem", wolfssl.certificate(trust):pem())
  file("key.pem", key:pem())
  helper.run("chmod 755 " .. directory .. "; chmod 600 " .. directory .. "/key.pem")
end

-- A server that is ready once its port answers.
local function connect(protocol, port)
  local stream, message
  for _ = 1, 4000 do
    local code
    stream, message, code = wolfssl.connect("localhost", port, {
      trust = trust, starttls = protocol, timeout = 60,
    })
    if stream or code ~= "network_error" then break end
    helper.run "timeout 0.05 tail -f /dev/null"
  end
  return assert(stream, message)
end

local DOVECOT = [[
base_dir = @/run
state_dir = @/state
log_path = @/log
protocols = imap pop3 lmtp sieve
ssl = yes
ssl_cert = <@/cert.pem
ssl_key = <@/key.pem
default_internal_user = nobody
default_internal_group = nogroup
default_login_user = nobody
passdb {
  driver = static
  args = nopassword=y
}
userdb {
  driver = static
  args = uid=nobody gid=nogroup home=@/home
}
]]

local SERVICES = { imap = "imap-login", pop3 = "pop3-login", sieve = "managesieve-login",
  lmtp = "lmtp" }

describe("STARTTLS", function()
  local server

  setup(make_directory)
  teardown(helper.cleanup)
  after_each(function()
    if server then server:stop() end
    server = nil
  end)

  it("is spoken with Dovecot: IMAP, POP3, LMTP, ManageSieve", function()
    if not helper.have "dovecot" then return pending "needs package dovecot-imapd" end
    if not is_root() then return pending "needs root" end
    local configuration, ports = DOVECOT, {}
    for protocol, service in pairs(SERVICES) do
      ports[protocol] = helper.free_port()
      configuration = configuration .. ([[
service %s {
  chroot =
  inet_listener %s {
    address = 127.0.0.1
    port = %d
  }
  inet_listener %ss {
    port = 0
  }
}
]]):format(service, protocol, ports[protocol], protocol)
    end
    file("dovecot.conf", configuration)
    server = helper.spawn(("dovecot -F -c %s/dovecot.conf"):format(directory))
    for protocol, port in pairs(ports) do
      local stream = connect(protocol, port)
      assert.equal("TLS 1.3", stream:info().version.name)
      stream:send(protocol == "imap" and "a LOGOUT\r\n" or protocol == "sieve" and "LOGOUT\r\n"
        or "QUIT\r\n")
      assert.is_string(stream:receive "*l")
      stream:close()
    end
  end)

  it("is spoken with vsftpd", function()
    if not helper.have "vsftpd" then return pending "needs package vsftpd" end
    if not is_root() then return pending "needs root" end
    local port = helper.free_port()
    helper.run("mkdir " .. directory .. "/empty")
    file("vsftpd.conf", ([[
listen=YES
listen_address=127.0.0.1
listen_port=%d
background=NO
ssl_enable=YES
rsa_cert_file=@/cert.pem
rsa_private_key_file=@/key.pem
secure_chroot_dir=@/empty
seccomp_sandbox=NO
]]):format(port))
    server = helper.spawn(("vsftpd %s/vsftpd.conf"):format(directory))
    local stream = connect("ftp", port)
    stream:send "QUIT\r\n"
    assert.is_truthy(stream:receive("*l"):find "^221 ")
    stream:close()
  end)

  it("is spoken with PostgreSQL", function()
    local binaries = helper.run("ls -d /usr/lib/postgresql/*/bin 2>/dev/null"):match "%S+"
    if not binaries then return pending "needs package postgresql" end
    if not is_root() then return pending "needs root" end
    local port = helper.free_port()
    local data = directory .. "/postgres"
    helper.run(("mkdir %s; cp %s/cert.pem %s/key.pem %s; chown -R nobody %s"):format(data,
      directory, directory, data, data))
    local output, status = helper.run(("su -s /bin/sh nobody -c '%s/initdb -D %s/db -A trust"
      .. " --no-sync -U x'"):format(binaries, data))
    assert.equal(0, status, output)
    server = helper.spawn(("su -s /bin/sh nobody -c 'exec %s/postgres -D %s/db -p %d -k \"\""
      .. " -c listen_addresses=127.0.0.1 -c ssl=on -c ssl_cert_file=%s/cert.pem"
      .. " -c ssl_key_file=%s/key.pem'"):format(binaries, data, port, data, data))
    local stream = connect("postgres", port)
    local startup = "\0\3\0\0user\0x\0database\0postgres\0\0"
    stream:write("\0\0\0" .. string.char(#startup + 4) .. startup)
    assert.is_truthy(stream:receive(1):find "^[RE]")   -- welcome, or: still starting up
    stream:close()
  end)
end)
