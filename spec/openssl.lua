--- Certificates that the openssl command makes.

local der = require "der"
local helper = require "helper"

local M = {}

local RICH = [[
[req]
prompt = no
distinguished_name = dn
x509_extensions = ext
string_mask = utf8only
utf8 = yes
[dn]
C = DE
ST = Baden-Württemberg
L = Stuttgart
O = "Example, Inc. + Sons"
OU = first
1.OU = second
CN = example.com
serialNumber = 42
title = Dr
SN = Mustermann
GN = Erika
initials = EM
pseudonym = nobody
generationQualifier = III
dnQualifier = q
emailAddress = erika@example.com
0.DC = com
1.DC = example
UID = eme
0.+1.3.6.1.4.1.99999.1 = private
[ext]
basicConstraints = critical, CA:true, pathlen:3
keyUsage = critical, digitalSignature, keyCertSign, cRLSign, decipherOnly
extendedKeyUsage = serverAuth, clientAuth, OCSPSigning, 1.2.3.4.5
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid:always, issuer:always
subjectAltName = @san
issuerAltName = DNS:issuer.example.com
nameConstraints = @nc
authorityInfoAccess = @aia
crlDistributionPoints = full, relative
certificatePolicies = 2.5.29.32.0, @policy
tlsfeature = status_request, 17
1.3.6.1.4.1.11129.2.4.2 = DER:SCT_LIST
1.2.3.4 = critical, DER:0500
[aia]
OCSP;URI.1 = http://ocsp.example.com/
caIssuers;URI.1 = http://ca.example.com/ca.cer
caIssuers;dirName.1 = dir
[san]
DNS.1 = example.com
DNS.2 = *.example.com
IP.1 = 192.0.2.1
IP.2 = 2001:db8::1
email.1 = erika@example.com
URI.1 = https://example.com/
RID.1 = 1.2.3.4
dirName.1 = dir
otherName.1 = 1.3.6.1.4.1.311.20.2.3;UTF8:erika@example.local
otherName.2 = 1.2.3.4;BOOL:TRUE
[dir]
C = UK
CN = directory
[nc]
permitted;DNS.0 = example.com
permitted;IP.0 = 192.0.2.0/255.255.255.0
permitted;IP.1 = 2001:db8::/ffff:ffff::
permitted;email.0 = example.com
excluded;DNS.0 = bad.example.com
excluded;dirName.0 = dir
excluded;URI.0 = .example.net
[full]
fullname = URI:http://crl.example.com/1.crl, URI:ldap://crl.example.com/
[relative]
relativename = relname
CRLissuer = dirName:dir
reasons = keyCompromise, CACompromise
[relname]
CN = crl
[policy]
policyIdentifier = 1.3.6.1.4.1.99999.2
CPS.1 = http://cps.example.com/
userNotice.1 = @notice
[notice]
explicitText = UTF8:Grüße
organization = Example
noticeNumbers = 1, 2, 300
]]

local function vector(bytes)
  return string.char(math.floor(#bytes / 256), #bytes % 256) .. bytes
end

--- A version 1 SCT of RFC 6962, and the value of the extension with it and one of a later version.
M.log_id = ("\171"):rep(32)
M.sct = "\0" .. M.log_id .. "\0\0\1\128\0\0\1\244" .. vector("xy") .. "\4\3" .. vector("sig")
M.sct_list = der.octets(vector(vector(M.sct) .. vector("\1rest")))

--- Runs openssl in that directory; returns what it wrote, or raises with it.
function M.run(dir, arguments)
  local output, status = helper.run("cd " .. dir .. " && openssl " .. arguments)
  assert(status == 0, output)
  return output
end

--- What states facts that take the openssl command.
-- @func it of busted
-- @func pending of busted
-- @treturn function(name, test)
function M.it(it, pending)
  return function(name, test)
    it(name, function()
      if not helper.have "openssl" then return pending "needs package openssl" end
      test()
    end)
  end
end

--- Makes NAME.key and the self-signed NAME.pem with all the contents of RICH; returns the PEM text.
-- @string dir
-- @string name
-- @string key arguments of genpkey
-- @string[opt] more arguments of req
function M.make(dir, name, key, more)
  helper.write(dir .. "/rich.cnf", (RICH:gsub("SCT_LIST", helper.hex(M.sct_list))))
  M.run(dir, ("genpkey %s -out %s.key"):format(key, name))
  M.run(dir, ("req -x509 -new -key %s.key -config rich.cnf -days 30 -out %s.pem %s"):format(
    name, name, more or ""))
  return helper.read(dir .. "/" .. name .. ".pem")
end

return M
