-- What each thread of threads.c does: contexts of its own, then so many handshakes, full and
-- resumed, in both versions, with a record each way.

local issue = require "wolfssl.issue"
local wolfssl = require "wolfssl"

local count = ...
local key = issue.key "secp256r1"
local certificate = issue.certificate {
  subject = "localhost", key = key, subject_alt_names = { "dns:localhost" },
}

local function exchange(a, b)
  b:receive_data(a:data_to_send())
  a:receive_data(b:data_to_send())
end

local function meet(client, server, session)
  local a = client:connection { server_name = "localhost", session = session }
  local b = server:connection()
  for _ = 1, 4 do
    a:handshake()
    b:receive_data(a:data_to_send())
    b:handshake()
    a:receive_data(b:data_to_send())
  end
  exchange(a, b)
  for _, way in ipairs { { a, b }, { b, a } } do
    assert(way[1]:write("record"))
    exchange(a, b)
    assert(way[2]:read() == "record")
  end
  local info = a:info()
  session = a:session()
  a:close()
  b:close()
  return session, info.resumed
end

local function pair(version)
  local client = assert(wolfssl.client {
    trust = certificate, min_version = version, max_version = version,
  })
  local server = assert(wolfssl.server {
    certificate = certificate, key = key, min_version = version, max_version = version,
  })
  return { client, server }
end

local pairs_made = { pair "TLS 1.2", pair "TLS 1.3" }
local session
for i = 1, count do
  local both = pairs_made[i % 4 < 2 and 1 or 2]
  local resume = i % 2 == 1 and i > 1 and session
  local resumed
  session, resumed = meet(both[1], both[2], resume or nil)
  assert(not resume or resumed, "resumption")
end
return count
