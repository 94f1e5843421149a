/*
** lock.c - a lock on a file, which the system takes away with the process that has it.
*/

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "lwolfssl.h"

static int lock_failed (lua_State *L, const char *path, int error) {
  const char *reason = error == EWOULDBLOCK ? "another process is using it" : strerror(error);
  return lw_failure(L, LW_FILE_ERROR, "%s: %s", path, reason);
}

/***
Locks a file, which is made where there is none, until the descriptor is closed. Nothing waits.
@function fd.lock
@tparam string path
@treturn[1] int a descriptor, of no other use
@treturn[2] nil
@treturn[2] string message
@treturn[2] string "file_error", also where another process has the lock
*/
static int lock_file (lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
  if (fd < 0)
    return lock_failed(L, path, errno);
  if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
    int error = errno;
    close(fd);
    return lock_failed(L, path, error);
  }
  lw_pushinteger(L, fd);
  return 1;
}

const luaL_Reg lw_lock_functions[] = {{"lock", lock_file}, {NULL, NULL}};
