/*
** key.c - any bytes as private keys, encrypted or not, and as public keys: spec/fuzz/key.lua.
*/

#define SCRIPT "spec/fuzz/key.lua"
#include "connection.c"
