--- Chains of certificates, verified offline: by RFC 5280 section 6 and RFC 9525, with revocation.
--
--     local trust = assert(wolfssl.trust "system")
--     local verdict = wolfssl.verify(chain, { trust = trust, host = "example.org",
--       purpose = "server_auth" })
--     for _, e in ipairs(verdict.errors) do print(e.depth, e.code, e.reason) end
--
-- Certificates may come in any order, with superfluous and expired ones among them; every error is
-- told, not the first. Nothing is fetched and nothing is learnt: what is not given does not count.
--
-- Handshakes are judged by the same rules. There every error comes as the detail of
-- "certificate_invalid"; `connection:verdict()` has the path, and `connection:examine(chain)` says
-- the same of any chain. One `trust` serves any number of contexts, or one connection:
--
--     local trust = assert(wolfssl.trust { "system", "company-ca.pem" })
--     local client = assert(wolfssl.client { trust = trust, crls = "company.crl",
--       staple = "request" })
--     local stream, message, code, errors = wolfssl.connect("example.org", 443,
--       { context = client })
--     for _, e in ipairs(errors or {}) do print(e.depth, e.code, e.reason) end
--
-- wolfSSL's own rules must agree, but where it is known to refuse what it cannot judge. It is given
-- nobody to trust and learns no intermediate from one connection for the next. Where wolfSSL 5.5 is
-- in the way: it does not take a leaf with a critical extension that is unknown to it, nor a CA
-- with a path length above 127. A staple of TLS 1.2 that names its issuer by SHA-256 is hidden from
-- it. Of a Certificate message with more than nine certificates or 18,462 bytes, up to 128 and
-- 65,536, it is given the leaf alone, and of a leaf that is too long itself what stands before its
-- extensions; if that is too long, too, the chain is `peer_incompatible`.
-- @module wolfssl.verify

local core = require "wolfssl.core"
local material = require "wolfssl.context.material"
local options_of = require "wolfssl.options"

local M = {}

--- What `chain` takes besides the chain. A wrong one raises.
-- @table options
-- @field trust whom to trust: what `trust` returns or takes; "system" when not given
-- @tfield ?string host DNS name or IP address that the leaf must be for
-- @tfield ?string ip likewise, when both are wanted
-- @tfield ?number time Unix seconds; now
-- @tfield ?string purpose "server_auth", "client_auth" or the OID of an extended key usage: all
--   certificates of the path must allow it. Without it usage is not looked at
-- @tfield ?int depth 8: most intermediates, self-issued ones not counted
-- @tfield ?string|table policy OIDs of certificate policies, one of which must hold for the path
-- @tfield ?string profile what certificates must be like beside: "rfc5280": all that this RFC
--   demands of who issues them (key identifiers, which extensions are critical, positive serial
--   numbers, no underscore in a name, no dot before a constraint); "webpki": that, and what the
--   CA/Browser Forum demands of the web's (sizes and curves of keys, purposes, common names that
--   are among the alternative ones). By default that is not looked at where a client may take what
--   there is. Some roots that systems trust are older than such rules
-- @tfield ?int min_rsa_bits 2048; 512 to 16384
-- @tfield ?int min_ec_bits 256; 160 to 521. Ed25519 has 256, Ed448 456
-- @tfield ?boolean ca_leaf true: the leaf may be a CA. Otherwise a key that can issue certificates
--   does not belong on a server; a leaf that is itself trusted may be one
-- @field crls revocation lists: file, PEM, DER, what `wolfssl.crl` returns, or a list of these, not
--   an empty one. One that is stale or wrongly signed is an error; one that is not there is not,
--   unless:
-- @tfield ?string crl_required "leaf": there must be one for the leaf; "chain": for all but the
--   anchor
-- @tfield ?string|boolean staple the leaf's OCSP response, DER; false: the server sent none, which
--   is an error when the certificate promises one
-- @tfield ?string nonce DER of the nonce that was asked for: a response with another is refused,
--   and with `nonce_required` one without any
-- @tfield ?boolean nonce_required
-- @tfield ?boolean insecure_weak_signatures true: SHA-1 will do

local KINDS = {
  trust = "any", host = "string", ip = "string", time = "number", purpose = "string",
  depth = "number", policy = "any", profile = "string", min_rsa_bits = "number",
  min_ec_bits = "number",
  ca_leaf = "boolean", crls = "any", crl_required = "string", staple = "any", nonce = "string",
  nonce_required = "boolean", insecure_weak_signatures = "boolean",
}

local PURPOSES = { server_auth = true, client_auth = true }

local PROFILES = { rfc5280 = true, webpki = true }

local REQUIRED = { leaf = 0, chain = 16 }

local function list_of(what)
  return type(what) == "table" and what or { what }
end

-- What the core says of an argument, without its place in our files.
local function told(message)
  return message:match "bad argument #%-?%d+ to '.-' %((.*)%)$"
    or message:match "attempt to use a closed wolfssl%..*" or message
end

--- Whom to trust, built once for any number of chains.
-- @tparam ?string|userdata|table what `"system"`, file, directory, PEM, DER, certificate, or a list
--   of these: anchors. nil: none
-- @tparam ?{string,...} pins SHA-256 digests of public keys (`certificate:spki_digest()`, in hex).
--   With anchors: one of the keys must be in the path. Alone: a certificate with such a key is an
--   anchor, and vouches for all that it says about itself
-- @treturn[1] userdata trust
-- @treturn[2] nil
-- @treturn[2] string message
-- @treturn[2] string code
function M.trust(what, pins)
  local ok, trust, message, code = pcall(material.trust, what, pins)
  if not ok then error(told(trust), 2) end
  return trust, message, code
end

local function check(options)
  options_of.check(options, KINDS, "verify", 0)
  local purpose = options.purpose
  if purpose and not PURPOSES[purpose] and not purpose:find "^[012]%.%d[%d.]*$" then
    error("option 'purpose': \"server_auth\", \"client_auth\" or an OID expected, got "
      .. purpose, 0)
  end
  if options.profile and not PROFILES[options.profile] then
    error("option 'profile': \"rfc5280\" or \"webpki\" expected, got " .. options.profile, 0)
  end
  if options.crl_required and not REQUIRED[options.crl_required] then
    error("option 'crl_required': \"leaf\" or \"chain\" expected", 0)
  end
  if options.staple and type(options.staple) ~= "string" then
    error("option 'staple': DER or false expected", 0)
  end
end

-- Of what a peer sends only the leaf must be readable; the rest may be superfluous.
local function read_chain(chain)
  local kind = type(chain)
  if kind ~= "string" and kind ~= "table" and kind ~= "userdata" then
    error("chain: certificates, DER or PEM text expected, got " .. kind, 0)
  end
  if type(chain) == "string" and chain:find("-----BEGIN ", 1, true) then
    return core.certificates(chain)
  end
  local list = {}
  for i, item in ipairs(list_of(chain)) do
    local certificate, message, code, detail = item, nil, nil, nil
    if type(item) == "string" then certificate, message, code, detail = core.certificate(item) end
    if certificate then list[#list + 1] = certificate
    elseif i == 1 then return nil, message, code, detail end
  end
  return list
end

local function demand(options)
  local ready = {}
  for name, value in pairs(options) do ready[name] = value end
  ready.policy = material.policies(options.policy)
  ready.crl_required = REQUIRED[options.crl_required]
  local message, code
  ready.crls, message, code = material.crls(options.crls)
  return ready.crls and ready, message, code
end

local UNDECODABLE = "the certificate cannot be decoded"

local function verify(chain, options)
  check(options)
  local trust, ready, list, message, code
  trust, message, code = material.trust(options.trust == nil and "system" or options.trust)
  if not trust then return nil, message, code end
  ready, message, code = demand(options)
  if not ready then return nil, message, code end
  list, message = read_chain(chain)
  if not list then
    return { ok = false, anchored = false, path = {},
      errors = { { depth = 0, code = "undecodable", reason = UNDECODABLE .. ": " .. message } } }
  end
  return core.verify(list, trust, ready)
end

--- Verifies a chain.
-- @tparam string|userdata|{string|userdata,...} chain PEM text, or certificates (objects or DER) as
--   a peer sends them: the leaf first, the others in any order, with what does not belong
-- @tparam ?table options see above
-- @treturn[1] {ok=boolean,anchored=boolean,path={userdata,...},errors={table,...}} path: from the
--   leaf to the anchor, or as far as it goes when not anchored; errors: all that is wrong with the
--   best path, as `{depth=, code=, reason=}`, depth 0 being the leaf
-- @treturn[2] nil when what the options name cannot be read
-- @treturn[2] string message
-- @treturn[2] string code
-- @see RFC 5280 section 6
function M.chain(chain, options)
  local ok, verdict, message, code = pcall(verify, chain, options or {})
  if not ok then error(told(verdict), 2) end
  return verdict, message, code
end

return M
