/*
** measure.h - what both programs measure with: instructions (callgrind counts between start and stop), CPU time,
** heap. Outside valgrind start and stop do nothing.
*/

#ifndef MEASURE_H
#define MEASURE_H

#include <malloc.h>
#include <time.h>

#include <valgrind/callgrind.h>

static inline void measure_start (void) {
  CALLGRIND_START_INSTRUMENTATION;
}

static inline void measure_stop (void) {
  CALLGRIND_STOP_INSTRUMENTATION;
}

/* Seconds of this process, on all cores. */
static inline double measure_cpu (void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* Bytes that malloc has given out, with its own headers. */
static inline double measure_heap (void) {
  struct mallinfo2 info = mallinfo2();
  return (double)info.uordblks + (double)info.hblkhd;
}

#endif
