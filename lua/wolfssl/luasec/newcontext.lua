--- `ssl.newcontext`: a table of options becomes a context.
-- @module wolfssl.luasec.newcontext

local alpn = require "wolfssl.luasec.alpn"
local context = require "wolfssl.luasec.context"

local M = {}

local KNOWN = {}
for name in ("mode protocol key certificate certificates password cafile capath ciphers"
  .. " ciphersuites verify options depth dhparam curve curveslist verifyext alpn psk dane"
):gmatch("%S+") do
  KNOWN[name] = true
end

local unpack = table.unpack or unpack -- luacheck: ignore 113 143

-- One word or a list of them.
local function spread(set, ctx, what)
  if type(what) == "table" then return set(ctx, unpack(what)) end
  return set(ctx, what)
end

local function each_identity(cfg)
  if cfg.certificates then return cfg.certificates end
  return (cfg.key or cfg.certificate) and { cfg } or {}
end

local function load_identities(ctx, cfg)
  for _, identity in ipairs(each_identity(cfg)) do
    local password = identity.password
    if password ~= nil and type(password) ~= "function" and type(password) ~= "string" then
      return false, "invalid password type"
    end
    local ok, message = true, nil
    if identity.key then ok, message = context.loadkey(ctx, identity.key, password) end
    if not ok then return false, message end
    if identity.certificate then ok, message = context.loadcert(ctx, identity.certificate) end
    if not ok then return false, message end
    if identity.key and identity.certificate and not context.checkkey(ctx) then
      return false, "private key does not match public key"
    end
  end
  return true
end

local function alpn_wire(names)
  if type(names) ~= "table" then return nil, "invalid ALPN parameter" end
  if not names[1] then return nil, "invalid ALPN list (empty)" end
  for _, name in ipairs(names) do
    if type(name) ~= "string" then return nil, "invalid ALPN parameter" end
    if name == "" then return nil, "invalid ALPN name (empty string)" end
    if #name > 255 then return nil, "invalid ALPN name (length > 255)" end
  end
  return alpn.encode(names)
end

local function set_alpn(ctx, cfg)
  if type(cfg.alpn) == "function" and cfg.mode == "server" then
    return context.setalpncb(ctx, function(wire)
      local chosen = cfg.alpn(alpn.decode(wire))
      return chosen and assert(alpn_wire(type(chosen) == "string" and { chosen } or chosen))
    end)
  end
  local names = cfg.alpn
  if cfg.mode == "client" and type(names) == "string" then names = { names } end
  local wire, message = alpn_wire(names)
  if not wire then return false, message end
  return context.setalpn(ctx, wire)
end

local function set_psk(ctx, cfg)
  if type(cfg.psk) == "function" then
    local set = cfg.mode == "client" and context.setclientpskcb or context.setserverpskcb
    return set(ctx, cfg.psk)
  end
  if cfg.mode ~= "server" or type(cfg.psk) ~= "table" or type(cfg.psk.callback) ~= "function" then
    return false, "invalid PSK configuration"
  end
  if cfg.psk.hint then
    local ok, message = context.setpskhint(ctx, cfg.psk.hint)
    if not ok then return false, message end
  end
  return context.setserverpskcb(ctx, cfg.psk.callback)
end

-- Each option with what it does, in the order of LuaSec.
local STEPS = {
  { "mode", function(ctx, cfg) return context.setmode(ctx, cfg.mode) end },
  { "certificates", load_identities },
  { "cafile", function(ctx, cfg) return context.locations(ctx, cfg.cafile, cfg.capath) end },
  { "ciphers", function(ctx, cfg) return context.setcipher(ctx, cfg.ciphers) end },
  { "ciphersuites", function(ctx, cfg) return context.setciphersuites(ctx, cfg.ciphersuites) end },
  { "verify", function(ctx, cfg) return spread(context.setverify, ctx, cfg.verify) end },
  { "options", function(ctx, cfg) return spread(context.setoptions, ctx, cfg.options) end },
  { "depth", function(ctx, cfg) return context.setdepth(ctx, cfg.depth) end },
  { "dhparam", function(ctx, cfg) return context.setdhparam(ctx, cfg.dhparam) end },
  { "curve", function(ctx, cfg)
    if cfg.curveslist then return context.setcurveslist(ctx, cfg.curveslist) end
    return context.setcurve(ctx, cfg.curve)
  end },
  { "verifyext", function(ctx, cfg) return spread(ctx.setverifyext, ctx, cfg.verifyext) end },
  { "alpn", set_alpn },
  { "psk", set_psk },
  { "dane", function(ctx, cfg) return context.setdane(ctx, cfg.dane) end },
}

-- Options that go with another one's step.
local ALSO = {
  certificates = { "key", "certificate" }, cafile = { "capath" }, curve = { "curveslist" },
}

local function is_given(cfg, name)
  if cfg[name] then return true end
  for _, other in ipairs(ALSO[name] or {}) do
    if cfg[other] then return true end
  end
  return name == "mode"
end

--- Makes a context.
-- @tparam table cfg see LuaSec; what cannot be honoured is refused
-- @treturn[1] Context
-- @treturn[2] nil
-- @treturn[2] string message
function M.newcontext(cfg)
  if context.is(cfg) then return cfg end
  if type(cfg) ~= "table" then
    error("an SSL context or a table of options expected, got " .. type(cfg), 3)
  end
  local ctx, message = context.create(cfg.protocol)
  if not ctx then return nil, message end
  for _, step in ipairs(STEPS) do
    if is_given(cfg, step[1]) then
      local ok, why = step[2](ctx, cfg)
      if not ok then return nil, why end
    end
  end
  return ctx
end

--- Whether LuaSec has an option of that name.
-- @tparam string name
-- @treturn boolean
function M.is_option(name)
  return KNOWN[name] == true
end

return M
