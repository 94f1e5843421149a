--- Who takes part, and where TLS has its place.
-- @module wolfssl.trace.explain.parties
local records = require "wolfssl.trace.notes.records"

local M = {}

local function certified(scene, side)
  for _, chain in ipairs(scene.model.chains) do
    if chain.from == side and chain.certificates[1] then return chain.certificates[1].subject end
  end
end

local function authority(scene)
  for _, chain in ipairs(scene.model.chains) do
    local last = chain.certificates[#chain.certificates]
    if last then return last.issuer end
  end
end

local function client_role(scene, mutual)
  local role = "It opens the connection and wants to be sure whom it talks to."
  if mutual then
    return role .. " It shows a certificate of its own, too: the server wants to know who it is."
  end
  if scene.messages.certificate_request then
    return role .. " The server asks it for a certificate; it shows none."
  end
  return role .. " To TLS it stays anonymous; a login, if any, comes later, inside."
end

local function server_role(scene)
  if scene.model.kind.form == "psk" then
    return "It waits for connections. A key that both sides had before takes the place of a "
      .. "certificate."
  elseif scene.summary.resumed then
    return "It waits for connections. It has shown its certificate on an earlier connection; this "
      .. "time the key of that session stands for it."
  end
  if not certified(scene, "server") then
    return "It waits for connections, and shows no certificate here."
  end
  return "It waits for connections, and shows with a certificate who it is."
end

--- The parties.
-- @tparam table scene
-- @treturn {table,...} see `wolfssl.trace.explain`
function M.list(scene)
  local client = certified(scene, "client")
  return {
    { id = "client", name = client or "the client", role = client_role(scene, client ~= nil) },
    { id = "server", name = certified(scene, "server") or scene.server_name or "the server",
      role = server_role(scene) },
    { id = "authority", name = authority(scene) or "a certificate authority",
      role = "It takes no part. Long ago it checked who owns which key and signed that: a "
        .. "certificate. Whoever trusts it can check the signature without asking it." },
    { id = "eavesdropper", name = "whoever is on the way",
      role = "It sees every byte that crosses the network, and could change them. It must neither "
        .. "read what is said, nor change it unnoticed, nor pass for one of the two." },
  }
end

--- The layers.
-- @treturn {table,...} see `wolfssl.trace.explain`
function M.stack()
  local list = {}
  for i, layer in ipairs(records.layers) do list[i] = { name = layer[1], text = layer[2] } end
  return list
end

return M
