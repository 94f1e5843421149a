/*
** certificate.c - any bytes as certificates, back through PEM: spec/fuzz/certificate.lua.
*/

#define SCRIPT "spec/fuzz/certificate.lua"
#include "connection.c"
