#!/bin/sh
# run.sh SECONDS TARGET…: every fuzz target for its share of SECONDS, two at a time.
# Inputs come from spec/fuzz/corpus/TARGET; what is learnt stays in build/fuzz/corpus/TARGET.
#
#   SEED=1  of the mutations: CI asks for the same ones each time, nobody else does
#
# Leaks are looked for when a target ends; after each input, a target with a Lua state does little else.

seconds=$1
shift
test $# -gt 0 || { echo "fuzz: no targets in spec/fuzz"; exit 1; }
share=$((seconds * 2 / ($# + $# % 2)))
test "$share" -gt 0 || share=1

run_one () {
  mkdir -p "build/fuzz/corpus/$1"
  seeds=spec/fuzz/corpus/$1
  test -d "$seeds" || seeds=
  "build/fuzz/$1" -max_total_time="$share" -seed="${SEED:-0}" -timeout=30 -rss_limit_mb=2048 \
    -detect_leaks=0 -print_final_stats=1 -verbosity=0 -artifact_prefix="build/fuzz/$1-" \
    "build/fuzz/corpus/$1" $seeds >"build/fuzz/$1.log" 2>&1 </dev/null
  status=$?
  if [ $status -ne 0 ]; then
    tail -n 60 "build/fuzz/$1.log"
    echo "fuzz: $1: FAILED"
  else
    echo "fuzz: $1: $(sed -n 's/stat::number_of_executed_units: *//p' "build/fuzz/$1.log") runs" \
      "in $share s, no finding"
  fi
  return $status
}

failed=0
while [ $# -gt 0 ]; do
  first=$1
  shift
  run_one "$first" & one=$!
  two=
  if [ $# -gt 0 ]; then
    second=$1
    shift
    run_one "$second" & two=$!
  fi
  wait $one || failed=1
  test -z "$two" || wait $two || failed=1
done
exit $failed
