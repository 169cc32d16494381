/* What the host says: sessions, commands, and the limits of a set point. */
#include "rs_treadmill_parts.h"

enum {
    ARMED_LIFE_US = 1000000, /* so long may the first set point take after ARM */
    MAX_TTL_MS = 200,
    MAX_HEARD_AGE_US = 200000, /* older than this is the report that the host goes by */
    HELLO_BYTES = 8,
    STOP_BYTES = 4,
    COMMAND_BYTES = 16,
    ARM_BYTES = 20,
    SETPOINT_BYTES = 32
};

uint32_t rs_new_nonce(uint32_t seed, uint32_t now_us, uint32_t greeting, uint32_t old)
{
    uint8_t mixed[16];
    rs_put32(mixed, seed);
    rs_put32(mixed + 4, now_us);
    rs_put32(mixed + 8, greeting);
    rs_put32(mixed + 12, old);
    uint32_t nonce = rs_crc32(mixed, sizeof mixed);
    while (nonce == 0u || nonce == old) {
        nonce++;
    }
    return nonce;
}

static bool hear_hello(RsTreadmill *t, const uint8_t *content)
{
    if ((content[2] != 4u && content[2] != 10u) || content[3] != 0u) {
        return false;
    }
    t->report_period_ticks = content[2];
    t->greeting = rs_get32(content + 4);
    t->nonce = rs_new_nonce(t->seed, (uint32_t)t->now_us, t->greeting, t->nonce);
    t->sequence = 0;
    t->refusal = RS_NOT_REFUSED;
    rs_trip(t, RS_GREETED, t->limits->ramp_mmps2);
    return true;
}

static bool hear_stop(RsTreadmill *t, const uint8_t *content)
{
    int32_t most_mmps2 = rs_larger(t->limits->ramp_mmps2, t->limits->fast_mmps2);
    int32_t decel_mmps2 = rs_smaller(rs_get16(content + 2), most_mmps2);
    rs_trip(t, RS_STOPPED, rs_larger(decel_mmps2, t->limits->ramp_mmps2));
    return true;
}

/* Return whether a command is of this session, newer than the last, and not long under way. */
static bool is_current(RsTreadmill *t, const uint8_t *content)
{
    uint32_t ahead = rs_get32(content + 8) - t->sequence;
    uint32_t age_us = (uint32_t)t->now_us - rs_get32(content + 12);
    if (t->nonce == 0u || rs_get32(content + 4) != t->nonce || ahead == 0u ||
        ahead >= 0x80000000u || age_us > MAX_HEARD_AGE_US) {
        t->late_count = (uint16_t)(t->late_count + 1u);
        return false;
    }
    t->sequence += ahead;
    return true;
}

static void refuse(RsTreadmill *t, RsRefusal refusal)
{
    t->refusal = (uint8_t)refusal;
    t->refused_count = (uint16_t)(t->refused_count + 1u);
}

/* Return what keeps the belts from being reset or armed. */
static RsRefusal why_not_ready(const RsTreadmill *t)
{
    if (t->is_runaway) {
        return RS_BAD_BELTS;
    }
    if (t->is_discrepant || t->closed_ticks < RS_CLOSED_TICKS) {
        return RS_NOT_CLOSED;
    }
    return rs_is_at_rest(t) ? RS_NOT_REFUSED : RS_NOT_AT_REST;
}

static void hear_reset(RsTreadmill *t)
{
    RsRefusal refusal = t->latch.state == RS_LOCKED ? why_not_ready(t) : RS_BAD_STATE;
    if (t->latch.state == RS_IDLE) {
        refusal = RS_NOT_REFUSED;
    }
    if (refusal != RS_NOT_REFUSED) {
        refuse(t, refusal);
        return;
    }
    t->refusal = RS_NOT_REFUSED;
    t->latch = (RsLatch){RS_IDLE, RS_NO_CAUSE};
}

static void hear_arm(RsTreadmill *t, const uint8_t *content)
{
    RsRefusal refusal = why_not_ready(t);
    if (t->latch.state != RS_IDLE) {
        refusal = RS_BAD_STATE;
    } else if (rs_get32(content + 16) != t->limits->checksum) {
        refusal = RS_BAD_LIMITS;
    }
    if (refusal != RS_NOT_REFUSED) {
        refuse(t, refusal);
        return;
    }
    t->refusal = RS_NOT_REFUSED;
    t->incline_nrad = rs_deck_nrad(t);
    t->target_nrad = t->incline_nrad;
    t->target = (RsSetPoint){
        .accel_mmps2 = {t->limits->ramp_mmps2, t->limits->ramp_mmps2},
    };
    t->deadline_us = t->now_us + ARMED_LIFE_US;
    t->has_power = true;
    t->latch = (RsLatch){RS_ARMED, RS_NO_CAUSE};
}

static void hear_disarm(RsTreadmill *t)
{
    if (rs_is_following(t)) {
        rs_trip(t, RS_DISARMED, t->limits->ramp_mmps2);
    }
}

RsRefusal rs_set_point_fault(const RsLimits *limits, const RsSetPoint *asked)
{
    if (!rs_is_within(asked->speed_umps[0], 0, limits->max_speed_umps)) {
        return RS_BAD_LEFT_SPEED;
    }
    if (!rs_is_within(asked->speed_umps[1], 0, limits->max_speed_umps)) {
        return RS_BAD_RIGHT_SPEED;
    }
    if (!rs_is_within(asked->accel_mmps2[0], 1, limits->max_accel_mmps2)) {
        return RS_BAD_LEFT_ACCEL;
    }
    if (!rs_is_within(asked->accel_mmps2[1], 1, limits->max_accel_mmps2)) {
        return RS_BAD_RIGHT_ACCEL;
    }
    int32_t split_umps = asked->speed_umps[0] - asked->speed_umps[1];
    if (!rs_is_within(split_umps, -limits->max_split_umps, limits->max_split_umps)) {
        return RS_BAD_SPLIT;
    }
    if (!rs_is_within(asked->incline_urad, 0, limits->max_incline_urad)) {
        return RS_BAD_INCLINE;
    }
    return rs_is_within(asked->ttl_ms, 1, MAX_TTL_MS) ? RS_NOT_REFUSED : RS_BAD_TTL;
}

static void hear_set_point(RsTreadmill *t, const uint8_t *content)
{
    if (!rs_is_following(t)) {
        return;
    }
    RsSetPoint asked = {
        {(int32_t)rs_get32(content + 16), (int32_t)rs_get32(content + 20)},
        {rs_get16(content + 24), rs_get16(content + 26)},
        (int32_t)rs_get32(content + 28),
        rs_get16(content + 2),
    };
    RsRefusal refusal = rs_set_point_fault(t->limits, &asked);
    if (refusal != RS_NOT_REFUSED) {
        refuse(t, refusal);
        rs_trip(t, RS_REFUSED, t->limits->ramp_mmps2);
        return;
    }
    t->target = asked;
    t->target_nrad = 1000 * asked.incline_urad;
    t->deadline_us = t->now_us + (uint64_t)asked.ttl_ms * RS_TICK_US;
    t->latch = (RsLatch){RS_RUN, RS_NO_CAUSE};
}

static size_t length_of(uint8_t type)
{
    switch (type) {
    case RS_HELLO:
        return HELLO_BYTES;
    case RS_STOP:
        return STOP_BYTES;
    case RS_ARM:
        return ARM_BYTES;
    case RS_SETPOINT:
        return SETPOINT_BYTES;
    case RS_RESET:
    case RS_DISARM:
        return COMMAND_BYTES;
    default:
        return 0;
    }
}

static void obey(RsTreadmill *t, const uint8_t *content)
{
    if (!is_current(t, content)) {
        return;
    }
    switch (content[1]) {
    case RS_ARM:
        hear_arm(t, content);
        break;
    case RS_SETPOINT:
        hear_set_point(t, content);
        break;
    case RS_RESET:
        hear_reset(t);
        break;
    default:
        hear_disarm(t);
    }
}

void rs_treadmill_hear(RsTreadmill *t, const uint8_t *content, size_t count)
{
    bool is_good = false;
    if (count >= STOP_BYTES && content[0] == RS_VERSION && count == length_of(content[1])) {
        if (content[1] == RS_STOP) {
            is_good = hear_stop(t, content);
        } else if (content[1] == RS_HELLO) {
            is_good = hear_hello(t, content);
        } else {
            is_good = content[1] == RS_SETPOINT || rs_get16(content + 2) == 0u;
            if (is_good) {
                obey(t, content);
            }
        }
    }
    if (!is_good) {
        t->bad_count = (uint16_t)(t->bad_count + 1u);
    }
}
