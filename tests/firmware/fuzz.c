/* Streams of frames, damaged in every way, through the decoder and the controller: a frame that
   nobody sent must never come out. `fuzz STREAMS SEED` prints streams, frames sent, frames that the
   controller took, those of them that nobody sent, and such that passed the CRC but no more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rs_treadmill.h"

enum { FRAMES = 8, ROOM = 1024 };

static uint64_t state;

static uint32_t random32(void)
{
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return (uint32_t)(state >> 16);
}

static uint32_t below(uint32_t count)
{
    return random32() % count;
}

typedef struct {
    uint8_t content[RS_MAX_HEARD];
    size_t count;
} Sent;

static size_t make(Sent *sent, uint8_t *out)
{
    static const uint8_t types[] = {RS_HELLO, RS_ARM, RS_DISARM, RS_RESET, RS_SETPOINT, RS_STOP};
    static const uint8_t lengths[] = {8, 20, 16, 16, 32, 4};
    uint32_t kind = below(sizeof types);
    sent->count = below(8) == 0 ? 1 + below(RS_MAX_HEARD - RS_CRC_BYTES) : lengths[kind];
    for (size_t i = 0; i < sent->count; i++) {
        sent->content[i] = below(3) == 0 ? 0 : (uint8_t)random32();
    }
    sent->content[0] = 1;
    if (sent->count > 3) {
        sent->content[1] = types[kind];
        sent->content[2] = kind == 0 ? 4 : 0;
        sent->content[3] = 0;
    }
    return rs_frame_encode(out, 128, sent->content, sent->count);
}

/* Change a stream of `count` bytes; return its new length. */
static size_t damage(uint8_t *stream, size_t count)
{
    size_t at = below((uint32_t)count), part = 1 + below(20);
    part = part < count - at ? part : count - at;
    switch (below(7)) {
    case 0:
        stream[at] ^= (uint8_t)(1u << below(8));
        return count;
    case 1:
        stream[at] = (uint8_t)random32();
        return count;
    case 2:
        memmove(stream + at, stream + at + part, count - at - part);
        return count - part;
    case 3:
        memmove(stream + at + part, stream + at, count - at);
        return count + part;
    case 4:
        memset(stream + at, 0, part);
        return count;
    case 5:
        memset(stream + at, 0xFF, part);
        return count;
    default:
        return count - part;
    }
}

static int was_sent(const Sent *sent, const uint8_t *content, size_t count)
{
    for (int i = 0; i < FRAMES; i++) {
        if (sent[i].count == count && memcmp(sent[i].content, content, count) == 0) {
            return 1;
        }
    }
    return 0;
}

int main(int count, char **words)
{
    static const RsLimits limits = {1, 2100000, 315000, 1050, 500, 1000, 147000, 21000, 157500, 210, 100};
    unsigned long streams = count > 1 ? strtoul(words[1], NULL, 10) : 1000;
    state = 88172645463325252u ^ (count > 2 ? strtoul(words[2], NULL, 10) : 0u);
    unsigned long heard = 0, phantoms = 0, dropped = 0;
    RsTreadmill treadmill;
    RsSenses senses = {{0, 0}, 0, {false, false}};
    rs_treadmill_boot(&treadmill, &limits, 1, 0, RS_BOOTED);
    RsDecoder decoder = {0};
    for (unsigned long stream_count = 0; stream_count < streams; stream_count++) {
        Sent sent[FRAMES];
        uint8_t stream[ROOM];
        size_t length = 0;
        for (int i = 0; i < FRAMES; i++) {
            length += make(&sent[i], stream + length);
        }
        for (uint32_t i = below(6); i > 0 && length > 0; i--) {
            length = damage(stream, length);
        }
        stream[length++] = 0;
        for (size_t i = 0; i < length; i++) {
            size_t got = rs_decoder_feed(&decoder, stream[i]);
            if (got > 0) {
                uint16_t bad = treadmill.bad_count;
                rs_treadmill_hear(&treadmill, decoder.held, got);
                bool is_taken = treadmill.bad_count == bad;
                bool is_phantom = !was_sent(sent, decoder.held, got);
                heard += is_taken;
                phantoms += is_taken && is_phantom;
                dropped += !is_taken && is_phantom;
                rs_treadmill_poll(&treadmill, treadmill.polled_us + below(3000), &senses);
            }
        }
    }
    printf("%lu %lu %lu %lu %lu\n", streams, streams * FRAMES, heard, phantoms, dropped);
    return 0;
}
