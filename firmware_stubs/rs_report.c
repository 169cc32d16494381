/* What the host is told. */
#include "rs_treadmill_parts.h"

static uint8_t flags(const RsTreadmill *t)
{
    return (uint8_t)((t->senses.is_open[0] ? 1 : 0) | (t->senses.is_open[1] ? 2 : 0) |
                     (t->has_power ? 4 : 0));
}

size_t rs_treadmill_report(const RsTreadmill *t, uint16_t bad_count, uint8_t *out, size_t room)
{
    uint8_t content[RS_STATUS_BYTES];
    content[0] = RS_VERSION;
    content[1] = RS_STATUS;
    content[2] = t->latch.state;
    content[3] = t->latch.cause;
    rs_put32(content + 4, t->nonce);
    rs_put32(content + 8, t->greeting);
    rs_put32(content + 12, t->limits->checksum);
    rs_put64(content + 16, t->now_us);
    for (int i = 0; i < 2; i++) {
        rs_put32(content + 24 + 4 * i, (uint32_t)t->senses.speed_umps[i]);
        rs_put32(content + 32 + 4 * i, (uint32_t)t->speed_umps[i]);
    }
    rs_put32(content + 40, (uint32_t)t->senses.incline_urad);
    rs_put32(content + 44, (uint32_t)(t->incline_nrad / 1000));
    rs_put32(content + 48, t->sequence);
    rs_put16(content + 52, (uint16_t)(t->bad_count + bad_count));
    rs_put16(content + 54, t->late_count);
    rs_put16(content + 56, t->refused_count);
    content[58] = t->refusal;
    content[59] = flags(t);
    return rs_frame_encode(out, room, content, sizeof content);
}
