/* Frames of two force plates, device to host. PROTOCOL.md, 1. */
#ifndef RS_PLATES_H
#define RS_PLATES_H

#include "rs_frame.h"

enum { RS_PLATES_MAX_COUNT = 16, RS_PLATES_MAX_FRAME_BYTES = 800 };

typedef struct {
    uint32_t sequence; /* of the first sample */
    uint64_t device_t_us;
    uint16_t dt_us;
    uint8_t count;
    uint8_t flags; /* bit 0 left plate saturated, bit 1 right */
} RsPlatesHeader;

/* Write a frame; `wrench` holds 12 floats a sample as their bits. Return its length, or 0 where
   the header cannot be or `room` is too small. */
size_t rs_plates_frame(
    const RsPlatesHeader *header, const uint32_t *wrench, uint8_t *out, size_t room);

#endif
