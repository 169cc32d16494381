/* What the parts of the treadmill's controller share; not for boards. */
#ifndef RS_TREADMILL_PARTS_H
#define RS_TREADMILL_PARTS_H

#include "rs_treadmill.h"

enum {
    RS_TICK_US = 1000,
    RS_REST_UMPS = 20000, /* a belt measured slower than this is at rest */
    RS_CLOSED_TICKS = 50 /* so long must both channels have been closed to reset */
};

int32_t rs_larger(int32_t a, int32_t b);
int32_t rs_smaller(int32_t a, int32_t b);
bool rs_is_within(int32_t value, int32_t least, int32_t most);

/* Ramp to rest and latch why, in one assignment; a stop under way may only become harder. */
void rs_trip(RsTreadmill *t, RsCause cause, int32_t decel_mmps2);

bool rs_is_following(const RsTreadmill *t);
bool rs_is_at_rest(const RsTreadmill *t);

/* Let a tick go by in which belts with power should come nearer to their ramps. */
void rs_lag(RsTreadmill *t);

/* Return whether a belt has been somewhere else than it should be for too long; to be asked at
   each look at the senses. */
bool rs_has_run_away(RsTreadmill *t);

/* Return where the deck is measured, within its limits. */
int32_t rs_deck_nrad(const RsTreadmill *t);

#endif
