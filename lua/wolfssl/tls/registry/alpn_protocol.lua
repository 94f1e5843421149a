--- TLS Application-Layer Protocol Negotiation (ALPN) Protocol IDs: what is meant by each, by its
-- bytes.
-- @module wolfssl.tls.registry.alpn_protocol
-- @see RFC 7301 section 6
return {
  ["http/0.9"] = "HTTP/0.9", ["http/1.0"] = "HTTP/1.0", ["http/1.1"] = "HTTP/1.1",
  ["spdy/1"] = "SPDY/1", ["spdy/2"] = "SPDY/2", ["spdy/3"] = "SPDY/3",
  h2 = "HTTP/2", h2c = "HTTP/2 without TLS (reserved)", h3 = "HTTP/3",
  ["stun.turn"] = "relays for media (TURN)",
  ["stun.nat-discovery"] = "finding out about NATs (STUN)",
  webrtc = "media and data of WebRTC", ["c-webrtc"] = "confidential WebRTC",
  ftp = "FTP", imap = "mailboxes (IMAP)", pop3 = "mailboxes (POP3)",
  managesieve = "mail filters (ManageSieve)", nntp = "news, for readers (NNTP)",
  nnsp = "news, between servers (NNTP)", irc = "chat (IRC)",
  ["xmpp-client"] = "XMPP, for clients", ["xmpp-server"] = "XMPP, between servers",
  coap = "CoAP over TLS", co = "CoAP over DTLS", mqtt = "MQTT",
  ["acme-tls/1"] = "proof to a certificate authority that the server has the name (ACME)",
  dot = "DNS over TLS", doq = "DNS over QUIC", ["ntske/1"] = "keys for secured time (NTS)",
  sunrpc = "ONC RPC, such as NFS", smb = "file shares (SMB)", ["sip/2"] = "calls (SIP)",
  ["tds/8.0"] = "SQL Server (TDS)", postgresql = "PostgreSQL", dicom = "medical images (DICOM)",
  ["radius/1.0"] = "RADIUS/1.0", ["radius/1.1"] = "RADIUS/1.1",
}
