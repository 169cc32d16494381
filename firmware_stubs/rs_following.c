/* Whether the belts do what they are told: measured speed against the firmware's own ramps. */
#include "rs_treadmill_parts.h"

void rs_lag(RsTreadmill *t)
{
    uint32_t lag_ticks = (uint32_t)t->limits->lag_ms;
    for (int i = 0; i < 2; i++) {
        uint32_t goal_umps = t->has_power ? (uint32_t)t->speed_umps[i] : 0u;
        t->lagged[i] += goal_umps - t->lagged[i] / lag_ticks;
    }
}

static int64_t magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

/* Return whether a belt is further from where it should be than drives explain. A belt that is
   merely slower is not, where it is told to rest: it is on its way there. */
static bool is_off(const RsTreadmill *t, int belt)
{
    int64_t due_umps = t->lagged[belt] / (uint32_t)t->limits->lag_ms;
    int64_t gap_umps = t->senses.speed_umps[belt] - due_umps;
    bool is_slower = gap_umps < 0 && t->senses.speed_umps[belt] >= -RS_REST_UMPS;
    bool is_told_to_run = rs_is_following(t) && t->target.speed_umps[belt] > 0;
    int64_t lag_umps = magnitude(t->speed_umps[belt] - due_umps);
    return (is_told_to_run || !is_slower) &&
           magnitude(gap_umps) > t->limits->max_astray_umps + 2 * lag_umps;
}

bool rs_has_run_away(RsTreadmill *t)
{
    bool was_astray = t->is_astray;
    t->is_astray = t->has_power && (is_off(t, 0) || is_off(t, 1));
    if (!was_astray) {
        t->astray_us = t->tick_us;
    }
    uint64_t most_us = (uint64_t)t->limits->max_astray_ms * RS_TICK_US;
    return t->is_astray && t->tick_us - t->astray_us >= most_us;
}
