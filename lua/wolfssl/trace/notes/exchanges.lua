--- Notes on the key exchanges of TLS 1.2: data. `server`: why a ServerKeyExchange is or is not
-- sent; `premaster`: how the premaster secret comes about.
-- @module wolfssl.trace.notes.exchanges
local DH = "Both sides raise the other's public value to the power of their own secret, modulo p. "
  .. "The results are equal: that is the premaster secret, without leading zeros. Who sees only "
  .. "the public values would have to take a discrete logarithm."
local ECDH = "Both sides multiply the other's public point with their own secret number. The "
  .. "results are equal: the x coordinate is the premaster secret. Who sees only the public points "
  .. "would have to take a discrete logarithm on the curve."

return {
  RSA = {
    server = "No ServerKeyExchange follows: the client encrypts to the RSA key in the server's "
      .. "certificate, so the server has nothing to add.",
    premaster = "The client makes 48 bytes (the version and 46 random ones) and encrypts them to "
      .. "the RSA key in the server's certificate. Only the owner of that key can read them. That "
      .. "also proves who the server is: without the key it cannot make a right Finished. It has "
      .. "no forward secrecy, and TLS 1.3 has abolished it.",
  },
  DHE = {
    server = "A ServerKeyExchange follows: the suite says DHE, so the server makes a new value for "
      .. "this connection, and signs it.",
    premaster = DH,
  },
  ECDHE = {
    server = "A ServerKeyExchange follows: the suite says ECDHE, so the server makes a new point "
      .. "for this connection, and signs it.",
    premaster = ECDH,
  },
  PSK = {
    server = "A ServerKeyExchange follows only if the server wants to hint which key it means. No "
      .. "certificate is sent: who has the key is who he says.",
    premaster = "Nothing is exchanged but the name of a key that both sides have. The premaster "
      .. "secret is made of as many zeros as the key has bytes, and of the key. There is no "
      .. "forward secrecy: who gets the key reads all connections, also recorded ones.",
  },
  DHE_PSK = {
    server = "A ServerKeyExchange follows, with a fresh Diffie-Hellman value; the shared key takes "
      .. "the place of a signature.",
    premaster = DH .. " Here the shared key is appended to it.",
  },
  ECDHE_PSK = {
    server = "A ServerKeyExchange follows, with a fresh public point; the shared key takes the "
      .. "place of a signature.",
    premaster = ECDH .. " Here the shared key is appended to it.",
  },
}
