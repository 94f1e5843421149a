/*
** random.c - random bytes for nonces and handles, from the system. wolfSSL_RAND_bytes draws them from one generator of
** the process, and fork copies that: the workers of a server would seal different tickets with the same key and nonce.
*/

#include <errno.h>
#include <sys/random.h>

#include "lwolfssl.h"

int lw_random (void *out, size_t length) {
  ssize_t n;
  do
    n = getrandom(out, length, 0);
  while (n < 0 && errno == EINTR);
  return n == (ssize_t)length;
}
