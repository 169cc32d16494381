#include "rs_frame.h"

static uint32_t crc_step(uint32_t crc, uint8_t byte)
{
    crc ^= byte;
    for (int bit = 0; bit < 8; bit++) {
        crc = (crc & 1u) != 0u ? (crc >> 1) ^ 0xEDB88320u : crc >> 1;
    }
    return crc;
}

uint32_t rs_crc32(const uint8_t *bytes, size_t count)
{
    uint32_t crc = 0xFFFFFFFFu;
    for (size_t i = 0; i < count; i++) {
        crc = crc_step(crc, bytes[i]);
    }
    return ~crc;
}

/* COBS, byte by byte: `code_at` is where the length of the run goes once it is known. */
typedef struct {
    uint8_t *out;
    size_t at;
    size_t code_at;
} Stuffer;

static void end_run(Stuffer *stuffer)
{
    stuffer->out[stuffer->code_at] = (uint8_t)(stuffer->at - stuffer->code_at);
    stuffer->code_at = stuffer->at;
    stuffer->at += 1;
}

static void stuff(Stuffer *stuffer, uint8_t byte)
{
    if (stuffer->at - stuffer->code_at == 0xFFu) {
        end_run(stuffer);
    }
    if (byte == 0u) {
        end_run(stuffer);
        return;
    }
    stuffer->out[stuffer->at] = byte;
    stuffer->at += 1;
}

size_t rs_frame_encode(uint8_t *out, size_t room, const uint8_t *content, size_t count)
{
    size_t stuffed = count + RS_CRC_BYTES;
    if (room < stuffed + stuffed / 254u + 2u) {
        return 0;
    }
    uint8_t crc[RS_CRC_BYTES];
    rs_put32(crc, rs_crc32(content, count));
    Stuffer stuffer = {out, 1, 0};
    for (size_t i = 0; i < count; i++) {
        stuff(&stuffer, content[i]);
    }
    for (size_t i = 0; i < RS_CRC_BYTES; i++) {
        stuff(&stuffer, crc[i]);
    }
    out[stuffer.code_at] = (uint8_t)(stuffer.at - stuffer.code_at);
    out[stuffer.at] = 0;
    return stuffer.at + 1u;
}

_Static_assert(RS_MAX_HEARD + 2 < 254, "a run of 254 bytes has no zero behind it");

/* Undo COBS in place; return the length, or 0 where it is not COBS. */
static size_t unstuff(uint8_t *bytes, size_t count)
{
    size_t from = 0, to = 0;
    while (from < count) {
        size_t code = bytes[from];
        if (code > count - from) {
            return 0;
        }
        for (size_t i = 1; i < code; i++) {
            bytes[to] = bytes[from + i];
            to += 1;
        }
        from += code;
        if (from < count) {
            bytes[to] = 0;
            to += 1;
        }
    }
    return to;
}

static size_t checked(uint8_t *bytes, size_t count)
{
    size_t length = unstuff(bytes, count);
    if (length <= RS_CRC_BYTES) {
        return 0;
    }
    length -= RS_CRC_BYTES;
    return rs_crc32(bytes, length) == rs_get32(bytes + length) ? length : 0u;
}

size_t rs_decoder_feed(RsDecoder *decoder, uint8_t byte)
{
    if (byte != 0u) {
        if (decoder->count == sizeof decoder->held) {
            decoder->is_too_long = true;
            return 0;
        }
        decoder->held[decoder->count] = byte;
        decoder->count += 1;
        return 0;
    }
    if (decoder->count == 0u) {
        return 0;
    }
    size_t length = decoder->is_too_long ? 0u : checked(decoder->held, decoder->count);
    decoder->count = 0;
    decoder->is_too_long = false;
    if (length == 0u) {
        decoder->bad_count = (uint16_t)(decoder->bad_count + 1u);
    }
    return length;
}

void rs_put16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
}

void rs_put32(uint8_t *at, uint32_t value)
{
    rs_put16(at, (uint16_t)value);
    rs_put16(at + 2, (uint16_t)(value >> 16));
}

void rs_put64(uint8_t *at, uint64_t value)
{
    rs_put32(at, (uint32_t)value);
    rs_put32(at + 4, (uint32_t)(value >> 32));
}

uint16_t rs_get16(const uint8_t *at)
{
    return (uint16_t)(at[0] | at[1] << 8);
}

uint32_t rs_get32(const uint8_t *at)
{
    return rs_get16(at) | (uint32_t)rs_get16(at + 2) << 16;
}
