#include "rs_bench.h"

enum { TICK_US = 1000, COAST_MMPS2 = 1500 };

static int32_t coasted(int32_t speed_umps)
{
    if (speed_umps > COAST_MMPS2) {
        return speed_umps - COAST_MMPS2;
    }
    return speed_umps < -COAST_MMPS2 ? speed_umps + COAST_MMPS2 : 0;
}

void rs_bench_live(RsBench *bench, const RsTreadmill *t, uint32_t now_us, RsSenses *senses)
{
    while (now_us - bench->lived_us >= TICK_US) {
        bench->lived_us += TICK_US;
        for (int i = 0; i < 2; i++) {
            bench->speed_umps[i] =
                t->has_power ? t->speed_umps[i] : coasted(bench->speed_umps[i]);
        }
        if (t->has_power) {
            bench->incline_nrad = t->incline_nrad;
        }
    }
    senses->speed_umps[0] = bench->speed_umps[0];
    senses->speed_umps[1] = bench->speed_umps[1];
    senses->incline_urad = bench->incline_nrad / 1000;
}
