/*
** splice.c - what somebody between two honest peers can do to their records: spec/fuzz/splice.lua.
*/

#define SCRIPT "spec/fuzz/splice.lua"
#include "connection.c"
