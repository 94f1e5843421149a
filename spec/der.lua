--- Writes DER and certificates by hand, so that specs can write them wrongly, too.

local M = {}

--- A value with the shortest length octets: M.tlv(0x30, a, b).
function M.tlv(tag, ...)
  local content = table.concat({ ... })
  local n, length = #content, ""
  if n < 128 then return string.char(tag, n) .. content end
  while n > 0 do
    length = string.char(n % 256) .. length
    n = math.floor(n / 256)
  end
  return string.char(tag, 128 + #length) .. length .. content
end

function M.sequence(...) return M.tlv(0x30, ...) end
function M.set(...) return M.tlv(0x31, ...) end
function M.utf8(text) return M.tlv(0x0c, text) end
function M.octets(bytes) return M.tlv(0x04, bytes) end
function M.bits(bytes) return M.tlv(0x03, "\0", bytes) end
function M.integer(bytes) return M.tlv(0x02, bytes) end

function M.oid(dotted)
  local arcs, out = {}, {}
  for arc in dotted:gmatch("%d+") do arcs[#arcs + 1] = tonumber(arc) end
  table.insert(arcs, 1, table.remove(arcs, 1) * 40 + table.remove(arcs, 1))
  for _, arc in ipairs(arcs) do
    local octets = string.char(arc % 128)
    arc = math.floor(arc / 128)
    while arc > 0 do
      octets = string.char(arc % 128 + 128) .. octets
      arc = math.floor(arc / 128)
    end
    out[#out + 1] = octets
  end
  return M.tlv(0x06, table.concat(out))
end

--- One attribute in an RDN of its own; value is DER.
function M.rdn(oid, value) return M.set(M.sequence(M.oid(oid), value)) end

--- A Name with one common name.
function M.common_name(text) return M.sequence(M.rdn("2.5.4.3", M.utf8(text))) end

function M.extension(oid, value, critical)
  return M.sequence(M.oid(oid), critical and M.tlv(0x01, "\255") or "", M.octets(value))
end

--- A certificate with any of its parts replaced; each part is DER, extensions a list of DER.
function M.certificate(parts)
  local p = setmetatable(parts or {}, { __index = {
    version = M.tlv(0xa0, M.integer("\2")),
    serial = M.integer("\1"),
    algorithm = M.sequence(M.oid("1.3.101.112")),
    issuer = M.common_name("issuer"),
    validity = M.sequence(M.tlv(0x17, "700101000000Z"), M.tlv(0x17, "491231235959Z")),
    subject = M.common_name("subject"),
    spki = M.sequence(M.sequence(M.oid("1.3.101.112")), M.bits(("k"):rep(32))),
    unique = "",
    signature = M.bits(("s"):rep(64)),
    more = "",
  } })
  local extensions = p.extensions and M.tlv(0xa3, M.sequence(table.concat(p.extensions))) or ""
  return M.sequence(
    M.sequence(p.version, p.serial, p.algorithm, p.issuer, p.validity, p.subject, p.spki, p.unique,
      extensions),
    p.outer_algorithm or p.algorithm, p.signature, p.more)
end

return M
