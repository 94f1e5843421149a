/*
** bytes.c - memory from wolfSSL's allocator, and the byte queue.
*/

#include <string.h>

#include "lwolfssl.h"

#define MINIMUM 256 /* the first block */

void *lw_alloc (size_t size) {
  return wolfSSL_Malloc(size == 0 ? 1 : size);
}

void *lw_alloc_zero (size_t size) {
  void *block = lw_alloc(size);
  if (block != NULL)
    memset(block, 0, size);
  return block;
}

void lw_free (void *block) {
  if (block != NULL)
    wolfSSL_Free(block);
}

void lw_wipe (void *block, size_t size) {
  memset(block, 0, size);
  __asm__ __volatile__("" : : "r"(block) : "memory"); /* somebody might look: no dead store */
}

void lw_free_secret (void *block, size_t size) {
  if (block != NULL) {
    lw_wipe(block, size);
    wolfSSL_Free(block);
  }
}

int lw_copy (char **text, const void *data, size_t length) {
  lw_free(*text);
  *text = (char *)lw_alloc(length + 1);
  if (*text == NULL)
    return 0;
  memcpy(*text, data, length);
  (*text)[length] = '\0';
  return 1;
}

static int bytes_grow (lw_Bytes *b, size_t length) {
  size_t used = lw_bytes_length(b), size = b->size == 0 ? MINIMUM : 2 * b->size;
  unsigned char *block;
  if (length > SIZE_MAX / 2 - used)
    return 0;
  if (size < used + length)
    size = used + length;
  block = (unsigned char *)lw_alloc(size);
  if (block == NULL)
    return 0;
  if (used > 0)
    memcpy(block, lw_bytes_data(b), used);
  lw_bytes_free(b);
  b->block = block;
  b->head = 0;
  b->tail = used;
  b->size = size;
  return 1;
}

unsigned char *lw_bytes_reserve (lw_Bytes *b, size_t length) {
  if (lw_bytes_lent(b) || b->size - b->tail < length) {
    size_t used = lw_bytes_length(b);
    if (!lw_bytes_lent(b) && b->size - used >= length &&
        used <= b->head) { /* room, once moved to the front */
      if (used > 0)
        memcpy(b->block, lw_bytes_data(b), used);
      b->head = 0;
      b->tail = used;
    }
    else if (!bytes_grow(b, length))
      return NULL;
  }
  return b->block + b->tail;
}

int lw_bytes_append (lw_Bytes *b, const void *data, size_t length) {
  unsigned char *room;
  if (length == 0)
    return 1;
  room = lw_bytes_reserve(b, length);
  if (room == NULL)
    return 0;
  memcpy(room, data, length);
  b->tail += length;
  return 1;
}

void lw_bytes_lend (lw_Bytes *b, const void *data, size_t length) {
  lw_bytes_free(b);
  b->block = (unsigned char *)(uintptr_t)data;
  b->tail = length;
}

void lw_bytes_free (lw_Bytes *b) {
  if (!lw_bytes_lent(b))
    lw_free(b->block);
  memset(b, 0, sizeof *b);
}
