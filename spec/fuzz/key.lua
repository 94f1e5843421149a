-- What spec/fuzz/key.c does with its input: an accepted key is written, read back and used.

local core = require "wolfssl.core"

local crypto, issue = core.crypto, core.issue
local schemes = {
  rsa = { "rsa_pkcs1_sha256", "rsa_pss_rsae_sha256", "rsa_pss_pss_sha256" },
  ecdsa = { "ecdsa_sha256" }, ed25519 = { "ed25519" }, ed448 = { "ed448" },
}

local function expect_failure(value, message, code)
  assert(value == nil and #message > 0 and #code > 0)
end

local function use(key)
  local kind, bits = key:algorithm()
  assert(bits > 0 and tostring(key):find "^wolfssl.key: ")
  local again = assert(issue.load_key(key:pem()))
  assert(again:der() == key:der() and again:public() == key:public())
  for _, scheme in ipairs(schemes[kind]) do
    local fits, signature = pcall(key.sign, key, scheme, "data")
    if fits and signature then crypto.verify(scheme, key:public(), "data", signature) end
  end
  if kind == "rsa" and bits < 2049 then
    crypto.rsa_decrypt(key, ("x"):rep(math.ceil(bits / 8)))
  end
  key:close()
end

return function(bytes)
  for _, password in ipairs { false, "secret" } do
    local key, message, code, detail = issue.load_key(bytes, password or nil)
    if key then use(key) else expect_failure(key, message, code) end
    assert(not detail or detail.offset <= #bytes)
  end
  for _, list in pairs(schemes) do
    expect_failure(crypto.verify(list[1], bytes, "data", bytes))
  end
end
