/*
** random.c - random bytes, from the system. wolfSSL_RAND_bytes draws them from one generator of
** the process, and fork copies that: the workers of a server would seal different tickets with the same key and nonce.
*/

#include <errno.h>
#include <sys/random.h>

#include "lwolfssl.h"

int lw_random (void *out, size_t length) {
  unsigned char *bytes = (unsigned char *)out;
  while (length > 0) {
    ssize_t n = getrandom(bytes, length, 0);
    if (n < 0 && errno != EINTR)
      return 0;
    if (n > 0) {
      bytes += n;
      length -= (size_t)n;
    }
  }
  return 1;
}
