--- Why other scanners say otherwise: a list of {right, why} with patterns of a difference's `tool`,
-- `server`, `fact`, `theirs` and `ours`; the first that fits counts.
--
-- `right` is who: "ours", "theirs", or "both" where the questions are not the same.

local INTERLEAVED = "its scripts leave connections open; this server serves one by one, and those"
  .. " that come later get no answer in time: ssl-enum-ciphers alone finds all"
local FEW_SUITES = "its hello for ALPN has few suites, none of which this server takes"
local NO_HANDSHAKE = "it takes a handshake that its OpenSSL cannot finish for a no"
local GROUPS_TOLD = "OpenSSL says its groups to those whose share is not of the one that it likes"
  .. " best: ours is on P-384, to be told, theirs on X25519"

return {
  { tool = "sslscan", fact = "^renegotiation: secure", theirs = "false", right = "ours",
    why = "it asks with TLS 1.0 alone, and says no where that is not spoken" },
  { tool = "sslscan", fact = "^renegotiation: by clients", theirs = "false", ours = "true",
    right = "ours", why = "it asks with TLS 1.0 alone, and says no where that is not spoken" },
  { tool = "sslscan", fact = "^renegotiation: by clients", theirs = "false",
    ours = "says nothing", right = "both",
    why = "it asks with TLS 1.0 alone, and says no where that fails; we say nothing where there is "
      .. "no renegotiation, or no handshake that we can finish" },
  { tool = "sslscan", fact = "^renegotiation: by clients", theirs = "true", right = "ours",
    why = "it does not try, but takes renegotiation_info for a yes" },
  { tool = "sslscan", fact = "^schemes: TLS 1%.[01]", theirs = "0xfdff", right = "both",
    why = "before TLS 1.2 signature_algorithms means nothing: it sees a scheme that does not exist"
      .. " taken and ends there, we do not ask" },
  { tool = "sslscan", fact = "^schemes: TLS 1.2", ours = "{}", right = "ours",
    server = "RSA key exchange",
    why = "nothing is signed there; it takes any ServerHello for a signature" },
  { tool = "sslscan", fact = "^schemes: TLS 1.2", theirs = "dsa_sha1", right = "ours",
    server = "nobody is who he says",
    why = "nothing is signed there; it takes any ServerHello for a signature" },
  { tool = "sslscan", server = "two keys", fact = "^schemes: TLS 1.2", theirs = "^{}$",
    ours = "^{[%l%d_ ]*ecdsa[%l%d_ ]*}$", right = "ours",
    why = "it offers suites of both keys with one scheme; OpenSSL settles on the RSA key and fails."
      .. " With suites of the ECDSA key it signs" },
  { tool = "sslscan", fact = "^groups: TLS 1.2", theirs = "^{}$", right = "ours",
    server = "ECDSA key", why = "it offers one group at a time; OpenSSL wants the curve of its"
      .. " certificate offered, too" },
  { tool = "sslscan", fact = "^groups: TLS 1.2", theirs = "^{}$", right = "ours",
    server = "a staple", why = "as above: the key is one on P-256" },
  { tool = "sslscan", fact = "^groups: TLS 1.2", theirs = "^{}$", right = "ours",
    server = "unknown names are refused", why = "as above: the key is one on P-256" },
  { tool = "sslscan", fact = "^groups: TLS 1.3", theirs = "^{}$", ours = "^{[fdhe%d ]+}$",
    right = "ours", why = "it waits three seconds, in which a busy machine does not always make a"
      .. " share of 4096 bits and more" },
  { tool = "sslscan", server = "another certificate for another name", fact = "^versions",
    ours = "^{TLS 1.2}$", right = "ours",
    why = "the server warns of an unknown name before its ServerHello; to it any alert is a no" },
  { fact = "^certificate eddsa: key", theirs = "unknown", right = "ours",
    why = "it does not know Ed25519" },
  { tool = "nmap", server = "Ed25519", fact = "^versions", ours = "^{TLS 1.2}$", right = "ours",
    why = "its hello of TLS 1.2 names Ed25519 with a hash, 0x0407, not as RFC 8422 does, 0x0807" },
  { tool = "nmap", server = "^nginx", fact = "^alpn", theirs = "^{}$", right = "ours",
    why = FEW_SUITES },
  { tool = "nmap", server = "^wolfssl", fact = "^alpn", theirs = "^{}$", right = "ours",
    why = FEW_SUITES },
  { tool = "nmap", server = "openssl: protocols", theirs = "^{}$", right = "ours",
    why = INTERLEAVED },
  { tool = "nmap", server = "^gnutls", fact = "^[sv]", theirs = "^{}$", right = "ours",
    why = INTERLEAVED },
  { tool = "testssl", fact = "^extensions", theirs = "^{}$", ours = "^{supported_groups}$",
    right = "both", why = GROUPS_TOLD },
  { tool = "testssl", fact = "^extensions", theirs = "^{}$", right = "both",
    why = "our hellos offer more, and one of them is of TLS 1.3" },
  { tool = "testssl", fact = "^extensions", theirs = "^{supported_groups}$", right = "both",
    why = GROUPS_TOLD },
  { tool = "testssl", fact = "^extensions", theirs = "signature_algorithms", right = "both",
    why = "it counts the extensions of CertificateRequest, too; those are our client_certificate" },
  { tool = "testssl", fact = "^extensions", theirs = "^{early_data}$", right = "both",
    why = "it counts the extensions of NewSessionTicket, too; that one is our early_data" },
  { tool = "testssl", fact = "^extensions", theirs = "^{ec_point_formats}$", right = "both",
    why = "ours are those of one hello, to which a suite without a curve was chosen" },
  { tool = "testssl", server = "^gnutls", fact = "^extensions", theirs = "^{max_fragment_length}$",
    ours = "^{record_size_limit}$", right = "both",
    why = "it offers one of them, we offer both, and RFC 8449 section 5 has a server ignore the"
      .. " older one then; record_fragmentation has both" },
  { tool = "testssl", server = "^nginx", fact = "^alpn", theirs = "^{}$",
    ours = "^{http/0%.9 http/1%.0}$", right = "ours", why = "it does not ask for those names" },
  { tool = "testssl", fact = "^renegotiation: by clients", theirs = "false",
    ours = "says nothing", right = "both",
    why = "where TLS 1.3 is all there is, or no handshake is finished, it says not vulnerable, and"
      .. " we say nothing" },
  { tool = "testssl", fact = "^order: older", theirs = "server", ours = "says nothing",
    right = "ours", why = "with one suite there is no order" },
  { tool = "testssl", fact = "^resumption: session id", ours = "says nothing", right = "both",
    why = "it asks without tickets in TLS 1.3, which has no session ids but PSKs all the same" },
  { tool = "testssl", fact = "^resumption: session id", theirs = "false", ours = "true",
    right = "ours",
    why = "it asks in TLS 1.3, by an s_client that at times ends before the tickets have come" },
  { tool = "testssl", fact = "^resumption: ticket", theirs = "false", ours = "true",
    server = "TLS 1.0", right = "ours", why = NO_HANDSHAKE },
  { tool = "testssl", fact = "^resumption: ticket", theirs = "false", ours = "true",
    server = "nothing encrypts", right = "ours", why = NO_HANDSHAKE },
  { tool = "testssl", fact = "^resumption: ticket", theirs = "false", ours = "true",
    server = "old versions", right = "ours", why = NO_HANDSHAKE },
  { tool = "testssl", fact = "^renegotiation: by clients", theirs = "false", ours = "true",
    server = "old versions", right = "ours", why = NO_HANDSHAKE },
  { tool = "testssl", fact = "^resumption: ticket", theirs = "false", ours = "true",
    server = "nobody is who he says", right = "ours", why = NO_HANDSHAKE },
  { tool = "testssl", fact = "^resumption: ticket", theirs = "false", ours = "says nothing",
    right = "ours", why = NO_HANDSHAKE },
  { tool = "testssl", server = "^gnutls", fact = "^groups: DHE", ours = "says nothing",
    right = "theirs", why = "it asks for groups of RFC 7919 in TLS 1.2, too; before TLS 1.3 our"
      .. " groups are those of ECDHE, and dhe tells the prime" },
  { tool = "testssl", server = "another name", fact = "^chain: trusted", theirs = "true",
    right = "both", why = "ours says whether the chain can be trusted for this name" },
}
