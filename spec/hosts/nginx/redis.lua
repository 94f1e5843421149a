-- As much of resty.redis as the specs need, in its shape; Debian has no package of that.

local ngx = ngx -- luacheck: ignore 113

local M = {}

local Redis = {}
Redis.__index = Redis

function M.new()
  return setmetatable({ socket = ngx.socket.tcp() }, Redis)
end

function Redis:connect(host, port)
  return self.socket:connect(host, port)
end

local function reply(socket)
  local line, err = socket:receive()
  if not line then return nil, err end
  local kind, rest = line:sub(1, 1), line:sub(2)
  if kind == "+" then return rest end
  if kind == ":" then return tonumber(rest) end
  if kind ~= "$" then return false, rest end
  if rest == "-1" then return ngx.null end
  local bytes = socket:receive(tonumber(rest))
  socket:receive(2)
  return bytes
end

for _, name in ipairs { "get", "set", "del", "eval" } do
  Redis[name] = function(self, ...)
    local words = { ("*%d\r\n$%d\r\n%s\r\n"):format(select("#", ...) + 1, #name, name) }
    for i = 1, select("#", ...) do
      local word = tostring((select(i, ...)))
      words[i + 1] = ("$%d\r\n%s\r\n"):format(#word, word)
    end
    self.socket:send(table.concat(words))
    return reply(self.socket)
  end
end

function Redis:set_keepalive(idle, size)
  return self.socket:setkeepalive(idle, size)
end

function Redis:close()
  return self.socket:close()
end

return M
