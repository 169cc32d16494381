/* Frames on the wire: COBS(content crc32) 0x00. PROTOCOL.md, introduction. */
#ifndef RS_FRAME_H
#define RS_FRAME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    RS_CRC_BYTES = 4,
    RS_MAX_HEARD = 48 /* longest content that a device of ours is sent, its CRC included */
};

/* Takes in one byte at a time; a zero ends a frame, so it is in step again at the next one. */
typedef struct {
    uint8_t held[RS_MAX_HEARD + 2];
    size_t count;
    bool is_too_long;
    uint16_t bad_count; /* frames that were damaged, wraps */
} RsDecoder;

uint32_t rs_crc32(const uint8_t *bytes, size_t count);

/* Write content, its CRC, COBS and the closing zero; return the length, or 0 where `room` is too
   small. `out` must not overlap `content`. */
size_t rs_frame_encode(uint8_t *out, size_t room, const uint8_t *content, size_t count);

/* Return the length of the content now in `held`, or 0 where no good frame has ended. */
size_t rs_decoder_feed(RsDecoder *decoder, uint8_t byte);

/* Little-endian numbers. */
void rs_put16(uint8_t *at, uint16_t value);
void rs_put32(uint8_t *at, uint32_t value);
void rs_put64(uint8_t *at, uint64_t value);
uint16_t rs_get16(const uint8_t *at);
uint32_t rs_get32(const uint8_t *at);

#endif
