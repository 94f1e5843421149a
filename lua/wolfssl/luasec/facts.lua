--- What a connection tells about itself and its peer.
-- @module wolfssl.luasec.facts

local core = require "wolfssl.core"
local purpose = require "wolfssl.luasec.purpose"
local reason = require "wolfssl.luasec.reason"
local suites = require "wolfssl.luasec.suites"
local x509 = require "wolfssl.luasec.x509"

local M = {}

--- @type Connection
local Methods = {}
M.methods = Methods

-- The connection of the core once its handshake is done.
local function inner(self)
  return self.open and not self.closed and self.stream:connection() or nil
end

local PROTOCOLS = { [0x0303] = "TLSv1.2", [0x0304] = "TLSv1.3" }

--- What was negotiated.
-- @tparam ?string field only that
-- @treturn[1] table `protocol`, `cipher`, `key`, `authentication`, `encryption`, `mac`, `bits`,
-- `algbits`, `export`
-- @treturn[2] nil
-- @treturn[2] string "closed"
function Methods:info(field)
  local connection = inner(self)
  if not connection then return nil, "closed" end
  local known = connection:facts()
  local info = suites.describe { value = known.cipher_suite }
  info.since, info.algbits = nil, info.bits
  info.protocol = PROTOCOLS[known.version]
  if field then return info[field] end
  return info
end

local function wrapped(list)
  local certificates = {}
  for i, certificate in ipairs(list) do certificates[i] = x509.wrap(certificate) end
  return certificates
end

local function chain(method)
  return function(self)
    local connection = inner(self)
    if not connection then return nil, "closed" end
    return wrapped(connection[method](connection))
  end
end

--- The certificates that the peer has shown, the leaf first.
-- @function Connection:getpeerchain
-- @treturn[1] {Certificate,...}
-- @treturn[2] nil
-- @treturn[2] string "closed"
Methods.getpeerchain = chain "peer_certificates"

--- Those that were shown to the peer.
-- @function Connection:getlocalchain
-- @treturn[1] {Certificate,...}
-- @treturn[2] nil
-- @treturn[2] string "closed"
Methods.getlocalchain = chain "local_certificates"

local function one(method)
  return function(self, n)
    local list, message = Methods[method](self)
    if not list then return nil, message end
    n = n or 1
    if type(n) ~= "number" or n < 1 then return nil, "invalid certificate index" end
    return list[n]
  end
end

--- One of the peer's.
-- @function Connection:getpeercertificate
-- @tparam[opt=1] int n
-- @treturn ?Certificate
-- @treturn ?string "closed", "invalid certificate index"
Methods.getpeercertificate = one "getpeerchain"

--- One of our own.
-- @function Connection:getlocalcertificate
-- @tparam[opt=1] int n
-- @treturn ?Certificate
-- @treturn ?string "closed", "invalid certificate index"
Methods.getlocalcertificate = one "getlocalchain"

local function findings(self, connection)
  local verdict = assert(connection:verdict())
  local list = {}
  local ignoring = self.context.mode == "server" and self.context.verifyext.lsec_ignore_purpose
  for _, finding in ipairs(verdict.errors) do
    if not (ignoring and purpose.is_excused(verdict, finding)) then list[#list + 1] = finding end
  end
  return list
end

--- What became of the peer's certificates.
-- @treturn boolean whether they are good, or there are none
-- @treturn ?string|table reason; with `lsec_continue` a list of reasons by depth, 1 being the leaf
function Methods:getpeerverification()
  local connection = inner(self)
  if not connection then return false, "closed" end
  if #connection:peer_certificates() == 0 then return true end
  local list = findings(self, connection)
  if #list == 0 then return true end
  if not self.context.verifyext.lsec_continue then return false, reason.of_finding(list[1]) end
  local by_depth = {}
  for _, finding in ipairs(list) do
    local at = finding.depth + 1
    by_depth[at] = by_depth[at] or {}
    table.insert(by_depth[at], reason.of_finding(finding))
  end
  return false, by_depth
end

local function finished(whose)
  return function(self)
    local connection = inner(self)
    if not connection then return nil, "closed" end
    return connection:finished(whose)
  end
end

--- Our Finished message.
-- @function Connection:getfinished
-- @treturn ?string
Methods.getfinished = finished "local"

--- The peer's Finished message.
-- @function Connection:getpeerfinished
-- @treturn ?string
Methods.getpeerfinished = finished "peer"

--- Keying material for other uses.
-- @tparam string label
-- @tparam int length
-- @tparam ?string context
-- @treturn[1] string
-- @treturn[2] nil
-- @treturn[2] string message
-- @see RFC 5705
function Methods:exportkeyingmaterial(label, length, context)
  local connection = inner(self)
  if not connection then return nil, "closed" end
  local bytes, message = connection:export(label, length, context)
  if bytes then return bytes end
  return nil, message
end

--- The application protocol.
-- @treturn ?string
function Methods:getalpn()
  local connection = inner(self)
  return connection and connection:facts().alpn
end

--- The name that the client asked for.
-- @treturn ?string
function Methods:getsniname()
  return self.name or self.asked_name or inner(self) and inner(self):facts().server_name
end

--- Plaintext counted.
-- @treturn int bytes received
-- @treturn int bytes sent
-- @treturn number age in seconds
function Methods:getstats()
  local received, sent = 0, 0
  if self.stream then received, sent = self.stream:getstats() end
  return received + self.received, sent + self.sent, core.fd.monotime() - self.born
end

--- Sets what `getstats` counts from.
-- @tparam int received
-- @tparam int sent
-- @tparam number age
-- @treturn int 1
function Methods:setstats(received, sent, age)
  local now_received, now_sent = 0, 0
  if self.stream then now_received, now_sent = self.stream:getstats() end
  self.received = (received or 0) - now_received
  self.sent = (sent or 0) - now_sent
  if age then self.born = core.fd.monotime() - age end
  return 1
end

--- DANE is not there.
-- @treturn boolean false
-- @treturn string message
function Methods:setdane()
  return false, self and "DANE is not supported"
end

Methods.settlsa = Methods.setdane

return M
