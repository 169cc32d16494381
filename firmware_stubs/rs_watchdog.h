/* A window watchdog: the main loop must come round neither too early nor too late, and only
   when all that it has to do was done. A board watches it from a timer that the loop cannot
   stop, and takes the power away and restarts when it says so. */
#ifndef RS_WATCHDOG_H
#define RS_WATCHDOG_H

#include <stdbool.h>
#include <stdint.h>

typedef enum { RS_LISTENED = 1, RS_LIVED = 2, RS_SPOKEN = 4, RS_ALL_DONE = 7 } RsTask;

typedef struct {
    uint32_t min_us, max_us; /* the window, counted from the kick before */
    uint32_t kicked_us;
    uint8_t done;
    bool has_failed; /* latched */
} RsWatchdog;

void rs_watchdog_start(RsWatchdog *w, uint32_t min_us, uint32_t max_us, uint32_t now_us);

/* Note that a task was done in this round. */
void rs_watchdog_done(RsWatchdog *w, RsTask task);

/* End a round; too early, too late, or with something left undone is a failure. */
void rs_watchdog_kick(RsWatchdog *w, uint32_t now_us);

/* Return whether the program must be restarted. */
bool rs_watchdog_has_failed(RsWatchdog *w, uint32_t now_us);

#endif
