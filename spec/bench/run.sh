#!/bin/sh
# run.sh [PART]: cost of the library over plain C with the same libwolfssl, as ratios.
# PART of their names chooses scenarios; ROUNDS=n of paired CPU times, 0 for none (default 5).
# Needs the core built for lua5.4, and for luajit where there is one.

set -e
out=build/bench
mkdir -p $out/pki $out/5.4 $out/5.1

cc="${CC:-gcc} -std=c99 -D_GNU_SOURCE -O2 -Wall -Wextra -Wconversion"
include=${WOLFSSL_DIR:+-isystem $WOLFSSL_DIR/include}
library=${WOLFSSL_DIR:+-L$WOLFSSL_DIR/lib -Wl,-rpath,$WOLFSSL_DIR/lib}
# shellcheck disable=SC2086
$cc $include -o $out/baseline spec/bench/baseline.c $library -lwolfssl
# shellcheck disable=SC2086
$cc $include -o $out/descriptors spec/bench/descriptors.c $library -lwolfssl
# shellcheck disable=SC2086
$cc $include -o $out/scan spec/bench/scan.c $library -lwolfssl
for lua in 5.4 5.1; do
  $cc -fPIC -shared -isystem /usr/include/lua$lua -o $out/$lua/measure.so spec/bench/measure.c
done

LUA_PATH="lua/?.lua;lua/?/init.lua"
LUA_CPATH="build/5.4/?.so;$out/5.4/?.so"
export LUA_PATH LUA_CPATH
lua5.4 spec/bench/pki.lua $out/pki
lua5.4 spec/bench/report.lua $out "$@"
LUA_PATH="$LUA_PATH;;" LUA_CPATH="$LUA_CPATH;;" exec lua5.4 spec/bench/transports.lua $out
