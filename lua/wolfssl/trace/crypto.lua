--- wolfCrypt, loaded when it is first used: captures can be read where no wolfSSL is installed.
-- Its functions are those of `wolfssl.core.crypto`.
-- @module wolfssl.trace.crypto
return setmetatable({}, {
  __index = function(self, name)
    local value = require("wolfssl.core").crypto[name]
    rawset(self, name, value)
    return value
  end,
})
