/* Two belts and a deck of the simplest kind, for boards that have none: the motor is where the
   set point is, and without power the belts coast to rest. */
#ifndef RS_BENCH_H
#define RS_BENCH_H

#include "rs_treadmill.h"

typedef struct {
    int32_t speed_umps[2];
    int32_t incline_nrad;
    uint32_t lived_us;
} RsBench;

/* Live up to `now_us` and put what is measured into `senses`, but for the emergency stop. */
void rs_bench_live(RsBench *bench, const RsTreadmill *t, uint32_t now_us, RsSenses *senses);

#endif
