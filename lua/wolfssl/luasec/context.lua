--- `ssl.context`: a context is what was set on it, and becomes one of wolfSSL's when it is used.
--
-- Functions return true, or false and a message. Names of files are read at once.
-- @module wolfssl.luasec.context

local wolfssl = require "wolfssl"
local callbacks = require "wolfssl.luasec.callbacks"
local config = require "wolfssl.luasec.config"
local material = require "wolfssl.luasec.material"
local suites = require "wolfssl.luasec.suites"

local M = {}

--- @type Context
local Context = {}
Context.__index = Context
Context.__name = "SSL:Context"

local addresses = setmetatable({}, { __mode = "k" })

function Context:__tostring()
  return "SSL context: " .. addresses[self]
end

local function is_context(value)
  return getmetatable(value) == Context
end

--- Whether that is a context.
-- @tparam any value
-- @treturn boolean
M.is = is_context

local function check(ctx, name)
  if not is_context(ctx) then
    error(("bad argument #1 to '%s' (SSL:Context expected, got %s)"):format(name, type(ctx)), 3)
  end
  ctx.built = nil
end

local function need(value, kind, position, name)
  if type(value) ~= kind then
    error(("bad argument #%d to '%s' (%s expected, got %s)"):format(position, name, kind,
      value == nil and "no value" or type(value)), 3)
  end
end

--- Makes a context.
-- @tparam string protocol "any", "sslv23", "tlsv1_2" or "tlsv1_3"
-- @treturn[1] Context
-- @treturn[2] nil
-- @treturn[2] string message
function M.create(protocol)
  need(protocol, "string", 1, "create")
  if config.too_old[protocol] then
    return nil, ("invalid protocol (%s): TLS 1.2 is the oldest that is there"):format(protocol)
  elseif not config.versions[protocol] then
    return nil, ("invalid protocol (%s)"):format(protocol)
  end
  local ctx = {
    protocol = protocol, certificates = {}, keys = {}, anchors = {}, crls = {}, options = {},
    verify = {}, verifyext = {},
  }
  addresses[ctx] = tostring(ctx):match("0x%x+") or tostring(ctx)
  return setmetatable(ctx, Context)
end

--- Sets the role.
-- @tparam Context ctx
-- @tparam string mode "client" or "server"
function M.setmode(ctx, mode)
  check(ctx, "setmode")
  if mode ~= "client" and mode ~= "server" then
    return false, ("invalid mode (%s)"):format(tostring(mode))
  end
  ctx.mode = mode
  return true
end

-- OpenSSL has a place for each kind of key.
local function place(ctx, kind)
  ctx.kinds = ctx.kinds or {}
  if not ctx.keys[kind] and not ctx.certificates[kind] then ctx.kinds[#ctx.kinds + 1] = kind end
  ctx.latest = kind
end

--- Loads a chain, the leaf first.
-- @tparam Context ctx
-- @tparam string file
function M.loadcert(ctx, file)
  check(ctx, "loadcert")
  local chain, reason = material.certificates(file)
  if not chain then return false, ("error loading certificate (%s)"):format(reason) end
  local kind = chain[1]:public_key().algorithm
  place(ctx, kind)
  ctx.certificates[kind] = chain
  return true
end

--- Loads a private key.
-- @tparam Context ctx
-- @tparam string file
-- @tparam ?string|function password
function M.loadkey(ctx, file, password)
  check(ctx, "loadkey")
  local key, reason = material.key(file, password)
  if not key then return false, ("error loading private key (%s)"):format(reason) end
  local kind = key:algorithm()
  place(ctx, kind)
  ctx.keys[kind] = key
  return true
end

--- Whether key and certificate, of those that were loaded last, belong together.
-- @tparam Context ctx
-- @treturn boolean
function M.checkkey(ctx)
  check(ctx, "checkkey")
  local chain, key = ctx.certificates[ctx.latest], ctx.keys[ctx.latest]
  return chain ~= nil and key ~= nil and chain[1]:spki() == key:public()
end

--- Whom to trust.
-- @tparam Context ctx
-- @tparam ?string file certificates, and revocation lists
-- @tparam ?string directory of certificates
function M.locations(ctx, file, directory)
  check(ctx, "locations")
  if file then
    local anchors, reason, crls = material.anchors(file)
    if not anchors then return false, ("error loading CA locations (%s)"):format(reason) end
    ctx.anchors, ctx.crls = anchors, crls
  end
  ctx.directory = directory or ctx.directory
  return true
end

local function setter_of_suites(name, field, expand)
  return function(ctx, list)
    check(ctx, name)
    need(list, "string", 2, name)
    local names, reason = expand(list)
    if not names then return false, ("error setting cipher list (%s)"):format(reason) end
    ctx[field] = names
    return true
  end
end

--- Suites of TLS 1.2.
-- @function setcipher
-- @tparam Context ctx
-- @tparam string list OpenSSL's cipher string
M.setcipher = setter_of_suites("setcipher", "suites", suites.expand)

--- Suites of TLS 1.3.
-- @function setciphersuites
-- @tparam Context ctx
-- @tparam string list
M.setciphersuites = setter_of_suites("setciphersuites", "suites13", suites.expand13)

local function flags(known, what, ...)
  local set = {}
  for _, name in ipairs { ... } do
    if not known[name] then return nil, ("invalid %s (%s)"):format(what, tostring(name)) end
    set[name] = true
  end
  return set
end

--- What to ask of the peer.
-- @tparam Context ctx
-- @tparam string ... flags
function M.setverify(ctx, ...)
  check(ctx, "setverify")
  local set, message = flags(config.verify, "verify option", ...)
  if not set then return false, message end
  ctx.verify = set
  return true
end

--- Adds options.
-- @tparam Context ctx
-- @tparam string ... names
function M.setoptions(ctx, ...)
  check(ctx, "setoptions")
  local set, message = flags(config.options, "option", ...)
  if not set then return false, message end
  for name in pairs(set) do ctx.options[name] = true end
  return true
end

--- The longest chain.
-- @tparam Context ctx
-- @tparam int depth
function M.setdepth(ctx, depth)
  check(ctx, "setdepth")
  need(depth, "number", 2, "setdepth")
  ctx.depth = math.max(0, math.min(depth, 12))
  return true
end

--- The only group.
-- @tparam Context ctx
-- @tparam string curve
function M.setcurve(ctx, curve)
  check(ctx, "setcurve")
  if not config.groups[curve] then
    return false, ("elliptic curve '%s' not supported"):format(tostring(curve))
  end
  ctx.groups = { config.groups[curve] }
  return true
end

--- Groups in order of preference.
-- @tparam Context ctx
-- @tparam string list names with colons between them
function M.setcurveslist(ctx, list)
  check(ctx, "setcurveslist")
  need(list, "string", 2, "setcurveslist")
  local groups, seen = {}, {}
  for name in list:gmatch("[^:]+") do
    local group = config.groups[name]
    if not group then return false, ("unknown elliptic curve in \"%s\""):format(list) end
    if not seen[group] then groups[#groups + 1] = group end
    seen[group] = true
  end
  if not groups[1] then return false, ("unknown elliptic curve in \"%s\""):format(list) end
  ctx.groups = groups
  return true
end

local function refusal(name, message)
  M[name] = function(ctx)
    check(ctx, name)
    return false, message
  end
end

refusal("setpskhint", "hints for pre-shared keys are not supported")
refusal("setdhparam", "dhparam is not supported: DHE uses the group ffdhe2048 (RFC 7919)")
refusal("setdane", "DANE is not supported")

callbacks.add(M, check, need)

--- How to verify. The lists for `crl_check` stand in `cafile`; where one names an intermediate,
-- that counts, too.
-- @tparam string ... flags: `lsec_continue`, `lsec_ignore_purpose`, `crl_check`, `crl_check_chain`
function Context:setverifyext(...)
  check(self, "setverifyext")
  local set, message = flags(config.verifyext, "verify option", ...)
  if not set then return false, message end
  self.verifyext = set
  return true
end

--- The context of wolfSSL.
-- @tparam Context ctx
-- @treturn[1] Context of `wolfssl`, with its `options`
-- @treturn[2] nil
-- @treturn[2] string message
function M.build(ctx)
  if ctx.built then return ctx.built end
  local options, message = require("wolfssl.luasec.options").of(ctx)
  if not options then return nil, message end
  local made
  made, message = wolfssl[ctx.mode](options)
  if not made then return nil, message end
  made.options = options
  ctx.built = made
  return made
end

return M
