local plain = require "transport.plain"
return { pair = function() return plain.new(), plain.new() end }
