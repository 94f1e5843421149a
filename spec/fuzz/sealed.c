/*
** sealed.c - sealed sessions that were changed, and what was none: spec/fuzz/sealed.lua.
*/

#define SCRIPT "spec/fuzz/sealed.lua"
#include "connection.c"
