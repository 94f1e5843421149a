--- Which scripts of tlsfuzzer are shown to spec/examples/tls_server.lua, and how: `server` is that
-- program's arguments, each line of `scripts` a script, without "test-" and ".py", and its own. One
-- with a star knows RSA key exchange only and is made to use (EC)DHE. In braces: what we have made.

local AEAD = "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:"
  .. "TLS_AES_128_CCM_SHA256:TLS_AES_128_CCM_8_SHA256"
local RSA = (":ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-RSA-AES256-GCM-SHA384"
  .. ":DHE-RSA-CHACHA20-POLY1305:DHE-RSA-AES128-GCM-SHA256:DHE-RSA-AES256-GCM-SHA384"
  .. ":ECDHE-RSA-AES128-SHA256:ECDHE-RSA-AES256-SHA384:ECDHE-RSA-AES128-SHA:ECDHE-RSA-AES256-SHA"
  .. ":DHE-RSA-AES128-SHA256:DHE-RSA-AES256-SHA256:DHE-RSA-AES128-SHA:DHE-RSA-AES256-SHA")
local ECDSA = RSA:gsub(":DHE[^:]*", ""):gsub("RSA", "ECDSA")
local CCM = ":ECDHE-ECDSA-AES128-CCM:ECDHE-ECDSA-AES128-CCM-8:ECDHE-ECDSA-AES256-CCM"
  .. ":ECDHE-ECDSA-AES256-CCM-8"
local ALL = " --ciphers " .. AEAD .. RSA
local CURVES = " --ciphers " .. AEAD .. ECDSA .. CCM
local GROUPS = " --groups x25519,secp256r1,secp384r1,secp521r1,x448,ffdhe2048"
-- What our server asks clients for, in that order: its schemes, and rsa_pss_pss with rsa_pss_rsae.
local ASKED = '-s "ed25519 ecdsa_secp256r1_sha256 ecdsa_secp384r1_sha384 ecdsa_secp521r1_sha512'
  .. " rsa_pss_rsae_sha256 rsa_pss_pss_sha256 rsa_pss_rsae_sha384 rsa_pss_pss_sha384"
  .. ' rsa_pss_rsae_sha512 rsa_pss_pss_sha512 rsa_pkcs1_sha256 rsa_pkcs1_sha384 rsa_pkcs1_sha512"'
local ASKED12 = '-s "rsa_pss_rsae_sha256 rsa_pss_pss_sha256 rsa_pss_rsae_sha384'
  .. " rsa_pss_pss_sha384 rsa_pss_rsae_sha512 rsa_pss_pss_sha512 rsa_pkcs1_sha256"
  .. ' rsa_pkcs1_sha384 rsa_pkcs1_sha512" -T rsa_sign'

return {
  { server = "--role rsa" .. ALL .. GROUPS, title = "TLS 1.3", scripts = [[
    tls13-0rtt-garbage -d
    tls13-ccs
    tls13-certificate-compression -d
    tls13-connection-abort
    tls13-conversation
    tls13-count-tickets -t 1
    tls13-crfg-curves
    tls13-dhe-shared-secret-padding -n 20
    tls13-ecdhe-brainpool-curves
    tls13-ecdhe-curves
    tls13-empty-alert
    tls13-ffdhe-groups
    tls13-ffdhe-sanity
    tls13-finished
    tls13-finished-plaintext
    tls13-hrr
    tls13-invalid-ciphers
    tls13-keyshare-omitted
    tls13-keyupdate -n 0
    tls13-keyupdate-from-server
    tls13-large-number-of-extensions -n 20 --supgroup --exc 11
    tls13-legacy-version
    tls13-multiple-ccs-messages
    tls13-no-unknown-groups {groups}
    tls13-nociphers
    tls13-obsolete-curves
    tls13-pkcs-signature
    tls13-record-layer-limits
    tls13-record-padding
    tls13-rsa-signatures
    tls13-rsapss-signatures
    tls13-serverhello-random
    tls13-session-resumption -d
    tls13-shuffled-extentions
    tls13-signature-algorithms
    tls13-symetric-ciphers
    tls13-unencrypted-alert
    tls13-unrecognised-groups
    tls13-version-negotiation -d -n 0
    tls13-zero-content-type
    tls13-zero-length-data]] },
  { server = "--role ecdsa" .. GROUPS, title = "TLS 1.3, ECDSA", scripts = [[
    tls13-ecdsa-support
    tls13-minerva --curve P-256 --repeat 1]] },
  { server = "--role ed25519" .. GROUPS, title = "TLS 1.3, Ed25519", scripts = "tls13-eddsa" },
  { server = "--role rsa12" .. ALL, title = "TLS 1.3, not had", scripts = "tls13-non-support" },
  { server = "--role echo", title = "TLS 1.3, lengths", scripts = "tls13-lengths -n 60" },
  { server = "--role psk" .. GROUPS, title = "TLS 1.3, pre-shared keys", scripts = [[
    tls13-psk_dhe_ke --psk aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa --psk-iden test
    tls13-psk_ke --psk aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa --psk-iden test]] },
  { server = "--role pha", title = "TLS 1.3, late certificates", scripts = [[
    tls13-post-handshake-auth {rsa} --pha-as-reply --query {secret}]] },
  { server = "--role reqcert", title = "TLS 1.3, client certificates", scripts = [[
    tls13-certificate-request {asked}
    tls13-certificate-verify {rsa} {asked}
    tls13-ecdsa-in-certificate-verify {ecdsa} {asked}
    tls13-eddsa-in-certificate-verify {eddsa} {asked}]] },
  { server = "--role rsa" .. ALL, title = "TLS 1.2, records", scripts = [[
    aes-gcm-nonces -d
    atypical-padding -d
    ccs -d
    *chacha20 -n 0
    connection-abort -d
    *cve-2004-0079
    cve-2016-2107 -d
    cve-2016-6309 -d
    cve-2016-7054
    early-application-data -d
    encrypt-then-mac -d
    fuzzed-MAC -d -n 60
    fuzzed-ciphertext -d -n 60
    *fuzzed-finished -n 60
    fuzzed-padding -d -n 60
    fuzzed-plaintext -d -n 60
    invalid-content-type -d
    large-hello -d
    *message-duplication
    message-skipping -d
    *openssl-3712
    record-layer-fragmentation -d
    ssl-death-alert -d
    *truncating-of-finished
    *truncating-of-kRSA-client-key-exchange
    truncating-of-client-hello -d
    zero-length-data -d]] },
  { server = "--role echo" .. ALL, title = "TLS 1.2, lengths", scripts = "lengths -d -n 60" },
  { server = "--role ecdsa" .. CURVES, title = "TLS 1.2, ECDSA", scripts = [[
    *aesccm -n 0
    ecdsa-sig-flexibility]] },
  { server = "--role rsa" .. ALL .. GROUPS, title = "TLS 1.2, key exchange", scripts = [[
    *bleichenbacher-workaround
    *dhe-key-share-random
    *dhe-no-shared-secret-padding
    dhe-rsa-key-exchange-signatures -n 0
    dhe-rsa-key-exchange-with-bad-messages
    *dhe-rsa-key-exchange
    *ecdhe-padded-shared-secret
    ecdhe-rsa-key-exchange-with-bad-messages
    *ecdhe-rsa-key-exchange
    *ecdhe-rsa-key-share-random
    *ffdhe-expected-params
    *ffdhe-negotiation
    *interleaved-CKE-with-CCS
    *invalid-rsa-key-exchange-messages
    no-mlkem-in-old-tls -d
    point-extension
    *unsupported-curve-fallback
    x25519]] },
  { server = "--role rsa" .. ALL, title = "TLS 1.2, hellos and extensions", scripts = [[
    client-compatibility -d -n 0
    *clienthello-md5
    conversation -d
    downgrade-protection -d --server-max-protocol TLSv1.3
    *dsa-sig-flexibility
    *empty-extensions
    export-ciphers-rejected -d --min-ver TLSv1.2
    extended-master-secret-extension -d
    extensions
    fallback-scsv -d --tls-1.3
    hello-request-by-client -d
    *invalid-cipher-suites
    *invalid-client-hello
    invalid-client-hello-w-record-overflow -d
    invalid-compression-methods -d
    invalid-server-name-extension -d
    *invalid-session-id
    *invalid-version
    large-number-of-extensions -d -n 20
    no-heartbeat -d
    ocsp-stapling -d
    *serverhello-random
    sig-algs
    signature-algorithms --no-sha1
    sslv2-force-cipher
    sslv2-force-cipher-3des
    sslv2-force-cipher-non3des
    sslv2-force-export-cipher
    sslv2hello-protocol -d
    version-numbers -d
    TLSv1_2-rejected-without-TLSv1_2
    SSLv3-padding]] },
  { server = "--role alpn" .. ALL, title = "TLS 1.2, ALPN", scripts = [[
    alpn-negotiation -d
    client-hello-max-size -d]] },
  { server = "--role rsa" .. ALL, title = "TLS 1.2, sessions and renegotiation", scripts = [[
    encrypt-then-mac-renegotiation -d
    interleaved-application-data-and-fragmented-handshakes-in-renegotiation -d
    interleaved-application-data-in-renegotiation -d
    *invalid-server-name-extension-resumption -d
    legacy-renegotiation -d
    renegotiation-changed-clienthello -d
    renegotiation-disabled -d
    resumption-with-wrong-ciphers -d --swap-ciphers
    session-ticket-resumption -d --no-new-ticket-on-resumption
    sessionID-resumption -d
    sig-algs-renegotiation-resumption -d]] },
  { server = "--role reqcert" .. ALL, title = "TLS 1.2, client certificates", scripts = [[
    certificate-malformed -d {rsa}
    certificate-request -d {asked12}
    certificate-verify -d {rsa}
    certificate-verify-malformed -d {rsa}
    certificate-verify-malformed-sig -d {rsa}
    extended-master-secret-extension-with-client-cert -d {rsa}
    rsa-pss-sigs-on-certificate-verify {rsa}
    rsa-sigs-on-certificate-verify -d {rsa}]] },
  { server = "--role reqcert {own}" .. CURVES, title = "TLS 1.2, client certificates with curves",
    scripts = [[
    *ecdsa-in-certificate-verify -n 0 {ecdsa}
    *eddsa-in-certificate-verify {eddsa}]] },
  words = {
    asked = ASKED, asked12 = ASKED12, groups = GROUPS, secret = "'GET /secret HTTP/1.0\r\n\r\n'",
  },
}
