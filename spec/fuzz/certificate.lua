-- What spec/fuzz/certificate.c does with its input: each method of what is accepted is called.

local core = require "wolfssl.core"

local ARGUMENTS = {
  matches = { "www.example.com", "192.0.2.1", "::1" }, extension = { "2.5.29.17" },
  fingerprint = { "sha256" }, spki_digest = { "sha256" },
}

local function use(certificate)
  for name, method in pairs(getmetatable(certificate).__index) do
    for _, value in ipairs(ARGUMENTS[name] or { false }) do
      if name ~= "close" then method(certificate, value or nil) end
    end
  end
  assert(tostring(certificate):find "^wolfssl.certificate: ")
  assert(core.certificate(certificate:pem()) == certificate)
  assert(core.certificate(certificate:der()) == certificate)
end

return function(bytes)
  local list, message, code, detail = core.certificates(bytes)
  local first = core.certificate(bytes)
  if list then
    assert(first == list[1])
    for _, certificate in ipairs(list) do use(certificate) end
    for _, certificate in ipairs(list) do certificate:close() end
  else
    assert(code == "decode_error" and #message > 0)
    assert(not (detail and detail.offset) or detail.offset <= #bytes)
    if first then use(first) end
  end
end
