--- `sessions`, `on_session`: what a connection has to do with a store of sessions.
--
-- A client takes a session out before its handshake and puts in each that it is given. A server
-- asks while the ClientHello is held, and puts in what is new before anybody else knows that the
-- handshake is over; all of it sealed, so that nothing has to be believed of the store.
-- @module wolfssl.connection.sessions

local caller = require "wolfssl.connection.call"
local hold = require "wolfssl.connection.hold"

local call = caller.call

local M = {}

-- A session can only be found where it may be used: nil where nobody says whose it would be.
local function key_of(own)
  local options = own.options
  local where = options.session_key
    or options.server_name and ("%s:%s"):format(options.server_name, options.port or "")
  return where and where .. "\0" .. own.connection:policy()
end

local function resume(own, store)
  own.session_key = key_of(own)
  if own.options.session or not own.session_key then return true end
  local sound, session = call(own, "sessions", store.get, store, own.session_key)
  if not sound then return false end
  if session and type(session) ~= "userdata" then
    caller.nonsense(own, "sessions.get", session, "a session or nil")
  end
  if session then own.connection:use_session(session) end
  return true
end

--- Takes a client's session out; makes a server's ClientHello wait.
-- @tparam table own
-- @treturn boolean
function M.begin(own)
  local connection, store = own.connection, own.handlers.sessions
  if own.server then
    hold.wait(own, M)
    return true
  end
  connection:keep_sessions()
  return not store or resume(own, store)
end

--- Asks the store for what the ClientHello refers to, unless on_client_hello has said it. An answer
-- that is wrong is none.
-- @tparam table own
-- @treturn boolean
function M.held(own)
  local connection, store = own.connection, own.handlers.sessions
  if not own.server or own.session_asked then return true end
  local id = connection:wanted_session()
  if id == false then return true end
  own.session_asked = true
  hold.done(own, M)
  if not id or own.session_answer == false then return true end
  local sound, bytes = true, own.session_answer
  if bytes == nil then sound, bytes = call(own, "sessions", store.get, store, id) end
  if sound and type(bytes) == "string" then connection:offer_session(id, bytes) end
  return sound
end

--- Puts into the store what a server is to keep.
-- @tparam table own
-- @treturn boolean
function M.finish(own)
  local connection, store = own.connection, own.handlers.sessions
  if not own.server then return true end
  for id, bytes, lifetime in connection.session_to_store, connection do
    if not call(own, "sessions", store.put, store, id, bytes, lifetime) then return false end
  end
  return true
end

-- RFC 5246 section 7.2.2
local function forget(own, store)
  local id = own.connection:session_to_forget()
  if id and store.remove then return call(own, "sessions", store.remove, store, id) end
  return true
end

--- Puts a client's new sessions into its store, and tells them; has a server's store forget the
-- session of a connection that failed.
-- @tparam table own
-- @treturn boolean
function M.step(own)
  local connection, store, tell = own.connection, own.handlers.sessions, own.handlers.on_session
  if own.server then return forget(own, store) end
  for session in connection.new_session, connection do
    if own.session_key and not call(own, "sessions", store.put, store, own.session_key, session)
      or tell and not call(own, "on_session", tell, session, connection) then
      return false
    end
  end
  return true
end

return M
