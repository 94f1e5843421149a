/*
** keyed.c - a client that has the keys of its connection and says what it likes: spec/fuzz/keyed.lua.
*/

#define SCRIPT "spec/fuzz/keyed.lua"
#include "connection.c"
