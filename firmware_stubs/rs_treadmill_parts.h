/* What the parts of the treadmill's controller share; not for boards. */
#ifndef RS_TREADMILL_PARTS_H
#define RS_TREADMILL_PARTS_H

#include "rs_treadmill.h"

enum {
    RS_TICK_US = 1000,
    RS_CLOSED_TICKS = 50 /* so long must both channels have been closed to reset */
};

int32_t rs_larger(int32_t a, int32_t b);
int32_t rs_smaller(int32_t a, int32_t b);
bool rs_is_within(int32_t value, int32_t least, int32_t most);

/* Ramp to rest and latch why, in one assignment; a stop under way may only become harder. */
void rs_trip(RsTreadmill *t, RsCause cause, int32_t decel_mmps2);

bool rs_is_following(const RsTreadmill *t);
bool rs_is_at_rest(const RsTreadmill *t);

/* Return where the deck is measured, within its limits. */
int32_t rs_deck_nrad(const RsTreadmill *t);

#endif
