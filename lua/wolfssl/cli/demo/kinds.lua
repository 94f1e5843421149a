--- The handshakes that `wolfprobe explain --demo` shows: each a play of two contexts in memory,
-- or a recording where our engine does not make that kind.
-- @module wolfssl.cli.demo.kinds

local farm = require "wolfssl.cli.demo.farm"
local stage = require "wolfssl.cli.demo.stage"
local wolfssl = require "wolfssl"

local M = {}

local NAME = "demo.example"

local function as(person)
  return { certificate = person.chain, key = person.key }
end

-- A play: the options of each side, as functions of the people; `before`: the play that makes the
-- session; `name`: whom the client wants.
local TLS12, TLS13 = { max_version = "TLS 1.2" }, { min_version = "TLS 1.3" }

local DHE = { cipher_suites = { "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256" } }

local function asking(people)
  return { verify = "required", trust = people.root }
end

local PSK = "Client identity"

local function with_psk(options)
  return function(people)
    return farm.merged(options, { psk = { identity = PSK, key = people.shared_key } })
  end
end

local function knowing_psk(people)
  return { psks = { [PSK] = people.shared_key } }
end

local PLAYS = {
  ["tls12"] = { client = TLS12 },
  ["tls12-mutual"] = {
    client = function(people) return farm.merged(TLS12, as(people.client)) end, server = asking,
  },
  ["tls12-resumed"] = { client = TLS12, resumes = true },
  ["tls12-dhe"] = { client = farm.merged(TLS12, DHE), server = DHE, identity = "with_rsa" },
  ["tls12-ecdhe-psk"] = { client = with_psk(TLS12), server = knowing_psk, identity = "none" },
  ["tls13"] = { client = TLS13 },
  ["tls13-mutual"] = {
    client = function(people) return farm.merged(TLS13, as(people.client)) end, server = asking,
  },
  ["tls13-hrr"] = { client = TLS13, server = { groups = { "secp384r1" } } },
  ["tls13-psk"] = { client = with_psk(TLS13), server = knowing_psk, identity = "none" },
  ["tls13-resumed"] = { client = TLS13, resumes = true },
  ["failure-no-common-version"] = { client = TLS12, server = TLS13, fails = true },
  ["failure-no-common-suite"] = {
    client = { cipher_suites = { "TLS_AES_128_GCM_SHA256" }, min_version = "TLS 1.3" },
    server = { cipher_suites = { "TLS_AES_256_GCM_SHA384" }, min_version = "TLS 1.3" },
    fails = true,
  },
  ["failure-untrusted-ca"] = { identity = "impostor", fails = true },
  ["failure-expired"] = { identity = "expired", fails = true },
  ["failure-wrong-name"] = { name = "other.example", fails = true },
  ["failure-bad-client-certificate"] = {
    client = function(people) return as(people.stranger) end, server = asking, fails = true,
  },
}

local RECORDINGS = {
  ["tls12-rsa"] = "wolfssl.trace.recordings.tls12_rsa",
  ["tls12-psk"] = "wolfssl.trace.recordings.tls12_psk",
}

--- The kind that is shown when none is named.
M.default = "tls13-mutual"

--- All names, sorted.
-- @treturn {string,...}
function M.names()
  local list = {}
  for _, kinds in ipairs { PLAYS, RECORDINGS } do
    for name in pairs(kinds) do list[#list + 1] = name end
  end
  table.sort(list)
  return list
end

local function options_of(part, people)
  if type(part) == "function" then return part(people) end
  return part or {}
end

local ORIGIN = "A demonstration: client and server ran in this process, on keys and certificates "
  .. "that were made just now."

local function perform(play, tamper)
  local people = farm.make { with_rsa = play.identity == "with_rsa" }
  local certified = play.identity ~= "none"
  local client = assert(wolfssl.client(farm.merged(certified and { trust = people.root } or {},
    options_of(play.client, people))))
  local server = assert(wolfssl.server(farm.merged(
    certified and as(people[play.identity or "server"]) or {}, options_of(play.server, people))))
  local options = { server_name = play.name or NAME, tamper = tamper }
  if play.resumes then
    options.session = stage.play(client, server, { server_name = options.server_name }).session
  end
  local done = stage.play(client, server, options)
  client:close()
  server:close()
  return {
    observer = stage.observe(done), play = done, fails = play.fails or false, origin = ORIGIN,
    trust = { people.root }, server_name = options.server_name,
    sides = { client = done.client, server = done.server },
    capture = function() return done.client:capture() end,
  }
end

--- Shows one.
-- @tparam string name
-- @tparam ?number tamper byte that is inverted on the way
-- @treturn[1] table `{observer, sides, trust, origin, server_name, fails, play}`: what
-- `wolfssl.trace.explain` wants; `fails`: it is meant to fail; `capture`: function
-- that gives pcapng
-- @treturn[2] nil
-- @treturn[2] string message
function M.show(name, tamper)
  if PLAYS[name] then return perform(PLAYS[name], tamper) end
  if not RECORDINGS[name] then
    return nil, ("there is no demonstration '%s'; there are: %s"):format(name,
      table.concat(M.names(), ", "))
  end
  if tamper then
    return nil, ("%s is a recording, in which nothing can be changed any more"):format(name)
  end
  return require("wolfssl.trace.recordings").open(require(RECORDINGS[name]))
end

return M
