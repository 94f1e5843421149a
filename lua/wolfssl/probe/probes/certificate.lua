--- Which certificates a server shows: a chain for each kind of key that it has.
-- @module wolfssl.probe.probes.certificate
-- @see RFC 5280
local chains = require "wolfssl.probe.chains"
local probe = require "wolfssl.probe"

local BARE = { dns_name = true, ip_address = true }

local function names_of(certificate)
  local list = {}
  for i, name in ipairs(certificate:subject_alt_names() or {}) do
    list[i] = BARE[name.type] and name.value or name.type
  end
  return list
end

local function urls_of(certificate)
  local access, crls = certificate:authority_information_access() or {}, {}
  for _, point in ipairs(certificate:crl_distribution_points() or {}) do
    for _, name in ipairs(point.full_name or {}) do crls[#crls + 1] = name.value end
  end
  return { ocsp = access.ocsp or {}, crl = crls, ca_issuers = access.ca_issuers or {} }
end

local STATUS_REQUEST = 5

local function must_staple(certificate)
  for _, feature in ipairs(certificate:tls_features() or {}) do
    if feature == STATUS_REQUEST then return true end
  end
  return false
end

local function describe(certificate)
  if not certificate then return { unreadable = true } end
  local key, signature = certificate:public_key(), certificate:signature_algorithm()
  return {
    subject = certificate:subject_string(), issuer = certificate:issuer_string(),
    serial = certificate:serial(), not_before = certificate:not_before(),
    not_after = certificate:not_after(), names = names_of(certificate),
    key = { algorithm = key.algorithm, bits = key.bits, curve = key.curve },
    signature = signature.name or signature.oid, sha256 = certificate:fingerprint "sha256",
    spki_sha256 = certificate:spki_digest(), self_signed = certificate:is_self_issued(),
    urls = urls_of(certificate), must_staple = must_staple(certificate),
  }
end

local function told(chain)
  local leaf = describe(chain.certificates[1])
  leaf.kind, leaf.chain = chain.kind, {}
  for i = 2, #chain do leaf.chain[i - 1] = describe(chain.certificates[i]) end
  return leaf
end

return probe.define {
  name = "certificate", summary = "Which certificates does the server show?",
  findings = {
    shown = { severity = "info", message = "%s: %s, issued by %s" },
    unreadable = { severity = "error", message = "its %s certificate cannot be decoded",
      reference = "RFC 5280 section 4.1" },
  },
  needs = { "versions" },
  facts = {
    certificate = "list of leaves, one for each kind of key (`kind`: rsa, ecdsa, eddsa, rsa_pss, "
      .. "mldsa), with `subject`, `issuer`, `serial`, `not_before`, `not_after` (Unix seconds), "
      .. "`names`, `key`, `signature`, `sha256`, `spki_sha256`, `self_signed`, `urls` {ocsp, crl, "
      .. "ca_issuers}, `must_staple`, and `chain`: the others that were sent, in the same words",
  },
  run = function(target, report, fact)
    local list, message, code = chains.of(target)
    if not list then return nil, message, code end
    local facts = {}
    for i, chain in ipairs(list) do
      local leaf = told(chain)
      facts[i] = leaf
      target.witness = chain.witness
      if leaf.unreadable then
        report("unreadable", chain.kind)
      else
        report("shown", chain.kind, leaf.subject, leaf.issuer)
      end
    end
    target.witness = list[1] and list[1].witness
    fact("certificate", facts)
    return true
  end,
}
