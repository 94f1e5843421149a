-- What spec/vectors/record.lua records: options of the peers, and what the specs are to find.
--
-- `both`, `client`, `server`: options of openssl s_client and s_server, or with `gnutls` the
-- priority string; `clients`: several connections, one after another; `key`: of the server;
-- `asks`, `says`: what client and server are told on their standard input. `known`: what is known
-- besides the key log; `secrets`: what opens the recording without one.

local LEGACY = "@SECLEVEL=0"
local PSK = { { identity = "someone", key = ("\1\35\69\103\137\171\205\239"):rep(2) } }
local PSK_OPTIONS = " -psk_identity someone -psk 0123456789abcdef0123456789abcdef"
local RSA = "rsa.key"

local function tls12(name, suite, case)
  case = case or {}
  case.name, case.version = "tls12-" .. name, 0x0303
  case.both = "-tls1_2 -cipher " .. suite .. (case.both or "")
  return case
end

local function old(name, version, suite, case)
  case = case or {}
  case.name, case.version = name, version
  case.both = (version == 0x0301 and "-tls1" or "-tls1_1") .. " -cipher " .. suite .. LEGACY
    .. (case.both or "")
  return case
end

local function tls13(name, case)
  case = case or {}
  case.name, case.version = "tls13-" .. name, 0x0304
  case.both = "-tls1_3 " .. (case.both or "")
  return case
end

return {
  -- every kind of record protection
  tls12("gcm256", "ECDHE-ECDSA-AES256-GCM-SHA384"),
  tls12("chacha20", "ECDHE-ECDSA-CHACHA20-POLY1305"),
  tls12("ccm", "ECDHE-ECDSA-AES128-CCM"),
  tls12("ccm256", "ECDHE-ECDSA-AES256-CCM"),
  tls12("ccm8", "ECDHE-ECDSA-AES128-CCM8"),
  tls12("cbc", "ECDHE-ECDSA-AES128-SHA", { both = " -no_etm" }),
  tls12("cbc-etm", "ECDHE-ECDSA-AES256-SHA384", { etm = true }),
  tls12("null", "ECDHE-ECDSA-NULL-SHA" .. LEGACY, { etm = true }),
  old("tls11-cbc", 0x0302, "ECDHE-ECDSA-AES256-SHA", { both = " -no_etm" }),
  old("tls11-cbc-etm", 0x0302, "ECDHE-ECDSA-AES128-SHA", { etm = true }),
  old("tls10-cbc", 0x0301, "ECDHE-ECDSA-AES128-SHA", { both = " -no_etm" }),
  old("tls10-cbc-etm", 0x0301, "ECDHE-ECDSA-AES128-SHA", { etm = true }),
  { name = "tls10-3des", version = 0x0301, gnutls = true, key = "rsa",
    both = "NORMAL:-VERS-ALL:+VERS-TLS1.0:-CIPHER-ALL:+3DES-CBC:-KX-ALL:+ECDHE-RSA:%NO_ETM" },
  { name = "tls12-3des-etm", version = 0x0303, gnutls = true, key = "rsa", etm = true,
    both = "NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:+3DES-CBC:-KX-ALL:+RSA",
    secrets = { rsa_keys = { RSA } } },
  -- every key exchange that can be opened without a key log
  tls12("rsa", "AES128-SHA256", { key = "rsa", etm = true, secrets = { rsa_keys = { RSA } } }),
  old("tls10-rsa", 0x0301, "AES128-SHA", { key = "rsa", etm = true,
    secrets = { rsa_keys = { RSA } } }),
  tls12("psk", "PSK-AES128-GCM-SHA256" .. PSK_OPTIONS, { secrets = { psks = PSK } }),
  tls12("rsa-psk", "RSA-PSK-AES128-GCM-SHA256" .. PSK_OPTIONS, { key = "rsa",
    secrets = { psks = PSK, rsa_keys = { RSA } } }),
  tls12("dhe-psk", "DHE-PSK-AES128-GCM-SHA256" .. PSK_OPTIONS),
  tls12("ecdhe-psk", "ECDHE-PSK-CHACHA20-POLY1305" .. PSK_OPTIONS),
  tls12("dhe", "DHE-RSA-AES128-GCM-SHA256", { key = "rsa" }),
  -- handshakes
  tls12("mutual", "ECDHE-ECDSA-AES128-GCM-SHA256", { mutual = true, server = "-Verify 1",
    client = "-cert client.pem -key client.key" }),
  old("tls10-mutual", 0x0301, "ECDHE-RSA-AES128-SHA", { key = "rsa", mutual = true, etm = true,
    server = "-Verify 1", client = "-cert rsa.pem -key rsa.key" }),
  tls12("ed25519", "ECDHE-ECDSA-AES128-GCM-SHA256", { key = "ed" }),
  tls12("resumed-id", "AES128-GCM-SHA256 -no_ticket", { key = "rsa", resumed = true,
    clients = { "-sess_out session", "-sess_in session" }, secrets = { rsa_keys = { RSA } } }),
  tls12("resumed-ticket", "AES128-GCM-SHA256", { key = "rsa", resumed = true,
    clients = { "-sess_out session", "-sess_in session" }, secrets = { rsa_keys = { RSA } } }),
  tls12("renegotiated", "ECDHE-ECDSA-AES128-GCM-SHA256", { server = "-client_renegotiation",
    asks = "before\\n'; sleep 0.5; echo R; sleep 0.5; printf 'ping\\n", renegotiated = true }),
  tls13("gcm128", { both = "-ciphersuites TLS_AES_128_GCM_SHA256" }),
  tls13("chacha20", { both = "-ciphersuites TLS_CHACHA20_POLY1305_SHA256" }),
  tls13("ccm", { both = "-ciphersuites TLS_AES_128_CCM_SHA256" }),
  tls13("ccm8", { both = "-ciphersuites TLS_AES_128_CCM_8_SHA256:@SECLEVEL=0" }),
  tls13("padded", { server = "-record_padding 64", padded = true }),
  tls13("retry", { server = "-groups P-384", client = "-groups P-256:P-384", retry = true }),
  tls13("mutual", { mutual = true, key = "rsa", server = "-Verify 1",
    client = "-cert client.pem -key client.key" }),
  tls13("psk", { both = "-ciphersuites TLS_AES_128_GCM_SHA256" .. PSK_OPTIONS, resumed = true,
    known = { psks = PSK } }),
  tls13("psk-ke", { both = "-ciphersuites TLS_AES_128_GCM_SHA256 -allow_no_dhe_kex" .. PSK_OPTIONS,
    client = "-groups X25519", server = "-groups P-384", resumed = true,
    secrets = { psks = PSK } }),
  tls13("resumed", { resumed = true, clients = { "-sess_out session", "-sess_in session" } }),
  tls13("early-data", { resumed = true, early_data = true, server = "-early_data",
    clients = { "-sess_out session", "-sess_in session -early_data early.txt" } }),
  tls13("key-update", { updates = 2, asks = "one\\n'; sleep 0.4; echo K; sleep 0.4; echo two; "
    .. "sleep 0.4; echo k; sleep 0.4; printf 'ping\\n" }),
  tls13("post-handshake", { mutual = true, says = "c\\n'; sleep 0.5; printf 'pong\\n",
    client = "-enable_pha -cert ec.pem -key ec.key" }),
}
