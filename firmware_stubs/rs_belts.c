/* The belts: states, ramps, and what happens in each millisecond. */
#include "rs_treadmill_parts.h"

enum {
    DISCREPANCY_TICKS = 50, /* so long may the two channels differ while one is being opened */
    SETTLE_TICKS = 500 /* so long may the belts lag behind a ramp that has ended */
};

int32_t rs_larger(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

int32_t rs_smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

bool rs_is_within(int32_t value, int32_t least, int32_t most)
{
    return least <= value && value <= most;
}

/* -- states ------------------------------------------------------------------------------- */

static void set_speed(RsTreadmill *t, int belt, int32_t speed_umps)
{
    t->speed_umps[belt] = speed_umps;
    t->mirror_umps[belt] = ~speed_umps;
}

bool rs_is_following(const RsTreadmill *t)
{
    return t->latch.state == RS_ARMED || t->latch.state == RS_RUN;
}

bool rs_is_at_rest(const RsTreadmill *t)
{
    return rs_is_within(t->senses.speed_umps[0], -RS_REST_UMPS, RS_REST_UMPS) &&
           rs_is_within(t->senses.speed_umps[1], -RS_REST_UMPS, RS_REST_UMPS);
}

/* Ramp to rest and latch why, in one assignment; a stop under way may only become harder. */
void rs_trip(RsTreadmill *t, RsCause cause, int32_t decel_mmps2)
{
    if (t->latch.state == RS_LOCKED) {
        return;
    }
    if (t->latch.state == RS_STOPPING) {
        t->decel_mmps2 = rs_larger(t->decel_mmps2, decel_mmps2);
        if (t->latch.cause != RS_DISARMED) {
            return;
        }
    } else {
        t->decel_mmps2 = decel_mmps2;
        t->settle_ticks = 0;
    }
    t->latch = (RsLatch){RS_STOPPING, (uint8_t)cause};
}

int32_t rs_deck_nrad(const RsTreadmill *t)
{
    int32_t most_urad = t->limits->max_incline_urad;
    return 1000 * rs_larger(0, rs_smaller(t->senses.incline_urad, most_urad));
}

/* Take the power away and latch why: the belts coast to rest. */
static void cut(RsTreadmill *t, RsCause cause)
{
    t->latch = (RsLatch){RS_LOCKED, (uint8_t)cause};
    t->has_power = false;
    set_speed(t, 0, 0);
    set_speed(t, 1, 0);
    t->incline_nrad = rs_deck_nrad(t);
}

void rs_treadmill_boot(
    RsTreadmill *t, const RsLimits *limits, uint32_t seed, uint32_t now_us, RsCause cause)
{
    *t = (RsTreadmill){.limits = limits, .seed = seed, .polled_us = now_us};
    t->report_period_ticks = 10;
    cut(t, cause);
}

/* -- every millisecond -------------------------------------------------------------------- */

static void watch_emergency(RsTreadmill *t)
{
    bool is_any = t->senses.is_open[0] || t->senses.is_open[1];
    bool is_both = t->senses.is_open[0] && t->senses.is_open[1];
    if (is_any == is_both) {
        t->differ_ticks = 0;
    } else {
        t->differ_ticks++; /* may wrap: what it tells is latched */
    }
    if (is_any) {
        t->closed_ticks = 0;
    } else if (t->closed_ticks < RS_CLOSED_TICKS) {
        t->closed_ticks++;
    }
    if (is_both) {
        t->is_discrepant = false;
    } else if (t->differ_ticks > DISCREPANCY_TICKS) {
        t->is_discrepant = true;
    }
    if (t->is_runaway) {
        cut(t, RS_RUNAWAY);
    } else if (t->is_discrepant) {
        cut(t, RS_DISCREPANT);
    } else if (is_any) {
        cut(t, RS_EMERGENCY);
    }
}

static int32_t towards(int32_t now, int32_t target, int32_t step)
{
    int64_t gap = (int64_t)target - now;
    if (gap > step) {
        return now + step;
    }
    return gap < -(int64_t)step ? now - step : target;
}

/* Return whether a belt may be told `next_umps`, `step_umps` or less away, as far as memory can
   be trusted. */
static bool is_sound(const RsTreadmill *t, int belt, int32_t next_umps, int32_t step_umps)
{
    return t->speed_umps[belt] == ~t->mirror_umps[belt] &&
           rs_is_within(step_umps, 1, t->limits->max_accel_mmps2) &&
           rs_is_within(next_umps, 0, t->limits->max_speed_umps);
}

/* Move both belts one step along their ramps; a step that is not sound is damaged memory. */
static void move_belts(RsTreadmill *t, const int32_t target_umps[2], const int32_t step_umps[2])
{
    int32_t next_umps[2];
    for (int i = 0; i < 2; i++) {
        next_umps[i] = towards(t->speed_umps[i], target_umps[i], step_umps[i]);
        if (!is_sound(t, i, next_umps[i], step_umps[i])) {
            cut(t, RS_DAMAGED);
            return;
        }
    }
    int32_t most_umps = t->limits->max_split_umps;
    if (rs_is_following(t) &&
        !rs_is_within(next_umps[0] - next_umps[1], -most_umps, most_umps)) {
        rs_trip(t, RS_SPLIT, t->limits->ramp_mmps2);
        return;
    }
    set_speed(t, 0, next_umps[0]);
    set_speed(t, 1, next_umps[1]);
}

static void follow(RsTreadmill *t)
{
    move_belts(t, t->target.speed_umps, t->target.accel_mmps2);
    if (rs_is_following(t)) {
        t->incline_nrad = towards(
            t->incline_nrad, t->target_nrad, t->limits->max_incline_rate_uradps);
    }
}

static void settle(RsTreadmill *t)
{
    t->settle_ticks++;
    if (rs_is_at_rest(t) || t->settle_ticks > SETTLE_TICKS) {
        if (t->latch.cause == RS_DISARMED) {
            t->latch = (RsLatch){RS_IDLE, RS_NO_CAUSE};
        } else {
            t->latch.state = RS_LOCKED;
        }
        t->has_power = false;
    }
}

static void slow_down(RsTreadmill *t)
{
    if (t->speed_umps[0] == 0 && t->speed_umps[1] == 0) {
        settle(t);
    } else {
        const int32_t rest_umps[2] = {0, 0};
        const int32_t step_umps[2] = {t->decel_mmps2, t->decel_mmps2};
        move_belts(t, rest_umps, step_umps);
    }
}

static void tick(RsTreadmill *t)
{
    watch_emergency(t);
    if (rs_is_following(t) && t->tick_us >= t->deadline_us) {
        rs_trip(t, RS_EXPIRED, t->limits->ramp_mmps2);
    }
    if (rs_is_following(t)) {
        follow(t);
    }
    if (t->latch.state == RS_STOPPING) {
        slow_down(t);
    }
    rs_lag(t);
    t->report_ticks++;
    if (t->report_ticks >= t->report_period_ticks) {
        t->report_ticks = 0;
        t->is_report_due = true;
    }
}

bool rs_treadmill_poll(RsTreadmill *t, uint32_t now_us, const RsSenses *senses)
{
    t->senses = *senses;
    t->now_us += now_us - t->polled_us;
    t->polled_us = now_us;
    t->is_report_due = false;
    while (t->now_us - t->tick_us >= RS_TICK_US) {
        t->tick_us += RS_TICK_US;
        tick(t);
    }
    if (rs_has_run_away(t)) {
        t->is_runaway = true;
        cut(t, RS_RUNAWAY);
    }
    return t->is_report_due;
}
