#include "rs_plates.h"

enum { VERSION = 1, TYPE_SAMPLES = 0x50, HEADER_BYTES = 20, NUMBERS = 12 };

size_t rs_plates_frame(
    const RsPlatesHeader *header, const uint32_t *wrench, uint8_t *out, size_t room)
{
    if (header->count == 0u || header->count > RS_PLATES_MAX_COUNT || header->dt_us == 0u ||
        header->flags > 3u) {
        return 0;
    }
    uint8_t content[HEADER_BYTES + 4 * NUMBERS * RS_PLATES_MAX_COUNT];
    size_t numbers = (size_t)header->count * NUMBERS;
    content[0] = VERSION;
    content[1] = TYPE_SAMPLES;
    content[2] = header->count;
    content[3] = header->flags;
    rs_put32(content + 4, header->sequence);
    rs_put64(content + 8, header->device_t_us);
    rs_put16(content + 16, header->dt_us);
    rs_put16(content + 18, 0);
    for (size_t i = 0; i < numbers; i++) {
        rs_put32(content + HEADER_BYTES + 4u * i, wrench[i]);
    }
    return rs_frame_encode(out, room, content, HEADER_BYTES + 4u * numbers);
}
