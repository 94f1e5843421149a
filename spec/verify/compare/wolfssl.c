/*
** wolfssl.c - a client of wolfSSL alone, as its documentation shows it: PORT CAFILE NAME. Exit status 0: accepted.
*/

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <wolfssl/options.h>
#include <wolfssl/ssl.h>

static int dial (int port) {
  struct sockaddr_in a;
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  memset(&a, 0, sizeof a);
  a.sin_family = AF_INET;
  a.sin_port = htons((unsigned short)port);
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return connect(fd, (struct sockaddr *)&a, sizeof a) == 0 ? fd : -1;
}

int main (int argc, char **argv) {
  WOLFSSL_CTX *ctx;
  WOLFSSL *ssl;
  if (argc != 4 || wolfSSL_Init() != WOLFSSL_SUCCESS)
    return 2;
  ctx = wolfSSL_CTX_new(wolfTLSv1_3_client_method());
  if (wolfSSL_CTX_load_verify_locations(ctx, argv[2], NULL) != WOLFSSL_SUCCESS)
    return 1;
  wolfSSL_CTX_set_verify(ctx, WOLFSSL_VERIFY_PEER, NULL);
  ssl = wolfSSL_new(ctx);
  wolfSSL_UseKeyShare(ssl, WOLFSSL_ECC_X25519); /* the server knows no other group */
  wolfSSL_set_fd(ssl, dial(atoi(argv[1])));
  if (wolfSSL_check_domain_name(ssl, argv[3]) != WOLFSSL_SUCCESS)
    return 2;
  return wolfSSL_connect(ssl) != WOLFSSL_SUCCESS;
}
