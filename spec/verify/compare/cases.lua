--- Chains for the comparison with others: one fact each.

local farm = require "verify.farm"
local signature = require "attack.signature"

local DAY, NOW = farm.DAY, farm.NOW
local EXPIRED = { not_before = NOW - 3 * DAY, not_after = NOW - 2 * DAY }
local NOT_YET = { not_before = NOW + 2 * DAY, not_after = NOW + 3 * DAY }
local CRITICAL = { { oid = "1.3.6.1.4.1.55555.1", critical = true, value = "\5\0" } }
local OTHER = { "dns:other.example.com" }

local function names(...) return { [0] = { subject_alt_names = { ... } } } end
local function permitted(name) return { permitted = { name } } end
local function small(name) return { key = name .. " of 1024", kind = "rsa", bits = 1024 } end

-- A section of an RFC, what the chain is, what differs by depth (or a function that makes the
-- chain), the spec that holds it; `host` when it is not farm.NAME, `good`: it must be accepted,
-- `scheme`: with which the leaf signs, when that is not ECDSA.
local CASES = {
  { "5280 6.1", "a good chain", {}, "handshake_rules_spec", good = true },
  { "5280 6.1.3 (a)(1)", "the issuer's name, but another key", function()
    local root, twin = farm.ca("Root"), farm.ca("Root", nil, { key = "Twin" })
    local middle = farm.ca("Middle", twin)
    return { farm.leaf(middle), middle }, root
  end, "handshake_rules_spec" },
  { "5280 6.1.3 (a)(2)", "an expired leaf", { [0] = EXPIRED }, "handshake_rules_spec" },
  { "5280 6.1.3 (a)(2)", "an expired intermediate", { [1] = EXPIRED }, "handshake_rules_spec" },
  { "5280 6.1.3 (a)(2)", "an expired root", { [2] = EXPIRED }, "handshake_rules_spec" },
  { "5280 6.1.3 (a)(2)", "a leaf that is not valid yet", { [0] = NOT_YET },
    "handshake_rules_spec" },
  { "5280 6.1.3 (a)(2)", "an intermediate that is not valid yet", { [1] = NOT_YET },
    "handshake_rules_spec" },
  { "5280 6.1.3 (a)(4)", "a root that nobody trusts", function()
    local chain = { farm.chain() }
    return { chain[3][1], chain[3][2] }, farm.ca("Stranger")
  end, "handshake_rules_spec" },
  { "5280 6.1", "a leaf that signed itself", function()
    return { farm.leaf(nil) }, farm.ca("Stranger")
  end, "handshake_rules_spec" },
  { "5280 6.1", "no intermediate", function()
    local _, _, all = farm.chain()
    return { all[1] }, all[3]
  end, "path_spec" },
  { "5280 6.1", "intermediates in the wrong order, and a stranger", function()
    local root = farm.ca("Root")
    local upper, stranger = farm.ca("Upper", root), farm.ca("Stranger")
    local lower = farm.ca("Lower", upper)
    return { farm.leaf(lower), stranger, upper, lower }, root
  end, "path_spec", good = true },
  { "5280 6.1", "two certificates for one CA, the first expired", function()
    local root = farm.ca("Root")
    local middle, old = farm.ca("Middle", root), farm.ca("Middle", root, EXPIRED)
    return { farm.leaf(middle), old, middle }, root
  end, "path_spec", good = true },
  { "5280 7.1", "names that differ in case and spaces", function()
    local root = farm.ca("Root", nil, { subject = "The Root  CA" })
    local same = farm.ca("Root", nil, { subject = "the root ca" })
    return { farm.leaf(same) }, root
  end, "path_spec", good = true },
  { "5280 6.1.4 (k)", "an intermediate that is no CA",
    { [1] = { ca = false, key_usage = { "key_cert_sign" } } }, "handshake_rules_spec" },
  { "5280 6.1.4 (k)", "an intermediate without basic constraints",
    { [1] = { basic_constraints = false } }, "rules_spec" },
  { "5280 6.1.4 (n)", "an intermediate that signs no certificates",
    { [1] = { key_usage = { "crl_sign" } } }, "handshake_rules_spec" },
  { "5280 6.1.4 (l)", "a path longer than its root allows", { [2] = { path_length = 0 } },
    "handshake_rules_spec" },
  { "5280 6.1.5 (f)", "an unknown critical extension in the leaf",
    { [0] = { extensions = CRITICAL } }, "handshake_rules_spec" },
  { "5280 6.1.4 (o)", "an unknown critical extension in the intermediate",
    { [1] = { extensions = CRITICAL } }, "handshake_rules_spec" },
  { "5280 4.2", "an unknown critical extension in the root", { [2] = { extensions = CRITICAL } },
    "handshake_rules_spec" },
  { "5280 4.2.1.9", "a CA as leaf",
    { [0] = { ca = true, key_usage = { "digital_signature", "key_cert_sign" } } },
    "handshake_rules_spec" },
  { "5280 4.2.1.3", "a leaf whose key does not sign", { [0] = { key_usage = { "key_agreement" } } },
    "handshake_rules_spec" },
  { "5280 4.2.1.12", "a leaf for e-mail", { [0] = { extended_key_usage = { "email_protection" } } },
    "handshake_rules_spec" },
  { "5280 4.2.1.12", "an intermediate for e-mail",
    { [1] = { extended_key_usage = { "email_protection" } } }, "handshake_rules_spec" },
  { "5280 6.1.3 (b)", "DNS:allowed.com permitted, www.notallowed.com shown",
    { [1] = { name_constraints = permitted "dns:allowed.com" },
      [0] = { subject_alt_names = { "dns:www.notallowed.com" } } }, "handshake_rules_spec",
    host = "www.notallowed.com" },
  { "5280 6.1.3 (c)", "an excluded DNS name",
    { [1] = { name_constraints = { excluded = { "dns:example.com" } } } }, "constraint_spec" },
  { "5280 6.1.3 (b)", "an address outside the permitted network",
    { [1] = { name_constraints = permitted "ip:10.0.0.0/8" },
      [0] = { subject_alt_names = { "ip:127.0.0.1" } } }, "constraint_spec", host = "127.0.0.1" },
  { "5280 6.1.3 (b)", "an address, only DNS names being constrained",
    { [1] = { name_constraints = permitted "dns:example.com" },
      [0] = { subject_alt_names = { "dns:" .. farm.NAME, "ip:127.0.0.1" } } },
    "handshake_rules_spec", good = true },
  { "5280 6.1.3 (b)", "a URI outside the permitted host",
    { [1] = { name_constraints = permitted "uri:example.com" },
      [0] = { subject_alt_names = { "dns:" .. farm.NAME, "uri:http://evil.test/" } } },
    "constraint_spec" },
  { "5280 6.1.3 (b)", "a mailbox outside the permitted host",
    { [1] = { name_constraints = permitted "email:example.com" },
      [0] = { subject_alt_names = { "dns:" .. farm.NAME, "email:a@evil.test" } } },
    "constraint_spec" },
  { "5280 6.1.3 (b)", "a subject outside the permitted directory name",
    { [1] = { name_constraints = permitted { type = "directory_name", value = { { "O", "A" } } } },
      [0] = { subject = { { "O", "B" }, { "CN", "Leaf" } } } }, "constraint_spec" },
  { "5280 4.2.1.10", "a critical constraint on names of a kind that nobody knows",
    { [1] = { name_constraints = permitted { type = "registered_id", value = "1.2.3" } },
      [0] = { subject_alt_names = { "dns:" .. farm.NAME,
        { type = "registered_id", value = "1.2.4" } } } }, "constraint_spec" },
  { "5280 6.1.3 (a)(1)", "SHA-1 under the leaf", { [0] = { signature = "sha1" } },
    "handshake_rules_spec" },
  { "5280 6.1.3 (a)(1)", "SHA-1 under the intermediate", { [1] = { signature = "sha1" } },
    "handshake_rules_spec" },
  { "5280 6.1.3 (a)(1)", "1024 bits of RSA in the leaf", { [0] = small "Leaf" },
    "handshake_rules_spec", scheme = signature.RSA },
  { "5280 6.1.3 (a)(1)", "1024 bits of RSA in the intermediate",
    { [1] = small "Middle" }, "handshake_rules_spec" },
  { "5280 6.1.3 (a)(1)", "1024 bits of RSA in the root", { [2] = small "Root" },
    "handshake_rules_spec" },
  { "9525 6.3", "another name", { [0] = { subject_alt_names = OTHER } }, "handshake_names_spec" },
  { "9525 6.3", "the name in CN only",
    { [0] = { subject = farm.NAME, subject_alt_names = false } }, "handshake_names_spec" },
  { "9525 6.3", "another case", names "dns:WWW.Example.COM", "handshake_names_spec", good = true },
  { "9525 6.3", "`*.example.com`", names "dns:*.example.com", "handshake_names_spec", good = true },
  { "9525 6.3", "`*.com`", names "dns:*.com", "handshake_names_spec", host = "example.com" },
  { "9525 6.3", "`*`", names "dns:*", "handshake_names_spec", host = "localhost" },
  { "9525 6.3", "`w*w.example.com`", names "dns:w*w.example.com", "handshake_names_spec" },
  { "9525 6.3", "`www.*.com`", names "dns:www.*.com", "handshake_names_spec" },
  { "9525 6.3", "`*.com` for two labels", names "dns:*.com", "handshake_names_spec" },
  { "9525 6.3", "a NUL in the name",
    names { type = "dns_name", value = farm.NAME .. "\0.evil.test" }, "handshake_names_spec" },
  { "9525 6.3", "a dot at the end of the name", names("dns:" .. farm.NAME .. "."),
    "handshake_names_spec" },
  { "9525 6.3", "an A-label", names "dns:xn--bcher-kva.example.com", "handshake_names_spec",
    host = "xn--bcher-kva.example.com", good = true },
  { "9525 6.4", "an IP address", names "ip:127.0.0.1", "handshake_names_spec",
    host = "127.0.0.1", good = true },
  { "9525 6.4", "another IP address", names "ip:127.0.0.2", "handshake_names_spec",
    host = "127.0.0.1" },
  { "9525 6.4", "an IPv6 address", names "ip:::1", "handshake_names_spec", host = "::1",
    good = true },
  { "9525 6.4", "another IPv6 address", names "ip:::2", "handshake_names_spec", host = "::1" },
  { "9525 6.4", "an IP address as a DNS name", names "dns:127.0.0.1", "handshake_names_spec",
    host = "127.0.0.1" },
  { "9525 6.4", "`*.0.0.1`", names "dns:*.0.0.1", "handshake_names_spec", host = "127.0.0.1" },
}

local M = {}

local function make(what)
  if type(what) == "function" then
    local shown, anchor = what()
    local chain = {}
    for i, level in ipairs(shown) do chain[i] = level.certificate end
    return chain, anchor.certificate, shown[1].key
  end
  local chain, root, all = farm.chain(what)
  return chain, root, all[1].key
end

--- All of them: list of `{rfc, what, spec, good, host, chain = certificates, anchor, key, scheme}`.
function M.list()
  local list = {}
  for i, case in ipairs(CASES) do
    local chain, anchor, key = make(case[3])
    list[i] = { rfc = case[1], what = case[2], spec = case[4], good = case.good or false,
      host = case.host or farm.NAME, chain = chain, anchor = anchor, key = key,
      scheme = case.scheme }
  end
  return list
end

return M
