/* The treadmill's controller: what may move the belts, and what brings them to rest.

   Portable: no heap, no floats, no clock and no device of its own. A board calls `boot` once,
   `poll` as often as it can, `hear` for each frame and `report` when `poll` says so.
   Speeds are in um/s and accelerations in mm/s2, so an acceleration is what a speed may change by
   in one tick of 1 ms. Left before right. PROTOCOL.md, 2. */
#ifndef RS_TREADMILL_H
#define RS_TREADMILL_H

#include "rs_frame.h"

typedef enum { RS_LOCKED, RS_IDLE, RS_ARMED, RS_RUN, RS_STOPPING } RsState;

/* Why the belts are held. */
typedef enum {
    RS_NO_CAUSE,
    RS_BOOTED,
    RS_GREETED,
    RS_STOPPED,
    RS_DISARMED,
    RS_EXPIRED,
    RS_REFUSED,
    RS_SPLIT,
    RS_EMERGENCY,
    RS_DISCREPANT,
    RS_DAMAGED,
    RS_WATCHDOG,
    RS_RUNAWAY
} RsCause;

/* What was wrong with the newest RESET, ARM or set point that was refused. */
typedef enum {
    RS_NOT_REFUSED,
    RS_BAD_STATE,
    RS_BAD_LIMITS,
    RS_NOT_CLOSED,
    RS_NOT_AT_REST,
    RS_BAD_LEFT_SPEED,
    RS_BAD_RIGHT_SPEED,
    RS_BAD_LEFT_ACCEL,
    RS_BAD_RIGHT_ACCEL,
    RS_BAD_SPLIT,
    RS_BAD_INCLINE,
    RS_BAD_TTL,
    RS_BAD_BELTS
} RsRefusal;

/* What the belts may do: generated from the site file, 5 % wider than the room's own limits. */
typedef struct {
    uint32_t checksum; /* of the limits before they were widened */
    int32_t max_speed_umps;
    int32_t max_split_umps;
    int32_t max_accel_mmps2;
    int32_t ramp_mmps2; /* deceleration of an ordinary stop */
    int32_t fast_mmps2; /* the hardest that a STOP may ask for */
    int32_t max_incline_urad;
    int32_t max_incline_rate_uradps;
    int32_t max_astray_umps; /* how far a belt may be from where it should be */
    int32_t max_astray_ms; /* for how long it may be further away; longer than the keeper waits */
    int32_t lag_ms; /* time constant with which belts are expected to follow their ramps */
} RsLimits;

typedef struct {
    int32_t speed_umps[2];
    int32_t accel_mmps2[2];
    int32_t incline_urad;
    int32_t ttl_ms;
} RsSetPoint;

/* What the board measures. */
typedef struct {
    int32_t speed_umps[2];
    int32_t incline_urad;
    bool is_open[2]; /* the channels of the emergency stop, closed when all is well */
} RsSenses;

/* State and cause are one value, so that a trip and its latch are one assignment. */
typedef struct {
    uint8_t state;
    uint8_t cause;
} RsLatch;

typedef struct {
    const RsLimits *limits;
    RsSenses senses;
    RsLatch latch;
    uint8_t refusal;
    uint32_t seed, greeting, nonce;
    uint32_t sequence; /* newest that was heard */
    uint16_t bad_count, late_count, refused_count;
    uint32_t polled_us;
    uint64_t now_us, tick_us, deadline_us;
    RsSetPoint target;
    int32_t decel_mmps2;
    int32_t speed_umps[2]; /* where on the ramp each belt is told to be: the output */
    int32_t mirror_umps[2]; /* its complement, so that a damaged one is noticed */
    uint32_t lagged[2]; /* where each belt should be by now, times `lag_ms` */
    uint64_t astray_us; /* since when a belt has been astray */
    int32_t target_nrad;
    int32_t incline_nrad; /* where on its ramp the deck is told to be: the output */
    uint16_t settle_ticks, differ_ticks, closed_ticks, report_ticks, report_period_ticks;
    bool is_discrepant, is_astray, is_runaway, has_power, is_report_due;
} RsTreadmill;

enum {
    RS_VERSION = 1,
    RS_HELLO = 0x48,
    RS_ARM = 0x41,
    RS_DISARM = 0x44,
    RS_RESET = 0x52,
    RS_SETPOINT = 0x56,
    RS_STOP = 0x53,
    RS_STATUS = 0x54,
    RS_STATUS_BYTES = 60,
    RS_STATUS_FRAME_BYTES = 66
};

/* Begin LOCKED with cause `RS_BOOTED` or `RS_WATCHDOG`; `seed` should differ at every boot. */
void rs_treadmill_boot(
    RsTreadmill *t, const RsLimits *limits, uint32_t seed, uint32_t now_us, RsCause cause);

/* Live up to `now_us` of a free-running clock that wraps; return whether a report is due. */
bool rs_treadmill_poll(RsTreadmill *t, uint32_t now_us, const RsSenses *senses);

/* Take in the content of a good frame. */
void rs_treadmill_hear(RsTreadmill *t, const uint8_t *content, size_t count);

/* Write a STATUS frame of RS_STATUS_FRAME_BYTES; return its length. */
size_t rs_treadmill_report(const RsTreadmill *t, uint16_t bad_count, uint8_t *out, size_t room);

/* Return what is wrong with a set point, or RS_NOT_REFUSED. */
RsRefusal rs_set_point_fault(const RsLimits *limits, const RsSetPoint *asked);

/* Return the session number for a greeting; never 0, never `old`. */
uint32_t rs_new_nonce(uint32_t seed, uint32_t now_us, uint32_t greeting, uint32_t old);

#endif
