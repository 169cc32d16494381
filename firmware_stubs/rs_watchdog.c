#include "rs_watchdog.h"

void rs_watchdog_start(RsWatchdog *w, uint32_t min_us, uint32_t max_us, uint32_t now_us)
{
    *w = (RsWatchdog){.min_us = min_us, .max_us = max_us, .kicked_us = now_us};
}

void rs_watchdog_done(RsWatchdog *w, RsTask task)
{
    w->done = (uint8_t)(w->done | (unsigned)task);
}

void rs_watchdog_kick(RsWatchdog *w, uint32_t now_us)
{
    uint32_t age_us = now_us - w->kicked_us;
    if (age_us < w->min_us || age_us > w->max_us || w->done != RS_ALL_DONE) {
        w->has_failed = true;
    }
    w->kicked_us = now_us;
    w->done = 0;
}

bool rs_watchdog_has_failed(RsWatchdog *w, uint32_t now_us)
{
    if (now_us - w->kicked_us > w->max_us) {
        w->has_failed = true;
    }
    return w->has_failed;
}
