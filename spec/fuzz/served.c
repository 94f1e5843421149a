/*
** served.c - a server that has the keys of its connection and says what it likes: spec/fuzz/served.lua.
*/

#define SCRIPT "spec/fuzz/served.lua"
#include "connection.c"
