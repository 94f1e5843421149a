/*
** directory.c - the names in a directory, for trust stores that are directories: Lua has no such function.
*/

#include "lwolfssl.h"

#include <dirent.h>
#include <errno.h>
#include <string.h>

static const lw_Class directory_class;

static int directory_close (lua_State *L) {
  void **box = (void **)lua_touserdata(L, 1);
  closedir((DIR *)*box);
  *box = NULL;
  return 0;
}

/***
Lists a directory.
@function core.directory
@tparam string path
@treturn[1] {string,...} names without the path, "." and ".." left out, in no order
@treturn[2] nil, also when it is no directory
@treturn[2] string message
@treturn[2] string code `file_error`
*/
static int directory_list (lua_State *L) {
  const char *path = luaL_checkstring(L, 1);
  void **box =
      lw_newbox(L, &directory_class); /* closed by its collector should a push below raise */
  struct dirent *entry;
  int n = 0;
  DIR *directory = opendir(path);
  if (directory == NULL)
    return lw_failure(L, LW_FILE_ERROR, "%s: %s", path, strerror(errno));
  *box = directory;
  lua_newtable(L);
  while ((entry = readdir(directory)) != NULL)
    if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0) {
      lua_pushstring(L, entry->d_name);
      lua_rawseti(L, -2, ++n);
    }
  closedir(directory);
  *box = NULL;
  return 1;
}

static const luaL_Reg directory_methods[] = {{NULL, NULL}};

static const lw_Class directory_class = {"wolfssl.directory", directory_methods, directory_close,
                                         NULL, NULL};

void lw_open_directory (lua_State *L) {
  lw_register(L, &directory_class);
  lua_pushcfunction(L, directory_list);
  lua_setfield(L, -2, "directory");
}
